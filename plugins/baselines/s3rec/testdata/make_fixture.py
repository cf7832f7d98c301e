"""Writes fixture.json: S3-Rec (Zhou et al. 2020, section 4) in plain PyTorch: two passes of
self-supervision and three epochs of next items.

Run with torch 2.11.0 in float64, seed 19: python make_fixture.py
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402
import transformer  # noqa: E402

USERS, ITEMS, WORDS, K, L, SEED = 13, 11, 4, 4, 5, 19
PARAMS = dict(dim=K, blocks=1, heads=2, length=L, dropout=0, pretrain_epochs=2, mask=0.3, weight_aap=0.2, weight_mip=1.0, weight_map=0.7,
              weight_sp=0.5, order="history", batch=4, learning_rate=0.01)
EPOCH_SEEDS = [501, 502, 503]
ROWS = d.rows_of(SEED, USERS, ITEMS, 1, 7)
FLAT = [i for row in ROWS for i in row]
ATTRIBUTES = [[w for w in range(WORDS) if d.Draws(SEED, item, w).uniform() < 0.4] for item in range(ITEMS)]
torch.set_default_dtype(torch.float64)
torch.manual_seed(SEED)


def tensor(*shape):
    return (torch.randn(*shape) * 0.5).requires_grad_()


w = {"items": tensor(ITEMS, K), "attributes": tensor(WORDS, K), "mask": tensor(1, K), "positions": tensor(L, K), "norm.weight": tensor(K),
     "norm.bias": tensor(K), **transformer.weights(tensor, 1, K, 4 * K, False), "aap": tensor(K, K), "mip": tensor(K, K), "map": tensor(K, K), "sp": tensor(K, K)}


def encode(items, masked, causal):
    x = torch.stack([w["mask"][0] if i in masked else w["items"][item] for i, item in enumerate(items)]) + w["positions"][: len(items)]
    x = transformer.norm(x, w, "norm", 1e-12)
    return transformer.blocks(x, w, 1, 2, causal, False, torch.nn.functional.gelu, 1e-12)


def outside(draws, row):
    while True:
        item = draws.below(ITEMS)
        if item not in row:
            return item


def words(x, items):
    scores = x @ w["attributes"].T
    has = torch.tensor([[1.0 if a in ATTRIBUTES[i] else 0.0 for a in range(WORDS)] for i in items])
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, has, reduction="sum")


def closer(x, y, z):
    return -torch.nn.functional.logsigmoid((x * (y - z)).sum(-1)).sum()


def self_supervised(batch, draws):
    total = 0
    for u in batch:
        s = ROWS[u][-L:]
        n = len(s)
        masked = [i for i in range(n) if draws.uniform() < PARAMS["mask"]] or [draws.below(n)]
        others = [outside(draws, ROWS[u]) for _ in masked]
        length = 1 + draws.below(n // 2)
        at, start = draws.below(n - length + 1), draws.below(len(FLAT) - length + 1)
        inside = list(range(at, at + length))
        rest = [i for i in range(n) if i not in inside]
        other = list(s)
        other[at : at + length] = FLAT[start : start + length]
        f, known, items = encode(s, masked, False)[masked], [i for p, i in enumerate(s) if p not in masked], [s[p] for p in masked]
        if known:
            total = total + PARAMS["weight_aap"] * words(w["items"][known] @ w["aap"], known)
        total = total + PARAMS["weight_map"] * words(f @ w["map"], items)
        total = total + PARAMS["weight_mip"] * closer(f @ w["mip"], w["items"][items], w["items"][others])
        context = encode(s, inside, False)[-1] @ w["sp"]
        total = total + PARAMS["weight_sp"] * closer(context, encode(s, rest, False)[-1], encode(other, rest, False)[-1])
    return total / len(batch)


def next_items(batch, draws):
    yes, no = [], []
    for u in batch:
        s = ROWS[u][-(L + 1) :]
        h = encode(s[:-1], [], True)
        yes.append((h * w["items"][s[1:]]).sum(1))
        no.append((h * w["items"][[outside(draws, ROWS[u]) for _ in s[1:]]]).sum(1))
    log = torch.nn.functional.logsigmoid
    return -(log(torch.cat(yes)) + log(-torch.cat(no))).mean()


users = [u for u in range(USERS) if len(ROWS[u]) >= 2]
fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=ROWS, epoch_seeds=EPOCH_SEEDS, losses=[],
               attributes=[[f"word {a}" for a in own] for own in ATTRIBUTES], weights={n: d.floats(v) for n, v in w.items()})
for n, seed in enumerate(EPOCH_SEEDS):
    losses = []
    phases = [self_supervised] * (PARAMS["pretrain_epochs"] if n == 0 else 0) + [next_items]
    for number, loss in enumerate(phases):
        if n == 0 and number in (0, PARAMS["pretrain_epochs"]):
            adam = torch.optim.Adam([v for k, v in w.items() if k != "items"], lr=PARAMS["learning_rate"])
            table = {"m": torch.zeros(ITEMS, K), "v": torch.zeros(ITEMS, K), "t": 0}
        for order, draws in d.batches(seed, number, len(users), PARAMS["batch"]):
            for v in w.values():
                v.grad = None
            value = loss([users[i] for i in order], draws)
            value.backward()
            if "loss" not in fixture:
                fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items() if v.grad is not None}
            adam.step()
            d.sparse_adam(table, w["items"], PARAMS["learning_rate"])
            losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {k: d.floats(v) for k, v in w.items()}
with torch.no_grad():
    fixture["scores"] = [(w["items"] @ encode(row[-L:], [], True)[-1]).tolist() if row else [0.0] * ITEMS for row in ROWS]
d.write("fixture.json", f"S3-Rec by PyTorch {torch.__version__}, make_fixture.py", fixture)
