"""Writes numpy2.pkl to numpy5.pkl with NumPy 2 and CPython 3.11. Run: python make_numpy.py"""
import pathlib
import pickle

import numpy as np

here = pathlib.Path(__file__).parent
value = {
    "bool": np.bool_(True), "int8": np.int8(-3), "uint16": np.uint16(65535), "int64": np.int64(-(2**40)), "float16": np.float16(-0.15625),
    "float32": np.float32(1.5), "float64": np.float64(-2.5), "big": np.array([1, 258], ">i4"), "text": np.str_("h\u00e9 \u2713"), "bytes": np.bytes_(b"ab"),
    "vector": np.array([1, -2, 3], "<i2"), "matrix": np.array([[1, 2, 3], [4, 5, 6]]), "fortran": np.asfortranarray([[1, 2, 3], [4, 5, 6]]),
    "cube": np.arange(8, dtype="u1").reshape(2, 2, 2), "texts": np.array([["a", "bcd"], ["\u00e9", ""]]), "flags": np.array([True, False]),
    "floats": np.array([0.5, -1.25], "f4"), "empty": np.zeros((0, 3)), "rows": np.zeros((2, 0)), "strings": np.array([b"x", b"yz"]),
    "none": b"", "list": [np.int64(i) for i in range(3)],
}
shared = np.array([7, 8])
value["shared"] = [shared, shared]
for protocol in range(2, 6):
    (here / f"numpy{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
refused = {
    "objects": np.array([{}, 1], object), "dates": np.array(["2020-01-01"], "datetime64[D]"), "records": np.zeros(2, [("a", "i4")]),
    "scalar_array": np.array(3), "complex": np.complex64(1j), "longs": np.array([2**64 - 1], "u8"),
}
for name, value in refused.items():
    (here / f"refused_{name}.pkl").write_bytes(pickle.dumps(value, 4))
