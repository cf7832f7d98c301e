"""EASE under strong generalisation in plain NumPy, from the split data of a run.

python strong.py OUT   (numpy 2.4.6, pyarrow 26.0.1; OUT is the folder of a run, such as that of experiments/ml-100k.yaml)

It reads OUT/data/*/users.parquet and fold-in.parquet alone: who is trained on, the
histories, and what is to be found. strong_test.go holds what it prints for ML-100K.
"""

import pathlib
import sys

import numpy
import pyarrow.parquet as parquet

LAMBDA = 500

data = next(pathlib.Path(sys.argv[1], "data").iterdir())
users = parquet.read_table(data / "users.parquet").to_pydict()
fold_in = parquet.read_table(data / "fold-in.parquet").to_pydict()
items = parquet.read_metadata(data / "items.parquet").num_rows


def matrix(rows):
    x = numpy.zeros((len(rows), items))
    for u, row in enumerate(rows):
        x[u, row] = 1
    return x


x = matrix(users["train"])
p = numpy.linalg.inv(x.T @ x + LAMBDA * numpy.eye(items))
b = p / -numpy.diag(p)
numpy.fill_diagonal(b, 0)

for part in ("validation", "test"):
    recall, ndcg = [], []
    for u, history in zip(fold_in["user"], fold_in["items"]):
        relevant = users[part][u]
        if not relevant:
            continue
        assert not users["train"][u] and not set(relevant) & set(history)
        scores = matrix([history])[0] @ b
        scores[history] = -numpy.inf
        hits = numpy.isin(numpy.argsort(-scores, kind="stable")[:100], relevant)
        recall.append(hits[:20].sum() / min(20, len(relevant)))
        discount = 1 / numpy.log2(numpy.arange(2, 102))
        ndcg.append((hits * discount).sum() / discount[: len(relevant)].sum())
    print(f"{part}: {len(recall)} users, recall_min@20 {numpy.mean(recall):.6f}, ndcg@100 {numpy.mean(ndcg):.6f}")
