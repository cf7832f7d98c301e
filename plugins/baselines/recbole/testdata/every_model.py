"""Trains every model of RecBole that the plugin takes on two tastes, and says which work.

    $CLLM4REC_ENVIRONMENTS/recommender-recbole/bin/python every_model.py [MODEL...]

Each is trained twice for three epochs, ranked for users together and alone, and restored from its
state; a line tells what did not hold.
"""

import os
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import catalogue  # noqa: E402
import numpy as np  # noqa: E402
from training import Training  # noqa: E402

N_USERS, N_ITEMS, TASTED, EPOCHS = 60, 300, 38, 3
SMALL = {"train_batch_size": 64, "embedding_size": 16}


def tastes():
    """Users of two tastes, each with 8 to 12 of the 19 items of one, and items of nobody: some models choose among 100."""
    rng = np.random.default_rng(1)
    users, items = [], []
    for u in range(N_USERS - 1):  # the last user has nothing
        own = rng.permutation(np.arange(u % 2, TASTED, 2))[:rng.integers(8, 12)]
        users += [u] * len(own)
        items += own.tolist()
    return np.array(users, np.int32), np.array(items, np.int32)


def trained(model, users, items, epochs=EPOCHS):
    own = catalogue.own(model)
    given = {k: v for k, v in SMALL.items() if k in own or k == "train_batch_size"}
    if "num_clusters" in own:  # of users; there are 60
        given["num_clusters"] = 5
    if model == "ConvNCF":  # its layers are made for the default
        del given["embedding_size"]
    t = Training(model, given, users, items, N_USERS, N_ITEMS, 7, "")
    for number in range(1, epochs + 1):
        result = t.epoch(number, number, lambda done, total: None)
        assert np.isfinite(result.loss), "the loss is not finite"
    return t


def attempt(model, users, items):
    histories = np.split(items, np.searchsorted(users, np.arange(1, N_USERS)))
    asked = np.arange(N_USERS, dtype=np.int32)
    began = time.time()
    first = trained(model, users, items)
    took, scores = time.time() - began, first.score(asked, histories)
    wrong = []
    if scores.shape != (N_USERS, N_ITEMS):
        return f"scores of shape {scores.shape}", took
    if not np.isfinite(scores).all():
        wrong.append(f"{(~np.isfinite(scores)).sum()} scores are not finite")
    if not np.array_equal(scores, first.score(asked, histories)):
        wrong.append("asked again it answers otherwise")
    alone = np.concatenate([first.score(asked[i:i + 1], histories[i:i + 1]) for i in range(N_USERS)])
    if not np.allclose(scores, alone, 1e-4, 1e-4, equal_nan=True):
        wrong.append(f"alone and together differ by {np.nanmax(np.abs(scores - alone)):.2g}")
    if not np.array_equal(scores, trained(model, users, items).score(asked, histories), equal_nan=True):
        wrong.append("two runs differ")
    other = trained(model, users, items, 0)
    other.restore(first.state())
    if not np.array_equal(scores, other.score(asked, histories), equal_nan=True):
        wrong.append("restored it answers otherwise")
    return "; ".join(wrong) or "ok", took


def main():
    known, failed = catalogue.models(), 0
    for model in sys.argv[1:] or sorted(known):
        try:
            catalogue.kind(model)
        except Exception as e:
            print(f"{model:12} refused   {e}", flush=True)
            continue
        try:
            words, took = attempt(model, *tastes())
            failed += words != "ok"
            print(f"{model:12} {known[model]:11}{took:5.1f} s  {words}", flush=True)
        except Exception as e:
            failed += 1
            at = traceback.extract_tb(e.__traceback__)[-1]
            print(f"{model:12} {known[model]:11} FAILED   {type(e).__name__}: {str(e)[:200]} ({os.path.basename(at.filename)}:{at.lineno})", flush=True)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
