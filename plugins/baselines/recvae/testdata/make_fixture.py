"""Writes fixture.json: RecVAE (Shenbin et al. 2020, sections 3.2 to 3.5) in plain PyTorch.

Run with torch 2.11.0 in float64, seed 7: python make_fixture.py
"""
import math
import os
import sys

import torch
from torch.nn.functional import layer_norm, silu

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, H, Z, SEED = 12, 9, 5, 3, 7
PARAMS = dict(hidden=H, latent=Z, dropout=0.5, gamma=0.05, encoder_passes=2, decoder_passes=1, batch=4, learning_rate=0.005)
EPOCH_SEEDS = [101, 102, 103]
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)

rows = d.rows_of(SEED, USERS, ITEMS, 2, 5)
users = [u for u in range(USERS) if rows[u]]
w = {}
for i in range(5):
    w[f"encoder.{i}.weight"] = torch.randn(ITEMS if i == 0 else H, H) * 0.4
    w[f"encoder.{i}.bias"] = torch.randn(H) * 0.4
    w[f"encoder.norm{i}.weight"] = 1 + torch.randn(H) * 0.2
    w[f"encoder.norm{i}.bias"] = torch.randn(H) * 0.2
for name in ("mean", "variance"):
    w[f"encoder.{name}.weight"], w[f"encoder.{name}.bias"] = torch.randn(H, Z) * 0.4, torch.randn(Z) * 0.4
w["decoder"] = torch.randn(ITEMS, Z + 1) * 0.4
old = {k: torch.randn_like(v) * 0.3 for k, v in w.items() if k != "decoder"}
weights = {k: d.floats(v) for k, v in w.items()} | {k.replace("encoder", "old"): d.floats(v) for k, v in old.items()}
for v in w.values():
    v.requires_grad_()


def onehot(batch):
    x = torch.zeros(len(batch), ITEMS)
    for i, u in enumerate(batch):
        x[i, rows[u]] = 1
    return x


def encode(p, x):
    def linear(name, x):
        return x @ p[f"encoder.{name}.weight"] + p[f"encoder.{name}.bias"]

    def norm(i, x):
        return layer_norm(x, [H], p[f"encoder.norm{i}.weight"], p[f"encoder.norm{i}.bias"], eps=0.1)

    hs = [norm(0, silu(linear(0, x)))]
    for i in range(1, 5):
        hs.append(norm(i, silu(linear(i, hs[-1]) + sum(hs))))
    return linear("mean", hs[-1]), linear("variance", hs[-1])


def unit(x):
    norm = x.norm(dim=1, keepdim=True)
    return x / torch.where(norm > 0, norm, torch.ones_like(norm))


def density(z, mean, logvar):
    return -0.5 * (logvar + math.log(2 * math.pi) + (z - mean) ** 2 / logvar.exp())


def loss(phase, batch, draws):
    x = onehot(batch)
    seen = x.clone()
    if phase == "encoder":
        for i, u in enumerate(batch):
            for item in rows[u]:
                seen[i, item] = 1 / (1 - PARAMS["dropout"]) if draws.uniform() >= PARAMS["dropout"] else 0
    mean, logvar = encode(w, seen / x.norm(dim=1, keepdim=True))
    noise = torch.tensor([draws.normal() for _ in range(len(batch) * Z)]).reshape(len(batch), Z)
    z = mean + torch.exp(logvar / 2) * noise
    miss = -(torch.log_softmax(z @ w["decoder"][:, :Z].T + w["decoder"][:, Z], 1) * x).sum(1)
    if phase == "decoder":
        return miss.mean()
    mean0, logvar0 = encode(old, unit(x))
    zero = torch.zeros_like(z)
    prior = torch.logsumexp(torch.stack([
        density(z, zero, zero) + math.log(0.15), density(z, mean0, logvar0) + math.log(0.75), density(z, zero, zero + 10) + math.log(0.1)]), 0)
    kl = (density(z, mean, logvar) - prior).sum(1)
    return (miss + PARAMS["gamma"] * x.sum(1) * kl).mean()


fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=rows, epoch_seeds=EPOCH_SEEDS, weights=weights, losses=[])
adam = {phase: torch.optim.Adam([v for k, v in w.items() if k.startswith(phase)], lr=PARAMS["learning_rate"]) for phase in ("encoder", "decoder")}
steps = 0
for seed in EPOCH_SEEDS:
    losses = []
    for number, phase in enumerate(["encoder"] * PARAMS["encoder_passes"] + ["decoder"] * PARAMS["decoder_passes"]):
        for order, draws in d.batches(seed, number, len(users), PARAMS["batch"]):
            for v in w.values():
                v.grad = None
            value = loss(phase, [users[i] for i in order], draws)
            value.backward()
            if steps == 0:
                fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items()}
            adam[phase].step()
            steps += 1
            losses.append(value.item())
    fixture["losses"].append(sum(losses) / len(losses))
    old = {k: v.detach().clone() for k, v in w.items() if k != "decoder"}
fixture["after"] = {k: d.floats(v) for k, v in w.items()}
mean, _ = encode(w, unit(onehot(range(USERS))))
fixture["scores"] = (mean @ w["decoder"][:, :Z].T + w["decoder"][:, Z]).tolist()
d.write("fixture.json", f"RecVAE by PyTorch {torch.__version__}, make_fixture.py", fixture)
