"""Reference values for UserKNN from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 41.
"""
import json

import numpy as np

SEED = 41


def weigh(x, kind):
    seen, n = x > 0, len(x)
    df, length = seen.sum(0), seen.sum(1, keepdims=True)
    if kind == "tfidf":
        return np.sqrt(x) * np.log(n / (1 + df))
    if kind == "bm25":
        norm = 1 - 0.75 + 0.75 * length / length.mean()
        return 2.2 * x / (x + 1.2 * norm) * np.log(1 + (n - df + 0.5) / (df + 0.5))
    return x


def scores(x, users, similarity="cosine", shrink=10, alpha=0.5, beta=0.5, feature_weighting="none", neighbours=0):
    v = weigh(x, feature_weighting)
    c = v @ v.T
    a, b = np.diag(c)[:, None], np.diag(c)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        s = c / (shrink + {
            "cosine": np.sqrt(a * b), "jaccard": a + b - c, "asymmetric": a**alpha * b**beta, "tversky": c + alpha * (a - c) + beta * (b - c),
        }[similarity])
    s = np.where(c == 0, 0, s)
    np.fill_diagonal(s, 0)
    if neighbours:
        keep = np.argsort(-s, axis=1, kind="stable")[:, :neighbours]
        kept = np.zeros_like(s)
        np.put_along_axis(kept, keep, np.take_along_axis(s, keep, 1), 1)
        s = kept
    return s[:users] @ x


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((30, 22)) < 0.2).astype(float)
    x[7] = 0
    x[:, 4] = 0
    side = np.round((rng.random((4, 22)) < 0.3) * rng.uniform(0.5, 2, (4, 22)), 2)
    cases = []
    for params, pseudo in (
        ({"neighbours": 0}, False), ({"neighbours": 5}, False), ({"similarity": "jaccard", "shrink": 2, "neighbours": 7}, True),
        ({"similarity": "asymmetric", "alpha": 0.3, "beta": 0.8, "neighbours": 0}, False),
        ({"similarity": "tversky", "alpha": 0.7, "beta": 0.1, "shrink": 1}, True),
        ({"feature_weighting": "tfidf", "shrink": 1}, True), ({"feature_weighting": "bm25", "shrink": 1, "neighbours": 6}, False),
    ):
        rows = np.vstack([x, side]) if pseudo else x
        cases.append({"params": params, "side": pseudo, "scores": np.round(scores(rows, len(x), **params), 9).tolist()})
    f = {"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "side": side.tolist(), "cases": cases}
    with open("fixture.json", "w") as out:
        json.dump(f, out, separators=(",", ":"))
        out.write("\n")


main()
