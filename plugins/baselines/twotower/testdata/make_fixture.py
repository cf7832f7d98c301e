"""Writes fixture.json: the two towers of Yi et al. 2019 (equations 4 to 6, counts in place of
the streaming estimate) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, D, H, K, W, SEED = 10, 9, 4, 5, 3, 2, 7
PARAMS = dict(embedding=D, hidden=H, dim=K, temperature=0.5, batch=8, learning_rate=0.01)
EPOCH_SEEDS = [101, 102, 103, 104]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)

rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
pairs = [(u, i) for u, row in enumerate(rows) for i in row]
counts = torch.tensor([float(sum(i in row for row in rows)) for i in range(ITEMS)])
logq = torch.log(counts / counts.sum())
F = torch.randn(ITEMS, W).float().double()
shapes = {"history": (ITEMS, D), "items": (ITEMS, D), "features": (W, H)}
for tower in ("query", "item"):
    shapes |= {f"{tower}.0.weight": (D, H), f"{tower}.0.bias": (H,), f"{tower}.1.weight": (H, K), f"{tower}.1.bias": (K,)}
w = {k: (torch.randn(*shape) * 0.4).requires_grad_() for k, shape in shapes.items()}


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def query(history):
    pooled = w["history"][history].mean(0) if history else torch.zeros(D)
    return unit(torch.relu(pooled @ w["query.0.weight"] + w["query.0.bias"]) @ w["query.1.weight"] + w["query.1.bias"])


def item(i):
    hidden = torch.relu(w["items"][i] @ w["item.0.weight"] + w["item.0.bias"] + F[i] @ w["features"])
    return unit(hidden @ w["item.1.weight"] + w["item.1.bias"])


def loss(batch, seen):
    total = 0
    for n in batch:
        u, i = pairs[n]
        history = [j for j in rows[u] if j != i]
        seen["history"].update(history)
        seen["items"].add(i)
        q = query(history)
        own = q @ item(i) / PARAMS["temperature"] - logq[i]
        others = [q @ item(pairs[m][1]) / PARAMS["temperature"] - logq[pairs[m][1]] for m in batch if pairs[m][1] != i]
        total = total + torch.logsumexp(torch.stack([own, *others]), 0) - own
    return total / len(batch)


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS,
               features=dict(width=W, dense=d.floats(F)), weights={k: d.floats(v) for k, v in w.items()}, losses=[])
sparse = {k: dict(m=torch.zeros_like(w[k]), v=torch.zeros_like(w[k]), t=0) for k in ("history", "items")}
adam, steps = torch.optim.Adam([v for k, v in w.items() if k not in sparse], lr=PARAMS["learning_rate"]), 0
for seed in EPOCH_SEEDS:
    losses = []
    for batch, _ in d.batches(seed, 0, len(pairs), PARAMS["batch"]):
        adam.zero_grad()
        seen = {"history": set(), "items": set()}
        value = loss(batch, seen)
        value.backward()
        if steps == 0:
            fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items()}
        adam.step()
        for k, state in sparse.items():
            d.sparse_adam(state, w[k], PARAMS["learning_rate"], rows=seen[k])
        steps += 1
        losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {k: d.floats(v) for k, v in w.items()}
vectors = torch.stack([item(i) for i in range(ITEMS)])
fixture["scores"] = [(vectors @ query(row)).tolist() for row in rows]
d.write("fixture.json", f"two towers by PyTorch {torch.__version__}, make_fixture.py", fixture)
