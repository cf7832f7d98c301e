"""The seconds that SciPy takes to rank 100 items for every user: peer.py PAIRS ROWS COLUMNS NEIGHBOURS SHRINK.

PAIRS holds the rows' lengths (int32) and then their columns (int32). Users come in blocks of 512.
"""
import sys
import time

import numpy as np
from scipy.sparse import csr_matrix

path, rows, columns, neighbours = sys.argv[1], *map(int, sys.argv[2:5])
shrink = float(sys.argv[5])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csr_matrix((np.ones(len(raw) - rows, np.float32), raw[rows:], pointers), shape=(rows, columns))
start = time.perf_counter()
root, items = np.sqrt(np.asarray(x.sum(axis=1)).ravel()), x.T.tocsr()
for lo in range(0, rows, 512):
    users = np.arange(lo, min(lo + 512, rows))
    s = (x[users] @ items).toarray()
    s /= root[users, None] * root[None, :] + shrink
    s[np.arange(len(users)), users] = 0
    kept = np.argpartition(-s, neighbours, axis=1)[:, :neighbours]
    sparse = csr_matrix((np.take_along_axis(s, kept, 1).ravel(), kept.ravel(), np.arange(len(users) + 1) * neighbours), shape=(len(users), rows))
    scores = (sparse @ x).toarray()
    best = np.argpartition(-scores, 100, axis=1)[:, :100]
    np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)
print(time.perf_counter() - start)
