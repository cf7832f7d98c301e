"""Reference values for SLIST from NumPy, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 71.
S and T are written out row by row: one for every beginning of every history.
"""
import json

import numpy as np

SEED = 71


def matrices(histories, items, decay):
    s, t = [], []
    for h in histories:
        for end in range(1, len(h)):
            source, target = np.zeros(items), np.zeros(items)
            for at, item in enumerate(h):
                if at < end:
                    source[item] = np.exp(-(end - 1 - at) / decay)
                else:
                    target[item] = np.exp(-(at - end) / decay)
            s.append(source)
            t.append(target)
    return np.array(s), np.array(t)


def cosines(features):
    f = np.array(features)
    length = np.linalg.norm(f, axis=1, keepdims=True)
    f = f / np.where(length > 0, length, 1)
    k = f @ f.T
    np.fill_diagonal(k, 0)
    return k


def weights(histories, items, penalty, alpha, decay, diagonal, prior):
    x = np.zeros((len(histories), items))
    for u, h in enumerate(histories):
        x[u, h] = 1
    s, t = matrices(histories, items, decay)
    a = alpha * x.T @ x + (1 - alpha) * s.T @ s
    c = alpha * x.T @ x + (1 - alpha) * s.T @ t + prior
    p = np.linalg.inv(a + penalty * np.eye(items))
    b = p @ c
    mu = np.maximum(0, (np.diag(b) - diagonal) / np.diag(p))
    return b - p * mu


def main():
    rng = np.random.default_rng(SEED)
    items = 15
    histories = [rng.permutation(items)[: rng.integers(1, 9)].tolist() for _ in range(30)]
    histories[3] = []
    words = (rng.random((items, 20)) * (rng.random((items, 20)) < 0.2)).astype(np.float32).astype(float)
    words[4] = 0
    dense = rng.normal(size=(items, 5)).astype(np.float32).astype(float)
    cases = []
    for params in (
        {"lambda": 2, "alpha": 0, "decay": 1, "recency": 1, "diagonal": 10}, {"lambda": 5, "alpha": 0.3, "decay": 2, "recency": 0.5, "diagonal": 0},
        {"lambda": 1, "alpha": 1, "decay": 1, "recency": 1000000, "diagonal": 0}, {"lambda": 3, "alpha": 0.7, "decay": 1000000, "recency": 4, "diagonal": 0.2},
        {"lambda": 20, "alpha": 0.2, "decay": 1, "recency": 2, "diagonal": 0, "pull": 6},
        {"lambda": 10, "alpha": 0, "decay": 2, "recency": 1, "diagonal": 0, "pull": 12, "shares": [0.75, 0.25]},
    ):
        shares = params.get("shares", [0.5, 0.5])
        prior = params.get("pull", 0) * (shares[0] * cosines(words) + shares[1] * cosines(dense))
        b = weights(histories, items, params["lambda"], params["alpha"], params["decay"], params["diagonal"], prior)
        scores = [sum((np.exp(-(len(h) - 1 - at) / params["recency"]) * b[i] for at, i in enumerate(h)), np.zeros(items)) for h in histories]
        cases.append({"params": params, "scores": np.round(scores, 9).tolist()})
    with open("fixture.json", "w") as out:
        json.dump({"numpy": np.__version__, "seed": SEED, "items": items, "histories": histories, "sparse": words.tolist(), "dense": dense.tolist(), "cases": cases}, out, separators=(",", ":"))
        out.write("\n")


main()
