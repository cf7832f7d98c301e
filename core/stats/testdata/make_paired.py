"""Reference values for the paired statistics of core/stats from SciPy and statsmodels.

Run from this folder: python make_paired.py. Written with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1
and statsmodels 0.15.0, seed 20240612; it writes paired.json.
"""
import json
import platform

import numpy as np
import scipy
import statsmodels
from scipy import special, stats
from scipy.stats._resampling import BootstrapResult
from statsmodels.stats.multitest import multipletests

SEED = 20240612


def rankings(rng, n, levels, same):
    """Two methods' values of n users; levels > 0 makes ties, same makes zeros.

    Levels are powers of two, so that sums are exact and equal means are equal floats everywhere."""
    a, b = rng.beta(0.6, 2, n), rng.beta(0.5, 2, n)
    if levels:
        a, b = np.round(a * levels) / levels, np.round(b * levels) / levels
    keep = rng.random(n) < same
    return a, np.where(keep, a, b)


def signed_ranks(d):
    """All variants; P of the smaller ones over every pattern of signs."""
    out = []
    for zeros in ("wilcox", "pratt"):
        for correction in (False, True):
            moving = int((d != 0).sum())
            exact = moving <= 50
            if exact and moving == len(d) and len(set(np.abs(d))) == len(d):
                method = "exact"
            elif exact:
                method = stats.PermutationMethod(n_resamples=np.inf)
            else:
                method = "asymptotic"
            two = stats.wilcoxon(d, zero_method=zeros, correction=correction, method=method)
            plus = stats.wilcoxon(d, zero_method=zeros, alternative="greater", method="asymptotic").statistic
            minus = stats.wilcoxon(-d, zero_method=zeros, alternative="greater", method="asymptotic").statistic
            out.append({"zeros": zeros, "continuity": correction, "plus": plus, "minus": minus, "n": moving, "exact": exact,
                        "z": 0.0 if exact else two.zstatistic, "p": two.pvalue, "rank_biserial": (plus - minus) / (plus + minus)})
    return out


def effects(a, b):
    d = a - b
    n = len(d)
    dz = d.mean() / d.std(ddof=1)
    df = n - 1
    small = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) * np.sqrt(2 / df)
    u = stats.mannwhitneyu(a, b, method="asymptotic").statistic
    return {"dz": dz, "hedges_g": dz * small, "cliff_delta": 2 * u / (n * n) - 1,
            "common_language": ((d > 0).sum() + 0.5 * (d == 0).sum()) / n,
            "win": int((d > 0).sum()), "tie": int((d == 0).sum()), "loss": int((d < 0).sum())}


def bootstraps(rng, d):
    """SciPy's intervals from resamples that are given: it draws none of its own."""
    means = d[rng.integers(0, len(d), (499, len(d)))].mean(axis=1)
    given = BootstrapResult(confidence_interval=None, bootstrap_distribution=means, standard_error=means.std(ddof=1))
    out = []
    for level in (0.9, 0.95):
        row = {"level": level}
        for method in ("percentile", "BCa"):
            ci = stats.bootstrap((d,), np.mean, n_resamples=0, bootstrap_result=given, confidence_level=level, method=method).confidence_interval
            row[method.lower()] = [ci.low, ci.high]
        out.append(row)
    return {"means": means.tolist(), "intervals": out}


def case(rng, n, levels, same):
    a, b = rankings(rng, n, levels, same)
    d = a - b
    return {"a": a.tolist(), "b": b.tolist(), "signed_ranks": signed_ranks(d), "effects": effects(a, b), "bootstrap": bootstraps(rng, d)}


def over_splits(rng, splits, ratio):
    """Nadeau and Bengio 2003, as in scikit-learn's example "Statistical comparison of models using grid
    search" (there one-sided); ratio 0 is SciPy's plain t-test."""
    d = 0.01 + 0.02 * rng.standard_normal(splits)
    error = np.sqrt(d.var(ddof=1) * (1 / splits + ratio))
    t = d.mean() / error
    if ratio == 0:
        assert np.isclose(t, stats.ttest_1samp(d, 0).statistic)
    low, high = stats.t.interval(0.95, splits - 1, loc=d.mean(), scale=error)
    return {"means": d.tolist(), "ratio": ratio, "t": t, "p": 2 * stats.t.sf(abs(t), splits - 1), "low": low, "high": high}


def main():
    rng = np.random.default_rng(SEED)
    cases = [case(rng, *c) for c in ((3, 0, 0), (6, 0, 0), (12, 4, 0.3), (16, 8, 0.1), (45, 0, 0), (300, 8, 0.5), (2000, 0, 0.7))]
    holm = []
    for m in (1, 2, 5, 12):
        p = np.round(rng.random(m) ** 3, 3)
        holm.append({"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()})
    splits = [over_splits(rng, j, r) for j, r in ((2, 0.25), (5, 0.125), (10, 0.125), (5, 0.0))]
    with open("paired.json", "w") as f:
        json.dump({"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "seed": SEED,
                   "cases": cases, "holm": holm, "splits": splits}, f, separators=(",", ":"), default=float)
        f.write("\n")


main()
