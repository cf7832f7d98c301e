"""Holds the exports of the split `small` of export_test.go against their peers.

Passed with Python 3.11, SciPy 1.17, pandas 2.2 and pyarrow 26.
"""

import pickle
import sys

import pandas
import scipy.sparse

layout, tables = sys.argv[1:]


def load(name):
    with open(f"{layout}/{name}", "rb") as f:
        return pickle.load(f)


assert load("meta.pkl") == {"num_users": 2, "num_items": 3}
assert load("item_texts/tags.pkl") == [["The tags of item_0 is:", " a; b"]]
assert load("item_texts/title.pkl") == [["The title of item_1 is:", ' "Y"\tand\nmore']]
assert load("user_item_texts/review.pkl") == [["user_0 writes the following review for item_2 :", " Fine."]]
for part, rows in (("train", [[0.5, 0, 5], [0, 3, 0]]), ("val", [[0, 1, 0], [0, 0, 0]]), ("test", [[0, 0, 0], [2, 0, 0]])):
    matrix = scipy.sparse.load_npz(f"{layout}/{part}_matrix.npz")
    assert matrix.format == "csr" and matrix.toarray().tolist() == rows, matrix
assert scipy.sparse.load_npz(f"{layout}/train_matrix.npz").indices.tolist() == [2, 0, 1]

interactions = pandas.read_parquet(f"{tables}/interactions.parquet")
assert interactions[["user", "item", "part", "value", "time"]].values.tolist() == [
    ["ann", "z", "train", 5, 10], ["ann", "x", "train", 0.5, -3], ["bo b", "y", "train", 3, 1577836800],
    ["ann", "y", "validation", 1, 11], ["bo b", "x", "test", 2, 12]], interactions
assert interactions["review"][0] == "Fine." and interactions["review"].isna().sum() == 4
items = pandas.read_parquet(f"{tables}/items.parquet")
assert list(items["tags"][0]) == ["a", "b c"] and items["tags"][1] is None and list(items["tags"][2]) == []
users = pandas.read_parquet(f"{tables}/users.parquet")
assert users["user"].tolist() == ["ann", "bo b"] and users["age"][1] == 1e21 and users["age"].isna()[0]
