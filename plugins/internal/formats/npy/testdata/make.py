"""Writes the arrays of this folder. Run with NumPy 2 and SciPy 1.17: python make.py"""
import pathlib

import numpy as np
import scipy.sparse as sp

here = pathlib.Path(__file__).parent
dense = np.array([[0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]])
for kind in ("float32", "float64", "int64", "int8", "bool"):
    sp.save_npz(here / f"{kind}.npz", sp.csr_matrix(dense.astype(kind)))
sp.save_npz(here / "stored.npz", sp.csr_matrix(dense.astype("float32")), compressed=False)
sp.save_npz(here / "csc.npz", sp.csc_matrix(dense))
np.save(here / "numbers.npy", np.array([[-2, 3], [4, 5]], dtype="<i2"))
np.save(here / "unsigned.npy", np.array([2**32 - 1], dtype="<u4"))
np.save(here / "text.npy", np.array("csr"))
np.save(here / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.save(here / "big_endian.npy", np.array([1.0], dtype=">f8"))
np.save(here / "fortran.npy", np.asfortranarray(np.ones((2, 3))))
