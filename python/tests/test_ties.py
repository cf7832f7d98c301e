"""The tie rule against the vectors beside the protos, and against a plain sort."""

import json
import pathlib

import numpy as np
import pytest

import cllm4rec
from cllm4rec import Ties, top_k

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "core" / "pluginrpc" / "v1" / "ties.json").read_text())


def ties(vector):
    return Ties(vector["rule"] == "hashed", int(vector["seed"]))


def test_keys_are_those_of_the_vectors():
    assert len(VECTORS["keys"]) >= 100
    for v in VECTORS["keys"]:
        assert str(ties(v).keys(np.array([v["item"]], np.int32))[0]) == v["key"], v


def test_rankings_are_those_of_the_vectors():
    assert len(VECTORS["rankings"]) >= 20
    for v in VECTORS["rankings"]:
        items, _ = top_k(v["scores"], v["k"], ties(v))
        assert items.tolist() == v["items"], v


def test_a_short_ranking_is_the_head_of_the_whole_one():
    rng = np.random.default_rng(1)
    for levels in (1, 3, 50, 100_000):
        scores = rng.integers(0, levels, 500).astype(np.float32)
        rule = Ties(seed=int(rng.integers(1 << 40)))
        keys = rule.keys(np.arange(500))
        whole = sorted(range(500), key=lambda i: (-scores[i], int(keys[i])))
        for k in (1, 2, 17, 499, 500, 600):
            items, best = top_k(scores, k, rule)
            assert items.tolist() == whole[:k]
            assert best.tolist() == scores[whole[:k]].tolist()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_named(bad):
    with pytest.raises(cllm4rec.NonFinite, match="item 2"):
        top_k([1.0, 2.0, bad], 2, Ties())


def test_whole_numbers_are_ranked_exactly():
    big = 1 << 40
    items, _ = top_k(np.array([big, big + 1, big - 1]), 3, Ties())
    assert items.tolist() == [1, 0, 2]
