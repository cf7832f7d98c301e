"""Reference values for ItemKNN from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 11.
NumPy's vectorised selections order ties by the width of the CPU's registers, so
they are switched off: what remains is the portable introselect.
"""
import json
import os

os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
import numpy as np  # noqa: E402

SEED = 11


def weights(x, shrink, neighbours, ties):
    c = x.T @ x
    n = np.diag(c)
    s = c / (np.sqrt(np.outer(n, n)) + shrink)
    np.fill_diagonal(s, 0)
    if neighbours == 0:
        return s
    if ties == "index":
        keep = np.argsort(-s, axis=0, kind="stable")[:neighbours]
    else:
        keep = np.argpartition(-s, neighbours, axis=0)[:neighbours]
    w = np.zeros_like(s)
    np.put_along_axis(w, keep, np.take_along_axis(s, keep, 0), 0)
    return w


def weigh(v, kind):
    """v is items x users, whose features are the users."""
    seen, n = v > 0, len(v)
    df, length = seen.sum(0), seen.sum(1, keepdims=True)
    if kind == "tfidf":
        return np.sqrt(v) * np.log(n / (1 + df))
    if kind == "bm25":
        norm = 1 - 0.75 + 0.75 * length / length.mean()
        return 2.2 * v / (v + 1.2 * norm) * np.log(1 + (n - df + 0.5) / (df + 0.5))
    return v


def compare(x, similarity="cosine", shrink=10, alpha=0.5, beta=0.5, user_weight=0, feature_weighting="none", neighbours=0, neighbour_ties="index"):
    length = np.maximum(x.sum(1, keepdims=True), 1)
    v = weigh((x * length ** (-user_weight / 2)).T, feature_weighting)
    c = v @ v.T
    a, b = np.diag(c)[:, None], np.diag(c)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        s = c / (shrink + {
            "cosine": np.sqrt(a * b), "jaccard": a + b - c, "asymmetric": a**alpha * b**beta, "tversky": c + alpha * (a - c) + beta * (b - c),
        }[similarity])
    s = np.where(c == 0, 0, s)
    np.fill_diagonal(s, 0)
    if neighbours:
        keep = np.argsort(-s, axis=0, kind="stable")[:neighbours]
        s = s * mask(s, keep)
    return s


def mask(s, keep):
    m = np.zeros_like(s)
    np.put_along_axis(m, keep, 1, 0)
    return m


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((36, 40)) < 0.12).astype(float)
    x[0] = 0
    cases = []
    for shrink, neighbours, ties in ((10, 0, "index"), (0.5, 0, "index"), (10, 5, "index"), (10, 1, "partition"),
                                     (10, 2, "partition"), (10, 5, "partition"), (0.5, 8, "partition"), (2, 12, "partition")):
        w = weights(x, shrink, neighbours, ties)
        cases.append({"shrink": shrink, "neighbours": neighbours, "neighbour_ties": ties, "scores": np.round(x @ w, 9).tolist()})
    others = []
    for params in (
        {"similarity": "jaccard", "shrink": 2},
        {"similarity": "asymmetric", "alpha": 0.3, "beta": 0.2, "shrink": 3, "user_weight": 0.5},
        {"similarity": "tversky", "alpha": 0.7, "beta": 0.2, "shrink": 0, "neighbours": 6, "neighbour_ties": "index"},
        {"feature_weighting": "tfidf", "shrink": 1},
        {"feature_weighting": "bm25", "shrink": 1, "similarity": "jaccard"},
    ):
        others.append({"params": params, "scores": np.round(x @ compare(x, **params), 9).tolist()})
    with open("fixture.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "cases": cases, "others": others},
                  f, separators=(",", ":"))
        f.write("\n")


main()
