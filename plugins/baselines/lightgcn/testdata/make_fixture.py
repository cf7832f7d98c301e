"""Writes fixture.json: LightGCN (He et al. 2020, equations 4, 7, 8, 15) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import os
import sys

import torch
from torch.nn.functional import logsigmoid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, K, SEED = 10, 9, 4, 7
PARAMS = dict(dim=K, layers=2, reg=0.02, batch=8, learning_rate=0.01)
EPOCH_SEEDS = [101, 102, 103, 104]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)

rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
pairs = [(u, i) for u, row in enumerate(rows) for i in row]
R = torch.zeros(USERS, ITEMS)
for u, i in pairs:
    R[u, i] = 1
A = torch.cat([torch.cat([torch.zeros(USERS, USERS), R], 1), torch.cat([R.T, torch.zeros(ITEMS, ITEMS)], 1)])
degree = A.sum(1)
scale = torch.where(degree > 0, degree.clamp(min=1) ** -0.5, torch.zeros_like(degree))
A = scale[:, None] * A * scale[None, :]
e0 = (torch.randn(USERS + ITEMS, K) * 0.4).requires_grad_()


def propagate():
    layer, layers = e0, [e0]
    for _ in range(PARAMS["layers"]):
        layer = A @ layer
        layers.append(layer)
    return torch.stack(layers).mean(0)


def loss(batch, draws):
    u = torch.tensor([pairs[n][0] for n in batch])
    i = torch.tensor([pairs[n][1] + USERS for n in batch])
    j = []
    for n in batch:
        item = draws.below(ITEMS)
        while item in rows[pairs[n][0]]:
            item = draws.below(ITEMS)
        j.append(item + USERS)
    j, e = torch.tensor(j), propagate()
    bpr = -logsigmoid((e[u] * e[i]).sum(1) - (e[u] * e[j]).sum(1)).mean()
    return bpr + PARAMS["reg"] / 2 * sum((e0[x] ** 2).sum() for x in (u, i, j)) / len(batch)


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS,
               weights={"nodes": d.floats(e0)}, losses=[])
adam, steps = torch.optim.Adam([e0], lr=PARAMS["learning_rate"]), 0
for seed in EPOCH_SEEDS:
    losses = []
    for batch, draws in d.batches(seed, 0, len(pairs), PARAMS["batch"]):
        adam.zero_grad()
        value = loss(batch, draws)
        value.backward()
        if steps == 0:
            fixture["loss"], fixture["gradients"] = value.item(), {"nodes": d.floats(e0.grad)}
        adam.step()
        steps += 1
        losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {"nodes": d.floats(e0)}
e = propagate()
fixture["scores"] = (e[:USERS] @ e[USERS:].T).tolist()
d.write("fixture.json", f"LightGCN by PyTorch {torch.__version__}, make_fixture.py", fixture)
