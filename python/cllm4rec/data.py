"""Training data as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np

from . import _wire
from .errors import BadData, NonFinite, Unsupported


@dataclass(frozen=True)
class Resources:
    """What a trial may use; it changes no number beyond rounding."""

    threads: int = 0  # at most; 0 is the plugin's own choice
    device: str = ""  # such as "cpu" or "cuda:1"; "" is the plugin's own choice
    memory: int = 0  # bytes; 0 where no limit is known
    micro_batch: int = 0  # most tokens of one pass of a language model; 0 is the plugin's own choice

    @classmethod
    def of(cls, wire: Any) -> Resources:
        """Those of a message."""
        return cls(wire.threads, wire.device, wire.memory, wire.micro_batch)


@dataclass(frozen=True)
class Text:
    """A text about training data; user or item is None where the kind has none."""

    kind: str  # review, biography, title, description, tags, categories or brand
    user: Optional[int]
    item: Optional[int]
    text: str


@dataclass
class Attribute:
    """One attribute of users or items; rows that do not occur have no value."""

    entity: str  # "user" or "item"
    type: str  # category, number, set or text
    rows: List[int] = field(default_factory=list)
    values: List[Any] = field(default_factory=list)  # str, float or a list of str


@dataclass
class Features:
    """A matrix with a row for each user or item; rows that do not occur are zero.

    It is dense, or sparse: then dense is None, and row rows[i] has the entries offsets[i] to
    offsets[i+1] of columns and values.
    """

    entity: str  # "user" or "item"
    width: int
    rows: np.ndarray  # int32
    dense: Optional[np.ndarray] = None  # float32 [len(rows), width]
    offsets: Optional[np.ndarray] = None  # int64 [len(rows) + 1]
    columns: Optional[np.ndarray] = None  # int32
    values: Optional[np.ndarray] = None  # float32

    def matrix(self, n: int) -> np.ndarray:
        """The whole matrix for n users or items, float32 [n, width]."""
        out = np.zeros((n, self.width), np.float32)
        if self.dense is not None:
            out[self.rows] = self.dense
        elif self.offsets is not None:
            out[np.repeat(self.rows, np.diff(self.offsets)), self.columns] = self.values
        return out


@dataclass(frozen=True)
class Side:
    """Interactions of pseudo-users, such as the words of titles, in columns of equal length."""

    rows: np.ndarray  # int32, from 0
    items: np.ndarray  # int32
    weights: np.ndarray  # float32, > 0


@dataclass
class Data:
    """What a recommender is trained on. Columns have equal length, are sorted by user and then
    by position in the user's history, and are not to be written to; a pair of user and item
    occurs once."""

    n_users: int
    n_items: int
    seed: int  # of everything random in the model, below 2^64
    users: np.ndarray  # int32
    items: np.ndarray  # int32
    values: Optional[np.ndarray] = None  # float32: ratings or counts, where the data have them
    times: Optional[np.ndarray] = None  # int64: Unix seconds, where the data have them
    resources: Resources = Resources()
    texts: List[Text] = field(default_factory=list)
    attributes: Dict[str, Attribute] = field(default_factory=dict)
    features: Dict[str, Features] = field(default_factory=dict)
    side: Dict[str, Side] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.users)

    def rng(self) -> np.random.Generator:
        """A generator of the seed."""
        return np.random.default_rng(self.seed)

    def offsets(self) -> np.ndarray:
        """Where each user's rows begin: user u has rows offsets[u] to offsets[u+1]; int64."""
        counts = np.bincount(self.users, minlength=self.n_users)
        return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))

    def histories(self) -> List[np.ndarray]:
        """Each user's items in their order, int32."""
        return np.split(self.items, self.offsets()[1:-1])

    def matrix(self, dtype: Any = np.float32) -> np.ndarray:
        """Who has which item as ones, [n_users, n_items]: for small data."""
        out = np.zeros((self.n_users, self.n_items), dtype)
        out[self.users, self.items] = 1
        return out

    def csr(self, dtype: Any = np.float32) -> Any:
        """The same as scipy.sparse.csr_matrix. Unsupported without scipy."""
        try:
            from scipy.sparse import csr_matrix
        except ImportError:
            raise Unsupported("data.csr() needs the package scipy: add it to the plugin's requirements") from None
        ones = np.ones(len(self), dtype)
        return csr_matrix((ones, self.items, self.offsets()), shape=(self.n_users, self.n_items))


_COLUMNS = {1: "<i4", 2: "<i4", 3: "<f4", 4: "<i8"}  # of TrainChunk
_FEATURES = {4: "<i4", 5: "<f4", 6: "<i8", 7: "<i4", 8: "<f4"}  # of FeatureChunk
_SIDE = {2: "<i4", 3: "<i4", 4: "<f4"}  # of SideChunk


def read(requests: Iterable[bytes]) -> Data:
    """Gathers the stream of FitRequest. BadData for what cannot be training data."""
    stream = iter(requests)
    spec = _spec(next(stream, b""))
    gather = _Gather(spec.users, spec.items)
    for request in stream:
        for number, _, body in _wire.fields(memoryview(request)):
            if number == 2:
                gather.chunk(body)
    return gather.data(spec.seed, Resources.of(spec.resources))


def _spec(request: bytes) -> Any:
    first = _wire.message("FitRequest").FromString(request)
    if first.WhichOneof("what") != "spec":
        raise BadData("the first message of the training data is no FitSpec")
    return first.spec


class _Gather:
    def __init__(self, n_users: int, n_items: int):
        self.n_users, self.n_items = n_users, n_items
        self.columns: Dict[int, List[np.ndarray]] = {n: [] for n in _COLUMNS}
        self.texts: List[Text] = []
        self.attributes: Dict[str, Attribute] = {}
        self.feature_chunks: Dict[Tuple[str, str, int], List[Features]] = {}
        self.side_chunks: Dict[str, List[Side]] = {}

    def chunk(self, body: Any) -> None:
        found = _wire.Columns(body, _COLUMNS)
        for number, parts in found.arrays.items():
            self.columns[number].extend(parts)
        if 5 in found.others or 6 in found.others:
            self._words(_wire.message("TrainChunk").FromString(bytes(body)))
        for inner in found.others.get(7, []):
            self._features(_wire.Columns(inner, _FEATURES))  # type: ignore[arg-type]
        for inner in found.others.get(8, []):
            self._side(_wire.Columns(inner, _SIDE))  # type: ignore[arg-type]

    def _words(self, chunk: Any) -> None:
        for t in chunk.texts:
            text = Text(_wire.word("TextKind", t.kind), t.user if t.HasField("user") else None, t.item if t.HasField("item") else None, t.text)
            for what, at, n in (("user", text.user, self.n_users), ("item", text.item, self.n_items)):
                if at is not None:
                    _in_range(np.array([at]), n, f"a text of {what}")
            self.texts.append(text)
        if chunk.HasField("attributes"):
            self._attribute(chunk.attributes)

    def _attribute(self, a: Any) -> None:
        entity, kind = _wire.word("Entity", a.entity), _wire.word("AttributeType", a.type)
        values: Sequence[Any] = {"number": list(a.values.numbers), "set": [list(s.words) for s in a.values.sets]}.get(kind, list(a.values.words))
        _in_range(np.array(a.rows), self._size(entity), f'attribute "{a.name}" of {entity}')
        if len(values) != len(a.rows):
            raise BadData(f'attribute "{a.name}" has {len(values)} values for {len(a.rows)} rows')
        known = self.attributes.setdefault(a.name, Attribute(entity, kind))
        known.rows.extend(a.rows)
        known.values.extend(values)

    def _features(self, c: _wire.Columns) -> None:
        name, entity, width = c.text(1), _wire.word("Entity", c.whole(2)), c.whole(3)
        rows, dense, values = c.array(4), c.array(5), c.array(8)
        _in_range(rows, self._size(entity), f'features "{name}" of {entity}')
        if not np.isfinite(dense).all() or not np.isfinite(values).all():
            raise NonFinite(f'features "{name}" hold a number that is not finite')
        if 6 in c.arrays:
            chunk = Features(entity, width, rows, None, c.array(6), c.array(7), values)
        elif len(dense) == len(rows) * width:
            chunk = Features(entity, width, rows, dense.reshape(len(rows), width))
        else:
            raise BadData(f'features "{name}" have {len(dense)} values for {len(rows)} rows of width {width}')
        self.feature_chunks.setdefault((name, entity, width), []).append(chunk)

    def _side(self, c: _wire.Columns) -> None:
        name, side = c.text(1), Side(c.array(2), c.array(3), c.array(4))
        _in_range(side.items, self.n_items, f'side interactions "{name}" with item')
        if not len(side.rows) == len(side.items) == len(side.weights):
            raise BadData(f'side interactions "{name}" have {len(side.rows)} rows, {len(side.items)} items and {len(side.weights)} weights')
        self.side_chunks.setdefault(name, []).append(side)

    def _size(self, entity: str) -> int:
        return self.n_users if entity == "user" else self.n_items

    def data(self, seed: int, resources: Resources) -> Data:
        users, items, values, times = (_wire.join(self.columns[n], t) for n, t in _COLUMNS.items())
        if len(users) != len(items) or len(values) not in (0, len(users)) or len(times) not in (0, len(users)):
            raise BadData(f"the training data have {len(users)} users, {len(items)} items, {len(values)} values and {len(times)} times")
        _in_range(users, self.n_users, "a training row of user")
        _in_range(items, self.n_items, "a training row with item")
        if (np.diff(users) < 0).any():
            raise BadData("the training data are not sorted by user")
        return Data(
            self.n_users, self.n_items, seed, users, items, values if len(values) else None, times if len(times) else None, resources,
            self.texts, self.attributes, {name: _joined(chunks) for (name, _, _), chunks in self.feature_chunks.items()},
            {name: Side(*(np.concatenate(c) for c in zip(*((s.rows, s.items, s.weights) for s in sides)))) for name, sides in self.side_chunks.items()},
        )


def _joined(chunks: List[Features]) -> Features:
    first = chunks[0]

    def column(name: str) -> np.ndarray:
        return np.concatenate([getattr(c, name) for c in chunks])

    if first.dense is not None:
        return Features(first.entity, first.width, column("rows"), column("dense"))
    counts = np.concatenate([np.diff(np.asarray(c.offsets)) for c in chunks])
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    return Features(first.entity, first.width, column("rows"), None, offsets, column("columns"), column("values"))


def _in_range(indices: np.ndarray, n: int, what: str) -> None:
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= n):
        wrong = int(indices[(indices < 0) | (indices >= n)][0])
        raise BadData(f"{what} {wrong}: expected 0 to {n - 1}")
