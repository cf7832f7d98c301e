"""One softmax over words, users and items, rendered plainly: p(x) = softmax([Z_t; Z_u; Z_v] h)[x] for a main token x of any kind.

Where the paper predicts words among words and items among items (method.py), the vocabulary is one here, as in a language model whose
embedding was simply extended.
"""

import torch
from torch.nn.functional import log_softmax

from method import DecoderOnly, EncoderDecoder, Method


class Extended(Method):
    def language_losses(self, doc, tower, objective, predict_first):
        before, losses = self.main_states(doc, tower), []
        for k, token in enumerate(doc.main):
            if k == 0 and not predict_first:
                continue
            table = torch.cat([self.head.to(tower.item.dtype), tower.user, tower.item])  # [N+I+J,K], in the order of token ids
            losses.append(-log_softmax(table @ (before[k].to(table.dtype) * self.scale), 0)[token])
        return losses


class DecoderOnlyExtended(Extended, DecoderOnly):
    pass


class EncoderDecoderExtended(Extended, EncoderDecoder):
    pass


def extended(backbone, model):
    return EncoderDecoderExtended(model) if backbone == "t5" else DecoderOnlyExtended(model)
