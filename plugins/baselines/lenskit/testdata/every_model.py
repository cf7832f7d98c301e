"""Holds every model of the plugin against what a recommender promises: finite scores, the same answer again, alone and
together, from a second training and from a state; it finds two tastes; with ties counted as misses.

    python testdata/every_model.py
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np
import plugin

from cllm4rec import Data, Unsupported

N_USERS, N_ITEMS = 60, 40
SETTINGS = {
    "implicit_mf": plugin.ImplicitMF(embedding_size=8), "flexmf": plugin.FlexMF(embedding_size=16, epochs=30, batch_size=128, learning_rate=0.05),
    "flexmf pairwise": plugin.FlexMF(loss="pairwise", embedding_size=16, epochs=30, batch_size=128, learning_rate=0.05, reg_method="L2"),
    "flexmf warp": plugin.FlexMF(loss="warp", embedding_size=16, epochs=30, batch_size=128, learning_rate=0.05, reg_method=None),
    "item_knn": plugin.ItemKNN(), "user_knn": plugin.UserKNN(), "ease": plugin.EASE(10.0), "slim": plugin.SLIM(0.1, 1.0), "slim fs": plugin.SLIM(0.1, 1.0, max_nbrs=10),
}


def data():
    """Users of two tastes; the last two users and the last item have no row. Each leaves one item out."""
    rng = np.random.default_rng(7)
    rows, out = [], {}
    for user in range(N_USERS - 2):
        of = np.arange(user % 2, N_ITEMS - 2, 2)
        mine = rng.choice(of, 9, replace=False)
        rows += [(user, item) for item in mine[:8]]
        out[user] = mine[8]
    users, items = np.array(rows, np.int32).T
    return Data(N_USERS, N_ITEMS, 3, users, items), out


def made(name):
    model = plugin.LensKit()
    model.params = plugin.LensKit.Params(**{name.split()[0]: SETTINGS[name]})
    model.n_users, model.n_items = N_USERS, N_ITEMS
    return model


def check(name, train, out):
    model, again, third = made(name), made(name), made(name)
    model.fit(train)
    again.fit(train)
    third.restore({k: np.array(v) for k, v in model.state().items()})
    users, histories = np.arange(N_USERS), train.histories()
    scores = model.score(users, histories)
    assert scores.shape == (N_USERS, N_ITEMS) and np.isfinite(scores).all(), "shape or numbers"
    for what, other in (("again", model), ("a second training", again), ("a state", third)):
        assert np.array_equal(scores, other.score(users, histories)), what
    alone = np.concatenate([model.score(users[i:i + 1], histories[i:i + 1]) for i in range(N_USERS)])
    assert np.array_equal(scores, alone), "alone and together"
    right = np.mean([np.mean(scores[u][u % 2:N_ITEMS - 2:2]) > np.mean(scores[u][1 - u % 2:N_ITEMS - 2:2]) for u in out])
    try:
        folded = np.isfinite(model.score(np.array([-1, -1]), [histories[0], np.zeros(0, np.int32)])).all() and "folds in"
    except Unsupported:
        folded = "refuses a history alone"
    try:
        widths = [model.vectors(e).shape for e in ("user", "item")]
    except Unsupported:
        widths = "no vectors"
    print(f"{name:16} holds; {right:.0%} of users prefer their taste; {folded}; {widths}", flush=True)
    assert right > 0.95 and folded


def main():
    train, out = data()
    for name in SETTINGS:
        check(name, train, out)


if __name__ == "__main__":
    main()
