"""The calls of the kind recommender."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable, Iterator, List, Optional

import numpy as np

from . import _state, _wire
from . import data as training
from ._calls import Call, Service, reporter
from .errors import BadData, Invalid, NonFinite, OutOfOrder, Unsupported
from .plugin import EpochRecommender, EpochResult, Query, Recommender
from .ties import Ties

_CHUNK = 1 << 20  # bytes of vectors in one message


class RecommenderService(Service):
    kind = "recommender"
    working = ("Epoch",)
    model: Optional[Recommender] = None  # that can rank, or has begun
    ready = False  # it can rank
    begun = False  # it has training data for epochs
    epochs = 0  # that it has learnt

    def forget(self) -> None:
        self.model, self.ready, self.begun, self.epochs = None, False, False, 0

    @property
    def in_epochs(self) -> bool:
        return issubclass(self.cls, EpochRecommender)

    def _new(self, n_users: int, n_items: int) -> Recommender:
        model = self.cls()
        assert isinstance(model, Recommender)
        model.params, model.n_users, model.n_items = self.params, n_users, n_items
        return model

    def Fit(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        if self.in_epochs:
            raise Unsupported(f"{self.cls.name} learns in epochs: Begin and Epoch")
        self._take(requests, call, send, lambda model, data: model.fit(data))
        self.ready = True
        return _fitted()

    def Begin(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None]) -> bytes:
        if not self.in_epochs:
            raise Unsupported(f"{self.cls.name} does not learn in epochs: Fit")
        self._take(requests, call, send, lambda model, data: model.begin(data))  # type: ignore[attr-defined]
        self.begun = True
        return _fitted()

    def _take(self, requests: Iterable[bytes], call: Call, send: Callable[[bytes], None], train: Callable[[Recommender, training.Data], None]) -> None:
        self.need(call)
        self.forget()
        data = training.read(requests)
        call.check()  # the end of the upload may be that of the call
        model = self._new(data.n_users, data.n_items)
        model._report = reporter(call, send, "FitReply")
        train(model, data)
        self.model = model

    def Epoch(self, request: Any, call: Call, send: Callable[[bytes], None]) -> bytes:
        self.need(call)
        if not self.in_epochs:
            raise Unsupported(f"{self.cls.name} does not learn in epochs")
        if not self.begun or self.model is None:
            raise OutOfOrder("Epoch was called before Begin")
        if request.number != self.epochs + 1:
            raise OutOfOrder(f"epoch {request.number} was asked for after epoch {self.epochs}")
        call.check()
        self.model._report = reporter(call, send, "EpochReply")
        result = self.model.epoch(int(request.number), int(request.seed))  # type: ignore[attr-defined]
        if not isinstance(result, EpochResult):
            result = EpochResult(float(result))
        if not math.isfinite(result.loss):
            raise NonFinite(f"the loss of epoch {request.number} is {result.loss}")
        self.epochs, self.ready = self.epochs + 1, True
        values = {"loss": result.loss, "steps": int(result.steps), "examples": int(result.examples), "peak_memory": int(result.peak_memory)}
        return _wire.message("EpochReply")(result=values).SerializeToString()  # type: ignore[no-any-return]

    def _trained(self, call: Call) -> Recommender:
        self.need(call)
        if not self.ready or self.model is None:
            raise OutOfOrder(f"{call.name} was called before training")
        return self.model

    def Rank(self, request: Any, call: Call) -> bytes:
        model = self._trained(call)
        queries = [self._query(model, q) for q in request.queries]
        if not queries:
            return b""
        ties = Ties(_wire.word("TieRule", request.ties.rule) != "index", int(request.ties.seed))
        replies: List[bytes] = []
        for query, answer in zip(queries, model.rank(queries, ties)):
            call.check()
            replies.append(_answer(model, query, answer))
        if len(replies) != len(queries):
            raise ValueError(f"rank returned {len(replies)} rankings for {len(queries)} queries")
        return b"".join(replies)

    def _query(self, model: Recommender, q: Any) -> Query:
        history = np.array(q.history, np.int32)
        user = q.user if q.HasField("user") else -1
        who = f"the query of user {user}" if user >= 0 else "a query without a user"
        if user < 0 and not model.fold_in:
            raise Invalid(f"{self.cls.name} does not rank for a history without a user")
        if user >= model.n_users:
            raise Invalid(f"{who}: expected 0 to {model.n_users - 1}")
        if q.k < 1:
            raise Invalid(f"{who} asks for {q.k} items")
        if len(history) and (int(history.min()) < 0 or int(history.max()) >= model.n_items):
            wrong = int(history[(history < 0) | (history >= model.n_items)][0])
            raise Invalid(f"{who} has item {wrong} in its history, outside 0 to {model.n_items - 1}")
        return Query(user, history, min(q.k, model.n_items))

    def Save(self, request: Any, call: Call) -> bytes:
        if "state" not in self.cls.capabilities():
            raise Unsupported(f"{self.cls.name} has no state")
        model = self._trained(call)
        about = {"plugin": self.cls.name, "users": str(model.n_users), "items": str(model.n_items), "epochs": str(self.epochs)}
        _state.write(request.path, model.state(), about)
        return b""

    def Load(self, request: Any, call: Call) -> bytes:
        if "state" not in self.cls.capabilities():
            raise Unsupported(f"{self.cls.name} has no state")
        self.need(call)
        arrays, about = _state.read(request.path)
        if about.get("plugin") != self.cls.name:
            raise BadData(f"{request.path} is no state of {self.cls.name}")
        model, begun = self.model if self.begun else None, self.begun
        n_users, n_items, epochs = int(about["users"]), int(about["items"]), int(about["epochs"])
        if model is not None and (model.n_users, model.n_items) != (n_users, n_items):
            raise BadData(f"{request.path} is of {n_users} users and {n_items} items, the training data have {model.n_users} and {model.n_items}")
        self.forget()
        model = model or self._new(n_users, n_items)
        try:
            model.restore(arrays)
        except (KeyError, ValueError) as e:
            raise BadData(f"{request.path} is no state of {self.cls.name}: {type(e).__name__}: {e}") from e
        self.model, self.ready, self.begun, self.epochs = model, True, begun, epochs
        return b""

    def Vectors(self, request: Any, call: Call) -> Iterator[bytes]:
        if "vectors" not in self.cls.capabilities():
            raise Unsupported(f"{self.cls.name} has no vectors")
        model, entity = self._trained(call), _wire.word("Entity", request.entity)
        matrix = np.ascontiguousarray(model.vectors(entity), "<f4")
        n = model.n_users if entity == "user" else model.n_items
        if matrix.ndim != 2 or len(matrix) != n or not np.isfinite(matrix).all():
            raise ValueError(f"vectors returned an array of shape {matrix.shape} for {n} {entity}s, or one that is not finite")
        rows = max(1, _CHUNK // max(1, 4 * matrix.shape[1]))
        for first in range(0, n, rows):
            part = matrix[first:first + rows]
            head = _wire.message("FeatureChunk")(entity=request.entity, width=matrix.shape[1]).SerializeToString()
            yield head + _wire.tagged(4, np.arange(first, first + len(part), dtype="<i4").tobytes()) + _wire.tagged(5, part.tobytes())


def _answer(model: Recommender, query: Query, answer: Any) -> bytes:
    """One ranking on the wire, held against what it must be."""
    items, scores = (np.asarray(column) for column in answer)
    what = f"the ranking of user {query.user}"
    if items.dtype.kind not in "iu":
        raise ValueError(f"{what} has items of type {items.dtype}, expected whole numbers")
    if items.shape != (query.k,) or scores.shape != (query.k,):
        raise ValueError(f"{what} has {items.shape} items and {scores.shape} scores, expected {query.k} of each")
    if len(items) and (int(items.min()) < 0 or int(items.max()) >= model.n_items):
        raise ValueError(f"{what} has an item outside 0 to {model.n_items - 1}")
    scores = scores.astype("<f4", copy=False)
    if not np.isfinite(scores).all():
        raise NonFinite(f"{what}: the score of item {items[~np.isfinite(scores)][0]} is not finite")
    return _wire.ranking(items, scores)


def _fitted() -> bytes:
    return _wire.message("FitReply")(fitted={}).SerializeToString()  # type: ignore[no-any-return]
