"""Reference values for GF-CF from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 61.
"""
import json

import numpy as np

SEED = 61


def scores(x, rows, dim, weight):
    users, items = x.sum(1, keepdims=True), x.sum(0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        normal = np.nan_to_num(x / np.sqrt(users) / np.sqrt(items))
        inverse = np.where(items > 0, 1 / np.sqrt(items), 0)
    _, _, v = np.linalg.svd(normal)
    low = v[:dim].T @ v[:dim]
    r = x[:rows]
    return r @ normal.T @ normal + weight * (r * inverse) @ low * np.sqrt(items)


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((40, 26)) < rng.uniform(0.05, 0.5, 26)).astype(float)
    x[5] = 0
    x[:, 9] = 0
    side = np.round((rng.random((6, 26)) < 0.3) * rng.uniform(0.5, 2, (6, 26)), 2)
    cases = []
    for dim, weight, pseudo in ((4, 0.3, False), (1, 1, False), (26, 0.5, False), (8, 0.3, True), (5, 0, False)):
        s = scores(np.vstack([x, side]) if pseudo else x, len(x), dim, weight)
        cases.append({"params": {"dim": dim, "weight": weight}, "side": pseudo, "scores": np.round(s, 8).tolist()})
    f = {"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "side": side.tolist(), "cases": cases}
    with open("fixture.json", "w") as out:
        json.dump(f, out, separators=(",", ":"))
        out.write("\n")


main()
