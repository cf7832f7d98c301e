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


def main():
    rng = np.random.default_rng(SEED)
    x = (rng.random((36, 40)) < 0.12).astype(float)
    x[0] = 0
    cases = []
    for shrink, neighbours, ties in ((10, 0, "index"), (0.5, 0, "index"), (10, 5, "index"), (10, 1, "partition"),
                                     (10, 2, "partition"), (10, 5, "partition"), (0.5, 8, "partition"), (2, 12, "partition")):
        w = weights(x, shrink, neighbours, ties)
        cases.append({"shrink": shrink, "neighbours": neighbours, "neighbour_ties": ties, "scores": np.round(x @ w, 9).tolist()})
    selections = []
    for size, k, levels in ((7, 3, 2), (100, 10, 4), (1000, 100, 3), (1000, 100, 40), (501, 250, 7)):
        v = rng.integers(0, levels, size)
        selections.append({"values": v.tolist(), "k": k, "kept": sorted(np.argpartition(-v.astype(float), k)[:k].tolist())})
    with open("fixture.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "x": x.astype(int).tolist(), "cases": cases, "selections": selections},
                  f, separators=(",", ":"))
        f.write("\n")


main()
