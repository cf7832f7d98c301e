"""A trained model as one file: safetensors, written whole or not at all, never a pickle."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from typing import Dict, Mapping, Tuple

import numpy as np

from .errors import BadData, Invalid, NotFound

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
           "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "|b1"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


def write(path: str, arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> None:
    """Writes arrays and texts about them. Invalid for an array that the format cannot hold."""
    header: Dict[str, object] = {"__metadata__": dict(about)}
    at, body = 0, []
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        dtype = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
        if dtype not in _NAMES:
            raise Invalid(f"the array {name!r} of the state is of type {array.dtype}; expected numbers or booleans")
        body.append(array.astype(dtype, copy=False))
        header[name] = {"dtype": _NAMES[dtype], "shape": list(np.shape(arrays[name])), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    descriptor, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix="." + os.path.basename(path))
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            for array in body:
                out.write(array.tobytes())
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def read(path: str) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    """Reads what write wrote. NotFound; BadData for any other file."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise NotFound(f"the state {path} does not exist") from None
    try:
        return _parse(data)
    except (ValueError, KeyError, TypeError, struct.error) as e:
        raise BadData(f"{path} is no state of this plugin: {e}") from None


def _parse(data: bytes) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    (size,) = struct.unpack_from("<Q", data)
    if size > len(data) - 8:
        raise ValueError("its header is cut")
    header = json.loads(data[8:8 + size].decode("utf-8"))
    about = {str(k): str(v) for k, v in header.pop("__metadata__", {}).items()}
    arrays, end = {}, 0
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        if last - first != dtype.itemsize * int(np.prod(shape, dtype=np.int64)) or not 0 <= first <= last <= len(data) - 8 - size:
            raise ValueError(f"the array {name!r} is cut")
        arrays[name] = np.frombuffer(data[8 + size + first:8 + size + last], dtype).reshape(shape).copy()
        end = max(end, last)
    if end != len(data) - 8 - size:
        raise ValueError(f"its arrays end at byte {end} of {len(data) - 8 - size}")
    return arrays, about
