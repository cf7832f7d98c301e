"""What CLLM4Rec+R adds to the method, rendered plainly beside method.py.

    z_j = W g_j + delta_j                    item tokens: a map of features [J,G] plus a residual; W [K,G], delta [J,K]
    logits_j = z_j h + b_j                   a bias per item
    -ln softmax over the items that the document does not exclude
    coefficient * sum over item occurrences of |delta_j|^2

Leaves, by their names in a tower's file: user (Z_u), item (delta), map.item (W), bias.
"""

from dataclasses import dataclass, field

import torch
from torch.nn.functional import log_softmax

from method import DecoderOnly, Document, EncoderDecoder, optimiser


@dataclass
class Asked(Document):
    excluded: list[int] = field(default_factory=list)  # item indices outside the softmax


class Mapped:
    """A tower whose item tokens are a map of features."""

    def __init__(self, leaves, features):
        self.leaves, self.features = leaves, features

    @property
    def user(self):
        return self.leaves["user"]

    @property
    def item(self):
        return self.features @ self.leaves["map.item"].T + self.leaves["item"]


class PlusR:
    """Mixed into a Method: biases, exclusions and the prior of the residuals."""

    def item_scores(self, h, tower):
        return super().item_scores(h, tower) + tower.leaves["bias"][:, 0]

    def data_loss(self, docs, tower, objective, reduction, predict_first):
        if objective != "multinomial":
            return super().data_loss(docs, tower, objective, reduction, predict_first)
        losses = []
        for doc in docs:
            logits = self.item_logits(doc, tower).clone()
            logits[doc.excluded] = -torch.inf
            losses.append(-log_softmax(logits, 0)[doc.targets].sum())
        return torch.stack(losses).mean(), sum(len(d.targets) for d in docs)

    def residual_loss(self, docs, tower, coefficient):
        first_item, total = len(self.words) + len(tower.user), 0.0
        for doc in docs:
            for token in self.occurrences(doc, tower, True):
                if token >= first_item:
                    total = total + (tower.leaves["item"][token - first_item] ** 2).sum()
        return coefficient * total / len(docs)

    def steps(self, docs, leaves, features, spec):
        """spec["epochs"] passes of dense Adam; the trained leaves, the first gradients and the log."""
        leaves = {name: leaf.clone().requires_grad_() for name, leaf in leaves.items()}
        tower, adam, gradients, log = Mapped(leaves, features), optimiser(list(leaves.values()), spec), None, []
        batches = [docs[at:at + spec["batch"]] for at in range(0, len(docs), spec["batch"])]
        for batch in batches * spec["epochs"]:
            for leaf in leaves.values():
                leaf.grad = torch.zeros_like(leaf)
            data, predicted = self.data_loss(batch, tower, spec["objective"], "example_mean", True)
            prior = self.residual_loss(batch, tower, spec["priors"][0]["coefficient"])
            (data + prior).backward()
            gradients = gradients or {name: leaf.grad.clone() for name, leaf in leaves.items()}
            log.append({"loss": (data + prior).item(), "data": data.item(), "priors": [prior.item()], "predicted": predicted})
            adam.step()
        return {name: leaf.detach() for name, leaf in leaves.items()}, gradients, log


class DecoderOnlyPlusR(PlusR, DecoderOnly):
    pass


class EncoderDecoderPlusR(PlusR, EncoderDecoder):
    pass


def plusr(backbone, model):
    return EncoderDecoderPlusR(model) if backbone == "t5" else DecoderOnlyPlusR(model)
