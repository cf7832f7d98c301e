"""Writes fixture.json: BERT4Rec (Sun et al. 2019, section 3) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 13: python make_fixture.py
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402
import transformer  # noqa: E402

USERS, ITEMS, K, L, SEED = 13, 11, 6, 5, 13
PARAMS = dict(dim=K, blocks=2, heads=2, length=L, dropout=0, mask=0.4, last=0.25, order="history", batch=4, learning_rate=0.01)
EPOCH_SEEDS = [301, 302, 303, 304]
ROWS = d.rows_of(SEED, USERS, ITEMS, 1, 7)
torch.set_default_dtype(torch.float64)
torch.manual_seed(SEED)


def tensor(*shape):
    return (torch.randn(*shape) * 0.5).requires_grad_()


w = {"items": tensor(ITEMS, K), "mask": tensor(1, K), "positions": tensor(L, K), **transformer.weights(tensor, 2, K, 4 * K, False),
     "head.weight": tensor(K, K), "head.bias": tensor(K), "bias": tensor(ITEMS, 1)}


def encode(items, masked):
    x = torch.stack([w["mask"][0] if i in masked else w["items"][item] for i, item in enumerate(items)])
    return transformer.blocks(x + w["positions"][: len(items)], w, 2, 2, False, False, torch.nn.functional.gelu, 1e-12)


def logits(h):
    return torch.nn.functional.gelu(h @ w["head.weight"] + w["head.bias"]) @ w["items"].T + w["bias"][:, 0]


def choose(draws, n):
    if draws.uniform() < PARAMS["last"]:
        return [n - 1]
    places = [i for i in range(n) if draws.uniform() < PARAMS["mask"]]
    return places or [draws.below(n)]


def loss(batch, draws):
    h, target = [], []
    for u in batch:
        sequence = ROWS[u][-L:]
        masked = choose(draws, len(sequence))
        h.append(encode(sequence, masked)[masked])
        target += [sequence[i] for i in masked]
    return torch.nn.functional.cross_entropy(logits(torch.cat(h)), torch.tensor(target))


users = [u for u in range(USERS) if len(ROWS[u]) >= 2]
fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=ROWS, epoch_seeds=EPOCH_SEEDS,
               weights={n: d.floats(v) for n, v in w.items()}, losses=[])
adam = torch.optim.Adam(w.values(), lr=PARAMS["learning_rate"])
for seed in EPOCH_SEEDS:
    losses = []
    for order, draws in d.batches(seed, 0, len(users), PARAMS["batch"]):
        adam.zero_grad()
        value = loss([users[i] for i in order], draws)
        value.backward()
        if "loss" not in fixture:
            fixture["loss"], fixture["gradients"] = value.item(), {n: d.floats(v.grad) for n, v in w.items()}
        adam.step()
        losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {n: d.floats(v) for n, v in w.items()}
with torch.no_grad():
    fixture["scores"] = []
    for row in ROWS:
        history = row[-(L - 1) :]
        fixture["scores"].append(logits(encode(history + [0], [len(history)])[-1]).tolist())
d.write("fixture.json", f"BERT4Rec by PyTorch {torch.__version__}, make_fixture.py", fixture)
