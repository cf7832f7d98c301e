"""The seconds that scikit-learn's ElasticNet takes for all items: peer.py PAIRS ROWS COLUMNS L1 L2 SAMPLE.

PAIRS holds the rows' lengths (int32) and then their columns (int32). SAMPLE items, spread
over all, are solved for, and their time is scaled up.
"""
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.linear_model import ElasticNet

warnings.simplefilter("ignore")
path, rows, columns, sample = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[6])
l1, l2 = float(sys.argv[4]), float(sys.argv[5])
raw = np.fromfile(path, dtype=np.int32)
pointers = np.concatenate([[0], np.cumsum(raw[:rows])]).astype(np.int32)
x = csc_matrix(csr_matrix((np.ones(len(raw) - rows), raw[rows:], pointers), shape=(rows, columns)))
model = ElasticNet(alpha=(l1 + l2) / rows, l1_ratio=l1 / (l1 + l2), positive=True, fit_intercept=False, copy_X=False, tol=1e-4, max_iter=1000)
items = np.arange(0, columns, max(1, columns // sample))
start = time.perf_counter()
for j in items:
    lo, hi = x.indptr[j], x.indptr[j + 1]
    y = x[:, j].toarray().ravel()
    x.data[lo:hi] = 0
    model.fit(x, y)
    x.data[lo:hi] = 1
print((time.perf_counter() - start) / len(items) * columns)
