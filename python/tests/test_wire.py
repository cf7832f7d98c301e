"""Training data from the wire, states on disk."""

import numpy as np
import pytest

from cllm4rec import BadData, NonFinite, NotFound, _state, _wire
from cllm4rec.data import read

REQUEST = _wire.message("FitRequest")


def stream(*chunks, users=3, items=4, seed=2**63 + 5):
    yield REQUEST(spec={"users": users, "items": items, "seed": seed, "resources": {"threads": 2, "device": "cpu"}}).SerializeToString()
    for c in chunks:
        yield REQUEST(chunk=c).SerializeToString()


def test_columns_arrive_whole_and_in_order():
    data = read(stream({"users": [0, 0], "items": [1, 3], "values": [1, 2.5], "times": [7, 2**40]},
                       {"users": [2], "items": [0], "values": [4], "times": [9]}))
    assert data.users.dtype == np.int32 and data.users.tolist() == [0, 0, 2]
    assert data.items.tolist() == [1, 3, 0]
    assert data.values.dtype == np.float32 and data.values.tolist() == [1, 2.5, 4]
    assert data.times.dtype == np.int64 and data.times.tolist() == [7, 2**40, 9]
    assert (data.seed, data.resources.threads, data.resources.device, len(data)) == (2**63 + 5, 2, "cpu", 3)
    assert data.offsets().tolist() == [0, 2, 2, 3]
    assert [h.tolist() for h in data.histories()] == [[1, 3], [], [0]]
    assert data.matrix().tolist() == [[0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_one_chunk_is_a_view_and_not_a_copy():
    data = read(stream({"users": [0], "items": [1]}))
    assert data.values is None and data.times is None
    assert data.users.base is not None and not data.users.flags.writeable


def test_numbers_that_are_not_packed_are_read_too():
    body = _wire.message("TrainChunk")(users=[1], items=[2]).SerializeToString()
    loose = b"\x0d" + b"\x01\0\0\0" + b"\x15" + b"\x02\0\0\0"  # fields 1 and 2 as single sfixed32
    packed, single = (read(iter([next(stream()), _wire.tagged(2, b)])) for b in (body, loose))
    assert packed.users.tolist() == single.users.tolist() == [1] and single.items.tolist() == [2]


@pytest.mark.parametrize("chunk, words", [
    ({"users": [0], "items": [4]}, "item 4: expected 0 to 3"),
    ({"users": [3], "items": [0]}, "user 3: expected 0 to 2"),
    ({"users": [0], "items": [-1]}, "item -1"),
    ({"users": [0, 1], "items": [0]}, "2 users, 1 items"),
    ({"users": [1, 0], "items": [0, 0]}, "not sorted by user"),
    ({"texts": [{"kind": 3, "item": 9, "text": "x"}]}, "item 9"),
    ({"attributes": {"name": "a", "entity": 2, "type": 1, "rows": [9], "values": {"words": ["x"]}}}, "item 9"),
    ({"features": {"name": "f", "entity": 2, "width": 1, "rows": [9], "dense": [1]}}, "item 9"),
    ({"features": {"name": "f", "entity": 2, "width": 2, "rows": [1], "dense": [1]}}, "1 values for 1 rows of width 2"),
    ({"side": {"name": "s", "rows": [0], "items": [9], "weights": [1]}}, "item 9"),
])
def test_what_is_out_of_range_is_named(chunk, words):
    with pytest.raises(BadData, match=words):
        read(stream(chunk))


def test_what_comes_beside_interactions():
    data = read(stream(
        {"users": [0], "items": [1]},
        {"texts": [{"kind": 3, "item": 0, "text": "a title"}]},
        {"attributes": {"name": "tags", "entity": 2, "type": 3, "rows": [0, 1], "values": {"sets": [{"words": ["a", "b"]}, {"words": []}]}}},
        {"features": {"name": "d", "entity": 2, "width": 2, "rows": [3], "dense": [1, 2]}},
        {"features": {"name": "d", "entity": 2, "width": 2, "rows": [0], "dense": [3, 4]}},
        {"features": {"name": "s", "entity": 1, "width": 5, "rows": [2, 0], "offsets": [0, 2, 2], "columns": [0, 4], "values": [1, 0.5]}},
        {"side": {"name": "w", "rows": [0, 1], "items": [1, 2], "weights": [1, 2]}},
    ))
    assert (data.texts[0].kind, data.texts[0].user, data.texts[0].item, data.texts[0].text) == ("title", None, 0, "a title")
    assert data.attributes["tags"].values == [["a", "b"], []]
    assert data.features["d"].matrix(4).tolist() == [[3, 4], [0, 0], [0, 0], [1, 2]]
    assert data.features["s"].matrix(3).tolist() == [[0] * 5, [0] * 5, [1, 0, 0, 0, 0.5]]
    assert data.side["w"].items.tolist() == [1, 2]


def test_features_that_are_not_finite():
    with pytest.raises(NonFinite):
        read(stream({"features": {"name": "d", "entity": 2, "width": 1, "rows": [0], "dense": [float("nan")]}}))


def test_a_message_that_is_cut_is_no_message():
    with pytest.raises(ValueError):
        list(_wire.fields(memoryview(b"\x0a\x05abc")))


def test_a_state_comes_back(tmp_path):
    path = str(tmp_path / "s.safetensors")
    arrays = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7), "b": np.array([True, False]), "e": np.empty((0, 3)), "big": np.arange(3, dtype=">i4")}
    _state.write(path, arrays, {"epochs": "3"})
    back, about = _state.read(path)
    assert about == {"epochs": "3"}
    for name, array in arrays.items():
        assert back[name].tolist() == array.tolist() and back[name].shape == array.shape
    assert [p.name for p in tmp_path.iterdir()] == ["s.safetensors"]


def test_a_damaged_state_is_named(tmp_path):
    path = tmp_path / "s.safetensors"
    with pytest.raises(NotFound, match="s.safetensors"):
        _state.read(str(path))
    _state.write(str(path), {"w": np.ones(3)}, {})
    whole = path.read_bytes()
    for content in (b"", b"this is no state, but long enough", whole[:-1], whole[:12], whole + b"x"):
        path.write_bytes(content)
        with pytest.raises(BadData, match="s.safetensors"):
            _state.read(str(path))
