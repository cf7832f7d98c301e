"""Writes fixture_sparse.json and fixture_dense.json: MD-CVAE (Zhu & Chen 2022) in plain PyTorch,
with a multinomial and a normal likelihood of the content.

Run with torch 2.11.0 in float64, seed 17: python make_fixture.py
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import draws as d  # noqa: E402

USERS, ITEMS, K, Z, H, F, SEED = 12, 9, 4, 3, 5, 6, 17
PARAMS = dict(dim=K, latent=Z, hidden=H, pull=2.0, content_beta=0.3, content_first=2, dropout=0.5, beta=0.2, anneal_steps=100,
              batch=4, learning_rate=0.01)
EPOCH_SEEDS = [401, 402, 403]
ROWS = d.rows_of(SEED, USERS, ITEMS, 2, 5)
torch.set_default_dtype(torch.float64)


def make(sparse):
    torch.manual_seed(SEED)
    tensor = lambda *shape: (torch.randn(*shape) * 0.4).requires_grad_()
    features = torch.randn(ITEMS, F)
    if sparse:
        features = features.clamp(min=0)
    features = features.to(torch.float32).to(torch.float64)
    users = [u for u in range(USERS) if ROWS[u]]
    w = {"items": tensor(ITEMS, K), "items.bias": tensor(ITEMS), "encoder.0.bias": tensor(K)}
    for name, i, o in [("encoder.1", K, 2 * Z), ("decoder.0", Z, K), ("content.encoder.0", F, H), ("content.encoder.1", H, 2 * K),
                       ("content.decoder.0", K, H)]:
        w[name + ".weight"], w[name + ".bias"] = tensor(i, o), tensor(o)
    w["content.decoder.1"] = tensor(F, H + 1)
    linear = lambda name, x: x @ w[name + ".weight"] + w[name + ".bias"]

    def onehot(batch):
        x = torch.zeros(len(batch), ITEMS)
        for i, u in enumerate(batch):
            x[i, ROWS[u]] = 1
        return x

    def encode(x):
        return linear("encoder.1", torch.tanh(x @ w["items"] + w["encoder.0.bias"])).chunk(2, 1)

    def content(f):
        return linear("content.encoder.1", torch.tanh(linear("content.encoder.0", f))).chunk(2, 1)

    def decode(u):
        return torch.tanh(linear("decoder.0", u)) @ w["items"].T + w["items.bias"]

    def draw(draws, mean, logvar):
        noise = torch.tensor([draws.normal() for _ in range(mean.numel())]).reshape(mean.shape)
        return mean + torch.exp(logvar / 2) * noise

    kl = lambda mean, logvar: 0.5 * (logvar.exp() + mean**2 - 1 - logvar).sum(1)

    def user_loss(batch, draws, step, means):
        x = onehot(batch)
        seen = torch.zeros_like(x)
        for i, u in enumerate(batch):
            for item in ROWS[u]:
                if draws.uniform() >= PARAMS["dropout"]:
                    seen[i, item] = 1 / (1 - PARAMS["dropout"])
        mean, logvar = encode(seen / x.norm(dim=1, keepdim=True))
        logits = decode(draw(draws, mean, logvar))
        miss = -(torch.log_softmax(logits, 1) * x).sum(1)
        beta = min(PARAMS["beta"], step / PARAMS["anneal_steps"])
        return (miss + beta * kl(mean, logvar)).mean() + PARAMS["pull"] / 2 / len(users) * ((w["items"] - means) ** 2).sum()

    def content_loss(batch, draws):
        f = features[batch]
        mean, logvar = content(f)
        z = draw(draws, mean, logvar)
        g = torch.tanh(linear("content.decoder.0", z)) @ w["content.decoder.1"][:, :H].T + w["content.decoder.1"][:, H]
        miss = -(f * torch.log_softmax(g, 1)).sum(1) if sparse else 0.5 * ((f - g) ** 2).sum(1)
        pull = PARAMS["pull"] / 2 * ((z - w["items"].detach()[batch]) ** 2).sum(1)
        return (miss + PARAMS["content_beta"] * kl(mean, logvar) + pull).mean()

    fixture = dict(params=PARAMS, users=USERS, items=ITEMS, seed=SEED, rows=ROWS, epoch_seeds=EPOCH_SEEDS, losses=[],
                   features=dict(width=F, dense=d.floats(features), sparse=sparse), weights={k: d.floats(v) for k, v in w.items()})
    adams = {part: torch.optim.Adam([v for k, v in w.items() if k.startswith("content.") == (part == "content")], lr=PARAMS["learning_rate"])
             for part in ("content", "users")}
    step = 0
    for n, seed in enumerate(EPOCH_SEEDS):
        losses = []
        phases = ["content"] * (PARAMS["content_first"] if n == 0 else 1) + ["users"]
        for number, phase in enumerate(phases):
            with torch.no_grad():
                means = content(features)[0]
            for order, draws in d.batches(seed, number, ITEMS if phase == "content" else len(users), PARAMS["batch"]):
                for v in w.values():
                    v.grad = None
                if phase == "content":
                    value = content_loss(order, draws)
                else:
                    value = user_loss([users[i] for i in order], draws, step, means)
                value.backward()
                if "loss" not in fixture:
                    fixture["loss"], fixture["gradients"] = value.item(), {k: d.floats(v.grad) for k, v in w.items() if v.grad is not None}
                adams[phase].step()
                step += 1
                losses.append(value.item())
        fixture["losses"].append(sum(losses) / len(losses))
    fixture["after"] = {k: d.floats(v) for k, v in w.items()}
    fixture["after"]["means"] = d.floats(content(features)[0])
    x = onehot(range(USERS))
    norm = x.norm(dim=1, keepdim=True)
    with torch.no_grad():
        fixture["scores"] = decode(encode(x / torch.where(norm > 0, norm, torch.ones_like(norm)))[0]).tolist()
    d.write(f"fixture_{'sparse' if sparse else 'dense'}.json", f"MD-CVAE by PyTorch {torch.__version__}, make_fixture.py", fixture)


make(True)
make(False)
