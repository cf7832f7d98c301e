"""Writes the folder tiny/ in the authors' layout. Run with NumPy 2 and SciPy 1.17: python make.py"""
import pathlib
import pickle

import numpy as np
import scipy.sparse as sp

here = pathlib.Path(__file__).parent / "tiny"
users, items = 3, 12
parts = {
    "train": [(0, 0), (0, 11), (1, 2), (2, 0)],
    "val": [(0, 3)],
    "test": [(0, 4), (2, 11)],
}
for folder in ("", "user_item_texts", "item_texts"):
    (here / folder).mkdir(parents=True, exist_ok=True)
for name, pairs in parts.items():
    r, c = zip(*pairs)
    sp.save_npz(here / f"{name}_matrix.npz", sp.csr_matrix((np.ones(len(r), "float32"), (r, c)), shape=(users, items)))
texts = {
    "user_item_texts/review": [
        ["user_0 wrote the following review for item_11:", " Smells like rain."],
        ["user_0 wrote the following review for item_4:", " A test pair."],
    ],
    "item_texts/title": [["The title of item_0 is:", " Soap"], ["The title of item_11 is:", " Crème"]],
    "item_texts/tags": [["The tags of item_2 are:", " a; b"]],
}
for name, value in texts.items():
    (here / f"{name}.pkl").write_bytes(pickle.dumps(value, 4))
(here / "meta.pkl").write_bytes(pickle.dumps({"num_users": users, "num_items": items}, 4))
