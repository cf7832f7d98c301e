"""The calls of the kind dataset."""

from __future__ import annotations

import math
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import _wire
from ._calls import Call, Service
from .errors import BadData, Unsupported
from .plugin import Dataset, Interaction

_ROWS = 20_000  # of one chunk: a MiB or so


class DatasetService(Service):
    kind = "dataset"

    def _new(self, call: Call, capability: str = "") -> Dataset:
        if capability and capability not in self.cls.capabilities():
            raise Unsupported(f"{self.cls.name} has no {capability}")
        self.need(call)
        source = self.cls()
        assert isinstance(source, Dataset)
        source.params = self.params
        return source

    def Interactions(self, request: Any, call: Call) -> Iterator[bytes]:
        rows: List[Interaction] = []
        for row in self._new(call).interactions():
            interaction = Interaction(*row)
            if rows and (len(rows) >= _ROWS or interaction.part != rows[0].part):
                yield _interactions(rows)
                rows = []
            rows.append(interaction)
        if rows:
            yield _interactions(rows)

    def Texts(self, request: Any, call: Call) -> Iterator[bytes]:
        chunk, size = _wire.message("TextChunk")(), 0
        for t in self._new(call, "texts").texts():
            chunk.kinds.append(_number("TextKind", t.kind))
            chunk.users.append(t.user)
            chunk.items.append(t.item)
            chunk.texts.append(t.text)
            size += len(t.text)
            if size > 1 << 20 or len(chunk.texts) >= _ROWS:
                yield chunk.SerializeToString()
                chunk, size = _wire.message("TextChunk")(), 0
        if chunk.texts:
            yield chunk.SerializeToString()

    def Attributes(self, request: Any, call: Call) -> Iterator[bytes]:
        chunk: Optional[Any] = None
        key: Optional[Tuple[str, str, str]] = None
        for a in self._new(call, "attributes").attributes():
            if chunk is not None and (key != (a.name, a.entity, a.type) or len(chunk.ids) >= _ROWS):
                yield chunk.SerializeToString()
                chunk = None
            if chunk is None:
                key = (a.name, a.entity, a.type)
                chunk = _wire.message("AttributeChunk")(name=a.name, entity=_number("Entity", a.entity), type=_number("AttributeType", a.type))
            chunk.ids.append(a.id)
            _value(chunk.values, a.type, a.value)
        if chunk is not None:
            yield chunk.SerializeToString()

    def Sniff(self, request: Any, call: Call) -> bytes:
        raise Unsupported(f"{self.cls.name} does not recognise files")


def _interactions(rows: List[Interaction]) -> bytes:
    columns: Dict[str, Any] = {"users": [_id(r.user, "user") for r in rows], "items": [_id(r.item, "item") for r in rows]}
    for name, index in (("values", 2), ("times", 3)):
        column = [r[index] for r in rows]
        missing = column.count(None)
        if missing == 0:
            columns[name] = column
        elif missing != len(rows):
            raise BadData(f"some interactions have {name} and others have none")
    if any(math.isnan(v) for v in columns.get("values", ())):
        raise BadData("the value of an interaction is NaN")
    part = _number("Part", rows[0].part) if rows[0].part else 0
    return _wire.message("InteractionChunk")(part=part, **columns).SerializeToString()  # type: ignore[no-any-return]


def _id(value: Any, what: str) -> str:
    text = value if isinstance(value, str) else str(value)
    if not text:
        raise BadData(f"an interaction has an empty {what}")
    return text


def _value(values: Any, kind: str, value: Any) -> None:
    if kind == "number":
        values.numbers.append(value)
    elif kind == "set":
        values.sets.add(words=list(value))
    else:
        values.words.append(value)


def _number(enum: str, word: str) -> int:
    try:
        return _wire.number(enum, word)
    except KeyError:
        raise BadData(f'"{word}" is no {enum}') from None
