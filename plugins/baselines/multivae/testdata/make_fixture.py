"""Writes fixture.json: Multi-VAE (Liang et al. 2018, equations 1, 2, 5) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, H, Z, SEED = 12, 9, 5, 3, 7
PARAMS = dict(hidden=H, latent=Z, dropout=0.5, beta=0.2, anneal_steps=40, batch=4, learning_rate=0.01)
EPOCH_SEEDS = [101, 102, 103, 104]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)


def tensor(*shape):
    return (torch.randn(*shape) * 0.4).requires_grad_()


rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
users = [u for u in range(USERS) if rows[u]]
w = {
    "encoder.0.weight": tensor(ITEMS, H), "encoder.0.bias": tensor(H),
    "encoder.1.weight": tensor(H, 2 * Z), "encoder.1.bias": tensor(2 * Z),
    "decoder.0.weight": tensor(Z, H), "decoder.0.bias": tensor(H), "decoder.1": tensor(ITEMS, H + 1),
}


def onehot(batch):
    x = torch.zeros(len(batch), ITEMS)
    for i, u in enumerate(batch):
        x[i, rows[u]] = 1
    return x


def encode(x):
    q = torch.tanh(x @ w["encoder.0.weight"] + w["encoder.0.bias"]) @ w["encoder.1.weight"] + w["encoder.1.bias"]
    return q[:, :Z], q[:, Z:]


def decode(z):
    h = torch.tanh(z @ w["decoder.0.weight"] + w["decoder.0.bias"])
    return h @ w["decoder.1"][:, :H].T + w["decoder.1"][:, H]


def loss(batch, draws, step):
    x = onehot(batch)
    seen = torch.zeros_like(x)
    for i, u in enumerate(batch):
        for item in rows[u]:
            if draws.uniform() >= PARAMS["dropout"]:
                seen[i, item] = 1 / (1 - PARAMS["dropout"])
    mean, logvar = encode(seen / x.norm(dim=1, keepdim=True))
    noise = torch.tensor([draws.normal() for _ in range(len(batch) * Z)]).reshape(len(batch), Z)
    logits = decode(mean + torch.exp(logvar / 2) * noise)
    miss = -(torch.log_softmax(logits, 1) * x).sum(1)
    kl = 0.5 * (-logvar + logvar.exp() + mean**2 - 1).sum(1)
    beta = min(PARAMS["beta"], step / PARAMS["anneal_steps"])
    return (miss + beta * kl).mean()


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS,
               weights={k: d.floats(v) for k, v in w.items()}, losses=[])
adam, steps = torch.optim.Adam(w.values(), lr=PARAMS["learning_rate"]), 0
for seed in EPOCH_SEEDS:
    losses = []
    for order, draws in d.batches(seed, 0, len(users), PARAMS["batch"]):
        adam.zero_grad()
        value = loss([users[i] for i in order], draws, steps)
        value.backward()
        if steps == 0:
            fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items()}
        adam.step()
        steps += 1
        losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
fixture["after"] = {k: d.floats(v) for k, v in w.items()}
x = onehot(range(USERS))
norm = x.norm(dim=1, keepdim=True)
fixture["scores"] = decode(encode(x / torch.where(norm > 0, norm, torch.ones_like(norm)))[0]).tolist()
d.write("fixture.json", f"Multi-VAE by PyTorch {torch.__version__}, make_fixture.py", fixture)
