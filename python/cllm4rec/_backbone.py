"""The calls of the kind backbone that read texts; those that train or keep towers are refused."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

import numpy as np

from . import _wire
from ._calls import Call, Service, reporter
from .backbone import Backbone, LanguageModel, Words
from .data import Resources
from .errors import Invalid, NonFinite, NotFound, OutOfOrder, Unsupported, did_you_mean


class BackboneService(Service):
    kind = "backbone"
    working = ("Load",)
    model: Optional[Backbone] = None  # that has loaded
    about: LanguageModel
    towers: Dict[str, int]  # how many users and items each has, by name

    def forget(self) -> None:
        self.model, self.towers = None, {}

    def Load(self, request: Any, call: Call, send: Callable[[bytes], None]) -> bytes:
        self.need(call)
        self.forget()
        model = self.cls()
        assert isinstance(model, Backbone)
        model.params, model._report = self.params, reporter(call, send, "LoadReply")
        about = model.load(Resources.of(request.resources))
        call.check()
        self.model, self.about = model, about
        return _wire.message("LoadReply")(model=dataclasses.asdict(about)).SerializeToString()  # type: ignore[no-any-return]

    def _loaded(self, call: Call) -> Backbone:
        self.need(call)
        if self.model is None:
            raise OutOfOrder(f"{call.name} was called before Load")
        return self.model

    def _encode(self, model: Backbone, texts: List[str]) -> List[np.ndarray]:
        words = [np.asarray(ids, np.int32) for ids in model.encode(texts)]
        if len(words) != len(texts):
            raise ValueError(f"encode returned {len(words)} lists of words for {len(texts)} texts")
        for text, ids in zip(texts, words):
            if len(ids) and (int(ids.min()) < 0 or int(ids.max()) >= self.about.vocab_size):
                raise ValueError(f"encode returned the words {ids.tolist()[:20]} for {text[:60]!r}, expected 0 to {self.about.vocab_size - 1}")
        return words

    def Encode(self, request: Any, call: Call) -> bytes:
        words = self._encode(self._loaded(call), list(request.texts))
        return _wire.message("EncodeReply")(texts=[{"ids": ids.tolist()} for ids in words]).SerializeToString()  # type: ignore[no-any-return]

    def Embed(self, request: Any, call: Call) -> bytes:
        if "embed" not in self.cls.capabilities():
            raise Unsupported(f"{self.cls.name} gives no vectors of texts")
        model, pooling = self._loaded(call), _wire.word("Pooling", request.pooling)
        if not pooling:
            raise Invalid(f"the pooling of Embed is {request.pooling}, expected mean or last")
        words = [ids[:self.about.max_length] for ids in self._encode(model, list(request.texts))]
        places = [i for i, ids in enumerate(words) if len(ids)]
        vectors = np.zeros((len(words), self.about.hidden), np.float32)
        if places:
            vectors[places] = self._vectors(model, [words[i] for i in places], pooling)
        call.check()
        return _wire.tagged(1, vectors.astype("<f4", copy=False).tobytes())

    def _vectors(self, model: Backbone, words: List[np.ndarray], pooling: str) -> np.ndarray:
        vectors = np.asarray(model.embed(words, pooling), np.float32)
        if vectors.shape != (len(words), self.about.hidden):
            raise ValueError(f"embed returned an array of shape {vectors.shape}; expected {(len(words), self.about.hidden)}")
        if not np.isfinite(vectors).all():
            raise NonFinite("the vector of a text is not finite")
        return vectors

    def OpenTower(self, request: Any, call: Call) -> bytes:
        self._loaded(call)
        mode = _wire.word("TrainMode", request.train.mode) or "tokens"
        if not request.name or request.users < 0 or request.items < 1 or not 0 < request.init_std < math.inf:
            raise Invalid(f'tower "{request.name}" of {request.users} users, {request.items} items and spread {request.init_std}: expected a name, users >= 0, items > 0 and a spread > 0')
        if mode != "tokens" or request.item_bias:
            raise Unsupported(f'{self.cls.name} reads texts alone: it trains nothing in the mode "{mode}" and has no biases of items')
        self.towers[request.name] = request.users + request.items
        return b""

    def CloseTower(self, request: Any, call: Call) -> bytes:
        self._loaded(call)
        self._tower(request.name)
        del self.towers[request.name]
        return b""

    def _tower(self, name: str) -> int:
        if name not in self.towers:
            raise NotFound(f'there is no tower "{name}"{did_you_mean(name, self.towers)}')
        return self.towers[name]

    def Score(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        model, stream = self._loaded(call), iter(requests)
        spec = _score_spec(next(stream, b""))
        tokens = self._tower(spec.tower)
        if _wire.word("Objective", spec.objective) != "next_word" or spec.extended:
            raise Unsupported(f"{self.cls.name} predicts words alone: it has no items to score")
        report = reporter(call, send, "ScoreReply")
        nll, predicted = 0.0, 0
        for first, examples in _batches(stream, spec.batch):
            texts = [self._words(e, first + i, tokens, spec.predict_first) for i, e in enumerate(examples)]
            for i, value in enumerate(_losses(model, texts)):
                if not math.isfinite(value):
                    raise NonFinite(f'scoring tower "{spec.tower}": the loss of example {first + i} is {value}')
                nll += value
            predicted += sum(len(t.ids) - t.start for t in texts)
            report(first + len(examples), 0, "example", nll / max(1, predicted), f"score {spec.tower}")
        return _wire.message("ScoreReply")(result={"nll": nll, "tokens": predicted}).SerializeToString()  # type: ignore[no-any-return]

    def _words(self, example: Any, number: int, tokens: int, predict_first: bool) -> Words:
        """An example as a text; an error names it by its number."""
        ids = np.array([*example.prompt, *example.main], np.int32)
        words, n = self.about.vocab_size, len(example.prompt)
        if not len(ids):
            raise Invalid(f"example {number} is empty")
        if len(ids) > self.about.max_length:
            raise Invalid(f"example {number} has {len(ids)} tokens, the model reads at most {self.about.max_length}; cut it")
        if int(ids.min()) < 0 or int(ids.max()) >= words + tokens:
            raise Invalid(f"example {number} has a token that is not among 0 to {words + tokens - 1}")
        if int(ids.max()) >= words:
            raise Unsupported(f"example {number} has a token of a user or an item; {self.cls.name} reads the words 0 to {words - 1} alone")
        if n == 0 and predict_first:
            raise Invalid(f"example {number} has no prompt from which to predict")
        if len(example.targets) or len(example.excluded) or example.HasField("offsets"):
            raise Invalid(f"example {number} has items, which next_word does not read")
        return Words(ids, max(1, n if predict_first or not len(example.main) else n + 1))

    def TrainTower(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        raise self._refused(call)

    def Pretrain(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        raise self._refused(call)

    def MapItems(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        raise self._refused(call)

    def TowerVectors(self, request: Any, call: Call) -> Iterator[bytes]:
        raise self._refused(call)

    def RankPrompts(self, request: Any, call: Call) -> bytes:
        raise self._refused(call)

    def SaveTower(self, request: Any, call: Call) -> bytes:
        raise self._refused(call)

    def LoadTower(self, request: Any, call: Call) -> bytes:
        raise self._refused(call)

    def OpenNewcomers(self, request: Any, call: Call) -> bytes:
        raise self._refused(call)

    def _refused(self, call: Call) -> Unsupported:
        return Unsupported(f"{call.name}: {self.cls.name} reads texts alone, and has no user and item tokens to train, rank by or keep")


def _score_spec(request: bytes) -> Any:
    first = _wire.message("ScoreRequest").FromString(request)
    if first.WhichOneof("what") != "spec":
        raise Invalid("Score begins without its spec")
    if first.spec.batch < 1:
        raise Invalid(f"Score asks for batches of {first.spec.batch} examples, expected 1 or more")
    return first.spec


def _batches(requests: Iterable[bytes], size: int) -> Iterator[Tuple[int, List[Any]]]:
    """Examples in batches that are cut across requests, each behind the number of its first."""
    waiting: List[Any] = []
    first = 0
    for request in requests:
        message = _wire.message("ScoreRequest").FromString(request)
        if message.WhichOneof("what") != "chunk":
            raise Invalid("a request of Score without examples")
        waiting.extend(message.chunk.examples)
        while len(waiting) >= size:
            yield first, waiting[:size]
            first, waiting = first + size, waiting[size:]
    if waiting:
        yield first, waiting


def _losses(model: Backbone, texts: List[Words]) -> List[float]:
    """The loss of each text; that of one without a word to predict is 0."""
    asked = [t for t in texts if t.start < len(t.ids)]
    values = [float(v) for v in model.nll(asked)] if asked else []
    if len(values) != len(asked):
        raise ValueError(f"nll returned {len(values)} losses for {len(asked)} texts")
    each = iter(values)
    return [next(each) if t.start < len(t.ids) else 0.0 for t in texts]
