"""How those are served whom a tower was not trained on, rendered plainly beside method.py and plusr.py.

    further users     mean of the tokens of the users that training mentioned
    unmentioned items W g_j (start "map"), or the token of the content tower where that mentioned the item (start "tower"); bias 0
    fitting           Adam on the tokens of users alone: the sum over documents of -ln softmax, plus coefficient * the sum over
                      occurrences of |z|^2
"""

import torch
from torch.nn.functional import log_softmax

from method import Prior, optimiser


class Served:
    """A tower with its item tokens and biases made final: users alone train."""

    def __init__(self, user, item, bias):
        self.user, self.item, self.leaves = user, item, {"bias": bias}


def served(leaves, features, content, known, start, further):
    """known: the users and items that training mentioned, and the items that the content tower's training did."""
    mapped = features @ leaves["map.item"].T
    item, bias = mapped + leaves["item"], leaves["bias"].clone()
    for j in range(len(item)):
        if j in known["items"] or start == "tower" and j not in known["content_items"]:
            continue
        item[j] = mapped[j] if start == "map" else content["item"][j]
        bias[j] = 0
    mean = leaves["user"][known["users"]].mean(0, keepdim=True)
    return Served(torch.cat([leaves["user"], mean.repeat(further, 1)]), item, bias)


def fitted(engine, docs, tower, spec):
    """spec["epochs"] steps, each on all documents; the tower, and the log."""
    user, log = tower.user.clone().requires_grad_(), []
    tower, adam = Served(user, tower.item, tower.leaves["bias"]), optimiser([user], spec)
    prior = Prior("", spec["priors"][0]["coefficient"], "batch_sum")
    for _ in range(spec["epochs"]):
        user.grad = torch.zeros_like(user)
        data = sum(-log_softmax(engine.item_logits(d, tower), 0)[d.targets].sum() for d in docs)
        pull = engine.prior_loss(docs, tower, prior, {})
        (data + pull).backward()
        log.append({"loss": (data + pull).item(), "data": data.item(), "priors": [pull.item()], "predicted": sum(len(d.targets) for d in docs)})
        adam.step()
    return Served(user.detach(), tower.item, tower.leaves["bias"]), log
