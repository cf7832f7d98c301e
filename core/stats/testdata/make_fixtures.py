"""Reference values for core/stats from NumPy and SciPy.

Run from this folder: python make_fixtures.py. Written with Python 3.11.7,
NumPy 2.4.6 and SciPy 1.17.1, seed 20240611; it writes statistics.json.
"""
import json

import numpy as np
import scipy
from scipy import stats

SEED = 20240611


def case(rng, n, share_zero, shift):
    a = rng.beta(0.5, 3, n) * (rng.random(n) > share_zero)
    b = np.clip(a * (rng.random(n) > 0.2) + shift * rng.standard_normal(n) * (rng.random(n) > share_zero), 0, 1)
    t = stats.ttest_rel(a, b)
    ci = t.confidence_interval(0.95)
    mean_ci = stats.t.interval(0.99, n - 1, loc=a.mean(), scale=stats.sem(a))
    flip = stats.permutation_test((a - b,), np.sum, permutation_type="samples", n_resamples=100000,
                                  rng=np.random.default_rng(1))
    boot = stats.bootstrap((a,), np.mean, n_resamples=100000, method="percentile", rng=np.random.default_rng(2))
    return {
        "a": a.tolist(), "b": b.tolist(), "t": float(t.statistic), "df": int(t.df), "p": float(t.pvalue),
        "difference": [float((a - b).mean()), float(ci.low), float(ci.high)],
        "mean_99": [float(a.mean()), float(mean_ci[0]), float(mean_ci[1])],
        "dz": float((a - b).mean() / (a - b).std(ddof=1)),
        "sign_flip": float(flip.pvalue), "exact": bool(2 ** n <= 100000),
        "bootstrap": [float(boot.confidence_interval.low), float(boot.confidence_interval.high)],
    }


def holm(p):
    """Holm 1979, written from the definition (SciPy has no Holm)."""
    p = np.asarray(p)
    m = len(p)
    return [float(min(1.0, max(p[j] * (m - (p < p[j]).sum()) for j in range(m) if p[j] <= p[i]))) for i in range(m)]


def statistics_fixture(rng):
    cases = [case(rng, n, z, s) for n, z, s in ((2, 0, 0.1), (9, 0, 0.1), (14, 0.3, 0.05), (200, 0.6, 0.05), (3000, 0.8, 0.02))]
    ps = [rng.random(m).tolist() for m in (1, 2, 7)] + [[0.01, 0.04, 0.03, 0.005], [0.0, 1.0, 0.5]]
    return {"numpy": np.__version__, "scipy": scipy.__version__, "seed": SEED, "cases": cases,
            "holm": [{"p": p, "adjusted": holm(p)} for p in ps]}


def main():
    rng = np.random.default_rng(SEED)
    rng.integers(0, 12, (40, 60))  # the draws of core/eval's fixture, with which
    rng.choice(4, (40, 60), p=[0.75, 0.12, 0.03, 0.10])  # this one began
    with open("statistics.json", "w") as f:
        json.dump(statistics_fixture(rng), f, separators=(",", ":"))
        f.write("\n")


main()
