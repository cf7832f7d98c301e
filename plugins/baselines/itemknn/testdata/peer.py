"""The seconds that implicit takes for the neighbours of all items: peer.py PAIRS ROWS COLUMNS NEIGHBOURS THREADS.

PAIRS holds the rows' lengths (int32) and then their columns (int32). The median of three fits is printed.
"""
import sys
import time

import numpy as np
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix

path, rows, columns, neighbours, threads = sys.argv[1], *map(int, sys.argv[2:])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csr_matrix((np.ones(len(raw) - rows, np.float32), raw[rows:], pointers), shape=(rows, columns))
seconds = []
for _ in range(3):
    start = time.perf_counter()
    CosineRecommender(K=neighbours, num_threads=threads).fit(x, show_progress=False)
    seconds.append(time.perf_counter() - start)
print(sorted(seconds)[1])
