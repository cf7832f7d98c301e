"""Reference values for textease from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. NumPy 2.4.6, seed 5. Each case solves its own
linear system from the published form, not from the one that the plugin uses.
"""
import json

import numpy as np

SEED = 5


def ease(gram, ridge):
    p = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    b = p / -np.diag(p)
    np.fill_diagonal(b, 0)
    return b


def prior_mean(g, c, ridge, pull):
    """Each column on its own: min |Xb - x_j|^2 + (ridge-pull)|b|^2 + pull|b - c_j|^2 over b with b_j = 0."""
    n = len(g)
    b = np.zeros((n, n))
    for j in range(n):
        rest = np.arange(n) != j
        left = g[np.ix_(rest, rest)] + ridge * np.eye(n - 1)
        b[rest, j] = np.linalg.solve(left, g[rest, j] + pull * c[rest, j])
    return b


def l3ae(g, s, lam, kd):
    """(G + (lam + kd) I) B = G + kd S - diag(mu), with mu such that diag B = 0 (Moon et al. 2025)."""
    a = np.linalg.inv(g + (lam + kd) * np.eye(len(g)))
    free = a @ (g + kd * s)
    return free - a * (np.diag(free) / np.diag(a))


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((40, 18)) < 0.2).astype(float)
    x[3] = 0
    x[:, 7] = 0
    f = (rng.random((18, 30)) * (rng.random((18, 30)) < 0.2)).astype(np.float32).astype(float)
    f[5] = 0
    e = rng.normal(size=(18, 6)).astype(np.float32).astype(float)

    def unit(m):
        length = np.linalg.norm(m, axis=1, keepdims=True)
        return m / np.where(length > 0, length, 1)

    k = .75 * unit(f) @ unit(f).T + .25 * unit(e) @ unit(e).T
    g = x.T @ x
    cosine = k - np.diag(np.diag(k))
    count = x.sum(0)
    length = x.sum(1)
    weight = np.where(length > 0, np.maximum(length, 1) ** -.5, 0)
    ga = x.T @ (weight[:, None] * x)
    ga *= np.trace(g) / np.trace(ga)
    collective = ease(ga + .8 * count.mean() * k, 15) * np.maximum(count, 1) ** .1
    cases = [
        ({"ridge": 10, "pull": 3}, prior_mean(g, cosine, 10, 3)),
        ({"ridge": 25, "pull": 20, "prior": "ease", "prior_ridge": 5}, prior_mean(g, ease(k, 5), 25, 20)),
        ({"ridge": 18, "pull": 3, "prior": "ease", "prior_ridge": 2}, l3ae(g, ease(k, 2), 15, 3)),
        ({"ridge": 15, "alpha": 0.8, "user_weight": 0.5, "popularity": 0.1}, collective),
    ]
    out = {"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "sparse": f.tolist(), "dense": e.tolist(), "cases": [
        {"params": p | {"shares": [.75, .25]}, "scores": np.round(x @ b, 9).tolist()} for p, b in cases]}
    with open("fixture.json", "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")


main()
