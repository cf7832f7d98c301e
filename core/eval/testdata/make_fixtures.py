"""Reference values for core/eval from NumPy and SciPy.

Run from this folder: python make_fixtures.py. Written with Python 3.11.7,
NumPy 2.4.6 and SciPy 1.17.1, seed 20240611; it writes metrics.json and statistics.json.
"""
import json

import numpy as np
import scipy
from scipy import stats

SEED = 20240611


def metric_values(order, relevant, k):
    """All metrics of one user; order is the ranking without masked items."""
    hit = np.isin(order[:k], relevant).astype(float)
    n = len(relevant)
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    precisions = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    first = np.flatnonzero(hit)
    return {
        "recall": hit.sum() / n,
        "recall_min": hit.sum() / min(k, n),
        "precision": hit.sum() / k,
        "ndcg": (hit * gains[: len(hit)]).sum() / gains[: min(k, n)].sum(),
        "hit": float(hit.any()),
        "hr": float(hit.any()),
        "map": (precisions * hit).sum() / min(k, n),
        "mrr": 1.0 / (first[0] + 1) if len(first) else 0.0,
    }


def metrics_fixture(rng, users=40, items=60):
    """Scores with many ties; ties are broken by the smaller index (stable sort)."""
    scores = rng.integers(0, 12, (users, items)) / 4.0
    kind = rng.choice(4, (users, items), p=[0.75, 0.12, 0.03, 0.10])
    kind[::9][kind[::9] == 3] = 0  # every ninth user has nothing to find
    out = {"numpy": np.__version__, "seed": SEED, "users": users, "items": items,
           "scores": scores.tolist(), "kind": kind.tolist(), "results": []}
    for mask in ("train", "train+validation"):
        per_user = {}
        for u in range(users):
            relevant = np.flatnonzero(kind[u] == 3)
            if len(relevant) == 0:
                continue
            masked = (kind[u] == 1) | ((kind[u] == 2) & (mask != "train"))
            s = np.where(masked, -np.inf, scores[u])
            order = np.argsort(-s, kind="stable")[: items - masked.sum()]
            for k in (1, 3, 10, 50):
                for name, v in metric_values(order, relevant, k).items():
                    per_user.setdefault(f"{name}@{k}", []).append(float(v))
        out["results"].append({"mask": mask, "per_user": per_user})
    return out


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
    for name, fixture in (("metrics", metrics_fixture(rng)), ("statistics", statistics_fixture(rng))):
        with open(name + ".json", "w") as f:
            json.dump(fixture, f, separators=(",", ":"))
            f.write("\n")


main()
