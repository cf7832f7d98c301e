"""Prints the audit of Musical Instruments (rating > 3, 5-core, leave one out) that amazon_test.go expects.

Run with NumPy 2: python audit.py reviews_Musical_Instruments_5.json.gz
"""
import collections
import gzip
import json
import sys

import numpy as np

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
train, test = [], []
for history in histories.values():
    history.sort(key=lambda r: r[2])  # stable: ties keep the order of the file
    train += history[:-2]
    test.append(history[-1])
counts = collections.Counter(r[1] for r in train)
x = np.array([counts[item] for item in items], float)
gini = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
times = np.array([r[2] for r in train])
print("users", len(users), "items", len(items), "train", len(train), "test", len(test))
print("gini", gini, "density", len(rows) / len(users) / len(items))
print("any_future", np.mean([(times > r[2]).mean() for r in test]))
print("cold test items", len({r[1] for r in test} - set(counts)))
