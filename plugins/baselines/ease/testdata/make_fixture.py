"""Reference values for EASE from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 12.
"""
import json

import numpy as np

SEED = 12


def relatives(x, penalty=1, dropout=0, diagonal=0, user_weight=0, popularity=0, side=None):
    n = x.shape[1]
    g = x.T @ (x * np.maximum(x.sum(1, keepdims=True), 1) ** -user_weight)
    g *= x.sum() / np.trace(g)
    if side is not None:
        g = g + side.T @ side
    ridge = penalty + dropout / (1 - dropout) * np.diag(g)
    p = np.linalg.inv(g + np.diag(ridge))
    k = np.where(1 - ridge * np.diag(p) <= diagonal, ridge, (1 - diagonal) / np.diag(p))
    return (np.eye(n) - p * k) * np.maximum(x.sum(0), 1) ** popularity


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((40, 25)) < 0.15).astype(float)
    x[3] = 0
    x[:, 7] = 0
    cases = []
    for penalty in (0.01, 1.0, 100.0):
        p = np.linalg.inv(x.T @ x + penalty * np.eye(x.shape[1]))
        b = p / -np.diag(p)
        np.fill_diagonal(b, 0)
        cases.append({"lambda": penalty, "scores": np.round(x @ b, 9).tolist()})
    side = np.round((rng.random((4, 25)) < 0.3) * rng.uniform(0.5, 2, (4, 25)), 2)
    others = []
    for params, pseudo in (
        ({"dropout": 0.4}, False), ({"diagonal": 0.3}, False), ({"dropout": 0.2, "diagonal": 0.15}, True),
        ({"user_weight": 0.5}, False), ({"popularity": 0.3}, True), ({"user_weight": 0.7, "popularity": -0.2, "dropout": 0.1}, True),
    ):
        b = relatives(x, 3.0, **params, side=side if pseudo else None)
        others.append({"params": {"lambda": 3.0, **params}, "side": pseudo, "scores": np.round(x @ b, 9).tolist()})
    with open("fixture.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "cases": cases, "side": side.tolist(), "others": others}, f, separators=(",", ":"))
        f.write("\n")


main()
