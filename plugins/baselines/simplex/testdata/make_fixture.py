"""Writes fixture.json: SimpleX (Mao et al. 2021, equations 2 and 4, average pooling) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import os
import sys

import torch
from torch.nn.functional import cosine_similarity

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, K, SEED = 10, 9, 4, 7
PARAMS = dict(dim=K, share=0.4, negatives=3, margin=0.2, negative_weight=5, reg=0.02, batch=8, learning_rate=0.01)
EPOCH_SEEDS = [101, 102, 103, 104]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)

rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
pairs = [(u, i) for u, row in enumerate(rows) for i in row]
w = {"users": (torch.randn(USERS, K) * 0.4).requires_grad_(), "items": (torch.randn(ITEMS, K) * 0.4).requires_grad_(),
     "history": (torch.randn(K, K) * 0.4).requires_grad_()}


def user(u):
    pooled = w["items"][rows[u]].mean(0) if rows[u] else torch.zeros(K)
    return PARAMS["share"] * w["users"][u] + (1 - PARAMS["share"]) * pooled @ w["history"]


def loss(batch, draws, seen):
    """The loss; seen gathers the rows of the tables that it looks up."""
    total = 0
    for n in batch:
        u, i = pairs[n]
        far = 0
        for _ in range(PARAMS["negatives"]):
            j = draws.below(ITEMS)
            while j in rows[u]:
                j = draws.below(ITEMS)
            seen["items"].add(j)
            far = far + torch.relu(cosine_similarity(user(u), w["items"][j], dim=0) - PARAMS["margin"])
        seen["users"].add(u)
        seen["items"].update(rows[u])
        liked = 1 - cosine_similarity(user(u), w["items"][i], dim=0)
        lengths = (w["users"][u] ** 2).sum() + (w["items"][i] ** 2).sum()
        total = total + liked + PARAMS["negative_weight"] / PARAMS["negatives"] * far + PARAMS["reg"] / 2 * lengths
    return total / len(batch)


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS,
               weights={k: d.floats(v) for k, v in w.items()}, losses=[])
sparse = {k: dict(m=torch.zeros_like(w[k]), v=torch.zeros_like(w[k]), t=0) for k in ("users", "items")}
adam, steps = torch.optim.Adam([w["history"]], lr=PARAMS["learning_rate"]), 0
for seed in EPOCH_SEEDS:
    losses = []
    for batch, draws in d.batches(seed, 0, len(pairs), PARAMS["batch"]):
        adam.zero_grad()
        seen = {"users": set(), "items": set()}
        value = loss(batch, draws, seen)
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
h = torch.stack([user(u) for u in range(USERS)])
fixture["scores"] = cosine_similarity(h[:, None, :], w["items"][None, :, :], dim=2).tolist()
d.write("fixture.json", f"SimpleX by PyTorch {torch.__version__}, make_fixture.py", fixture)
