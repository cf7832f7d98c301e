"""Measures what docs/cross-check.md says of the differences between ours, implicit's and RecBole's.

    $CLLM4REC_ENVIRONMENTS/recommender-implicit/bin/python scripts/cross-check.py FOLDER neighbours factors
    $CLLM4REC_ENVIRONMENTS/recommender-recbole/bin/python scripts/cross-check.py FOLDER pairs noise

FOLDER is cllm4rec-beauty, the paper's Beauty split as its authors' code reads it. NumPy, SciPy, implicit, PyTorch and
RecBole; of this project only what hands RecBole its data. Every line is one change, with recall_min@20, recall_min@40 and ndcg@100 on test.
"""

import sys
import warnings

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

# Of BPR: the deviation of the first vectors (0: Xavier's, 0.014 for users and 0.018 for items), and whether Adam moves whole tables.
STARTS = [(0.1, False), (0.1, True), (0, False), (0, True)]


def measure(scores, train, test, ties=True):
    """Metrics as in the table: training items masked, equal scores by index, where there are any."""
    scores = np.array(scores)
    scores[train.nonzero()] = -np.inf
    if ties:
        order = np.argsort(-scores, axis=1, kind="stable")[:, :100]
    else:
        first = np.argpartition(-scores, 100, axis=1)[:, :100]
        order = np.take_along_axis(first, np.argsort(-np.take_along_axis(scores, first, 1), axis=1), 1)
    hits = np.take_along_axis(test.toarray(), order, 1) > 0
    n = np.asarray(test.sum(1)).ravel()
    gain = 1 / np.log2(np.arange(2, 102))
    ideal = np.concatenate([[0], np.cumsum(gain)])[np.minimum(n, 100).astype(int)]
    keep = n > 0
    at = [(hits[:, :k].sum(1) / np.minimum(k, np.maximum(n, 1)))[keep].mean() for k in (20, 40)]
    return (*at, ((hits * gain).sum(1) / np.maximum(ideal, 1e-9))[keep].mean())


def tell(what, values):
    values = np.atleast_2d(values)
    spread = "" if len(values) == 1 else "   +- " + " ".join(f"{s:.4f}" for s in values.std(0, ddof=1)) + f" over {len(values)} seeds"
    print(f"{what:72}" + " ".join(f"{m:.4f}" for m in values.mean(0)) + spread, flush=True)


def cosine(x):
    c = np.asarray((x.T @ x).toarray(), np.float64)
    norm = np.sqrt(c.diagonal())
    s = c / np.maximum(np.outer(norm, norm), 1e-300)
    np.fill_diagonal(s, 0)
    return s


def keep(s, k, axis, ties):
    """The k greatest of each column (axis 0) or row (axis 1); of equal ones those that come first, or last."""
    s = s if axis == 0 else s.T
    at = np.arange(len(s))
    order = np.lexsort((np.broadcast_to((at if ties == "first" else -at)[:, None], s.shape), -s), axis=0)[:k]
    out = np.zeros_like(s)
    np.put_along_axis(out, order, np.take_along_axis(s, order, 0), 0)
    return out if axis == 0 else out.T


def neighbours(train, validation, test):
    from implicit.nearest_neighbours import CosineRecommender

    s = cosine(train)
    scores = train @ s
    tell("ItemKNN, all: NumPy, float64", measure(scores, train, test))
    tell("ItemKNN, all: NumPy, scores rounded to 9 digits", measure(np.round(scores, 9), train, test))
    tell("ItemKNN, all: NumPy, noise of 1e-9 in the scores", [
        measure(scores + np.random.default_rng(seed).uniform(0, 1e-9, scores.shape), train, test) for seed in range(5)])
    tell("ItemKNN, 100 of the target, equal ones by index", measure(train @ keep(s, 100, 0, "first"), train, test))
    tell("ItemKNN, 100 of the target, equal ones from behind", measure(train @ keep(s, 100, 0, "last"), train, test))
    tell("ItemKNN, 100 of the source, equal ones by index", measure(train @ keep(s, 100, 1, "first"), train, test))
    tell("ItemKNN, 100 of the source, equal ones from behind", measure(train @ keep(s, 100, 1, "last"), train, test))
    model = CosineRecommender(K=101, num_threads=1)
    model.fit(train, show_progress=False)
    tell("ItemKNN, 100 of implicit", measure((train @ model.similarity).toarray(), train, test))
    kept = model.similarity.copy()
    kept.setdiag(0)
    same = (keep(s, 100, 1, "first") > 0).sum()
    print(f"  implicit keeps {np.diff(model.similarity.indptr).max()} in a row at most, {kept.count_nonzero()} beside the items themselves; NumPy's rows keep {same}")


def factors(train, validation, test):
    from implicit.cpu.als import AlternatingLeastSquares

    def fitted(seed, start=None, **more):
        model = AlternatingLeastSquares(factors=64, alpha=40, regularization=50, iterations=15, num_threads=1, random_state=seed, **more)
        if start:
            rng = np.random.default_rng(seed)
            model.user_factors = start(rng, train.shape[0]).astype(np.float32)
            model.item_factors = start(rng, train.shape[1]).astype(np.float32)
        model.fit(train, show_progress=False)
        return model

    def score(model, again=False):
        users = model.recalculate_user(np.arange(train.shape[0]), train) if again else model.user_factors
        return users @ model.item_factors.T

    def normal(rng, n):
        return rng.normal(0, 0.1 / 8, (n, 64))

    seeds = range(1, 6)
    first = [fitted(seed, use_cg=False) for seed in seeds]
    tell("iALS of implicit, exact", [measure(score(m), train, test) for m in first])
    tell("iALS of implicit, exact, users solved for at the end", [measure(score(m, True), train, test) for m in first])
    begun = [fitted(seed, use_cg=False, start=normal) for seed in seeds]
    tell("iALS of implicit, exact, begun as ours", [measure(score(m), train, test) for m in begun])
    tell("iALS of implicit, exact, begun as ours, users at the end", [measure(score(m, True), train, test) for m in begun])


def pairs(train, validation, test):
    """BPR by PyTorch: how vectors begin, and whether Adam moves all of them in a step or those of the step."""
    import torch

    torch.set_num_threads(1)

    def fitted(std, whole, seed=1, epochs=100, every=10, patience=3, batch=2048):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        tables = [torch.nn.Embedding(n, 64, sparse=not whole) for n in train.shape]
        for table in tables:
            torch.nn.init.normal_(table.weight, 0, std or (2 / (table.weight.shape[0] + 64)) ** 0.5)
        weights = [table.weight for table in tables]
        adam = torch.optim.Adam(weights, 0.002) if whole else torch.optim.SparseAdam(weights, 0.002)
        users, items = train.nonzero()
        seen = sp.csr_matrix(train, dtype=bool)
        best, wait, kept, at = -1.0, 0, None, 0
        for epoch in range(1, epochs + 1):
            order = rng.permutation(len(users))
            for first in range(0, len(order), batch):
                rows = order[first:first + batch]
                u, i, j = users[rows], items[rows], rng.integers(0, train.shape[1], len(rows))
                again = np.asarray(seen[u, j]).ravel()
                while again.any():
                    j[again] = rng.integers(0, train.shape[1], again.sum())
                    again[again] = np.asarray(seen[u[again], j[again]]).ravel()
                p, qi, qj = tables[0](torch.as_tensor(u, dtype=torch.long)), tables[1](torch.as_tensor(i, dtype=torch.long)), tables[1](torch.as_tensor(j))
                loss = torch.nn.functional.softplus(-(p * (qi - qj)).sum(1)).mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
            if epoch % every == 0:
                scores = (tables[0].weight @ tables[1].weight.T).detach().numpy()
                value = measure(scores, train, validation, False)[2]
                wait = wait + 1 if value <= best else 0
                if value > best:
                    best, kept, at = value, measure(scores, train, test, False), epoch
                if wait == patience:
                    break
        return kept, at

    for std, whole in STARTS:
        values, at = fitted(std, whole)
        tell(f"BPR, from N(0, {std or 'Xavier'}), Adam moves {'whole tables' if whole else 'rows of the step'}, epoch {at}", values)


def noise(train, validation, test, epochs=20):
    """RecBole's Multi-VAE as it is, and with the noise of the paper."""
    import os

    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plugins", "baselines", "recbole"))
    import torch
    from training import Training

    users, items = train.nonzero()
    given = {"mlp_hidden_size": [600], "latent_dimension": 400, "train_batch_size": 500, "total_anneal_steps": 20000}

    def paper(mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar) if model.training else mu

    for what in ("with noise of deviation 1", "as it is"):
        trained = Training("MultiVAE", given, users.astype(np.int32), items.astype(np.int32), *train.shape, 1, "")
        model = trained.model
        if what != "as it is":
            model.reparameterize = paper
        for number in range(1, epochs + 1):
            trained.epoch(number, number, lambda done, total: None)
        scores = np.concatenate([trained.score(np.arange(first, min(first + 500, train.shape[0])), []) for first in range(0, train.shape[0], 500)])
        tell(f"Multi-VAE of RecBole {what}, {epochs} epochs", measure(scores, train, test, False))


def main():
    folder, parts = sys.argv[1], sys.argv[2:] or ["neighbours", "factors"]
    known = {"neighbours": neighbours, "factors": factors, "pairs": pairs, "noise": noise}
    matrices = [sp.csr_matrix(sp.load_npz(f"{folder}/{part}_matrix.npz"), dtype=np.float32) for part in ("train", "val", "test")]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in parts:
            known[part](*matrices)


if __name__ == "__main__":
    main()
