"""The seconds that SciPy takes for the walks between all items: peer.py PAIRS ROWS COLUMNS ALPHA BETA.

PAIRS holds the rows' lengths (int32) and then their columns (int32). The median of three is printed.
"""
import sys
import time

import numpy as np
from scipy.sparse import csr_matrix, diags

path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
alpha, beta = float(sys.argv[4]), float(sys.argv[5])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csr_matrix((np.ones(len(raw) - rows), raw[rows:], pointers), shape=(rows, columns))
seconds = []
for _ in range(3):
    start = time.perf_counter()
    users, items = (np.maximum(1, np.asarray(x.sum(axis)).ravel()) for axis in (1, 0))
    walks = (diags(items**-alpha) @ x.T.tocsr()) @ (diags(users**-alpha) @ x) @ diags(items**-beta)
    walks.setdiag(0)
    seconds.append(time.perf_counter() - start)
print(sorted(seconds)[1])
