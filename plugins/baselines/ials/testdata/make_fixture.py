"""Reference values for iALS, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, implicit 0.7.3, seed 21.
`implicit` takes its own steps of conjugate gradients and computes its own loss;
the exact and the block steps are NumPy renderings of the equations, in float64.
"""
import json

import implicit
import numpy as np
from implicit.cpu import _als
from scipy.sparse import csr_matrix

SEED = 21
DIM = 5


def terms(c, w, kind):
    """base, extra and pull of every pair: the objective's three kinds of weight."""
    seen = w > 0
    if kind == "implicit":
        pull = c["alpha"] * w
        return 1.0, np.where(seen, pull - 1, 0), pull
    return c["alpha0"], w, w


def penalties(c, w, kind):
    if kind == "implicit":
        return np.full(len(w), c["reg"])
    return c["reg"] * (w.sum(1) + c["alpha0"] * w.shape[1]) ** c["nu"]


def loss(c, w, x, y, kind):
    """From the definition: every pair by itself."""
    s = x @ y.T
    seen = w > 0
    if kind == "implicit":
        each = np.where(seen, c["alpha"] * w * (1 - s) ** 2, s**2)
    else:
        each = np.where(seen, w * (1 - s) ** 2, 0) + c["alpha0"] * s**2
    return each.sum() + penalties(c, w, kind) @ (x**2).sum(1) + penalties(c, w.T, kind) @ (y**2).sum(1)


def exact(c, w, y, kind):
    base, extra, pull = terms(c, w, kind)
    reg = penalties(c, w, kind)
    return np.stack([np.linalg.solve(base * y.T @ y + y.T @ np.diag(extra[u]) @ y + reg[u] * np.eye(DIM), y.T @ pull[u]) for u in range(len(w))])


def blocks(c, w, x, y, kind, size):
    base, extra, pull = terms(c, w, kind)
    reg = penalties(c, w, kind)
    x = x.copy()
    x[w.sum(1) == 0] = 0
    for u in range(len(w)):
        for lo in range(0, DIM, size):
            p = slice(lo, lo + size)
            gradient = base * y[:, p].T @ (y @ x[u]) + y[:, p].T @ (extra[u] * (y @ x[u]) - pull[u]) + reg[u] * x[u][p]
            hessian = base * y[:, p].T @ y[:, p] + y[:, p].T @ np.diag(extra[u]) @ y[:, p] + reg[u] * np.eye(len(x[u][p]))
            x[u][p] -= np.linalg.solve(hessian, gradient)
    return x


def by_implicit(c, w, x, y):
    """Three steps of conjugate gradients and the loss before them, by the package."""
    rows = csr_matrix(c["alpha"] * w, dtype=np.float32)
    x, y = x.astype(np.float32), y.astype(np.float32)
    # The package divides its loss by the sum of confidences and the unobserved pairs.
    pairs = rows.data.sum() + w.size - rows.nnz
    total = float(_als.calculate_loss(rows, x, y, c["reg"], num_threads=1)) * pairs
    _als.least_squares_cg(rows, x, y, c["reg"], num_threads=1, cg_steps=3)
    return x, total


def main():
    rng = np.random.default_rng(SEED)
    w = (rng.random((14, 11)) < 0.35) * np.round(rng.uniform(0.5, 2, (14, 11)), 2)
    w[4] = 0
    w[:, 3] = 0
    x, y = rng.normal(size=(14, DIM)), rng.normal(size=(11, DIM))
    x, y = (np.round(v / 2, 3) for v in (x, y))
    cases = []
    for kind, c in (("implicit", {"alpha": 8, "reg": 3}), ("implicit", {"alpha": 1, "reg": 0.5}), ("rendle", {"alpha0": 0.3, "reg": 0.2, "nu": 0.7})):
        solved = exact(c, w, y, kind)
        case = {kind: c, "exact": solved, "blocks": blocks(c, w, x, y, kind, 2), "loss": loss(c, w, x, y, kind), "loss_after": loss(c, w, solved, y, kind)}
        if kind == "implicit":
            case["cg"], package = by_implicit(c, w, x, y)
            assert abs(package - case["loss"]) < 1e-5 * case["loss"], (package, case["loss"])
        cases.append({k: np.round(v, 8).tolist() if isinstance(v, np.ndarray) else v for k, v in case.items()})
    f = {"numpy": np.__version__, "implicit": implicit.__version__, "seed": SEED, "w": w.tolist(), "x": x.tolist(), "y": y.tolist(), "cases": cases}
    with open("fixture.json", "w") as out:
        json.dump(f, out, separators=(",", ":"))
        out.write("\n")


main()
