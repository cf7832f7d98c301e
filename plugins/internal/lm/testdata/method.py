"""CLLM4Rec's training step, rendered plainly in PyTorch from the paper's equations (arXiv 2311.01343).

Written to be read beside the paper and to share nothing with the Go engine. One document at a time, no padding,
no batching tricks: slow and obvious. Token ids: word w is w, user i is N+i, item j is N+I+j.

Symbols: N words, I users, J items, K width; Z_t [N,K] word embeddings, Z_u [I,K] and Z_v [J,K] a tower's
user and item token embeddings, h [T,K] last hidden states. Z_u and Z_v train; beside them adapters, or every weight.
"""

import math
from dataclasses import dataclass, field

import torch
from torch.nn.functional import log_softmax

from models import reset_rotary


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
    reduction: str  # "example_mean" or "batch_sum"
    targets: bool = False


class Method:
    """A language model with the three objectives over it. A subclass says how a document goes through the model."""

    def __init__(self, model):
        self.model = model
        self.words = model.get_input_embeddings().weight  # Z_t
        self.head = model.get_output_embeddings().weight  # Z_t where tied
        self.scale = 1.0  # what the heads multiply h with

    def main_states(self, doc, tower):
        """h [len(main),K]: row k is what predicts main token k."""
        raise NotImplementedError

    def last_state(self, doc, tower, main=()):
        """h_{-1} [K] of the prompt, or of prompt and main text: what the next item is predicted from."""
        raise NotImplementedError

    def row(self, token, tower):
        """A tower's own embedding of a user or an item."""
        first_item = len(self.words) + len(tower.user)
        return tower.user[token - len(self.words)] if token < first_item else tower.item[token - first_item]

    def embedded(self, tokens, tower):
        """[1,T,K]: hard tokens (words) and soft ones (users and items, rounded to the model's precision here)."""
        N, dtype = len(self.words), self.words.dtype
        return torch.stack([self.words[t] if t < N else self.row(t, tower).to(dtype) for t in tokens])[None]

    def item_scores(self, h, tower):
        """Z_v h in the precision of the tower."""
        return tower.item @ (h.to(tower.item.dtype) * self.scale)

    def word_scores(self, h, tower):
        """Z_t h in the precision of the model, then in that of the tower."""
        return (self.head @ (h * self.scale)).to(tower.item.dtype)

    def language_losses(self, doc, tower, objective, predict_first):
        """-ln p(x_k | x_<k, prompt) of every predicted main token of one document."""
        before, losses = self.main_states(doc, tower), []
        first_item = len(self.words) + len(tower.user)
        for k, token in enumerate(doc.main):
            if k == 0 and not predict_first:
                continue
            if objective == "next_item":  # f_l(h) = softmax(Z_v h), tied to the item tokens
                losses.append(-log_softmax(self.item_scores(before[k], tower), 0)[token - first_item])
            else:  # f_c(h) = softmax(Z_t h)
                losses.append(-log_softmax(self.word_scores(before[k], tower), 0)[token])
        return losses

    def item_logits(self, doc, tower, main=()):
        """Z_v h_{-1}: what prediction ranks by, and the logits of the multinomial likelihood."""
        return self.item_scores(self.last_state(doc, tower, main), tower)

    def data_loss(self, docs, tower, objective, reduction, predict_first):
        """(loss, number of predicted tokens or targets)."""
        if objective == "multinomial":  # r ~ multinomial(softmax(Z_v h_{-1}), |targets|)
            losses = [-log_softmax(self.item_logits(d, tower), 0)[d.targets].sum() for d in docs]
            return torch.stack(losses).mean(), sum(len(d.targets) for d in docs)
        losses = [x for d in docs for x in self.language_losses(d, tower, objective, predict_first)]
        total = torch.stack(losses).sum()
        return total / (len(docs) if reduction == "example_mean" else len(losses)), len(losses)

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
                z = self.row(token, tower)
                held = self.row(token, towers[prior.toward]).detach() if prior.toward else 0.0
                total = total + ((z - held) ** 2).sum()
        return prior.coefficient * total / (len(docs) if prior.reduction == "example_mean" else 1)

    def loss(self, docs, tower, spec, towers):
        """(total, data, [each prior], predicted)."""
        data, predicted = self.data_loss(docs, tower, spec["objective"], spec["reduction"], spec["predict_first"])
        priors = [self.prior_loss(docs, tower, p, towers) for p in spec["priors"]]
        return data + sum(priors), data, priors, predicted

    def train(self, docs, tower, spec, towers, more=None):
        """spec["epochs"] passes in batches of spec["batch"], one step of dense Adam each.

        more: what trains beside the tower's tables, by name. Returns the trained tower, the gradients of the
        first step by name ("user", "item" and those of more, before clipping) and the log of every step.
        """
        tower, gradients, log = tower.trainable(), None, []
        leaves = {"user": tower.user, "item": tower.item} | (more or {})
        adam = optimiser(list(leaves.values()), spec)
        batches = [docs[at:at + spec["batch"]] for at in range(0, len(docs), spec["batch"])]
        for step, batch in enumerate(batches * spec["epochs"]):
            # Dense: a row without a part in this batch has gradient zero and still moves by its momentum.
            for leaf in leaves.values():
                leaf.grad = torch.zeros_like(leaf)
            total, data, priors, predicted = self.loss(batch, tower, spec, towers)
            total.backward()
            gradients = gradients or {name: leaf.grad.clone() for name, leaf in leaves.items()}
            log.append({"loss": total.item(), "data": data.item(), "priors": [p.item() for p in priors],
                        "predicted": predicted} | prepare(adam, list(leaves.values()), spec, step))
            adam.step()
        return Tower(tower.user.detach(), tower.item.detach()), gradients, log


def optimiser(leaves, spec):
    """The paper's Adam, or Adam with decoupled weight decay on everything that trains."""
    if "weight_decay" in spec:
        return torch.optim.AdamW(leaves, lr=spec["rate"], weight_decay=spec["weight_decay"])
    return torch.optim.Adam(leaves, lr=spec["rate"])


def prepare(adam, leaves, spec, step):
    """Clip the gradients and set the step's rate where the case says so; what it did, for the log."""
    done = {}
    if "clip" in spec:  # one norm over all that trains
        done["norm"] = torch.nn.utils.clip_grad_norm_(leaves, spec["clip"]).item()
    if "schedule" in spec:
        done["rate"] = scheduled(spec["rate"], step, **spec["schedule"])
        for group in adam.param_groups:
            group["lr"] = done["rate"]
    return done


def scheduled(rate, step, warmup, total):
    """Linear warm-up over the first steps, then a half cosine down to zero; step counts from 0."""
    if step < warmup:
        return rate * (step + 1) / warmup
    return rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


class DecoderOnly(Method):
    """GPT-2, LLaMA: prompt and main text are one causal sequence."""

    def states(self, tokens, tower):
        reset_rotary(self.model)
        return self.model.base_model(inputs_embeds=self.embedded(tokens, tower), use_cache=False).last_hidden_state[0]

    def main_states(self, doc, tower):
        return self.states(doc.prompt + doc.main, tower)[len(doc.prompt) - 1:-1]

    def last_state(self, doc, tower, main=()):
        return self.states(doc.prompt + list(main), tower)[-1]


class EncoderDecoder(Method):
    """T5: the encoder reads the prompt, the decoder a start token and the main text."""

    def __init__(self, model):
        super().__init__(model)
        self.start = model.config.decoder_start_token_id
        if model.config.tie_word_embeddings:
            self.scale = model.config.d_model ** -0.5

    def states(self, doc, decoder_tokens, tower):
        source = self.model.encoder(inputs_embeds=self.embedded(doc.prompt, tower)).last_hidden_state
        read = self.embedded([self.start] + list(decoder_tokens), tower)
        return self.model.decoder(inputs_embeds=read, encoder_hidden_states=source, use_cache=False).last_hidden_state[0]

    def main_states(self, doc, tower):
        return self.states(doc, doc.main[:-1], tower)

    def last_state(self, doc, tower, main=()):
        return self.states(doc, main, tower)[-1]


def method(backbone, model):
    return EncoderDecoder(model) if backbone == "t5" else DecoderOnly(model)


class LoRA:
    """y = x W + b + (alpha / r) x A^T B^T on every linear layer inside the blocks; A [r,in], B [out,r]."""

    def __init__(self, model, adapters, alpha):
        self.adapters = {name: value.clone().requires_grad_() for name, value in adapters.items()}
        for name, module in linears(model):
            a, b = self.adapters[f"{name}.A"], self.adapters[f"{name}.B"]
            module.register_forward_hook(self.added(a, b, alpha / len(a)))

    @staticmethod
    def added(a, b, scale):
        return lambda module, inputs, output: output + scale * ((inputs[0] @ a.T) @ b.T)


def linears(model):
    """(name, module) of every linear layer but the word head."""
    head = model.get_output_embeddings()
    return [(name, m) for name, m in model.named_modules() if type(m).__name__ in ("Linear", "Conv1D") and m is not head]


def widths(module):
    """(in, out) of a linear layer: Conv1D keeps its matrix the other way round."""
    return tuple(module.weight.shape) if type(module).__name__ == "Conv1D" else tuple(module.weight.shape)[::-1]
