"""Writes ranks.json: methods compared over data sets, by SciPy.

    python make_ranks.py      # Python 3.11.7, numpy 2.4.6, scipy 1.17.1; seed 5
"""
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(5)
cases = []
for n, k, tied in [(5, 3, False), (6, 4, True), (12, 5, False), (7, 10, True), (20, 3, True)]:
    values = rng.normal(size=(n, k)) + np.linspace(0, 1, k)
    if tied:
        values = np.round(values * 2) / 2
    chi, p = stats.friedmanchisquare(*values.T)
    ranks = stats.rankdata(-values, axis=1).mean(axis=0)
    critical = stats.studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
    cases.append({"values": values.tolist(), "ranks": ranks.tolist(), "chi_squared": float(chi), "p": float(p), "critical": float(critical)})
json.dump({"cases": cases}, open("ranks.json", "w"), indent=1)
