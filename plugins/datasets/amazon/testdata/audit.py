"""Prints the audit of Musical Instruments (rating > 3, 5-core, leave one out) that amazon_test.go expects.

Interactions of the same day are ordered by a hash of the split's seed, the user and the item, written here once more.

Run with NumPy 2: python audit.py reviews_Musical_Instruments_5.json.gz
"""
import collections
import gzip
import json
import sys

import numpy as np

WORD = 2**64 - 1


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & WORD
    return h


def mix(seed, *keys):
    for key in keys:
        z = (seed ^ key * 0xD1342543DE82EF95 & WORD) + 0x9E3779B97F4A7C15 & WORD
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
        z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
        seed = z ^ z >> 31
    return seed


rows = [json.loads(line) for line in gzip.open(sys.argv[1])]
rows = [(r["reviewerID"], r["asin"], r["unixReviewTime"]) for r in rows if r["overall"] >= 4]
while True:
    users, items = collections.Counter(r[0] for r in rows), collections.Counter(r[1] for r in rows)
    kept = [r for r in rows if users[r[0]] >= 5 and items[r[1]] >= 5]
    if len(kept) == len(rows):
        break
    rows = kept
histories = collections.defaultdict(list)
for r in rows:
    histories[r[0]].append(r)
train, test, tied = [], [], 0
for history in histories.values():
    history.sort(key=lambda r: (r[2], mix(98765, fnv1a(r[0]), fnv1a(r[1]))))
    tied += len({r[2] for r in history[-3:]}) < 3  # training, validation and test share a day somewhere
    train += history[:-2]
    test.append(history[-1])
counts = collections.Counter(r[1] for r in train)
x = np.array([counts[item] for item in items], float)
gini = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
times = np.array([r[2] for r in train])
print("users", len(users), "items", len(items), "train", len(train), "test", len(test))
print("gini", gini, "density", len(rows) / len(users) / len(items))
print("tied users", tied)
print("any_future", np.mean([(times > r[2]).mean() for r in test]))
print("cold test items", len({r[1] for r in test} - set(counts)))
