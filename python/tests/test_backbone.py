"""Examples of Score as texts, texts of Embed as word ids, and what is no text."""

import threading

import numpy as np
import pytest

import cllm4rec
from cllm4rec import Invalid, NonFinite, NotFound, OutOfOrder, Unsupported, _wire
from cllm4rec._backbone import BackboneService


class Letters(cllm4rec.Backbone):
    """Five words, each of which costs its number"""

    name = "letters"

    def load(self, resources):
        self.asked, self.resources = [], resources
        self.progress(1, 2, "byte")
        return cllm4rec.LanguageModel("letters", vocab_size=5, hidden=2, layers=1, parameters=1, max_length=4, library="none", fingerprint="0" * 64)

    def encode(self, texts):
        return [[ord(c) - ord("a") for c in text] for text in texts]

    def nll(self, texts):
        self.asked.append([(t.ids.tolist(), t.start) for t in texts])
        return [float(t.ids[t.start:].sum()) for t in texts]

    def embed(self, texts, pooling):
        return [[len(t), t[-1]] if pooling == "last" else [len(t), t.mean()] for t in texts]


class Deaf(Letters):
    """No vectors"""

    name, embed = "deaf", cllm4rec.Backbone.embed


class Call:
    def __init__(self, name):
        self.name, self.cancelled = name, threading.Event()

    def check(self):
        pass


def service(cls=Letters, load=True):
    s = BackboneService(cls)
    s.Configure(_wire.message("ConfigureRequest")(), Call("Configure"))
    if load:
        s.Load(_wire.message("LoadRequest")(resources={"threads": 3, "micro_batch": 7}), Call("Load"), lambda raw: None)
        s.OpenTower(_wire.message("OpenTowerRequest")(name="t", users=2, items=1, init_std=0.1), Call("OpenTower"))
    return s


def score(s, *chunks, batch=2, tower="t", objective=2, first=True):
    request = _wire.message("ScoreRequest")
    stream = [request(spec={"tower": tower, "objective": objective, "batch": batch, "predict_first": first}).SerializeToString()]
    stream += [request(chunk={"examples": examples}).SerializeToString() for examples in chunks]
    reply = _wire.message("ScoreReply").FromString(s.Score(iter(stream), Call("Score"), lambda raw: None))
    return reply.result.nll, reply.result.tokens


def test_batches_are_cut_across_requests_and_count_what_is_predicted():
    s = service()
    assert score(s, [{"prompt": [1], "main": [2, 3]}], [{"prompt": [1, 1], "main": [4]}, {"prompt": [0], "main": [1]}]) == (5 + 4 + 1, 4)
    assert s.model.asked == [[([1, 2, 3], 1), ([1, 1, 4], 2)], [([0, 1], 1)]]


def test_without_predict_first_the_first_word_behind_the_prompt_is_only_read():
    s = service()
    assert score(s, [{"prompt": [1], "main": [2, 3]}, {"main": [4, 2]}, {"prompt": [1], "main": [4]}, {"prompt": [3]}], first=False) == (3 + 2, 2)
    assert s.model.asked == [[([1, 2, 3], 2), ([4, 2], 1)]]


@pytest.mark.parametrize("example, error, words", [
    ({}, Invalid, "example 1 is empty"),
    ({"prompt": [1], "main": [1, 1, 1, 1]}, Invalid, "example 1 has 5 tokens, the model reads at most 4"),
    ({"prompt": [1], "main": [-1]}, Invalid, "not among 0 to 7"),
    ({"prompt": [1], "main": [8]}, Invalid, "not among 0 to 7"),
    ({"prompt": [5], "main": [1]}, Unsupported, "example 1 has a token of a user or an item"),
    ({"main": [1]}, Invalid, "no prompt"),
    ({"prompt": [1], "main": [1], "targets": [0]}, Invalid, "has items"),
])
def test_an_example_that_is_no_text_is_named_by_its_number(example, error, words):
    with pytest.raises(error, match=words):
        score(service(), [{"prompt": [1], "main": [1]}], [example])


def test_what_else_cannot_be_scored():
    s = service()
    with pytest.raises(NotFound, match='no tower "tt"; did you mean "t"'):
        score(s, tower="tt")
    with pytest.raises(Unsupported, match="letters predicts words alone"):
        score(s, objective=1)
    with pytest.raises(Invalid, match="batches of 0"):
        score(s, batch=0)
    values = iter([[1.0, 1.0], [1.0, float("nan")]])
    s.model.nll = lambda texts: next(values)
    with pytest.raises(NonFinite, match="example 3 is nan"):
        score(s, [{"prompt": [1], "main": [1]}] * 4)


def embed(s, texts, pooling=1):
    reply = s.Embed(_wire.message("EmbedRequest")(pooling=pooling, texts=texts), Call("Embed"))
    return np.array(_wire.message("EmbedReply").FromString(reply).values).reshape(len(texts), 2)


def test_a_text_is_cut_to_the_longest_and_one_without_words_is_zero():
    s = service()
    assert embed(s, ["ab", "", "abcdea"]).tolist() == [[2, 0.5], [0, 0], [4, 1.5]]
    assert embed(s, ["ab", "abcdea"], pooling=2).tolist() == [[2, 1], [4, 3]]
    assert embed(s, [""]).tolist() == [[0, 0]]


def test_vectors_are_held_against_the_model():
    s = service()
    with pytest.raises(Invalid, match="expected mean or last"):
        embed(s, ["a"], pooling=0)
    s.model.embed = lambda texts, pooling: np.ones((1, 3))
    with pytest.raises(ValueError, match=r"shape \(1, 3\); expected \(1, 2\)"):
        embed(s, ["a"])
    s.model.embed = lambda texts, pooling: np.full((1, 2), np.inf)
    with pytest.raises(NonFinite):
        embed(s, ["a"])


def test_a_word_outside_the_vocabulary_is_the_plugins_fault():
    with pytest.raises(ValueError, match="expected 0 to 4"):
        embed(service(), ["z"])


def test_a_backbone_without_vectors_says_so():
    assert Letters.capabilities() == ["reads_only", "embed"] and Deaf.capabilities() == ["reads_only"]
    with pytest.raises(Unsupported, match="deaf gives no vectors"):
        embed(service(Deaf), ["a"])


def test_the_model_has_the_resources_and_goes_with_the_next_configure():
    s = service()
    assert (s.model.resources.threads, s.model.resources.micro_batch) == (3, 7)
    s.Configure(_wire.message("ConfigureRequest")(), Call("Configure"))
    with pytest.raises(OutOfOrder, match="before Load"):
        embed(s, ["a"])


@pytest.mark.parametrize("change", [{"name": ""}, {"users": -1}, {"items": 0}, {"init_std": 0}, {"init_std": float("inf")}])
def test_a_tower_needs_a_name_and_sizes(change):
    request = _wire.message("OpenTowerRequest")(**{"name": "t", "users": 1, "items": 1, "init_std": 0.1, **change})
    with pytest.raises(Invalid, match="expected a name, users"):
        service().OpenTower(request, Call("OpenTower"))


@pytest.mark.parametrize("change", [{"train": {"mode": 2}}, {"train": {"mode": 3}}, {"item_bias": True}])
def test_nothing_trains_in_a_tower(change):
    request = _wire.message("OpenTowerRequest")(**{"name": "t", "users": 1, "items": 1, "init_std": 0.1, **change})
    with pytest.raises(Unsupported, match="letters reads texts alone"):
        service().OpenTower(request, Call("OpenTower"))


@pytest.mark.parametrize("name", ["TrainTower", "Pretrain", "MapItems"])
def test_what_needs_tokens_that_train_is_refused_before_its_stream_is_read(name):
    with pytest.raises(Unsupported, match=f"{name}: letters reads texts alone"):
        getattr(service(), name)(iter([b"unread"]), Call(name), lambda raw: None)
