"""Reference values for what recommended lists are like, from NumPy.

Run from this folder: python make_lists.py. Written with Python 3.11.7 and
NumPy 2.4.6, seed 20261126; it writes lists.json. Each formula is another one
than Go's: cosines pair by pair, Gini as the mean absolute difference.
"""
import itertools
import json

import numpy as np

SEED = 20261126


def cosine(a, b):
    norm = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / norm) if norm else 0.0


def diversity(x, items):
    pairs = [1 - cosine(x[:, i], x[:, j]) for i, j in itertools.combinations(items, 2)]
    return float(np.mean(pairs)) if pairs else 0.0


def gini(n):
    """Half the mean absolute difference of all ordered pairs, relative to the mean."""
    n = np.asarray(n, float)
    return float(np.abs(n[:, None] - n[None, :]).mean() / (2 * n.mean()))


def main():
    rng = np.random.default_rng(SEED)
    users, items, depth = 30, 25, 12
    x = (rng.random((users, items)) < rng.beta(0.5, 2, items)).astype(float)
    x[:, 3] = 0  # an item that nobody has
    lists = [rng.permutation(items)[:depth].tolist() for _ in range(users)]
    lists[4] = lists[4][:1]  # a user whose other items are masked
    values = {}
    for k in (2, 5, 12):
        cut = [row[:k] for row in lists]
        counts = np.bincount(np.concatenate(cut).astype(int), minlength=items)
        values[f"popularity@{k}"] = [float(x.sum(0)[row].mean()) for row in cut]
        values[f"novelty@{k}"] = [float((1 - x.mean(0)[row]).mean()) for row in cut]
        values[f"diversity@{k}"] = [diversity(x, row) for row in cut]
        values[f"coverage@{k}"] = [float((counts > 0).mean())]
        values[f"gini@{k}"] = [gini(counts)]
    train = [np.flatnonzero(row).tolist() for row in x]
    with open("lists.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "items": items, "depth": depth, "train": train, "lists": lists,
                   "values": values}, f, separators=(",", ":"))
        f.write("\n")


main()
