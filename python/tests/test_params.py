"""Parameters from a dataclass."""

import json
from dataclasses import dataclass, field
from typing import List, Optional

import pytest

from cllm4rec import Invalid, one_given, param
from cllm4rec._params import decode, schema


@dataclass
class Inner:
    depth: int = param(2, minimum=1, doc="layers")


@dataclass
class Params:
    model: str = param("knn", choices=("knn", "ease"), doc="which one")
    shrink: float = param(10.0, minimum=0, below=100, doc="a penalty")
    epochs: int = param(5, above=0, maximum=9, doc="how many")
    layers: List[int] = param([8, 4], doc="widths")
    file: Optional[str] = param(None, path=True, doc="a file")
    threads: int = param(1, resource=True, doc="threads")
    extra: dict = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    on: bool = False


def test_the_schema_has_defaults_ranges_and_words():
    s = schema(Params)
    assert s["additionalProperties"] is False
    p = s["properties"]
    assert p["model"] == {"type": "string", "default": "knn", "enum": ["knn", "ease"], "description": "which one"}
    assert p["shrink"] == {"type": "number", "default": 10, "minimum": 0, "exclusiveMaximum": 100, "description": "a penalty"}
    assert p["epochs"]["exclusiveMinimum"] == 0 and p["epochs"]["maximum"] == 9
    assert p["layers"] == {"type": "array", "items": {"type": "integer"}, "default": [8, 4], "description": "widths"}
    assert p["file"] == {"type": ["string", "null"], "default": None, "description": "a file", "format": "path"}
    assert p["threads"]["x-resource"] is True
    assert p["inner"]["properties"]["depth"]["default"] == 2


def test_defaults_are_filled_in_and_the_answer_resolves_to_itself():
    value, resolved = decode(Params, b'{"shrink": 3, "inner": {"depth": 4}, "file": "/x"}')
    assert (value.shrink, value.inner.depth, value.layers, value.file) == (3.0, 4, [8, 4], "/x")
    assert isinstance(value.shrink, float)
    assert json.loads(resolved)["epochs"] == 5
    again, same = decode(Params, resolved)
    assert same == resolved and again == value
    assert decode(Params, b"")[0] == Params()


@pytest.mark.parametrize("given, words", [
    ('{"shrnk": 1}', 'shrnk: unknown key; did you mean "shrink"?'),
    ('{"model": "eases"}', 'model: must be one of knn, ease, got "eases"; did you mean "ease"?'),
    ('{"shrink": -1}', "shrink: must be at least 0, got -1"),
    ('{"shrink": 100}', "shrink: must be less than 100, got 100"),
    ('{"epochs": 2.5}', "epochs: must be a whole number, got 2.5"),
    ('{"epochs": 0}', "epochs: must be greater than 0, got 0"),
    ('{"epochs": true}', "epochs: must be a whole number, got true"),
    ('{"layers": [1, "x"]}', "layers: must be a list with a whole number at 1"),
    ('{"on": 1}', "on: must be true or false, got 1"),
    ('{"inner": {"dpth": 1}}', 'inner.dpth: unknown key; did you mean "depth"?'),
    ('{"inner": 3}', "inner: must be an object, got 3"),
    ("[]", "parameters: must be an object"),
    ("{", "no JSON"),
])
def test_what_is_wrong_is_named(given, words):
    with pytest.raises(Invalid) as e:
        decode(Params, given.encode())
    assert words in str(e.value)


def test_all_problems_come_together():
    with pytest.raises(Invalid) as e:
        decode(Params, b'{"a": 1, "shrink": -1, "on": 3}')
    assert str(e.value).startswith("3 problems")


def test_a_parameter_without_a_default_is_required():
    @dataclass
    class Needs:
        path: str = param(doc="a file", path=True)

    assert schema(Needs)["required"] == ["path"]
    with pytest.raises(Invalid, match="path: is required"):
        decode(Needs, b"{}")


def test_a_type_that_a_parameter_cannot_have_is_a_mistake_of_the_author():
    @dataclass
    class Odd:
        x: complex = 1j

    with pytest.raises(TypeError, match="parameter x is of type"):
        schema(Odd)
    with pytest.raises(TypeError, match="is no dataclass"):
        schema(int)


@dataclass
class Choice:
    knn: Optional[Inner] = param(None, doc="neighbours")
    deep: Optional[Inner] = param(None, doc="layers")
    ease: Optional[float] = param(None, doc="a penalty")


@pytest.mark.parametrize("given, name, value", [('{"deep": {"depth": 3}}', "deep", Inner(3)), ('{"knn": {}}', "knn", Inner(2)), ('{"ease": 0}', "ease", 0.0)])
def test_the_one_that_is_given_is_found(given, name, value):
    assert one_given(decode(Choice, given.encode())[0], "knn: {depth: 3}") == (name, value)


@pytest.mark.parametrize("given, got", [("{}", "none"), ('{"deep": null}', "none"), ('{"deep": {}, "ease": 1}', "deep and ease"), ('{"ease": 0, "knn": {}, "deep": {}}', "knn and deep and ease")])
def test_none_or_several_are_refused_with_an_example(given, got):
    with pytest.raises(Invalid) as e:
        one_given(decode(Choice, given.encode())[0], "knn: {depth: 3}", "ways")
    assert str(e.value) == f"give one of the ways knn, deep, ease, such as knn: {{depth: 3}}; got {got}"
