"""Parameters from a dataclass: their schema, strict reading, every default filled in."""

from __future__ import annotations

import dataclasses
import json
import math
import operator
import sys
import typing
from typing import Any, Dict, List, Optional, Tuple

from .errors import Invalid, did_you_mean

_META = "cllm4rec"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def param(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    minimum: Optional[float] = None,
    maximum: Optional[float] = None,
    above: Optional[float] = None,
    below: Optional[float] = None,
    choices: Optional[Tuple[Any, ...]] = None,
    path: bool = False,
    resource: bool = False,
) -> Any:
    """A parameter: a field of the dataclass that a plugin names as its Params.

    Without a default it is required. minimum and maximum are allowed themselves, above and
    below are not. path: its content enters the keys of trials. resource: it changes no number
    beyond rounding (threads, a device) and enters none.
    """
    meta = {"doc": doc, "minimum": minimum, "maximum": maximum, "above": above, "below": below,
            "choices": choices, "path": path, "resource": resource}
    if isinstance(default, (list, dict)):
        frozen = json.dumps(default)
        return dataclasses.field(default_factory=lambda: json.loads(frozen), metadata={_META: meta})
    return dataclasses.field(default=default, metadata={_META: meta})


def one_given(params: Any, example: str, what: str = "models") -> Tuple[str, Any]:
    """The name and the value of the one field of params that is not None.

    For a dataclass of which every field is Optional and stands for a choice with parameters of
    its own. Invalid, with the names and the example (such as "ease: {regularization: 100}"),
    where none or several are given; what says what the fields are.
    """
    names = [f.name for f in dataclasses.fields(params)]
    given = [name for name in names if getattr(params, name) is not None]
    if len(given) != 1:
        raise Invalid(f"give one of the {what} {', '.join(names)}, such as {example}; got {' and '.join(given) or 'none'}")
    return given[0], getattr(params, given[0])


def schema(cls: type) -> Dict[str, Any]:
    """The JSON schema (draft 2020-12) of a dataclass of parameters. TypeError for a type that
    a parameter cannot have."""
    properties: Dict[str, Any] = {}
    required: List[str] = []
    for f, kind in _fields(cls):
        properties[f.name] = _property(f, kind)
        if _default(f) is dataclasses.MISSING:
            required.append(f.name)
    out: Dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        out["required"] = required
    return out


def _fields(cls: type) -> List[Tuple[Any, Any]]:
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__qualname__} is no dataclass: write @dataclasses.dataclass above it")
    # A class inside a class sees the names of its module, and dataclasses may be nested.
    hints = typing.get_type_hints(cls, vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else None)
    return [(f, hints[f.name]) for f in dataclasses.fields(cls)]


def _default(f: Any) -> Any:
    if f.default is not dataclasses.MISSING:
        return f.default
    if f.default_factory is not dataclasses.MISSING:
        return f.default_factory()
    return dataclasses.MISSING


def _optional(kind: Any) -> Tuple[Any, bool]:
    """The type without None, and whether None is allowed."""
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Union and type(None) in arguments and len(arguments) == 2:
        return next(a for a in arguments if a is not type(None)), True
    return kind, False


def _property(f: Any, kind: Any) -> Dict[str, Any]:
    kind, optional = _optional(kind)
    meta = f.metadata.get(_META, {})
    out = _typed(f.name, kind)
    if optional:
        out["type"] = [out["type"], "null"]
    default = _default(f)
    if default is not dataclasses.MISSING:
        out["default"] = _plain(default)
    if meta.get("choices"):
        out["enum"] = list(meta["choices"])
    for word, key in (("minimum", "minimum"), ("maximum", "maximum"), ("above", "exclusiveMinimum"), ("below", "exclusiveMaximum")):
        if meta.get(word) is not None:
            out[key] = meta[word]
    if meta.get("doc"):
        out["description"] = meta["doc"]
    if meta.get("path"):
        out["format"] = "path"
    if meta.get("resource"):
        out["x-resource"] = True
    return out


def _typed(name: str, kind: Any) -> Dict[str, Any]:
    if kind in _TYPES:
        return {"type": _TYPES[kind]}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is dict or origin is dict:
        return {"type": "object"}
    if origin is list and arguments and arguments[0] in _TYPES:
        return {"type": "array", "items": {"type": _TYPES[arguments[0]]}}
    if dataclasses.is_dataclass(kind):
        return schema(typing.cast(type, kind))
    raise TypeError(f"parameter {name} is of type {kind}; expected bool, int, float, str, dict, a list of one of them, a dataclass, or Optional of these")


def _plain(value: Any) -> Any:
    """A value as JSON; a whole number in a float is written as one, as the runner does."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def decode(cls: type, raw: bytes) -> Tuple[Any, bytes]:
    """The parameters of a JSON object and the object with every default. Invalid lists
    everything that is wrong."""
    try:
        given = json.loads(raw.decode("utf-8") or "{}")
    except ValueError as e:
        raise Invalid(f"the parameters are no JSON: {e}") from None
    problems: List[str] = []
    value = _object("", cls, given, problems)
    if len(problems) == 1:
        raise Invalid(problems[0])
    if problems:
        raise Invalid("\n  ".join([f"{len(problems)} problems with the parameters"] + problems))
    return value, json.dumps(_plain(value)).encode("utf-8")


def _object(at: str, cls: type, given: Any, problems: List[str]) -> Any:
    if not isinstance(given, dict):
        problems.append(f"{at or 'parameters'}: must be an object, got {_shown(given)}")
        return None
    known = {f.name: (f, kind) for f, kind in _fields(cls)}
    for key in given:
        if key not in known:
            problems.append(f"{_join(at, key)}: unknown key{did_you_mean(key, known)}")
    values = {}
    for name, (f, kind) in known.items():
        if name in given:
            values[name] = _value(_join(at, name), f.metadata.get(_META, {}), kind, given[name], problems)
        elif _default(f) is dataclasses.MISSING:
            problems.append(f"{_join(at, name)}: is required")
    return cls(**values) if not problems else None


def _value(at: str, meta: Dict[str, Any], kind: Any, given: Any, problems: List[str]) -> Any:
    kind, optional = _optional(kind)
    if given is None and optional:
        return None
    if dataclasses.is_dataclass(kind):
        return _object(at, typing.cast(type, kind), given, problems)
    value, expected = _convert(kind, given)
    if expected:
        problems.append(f"{at}: must be {expected}, got {_shown(given)}")
        return None
    problems.extend(f"{at}: {wrong}" for wrong in _limits(meta, value))
    return value


def _convert(kind: Any, given: Any) -> Tuple[Any, str]:
    """The value, or what was expected in its place."""
    number = isinstance(given, (int, float)) and not isinstance(given, bool) and math.isfinite(given)
    if kind is bool:
        return (given, "") if isinstance(given, bool) else (None, "true or false")
    if kind is int:
        return (int(given), "") if number and float(given).is_integer() else (None, "a whole number")
    if kind is float:
        return (float(given), "") if number else (None, "a number")
    if kind is str:
        return (given, "") if isinstance(given, str) else (None, "a string")
    if kind is dict or typing.get_origin(kind) is dict:
        return (given, "") if isinstance(given, dict) else (None, "an object")
    if not isinstance(given, list):
        return None, "a list"
    items = [_convert(typing.get_args(kind)[0], item) for item in given]
    wrong = [f"a list with {expected} at {i}" for i, (_, expected) in enumerate(items) if expected]
    return ([v for v, _ in items], "") if not wrong else (None, wrong[0])


def _limits(meta: Dict[str, Any], value: Any) -> List[str]:
    wrong = []
    choices = meta.get("choices")
    if choices and value not in choices:
        listed = ", ".join(str(c) for c in choices)
        wrong.append(f"must be one of {listed}, got {_shown(value)}{did_you_mean(str(value), [str(c) for c in choices])}")
    for word, words, broken in (
        ("minimum", "at least", operator.lt), ("maximum", "at most", operator.gt),
        ("above", "greater than", operator.le), ("below", "less than", operator.ge),
    ):
        limit = meta.get(word)
        if limit is not None and broken(value, limit):
            wrong.append(f"must be {words} {_plain(limit)}, got {_shown(value)}")
    return wrong


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _shown(value: Any) -> str:
    text = json.dumps(_plain(value))
    return text if len(text) <= 80 else text[:77] + "..."
