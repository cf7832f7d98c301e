"""CLLM4Rec's training step, rendered plainly in PyTorch from the paper's equations (arXiv 2311.01343).

Written to be read beside the paper and to share nothing with the Go engine. One document at a time, no padding,
no batching tricks: slow and obvious. Token ids: word w is w, user i is N+i, item j is N+I+j.

Symbols: N words, I users, J items, K width; Z_t [N,K] word embeddings (frozen), Z_u [I,K] and Z_v [J,K] a tower's
user and item token embeddings (all that trains), h [T,K] last hidden states.
"""

from dataclasses import dataclass, field

import torch
from torch.nn.functional import log_softmax


@dataclass
class Tower:
    user: torch.Tensor  # Z_u [I,K]
    item: torch.Tensor  # Z_v [J,K]

    def trainable(self):
        return Tower(self.user.clone().requires_grad_(), self.item.clone().requires_grad_())


@dataclass
class Document:
    prompt: list[int]
    main: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)  # item indices 0..J-1


@dataclass
class Prior:
    toward: str  # a tower's name, or "" for zero
    coefficient: float
    reduction: str  # "document_mean" or "batch_sum"
    targets: bool = False


class Method:
    """A frozen GPT-2 with the three objectives over it."""

    def __init__(self, gpt2, dtype):
        self.gpt2 = gpt2.to(dtype).eval().requires_grad_(False)
        self.words = self.gpt2.wte.weight  # Z_t

    def vector(self, token, tower):
        """The embedding of one token: hard (a word) or soft (a user or an item)."""
        N, I = len(self.words), len(tower.user)
        if token < N:
            return self.words[token]
        return tower.user[token - N] if token < N + I else tower.item[token - N - I]

    def states(self, tokens, tower):
        """h [T,K]: last hidden states of one sequence, causal, positions from 0."""
        embedded = torch.stack([self.vector(t, tower) for t in tokens])
        return self.gpt2(inputs_embeds=embedded[None]).last_hidden_state[0]

    def language_losses(self, doc, tower, objective, predict_first):
        """-ln p(x_k | x_<k, prompt) of every predicted main token of one document."""
        h = self.states(doc.prompt + doc.main, tower)
        first_item = len(self.words) + len(tower.user)
        losses = []
        for k, token in enumerate(doc.main):
            if k == 0 and not predict_first:
                continue
            before = h[len(doc.prompt) + k - 1]
            if objective == "next_item":  # f_l(h) = softmax(Z_v h), tied to the item tokens
                losses.append(-log_softmax(tower.item @ before, 0)[token - first_item])
            else:  # f_c(h) = softmax(Z_t h)
                losses.append(-log_softmax(self.words @ before, 0)[token])
        return losses

    def item_logits(self, doc, tower):
        """Z_v h_{-1}: what prediction ranks by, and the logits of the multinomial likelihood."""
        return tower.item @ self.states(doc.prompt, tower)[-1]

    def data_loss(self, docs, tower, objective, reduction, predict_first):
        """(loss, number of predicted tokens or targets)."""
        if objective == "multinomial":  # r ~ multinomial(softmax(Z_v h_{-1}), |targets|)
            losses = [-log_softmax(self.item_logits(d, tower), 0)[d.targets].sum() for d in docs]
            return torch.stack(losses).mean(), sum(len(d.targets) for d in docs)
        losses = [x for d in docs for x in self.language_losses(d, tower, objective, predict_first)]
        total = torch.stack(losses).sum()
        return total / (len(docs) if reduction == "document_mean" else len(losses)), len(losses)

    def occurrences(self, doc, tower, with_targets):
        """Every user or item token of the document, as often as it stands there."""
        first_soft, first_item = len(self.words), len(self.words) + len(tower.user)
        tokens = [t for t in doc.prompt + doc.main if t >= first_soft]
        return tokens + [first_item + j for j in doc.targets] if with_targets else tokens

    def prior_loss(self, docs, tower, prior, towers):
        """coefficient * reduce( sum over occurrences of |z - ^z|^2 ), the other tower (^z) held fixed."""
        total = 0.0
        for doc in docs:
            for token in self.occurrences(doc, tower, prior.targets):
                z = self.vector(token, tower)
                held = self.vector(token, towers[prior.toward]).detach() if prior.toward else 0.0
                total = total + ((z - held) ** 2).sum()
        return prior.coefficient * total / (len(docs) if prior.reduction == "document_mean" else 1)

    def loss(self, docs, tower, spec, towers):
        """(total, data, [each prior], predicted)."""
        data, predicted = self.data_loss(docs, tower, spec["objective"], spec["reduction"], spec["predict_first"])
        priors = [self.prior_loss(docs, tower, p, towers) for p in spec["priors"]]
        return data + sum(priors), data, priors, predicted

    def train(self, docs, tower, spec, towers):
        """spec["epochs"] passes in batches of spec["batch"], one step of dense Adam each.

        Returns the trained tower, the gradients of the first step and the log of every step.
        """
        tower, gradients, log = tower.trainable(), None, []
        adam = torch.optim.Adam([tower.user, tower.item], lr=spec["rate"])
        batches = [docs[at:at + spec["batch"]] for at in range(0, len(docs), spec["batch"])]
        for batch in batches * spec["epochs"]:
            # Dense: a row without a part in this batch has gradient zero and still moves by its momentum.
            tower.user.grad, tower.item.grad = torch.zeros_like(tower.user), torch.zeros_like(tower.item)
            total, data, priors, predicted = self.loss(batch, tower, spec, towers)
            total.backward()
            gradients = gradients or (tower.user.grad.clone(), tower.item.grad.clone())
            log.append({"loss": total.item(), "data": data.item(), "priors": [p.item() for p in priors],
                        "predicted": predicted})
            adam.step()
        return Tower(tower.user.detach(), tower.item.detach()), gradients, log
