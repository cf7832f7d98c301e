"""Reference values for EASE from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 12.
"""
import json

import numpy as np

SEED = 12


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
    with open("fixture.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


main()
