"""The seconds that NumPy takes to solve for the weights: peer.py PAIRS ROWS COLUMNS LAMBDA ALPHA DECAY.

PAIRS holds the rows' lengths (int32) and then their columns (int32). S and T are built
as sparse matrices, a row for every beginning of every history.
"""
import sys
import time

import numpy as np
from scipy.sparse import csr_matrix

path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
penalty, alpha, decay = map(float, sys.argv[4:])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int64)
index = raw[rows:]
start = time.perf_counter()
source, target = ([], [], []), ([], [], [])
row = 0
for u in range(rows):
    history = index[pointers[u] : pointers[u + 1]]
    place = np.arange(len(history))
    for end in range(1, len(history)):
        for (r, c, v), at, weight in (
            (source, place < end, np.exp((place[:end] - end + 1) / decay)),
            (target, place >= end, np.exp((end - place[end:]) / decay)),
        ):
            r.append(np.full(len(weight), row))
            c.append(history[at])
            v.append(weight)
        row += 1
s, t = (csr_matrix((np.concatenate(v), (np.concatenate(r), np.concatenate(c))), shape=(row, columns)) for r, c, v in (source, target))
x = csr_matrix((np.ones(len(index)), index, pointers), shape=(rows, columns))
gram = (alpha * (x.T @ x)).toarray()
p = np.linalg.inv(gram + (1 - alpha) * (s.T @ s).toarray() + penalty * np.eye(columns))
b = p @ (gram + (1 - alpha) * (s.T @ t).toarray())
b -= p * np.maximum(0, np.diag(b) / np.diag(p))
print(time.perf_counter() - start)
