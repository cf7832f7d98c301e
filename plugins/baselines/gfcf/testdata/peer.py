"""The seconds that SciPy's svds (ARPACK) takes for the singular vectors: peer.py PAIRS ROWS COLUMNS DIM.

PAIRS holds the rows' lengths (int32) and then their columns (int32).
"""
import sys
import time

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds

path, rows, columns, dim = sys.argv[1], *map(int, sys.argv[2:])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csr_matrix((np.ones(len(raw) - rows), raw[rows:], pointers), shape=(rows, columns))
start = time.perf_counter()
inverse = [diags(1 / np.sqrt(np.maximum(1, np.asarray(x.sum(axis)).ravel()))) for axis in (1, 0)]
svds(inverse[0] @ x @ inverse[1], k=dim, random_state=0, tol=1e-7)
print(time.perf_counter() - start)
