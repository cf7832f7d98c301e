"""Reference values for SLIM from scikit-learn's ElasticNet, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, scikit-learn 1.9.1, seed 51.
ElasticNet divides the squared error by the number of rows n, so that its alpha and l1_ratio
are l1 = n alpha l1_ratio and l2 = n alpha (1 - l1_ratio) here.
"""
import json

import numpy as np
import sklearn
from sklearn.linear_model import ElasticNet

SEED = 51


def weights(x, l1, l2):
    n = len(x)
    model = ElasticNet(alpha=(l1 + l2) / n, l1_ratio=l1 / (l1 + l2), positive=True, fit_intercept=False, tol=1e-12, max_iter=1000000)
    w = np.zeros((x.shape[1], x.shape[1]))
    for j in range(x.shape[1]):
        rest = x.copy()
        rest[:, j] = 0
        w[:, j] = model.fit(rest, x[:, j]).coef_
        w[j, j] = 0
    return w


def main():
    rng = np.random.default_rng(SEED)
    taste = rng.integers(0, 3, 60)
    x = (rng.random((60, 18)) < np.where(np.arange(18) % 3 == taste[:, None], 0.45, 0.08)).astype(float)
    x[4] = 0
    x[:, 6] = 0
    side = np.round((rng.random((5, 18)) < 0.3) * rng.uniform(0.5, 2, (5, 18)), 2)
    cases = []
    for l1, l2, neighbours, pseudo in ((1, 2, 0, False), (0.01, 0.5, 0, False), (3, 10, 0, False), (0.5, 1, 3, False), (1, 2, 0, True)):
        w = weights(np.vstack([x, side]) if pseudo else x, l1, l2)
        if neighbours:
            keep = np.argsort(-w, axis=0, kind="stable")[:neighbours]
            kept = np.zeros_like(w)
            np.put_along_axis(kept, keep, np.take_along_axis(w, keep, 0), 0)
            w = kept
        cases.append({"params": {"l1": l1, "l2": l2, "neighbours": neighbours, "tolerance": 1e-12}, "side": pseudo, "scores": np.round(x @ w, 8).tolist()})
    f = {"numpy": np.__version__, "sklearn": sklearn.__version__, "seed": SEED, "x": x.astype(int).tolist(), "side": side.tolist(), "cases": cases}
    with open("fixture.json", "w") as out:
        json.dump(f, out, separators=(",", ":"))
        out.write("\n")


main()
