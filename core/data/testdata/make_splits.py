"""Writes splits.json: windows of scikit-learn, sessions of pandas, Kendall's tau-b of SciPy.

python make_splits.py   (versions are in the file; NumPy's generator, seed 7)
"""

import json

import numpy
import pandas
import scipy
import sklearn
from scipy.stats import kendalltau
from sklearn.model_selection import TimeSeriesSplit

rng = numpy.random.default_rng(7)


def windows():
    """Training and test positions of interactions that stand in the order of time."""
    cases = []
    for n, splits, size in [(23, 5, None), (60, 4, None), (100, 3, 10), (50, 2, None), (97, 6, 7)]:
        for number, (train, test) in enumerate(TimeSeriesSplit(splits, test_size=size).split(numpy.zeros(n))):
            # test_size is given as the share for all windows together
            share = 0 if size is None else (size * splits + 0.5) / n
            cases.append({"n": n, "windows": splits, "window": number + 1, "share": share,
                          "train": [int(train[0]), int(train[-1])], "test": [int(test[0]), int(test[-1])]})
    return cases


def sessions():
    """Rows of a few users with the number of the session that each belongs to."""
    n = 120
    rows = pandas.DataFrame({"user": rng.integers(0, 6, n), "item": numpy.arange(n), "time": rng.integers(0, 40000, n)})
    rows = rows.sort_values(["user", "time"], kind="stable").reset_index(drop=True)
    gap = rows.groupby("user")["time"].diff() > 1800
    rows["session"] = gap.groupby(rows["user"]).cumsum().astype(int) + 1
    rows = rows.sample(frac=1, random_state=3)
    return {name: [int(x) for x in rows[name]] for name in rows.columns}


def taus():
    cases = []
    for n, high in [(2, 3), (5, 4), (40, 3), (40, 1000), (300, 12), (1000, 50), (1000, 10**6)]:
        x = rng.integers(0, high, n)
        y = numpy.minimum(x, rng.integers(0, high, n)) if n % 3 else rng.integers(0, high, n)
        tau = kendalltau(x, y, variant="b").statistic
        cases.append({"x": x.tolist(), "y": y.tolist(), "tau": None if numpy.isnan(tau) else float(tau)})
    cases.append({"x": [3, 3, 3], "y": [1, 2, 3], "tau": None})
    return cases


versions = {m.__name__: m.__version__ for m in (numpy, pandas, scipy, sklearn)}
with open("splits.json", "w") as out:
    json.dump({"versions": versions, "windows": windows(), "sessions": sessions(), "taus": taus()}, out)
