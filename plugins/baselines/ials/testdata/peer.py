"""The seconds that implicit takes for a fit: peer.py PAIRS ROWS COLUMNS DIM SWEEPS THREADS.

PAIRS holds the rows' lengths (int32) and then their columns (int32). Three steps of
conjugate gradients, as is implicit's default. The median of three fits is printed.
"""
import sys
import time

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

path, rows, columns, dim, sweeps, threads = sys.argv[1], *map(int, sys.argv[2:])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csr_matrix((np.ones(len(raw) - rows, np.float32), raw[rows:], pointers), shape=(rows, columns))
seconds = []
for seed in range(3):
    model = AlternatingLeastSquares(factors=dim, regularization=220, alpha=80, iterations=sweeps, num_threads=threads, random_state=seed)
    start = time.perf_counter()
    model.fit(x, show_progress=False)
    seconds.append(time.perf_counter() - start)
print(sorted(seconds)[1])
