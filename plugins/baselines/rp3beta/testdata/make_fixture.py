"""Reference values for RP3beta from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 31.
"""
import json

import numpy as np

SEED = 31


def walks(x, alpha, beta, neighbours):
    with np.errstate(divide="ignore", invalid="ignore"):
        to_items = np.nan_to_num(x / x.sum(1, keepdims=True))
        to_users = np.nan_to_num(x.T / x.T.sum(1, keepdims=True))
    w = np.where(to_users > 0, to_users**alpha, 0) @ np.where(to_items > 0, to_items**alpha, 0)
    w /= np.maximum((x > 0).sum(0), 1) ** beta
    np.fill_diagonal(w, 0)
    if neighbours:
        keep = np.argsort(-w, axis=1, kind="stable")[:, :neighbours]
        kept = np.zeros_like(w)
        np.put_along_axis(kept, keep, np.take_along_axis(w, keep, 1), 1)
        return kept
    return w


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((30, 20)) < 0.2).astype(float)
    x[2] = 0
    x[:, 5] = 0
    side = np.round((rng.random((4, 20)) < 0.3) * rng.uniform(0.5, 2, (4, 20)), 2)
    cases = []
    for alpha, beta, neighbours, pseudo in ((1, 0, 0, False), (0.6, 0.3, 0, False), (0.6, 0.3, 4, False), (1.4, 0.8, 7, True), (0, 0.5, 0, True)):
        w = walks(np.vstack([x, side]) if pseudo else x, alpha, beta, neighbours)
        cases.append({"params": {"alpha": alpha, "beta": beta, "neighbours": neighbours}, "side": pseudo, "scores": np.round(x @ w, 9).tolist()})
    f = {"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "side": side.tolist(), "cases": cases}
    with open("fixture.json", "w") as out:
        json.dump(f, out, separators=(",", ":"))
        out.write("\n")


main()
