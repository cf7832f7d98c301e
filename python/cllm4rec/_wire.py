"""The messages of the contract, and the columns in them as numpy views.

No code is generated: contract.binpb is the image of the protos that lies beside them in
core/pluginrpc/v1 (a test of the repository compares the two), and protobuf makes the
messages from it. Generated code would be tied to the versions of protobuf that are not
older than its generator, which leaves no release for all of Python 3.9 to 3.13.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List, Mapping, Tuple, Union

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "cllm4rec.v1"
_pool = descriptor_pool.DescriptorPool()


def _load() -> None:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "contract.binpb")
    with open(path, "rb") as image:
        for file in descriptor_pb2.FileDescriptorSet.FromString(image.read()).file:
            _pool.Add(file)


_load()
_classes: Dict[str, Any] = {}


def message(name: str) -> Any:
    """The class of a message, such as message("InfoReply")."""
    if name not in _classes:
        _classes[name] = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
    return _classes[name]


def service(name: str) -> Any:
    """The descriptor of a service, such as service("Recommender")."""
    return _pool.FindServiceByName(f"{PACKAGE}.{name}")


def number(enum: str, word: str) -> int:
    """The number of a value, such as number("Kind", "recommender")."""
    values = _pool.FindEnumTypeByName(f"{PACKAGE}.{enum}").values_by_name
    return int(values[_prefix(enum) + word.upper()].number)


def word(enum: str, value: int) -> str:
    """The word of a value, such as "recommender"; "" for one that is unknown or never sent."""
    known = _pool.FindEnumTypeByName(f"{PACKAGE}.{enum}").values_by_number
    if value not in known or value == 0:
        return ""
    return str(known[value].name)[len(_prefix(enum)):].lower()


def _prefix(enum: str) -> str:
    return "".join("_" + c if c.isupper() else c.upper() for c in enum).lstrip("_") + "_"


# Types of fields on the wire.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Value = Union[int, memoryview]


def fields(data: memoryview) -> Iterator[Tuple[int, int, Value]]:
    """The fields of a message: number, type on the wire, value. ValueError for what is none."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, kind, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field of type {kind}")
        if at + size > end:
            raise ValueError("a field that is cut")
        yield key >> 3, kind, data[at:at + size]
        at += size


def _varint(data: memoryview, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number that is cut")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


class Columns:
    """What fields() finds in one message, the packed columns of it as arrays."""

    def __init__(self, data: memoryview, types: Mapping[int, str]):
        self.arrays: Dict[int, List[np.ndarray]] = {}
        self.others: Dict[int, List[Value]] = {}
        for field, kind, value in fields(data):
            if field in types:  # one number alone is not packed
                self.arrays.setdefault(field, []).append(np.frombuffer(value, types[field]))  # type: ignore[arg-type]
            else:
                self.others.setdefault(field, []).append(value)
        self._types = types

    def array(self, field: int) -> np.ndarray:
        """A column; empty where the message has none."""
        return join(self.arrays.get(field, []), self._types[field])

    def text(self, field: int) -> str:
        """A string; empty where the message has none."""
        value = self.others.get(field, [b""])[-1]
        return bytes(value).decode("utf-8")  # type: ignore[arg-type]

    def whole(self, field: int) -> int:
        """A number; 0 where the message has none."""
        return int(self.others.get(field, [0])[-1])  # type: ignore[arg-type]


def join(parts: List[np.ndarray], dtype: str) -> np.ndarray:
    """One array of several, without a copy where there is one."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _length(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tagged(field: int, body: bytes) -> bytes:
    """A field of bytes, a string, a message or a packed column."""
    return _length(field << 3 | _BYTES) + _length(len(body)) + body


def ranking(items: np.ndarray, scores: np.ndarray) -> bytes:
    """One Ranking as a field of RankReply."""
    return tagged(1, tagged(1, items.astype("<i4").tobytes()) + tagged(2, scores.astype("<f4").tobytes()))


def status(code: int, detail: Any) -> bytes:
    """google.rpc.Status with one detail, as it travels beside a gRPC status."""
    any_value = tagged(1, f"type.googleapis.com/{PACKAGE}.ErrorDetail".encode()) + tagged(2, detail.SerializeToString())
    return b"\x08" + _length(code) + tagged(2, b"the plugin returned an error") + tagged(3, any_value)
