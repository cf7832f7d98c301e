"""Joint training of CLLM4Rec+R, rendered plainly: given numbers are added to the logits before the softmax.

    -ln softmax_j(z_j h + b_j + o_j)    over the items that the document does not exclude; o is constant
"""

from dataclasses import dataclass, field

import torch
from torch.nn.functional import log_softmax

from method import DecoderOnly, EncoderDecoder
from plusr import Asked, PlusR


@dataclass
class Shifted(Asked):
    offsets: dict = field(default_factory=dict)  # {"items": [], "values": [], "else": 0.0}; {}: none

    def of(self, items, dtype):
        o = torch.full((items,), self.offsets.get("else", 0.0), dtype=dtype)
        o[self.offsets.get("items", [])] = torch.tensor(self.offsets.get("values", []), dtype=dtype)
        return o


class Joint(PlusR):
    def data_loss(self, docs, tower, objective, reduction, predict_first):
        losses = []
        for doc in docs:
            logits = self.item_logits(doc, tower)
            logits = logits + doc.of(len(logits), logits.dtype)
            logits[doc.excluded] = -torch.inf
            losses.append(-log_softmax(logits, 0)[doc.targets].sum())
        return torch.stack(losses).mean(), sum(len(d.targets) for d in docs)


class DecoderOnlyJoint(Joint, DecoderOnly):
    pass


class EncoderDecoderJoint(Joint, EncoderDecoder):
    pass


def joint(backbone, model):
    return EncoderDecoderJoint(model) if backbone == "t5" else DecoderOnlyJoint(model)
