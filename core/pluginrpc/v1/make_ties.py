#!/usr/bin/env python3
"""Makes ties.json: keys of items among equal scores, and rankings under them.

Written from recommender.proto alone, with whole numbers of any size reduced
modulo 2^64. Python 3.8 or newer, no packages. Run it in this folder.
"""
import json

M = 1 << 64


def key(rule, seed, item):
    """The sort key of an item: smaller first among equal scores."""
    if rule == "index":
        return item
    z = (item + (seed + 1) * 0x9E3779B97F4A7C15) % M
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % M
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % M
    return z ^ (z >> 31)


def ranking(rule, seed, scores, k):
    """The best k items: higher score first, then smaller key."""
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], key(rule, seed, i)))
    return order[:k]


def scores_of(n, levels, step):
    """n scores of so many levels, exact in binary floating point."""
    return [((i * step) % levels) / 4 for i in range(n)]


SEEDS = [0, 1, 2, 11, 42, 2**31, 2**32 - 1, 2**63, M - 2, M - 1]
ITEMS = [0, 1, 2, 3, 7, 100, 12100, 65535, 2**24, 2**31 - 1]

keys = [
    {"rule": "hashed", "seed": str(seed), "item": item, "key": str(key("hashed", seed, item))}
    for seed in SEEDS
    for item in ITEMS
] + [{"rule": "index", "seed": "9", "item": item, "key": str(item)} for item in ITEMS]

rankings = []
for rule, seed in [("hashed", 0), ("hashed", 3), ("hashed", M - 1), ("index", 3)]:
    for scores, k in [
        ([0.0] * 12, 12),
        ([0.0] * 12, 5),
        (scores_of(20, 3, 7), 20),
        (scores_of(20, 3, 7), 6),
        ([-1.5, 2.0, -1.5, 0.0, -0.0, 2.0], 6),
        ([0.25], 9),
    ]:
        rankings.append({"rule": rule, "seed": str(seed), "scores": scores, "k": k, "items": ranking(rule, seed, scores, k)})

with open("ties.json", "w", encoding="ascii") as out:
    out.write('{\n"keys": [\n' + ",\n".join(json.dumps(x) for x in keys))
    out.write('\n],\n"rankings": [\n' + ",\n".join(json.dumps(x) for x in rankings) + "\n]\n}\n")
