"""Reference values for core/eval from NumPy.

Run from this folder: python make_fixtures.py. Written with Python 3.11.7 and
NumPy 2.4.6, seed 20240611; it writes metrics.json.
"""
import json

import numpy as np

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


def main():
    with open("metrics.json", "w") as f:
        json.dump(metrics_fixture(np.random.default_rng(SEED)), f, separators=(",", ":"))
        f.write("\n")


main()
