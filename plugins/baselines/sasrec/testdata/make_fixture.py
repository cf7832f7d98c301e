"""Writes fixture_LOSS.json: SASRec (Kang & McAuley 2018, section 3) in plain PyTorch, with its
four losses.

Run with torch 2.11.0 in float64, seed 11: python make_fixture.py
"""
import math
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402
import transformer  # noqa: E402

USERS, ITEMS, K, L, SEED = 13, 11, 6, 4, 11
EPOCH_SEEDS = [201, 202, 203, 204]
ROWS = d.rows_of(SEED, USERS, ITEMS, 1, 7)
torch.set_default_dtype(torch.float64)


class Popularity:
    def __init__(self, power):
        counts = [sum(i in row for row in ROWS) for i in range(ITEMS)]
        self.p = [c**power if c else 0 for c in counts] if power else [1] * ITEMS
        self.power, total = power, sum(self.p)
        self.log_q = [math.log(p / total) if p else -math.inf for p in self.p]

    def draw(self, draws):
        if not self.power:
            return draws.below(ITEMS)
        at, upto = draws.uniform() * sum(self.p), 0
        for i, p in enumerate(self.p):
            upto += p
            if upto > at:
                return i

    def outside(self, draws, row):
        while True:
            item = self.draw(draws)
            if item not in row:
                return item


def encode(w, items):
    x = w["items"][items] + w["positions"][: len(items)]
    return transformer.blocks(x, w, 2, 2, True, True, torch.relu, 1e-8)


def loss(w, params, batch, draws):
    sampler, k = Popularity(params["popularity"]), params["negatives"]
    sequences = [ROWS[u][-(L + 1) :] for u in batch]
    h = torch.cat([encode(w, s[:-1]) for s in sequences])
    target = [i for s in sequences for i in s[1:]]
    user = [u for u, s in zip(batch, sequences) for _ in s[1:]]
    positive = (h * w["items"][target]).sum(1)
    if params["loss"] == "ce":
        return torch.nn.functional.cross_entropy(h @ w["items"].T, torch.tensor(target))
    if params["loss"] == "sampled":
        others = [sampler.draw(draws) for _ in range(k)]
        logq = torch.tensor(sampler.log_q)
        negative = h @ w["items"][others].T - logq[others]
        hit = torch.tensor([[t == o for o in others] for t in target])
        negative = torch.where(hit, torch.tensor(-math.inf), negative)
        logits = torch.cat([(positive - logq[target])[:, None], negative], 1)
        return -torch.log_softmax(logits, 1)[:, 0].mean()
    others = torch.tensor([[sampler.outside(draws, ROWS[u]) for _ in range(k)] for u in user])
    negative = (h[:, None] * w["items"][others]).sum(2)
    beta = 1.0
    if params["loss"] == "gbce":
        alpha = k / (ITEMS - 1)
        beta = alpha * (params["calibration"] * (1 - 1 / alpha) + 1 / alpha)
    log = torch.nn.functional.logsigmoid
    return -(beta * log(positive) + log(-negative).sum(1)).mean()


def make(name, k, popularity, dense=False):
    torch.manual_seed(SEED)
    tensor = lambda *shape: (torch.randn(*shape) * 0.5).requires_grad_()
    params = dict(dim=K, blocks=2, heads=2, length=L, dropout=0, loss=name, negatives=k, calibration=0.6, popularity=popularity,
                  order="history", batch=4, learning_rate=0.01, **(dict(dense=True) if dense else {}))
    w = {"items": tensor(ITEMS, K), "positions": tensor(L, K), **transformer.weights(tensor, 2, K, K, True)}
    users = [u for u in range(USERS) if len(ROWS[u]) >= 2]
    fixture = dict(params=params, users=USERS, items=ITEMS, seed=SEED, rows=ROWS, epoch_seeds=EPOCH_SEEDS,
                   weights={n: d.floats(v) for n, v in w.items()}, losses=[])
    sparse = name != "ce" and not dense
    adam = torch.optim.Adam([v for n, v in w.items() if not (sparse and n == "items")], lr=params["learning_rate"])
    table = {"m": torch.zeros(ITEMS, K), "v": torch.zeros(ITEMS, K), "t": 0}
    first = True
    for seed in EPOCH_SEEDS:
        losses = []
        for order, draws in d.batches(seed, 0, len(users), params["batch"]):
            adam.zero_grad()
            value = loss(w, params, [users[i] for i in order], draws)
            value.backward()
            if first:
                fixture["loss"], first = value.item(), False
                fixture["gradients"] = {n: d.floats(v.grad) for n, v in w.items()}
            adam.step()
            if sparse:
                d.sparse_adam(table, w["items"], params["learning_rate"])
            losses.append(value.item())
        fixture["losses"].append(sum(losses) / len(losses))
    fixture["after"] = {n: d.floats(v) for n, v in w.items()}
    with torch.no_grad():
        fixture["scores"] = [(w["items"] @ encode(w, row[-L:])[-1]).tolist() if row else [0.0] * ITEMS for row in ROWS]
    d.write(f"fixture_{name}{'_dense' if dense else ''}.json", f"SASRec by PyTorch {torch.__version__}, make_fixture.py", fixture)


make("ce", 0, 0)
make("bce", 1, 0)
make("gbce", 3, 0.5)
make("sampled", 5, 0.75)
make("bce", 1, 0, dense=True)
