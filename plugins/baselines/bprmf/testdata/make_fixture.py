"""Writes fixture.json: BPR-MF (Rendle et al. 2009, section 4.3.1) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import os
import sys

import torch
from torch.nn.functional import logsigmoid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, K, SEED = 10, 9, 4, 7
PARAMS = dict(dim=K, biases=True, negatives=2, popularity=0.5, reg=0.02, batch=8, learning_rate=0.01)
EPOCH_SEEDS = [101, 102, 103, 104]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)

rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
pairs = [(u, i) for u, row in enumerate(rows) for i in row]
counts = [sum(i in row for row in rows) for i in range(ITEMS)]
w = {"users": (torch.randn(USERS, K) * 0.4).requires_grad_(), "items": (torch.randn(ITEMS, K + 1) * 0.4).requires_grad_()}


def draw(draws, row):
    """An item in proportion to count^popularity that is not in the row."""
    while True:
        at, item = draws.uniform() * sum(c**0.5 for c in counts), 0
        while item < ITEMS - 1 and sum(c**0.5 for c in counts[: item + 1]) <= at:
            item += 1
        if item not in row:
            return item


def loss(batch, draws):
    u = torch.tensor([pairs[n][0] for n in batch])
    i = torch.tensor([pairs[n][1] for n in batch])
    j = torch.tensor([[draw(draws, rows[pairs[n][0]]) for _ in range(2)] for n in batch])
    p, qi, qj = w["users"][u], w["items"][i], w["items"][j]
    one = torch.ones(len(batch), 1)
    h = torch.cat([p, one], 1)
    xui = (h * qi).sum(1, keepdim=True)
    xuj = (h[:, None, :] * qj).sum(2)
    lengths = (p**2).sum(1).mean() + (qi**2).sum(1).mean() + (qj**2).sum(2).mean()
    return -logsigmoid(xui - xuj).mean() + PARAMS["reg"] / 2 * lengths


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS,
               weights={k: d.floats(v) for k, v in w.items()}, losses=[])
adam = {k: dict(m=torch.zeros_like(v), v=torch.zeros_like(v), t=0) for k, v in w.items()}
steps = 0
for seed in EPOCH_SEEDS:
    losses = []
    for batch, draws in d.batches(seed, 0, len(pairs), PARAMS["batch"]):
        value = loss(batch, draws)
        value.backward()
        if steps == 0:
            fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items()}
        for k, v in w.items():
            d.sparse_adam(adam[k], v, PARAMS["learning_rate"])
        steps += 1
        losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {k: d.floats(v) for k, v in w.items()}
fixture["scores"] = (w["users"] @ w["items"][:, :K].T + w["items"][:, K]).tolist()
d.write("fixture.json", f"BPR-MF by PyTorch {torch.__version__}, make_fixture.py", fixture)
