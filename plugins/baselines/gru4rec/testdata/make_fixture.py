"""Writes fixture_LOSS.json: GRU4Rec (Hidasi et al. 2016; 2018) with torch.nn.GRU, one sequence at a time.

Run with torch 2.11.0 in float64, seed 23: python make_fixture.py
"""
import math
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, K, L, SEED = 13, 11, 5, 4, 23
EPOCH_SEEDS = [601, 602, 603, 604]
ROWS = d.rows_of(SEED, USERS, ITEMS, 1, 7)
torch.set_default_dtype(torch.float64)


def make(name):
    torch.manual_seed(SEED)
    params = dict(dim=K, length=L, dropout=0, loss=name, negatives=5, popularity=0.5, order="history", batch=4, learning_rate=0.01)
    items, gru = (torch.randn(ITEMS, K) * 0.5).requires_grad_(), torch.nn.GRU(K, K)
    w = {"items": items, "gru.inputs": gru.weight_ih_l0, "gru.states": gru.weight_hh_l0, "gru.input_bias": gru.bias_ih_l0, "gru.state_bias": gru.bias_hh_l0}
    counts = [sum(i in row for row in ROWS) ** params["popularity"] for i in range(ITEMS)]
    logq = torch.log(torch.tensor(counts) / sum(counts))

    def draw(draws):
        at, upto = draws.uniform() * sum(counts), 0
        for i, c in enumerate(counts):
            upto += c
            if upto > at:
                return i

    def loss(batch, draws):
        sequences = [ROWS[u][-(L + 1) :] for u in batch]
        h = torch.cat([gru(items[s[:-1]])[0] for s in sequences])
        target = torch.tensor([i for s in sequences for i in s[1:]])
        if name == "ce":
            return torch.nn.functional.cross_entropy(h @ items.T, target)
        others = torch.tensor([draw(draws) for _ in range(params["negatives"])])
        negative = h @ items[others].T - logq[others]
        negative = torch.where(target[:, None] == others[None], torch.tensor(-math.inf), negative)
        return -torch.log_softmax(torch.cat([((h * items[target]).sum(1) - logq[target])[:, None], negative], 1), 1)[:, 0].mean()

    users = [u for u in range(USERS) if len(ROWS[u]) >= 2]
    fixture = dict(params=params, users=USERS, items=ITEMS, seed=SEED, rows=ROWS, epoch_seeds=EPOCH_SEEDS,
                   weights={n: d.floats(v) for n, v in w.items()}, losses=[])
    sparse = name != "ce"
    adam = torch.optim.Adam([v for n, v in w.items() if not (sparse and n == "items")], lr=params["learning_rate"])
    table = {"m": torch.zeros(ITEMS, K), "v": torch.zeros(ITEMS, K), "t": 0}
    for seed in EPOCH_SEEDS:
        losses = []
        for order, draws in d.batches(seed, 0, len(users), params["batch"]):
            adam.zero_grad()
            value = loss([users[i] for i in order], draws)
            value.backward()
            if "loss" not in fixture:
                fixture["loss"], fixture["gradients"] = value.item(), {n: d.floats(v.grad) for n, v in w.items()}
            adam.step()
            if sparse:
                d.sparse_adam(table, items, params["learning_rate"])
            losses.append(value.item())
        fixture["losses"].append(sum(losses) / len(losses))
    fixture["after"] = {n: d.floats(v) for n, v in w.items()}
    with torch.no_grad():
        fixture["scores"] = [(items @ gru(items[row[-L:]])[0][-1]).tolist() if row else [0.0] * ITEMS for row in ROWS]
    d.write(f"fixture_{name}.json", f"GRU4Rec by PyTorch {torch.__version__}, make_fixture.py", fixture)


make("ce")
make("sampled")
