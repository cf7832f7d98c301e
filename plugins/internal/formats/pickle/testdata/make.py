"""Writes the pickles of this folder with CPython 3.11. Run: python make.py"""
import pathlib
import pickle

here = pathlib.Path(__file__).parent
shared = ["twice"]
value = {
    "none": None, "yes": True, "no": False, "small": 7, "byte": 200, "short": 60000, "int": -5, "long": -(2**40),
    "big": 2**62, "float": -1.5, "text": "héllo ✓", "long text": "x" * 300, "bytes": b"\x00\xff", "list": [1, [2, []]],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)], "dict": {1: "a", 2.5: "b"}, "one": {"k": "v"},
    "shared": [shared, shared],
}
for protocol in range(2, 6):
    kept = {k: v for k, v in value.items() if protocol > 2 or k != "bytes"}  # protocol 2 writes bytes as a call
    (here / f"plain{protocol}.pkl").write_bytes(pickle.dumps(kept, protocol))
(here / "big.pkl").write_bytes(pickle.dumps([[f"user_{i}", " text"] for i in range(2000)], 4))
