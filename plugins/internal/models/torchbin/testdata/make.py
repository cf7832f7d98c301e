"""Writes the fixtures of this folder. Versions and seed: see README.md.

python make.py          (in this folder)
"""
import json
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import torch

torch.manual_seed(3)


def dtypes():
    x = torch.randn(3, 4)
    ints = torch.randint(-100, 100, (2, 3))
    return OrderedDict(
        f64=x.double(), f32=x, f16=x.half(), bf16=x.bfloat16(), i64=ints, i32=ints.int(), i16=ints.short(),
        i8=ints.to(torch.int8), u8=ints.to(torch.uint8), bool=ints > 0, scalar=torch.tensor(1.5), empty=torch.zeros(0, 4))


def views():
    """Every storage is covered from end to end: both formats take it."""
    fused = torch.randn(6, 4)
    tied = torch.nn.Parameter(torch.randn(5, 2))
    return {
        "fused.q": fused[:2], "fused.k": fused[2:4], "fused.v": fused[4:],
        "transposed": torch.randn(3, 5).t(), "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
        "tied.a": tied, "tied.b": tied, "tied.c": tied.detach(), "row": torch.randn(1, 7)}


def holes():
    """Views that leave elements out: only the format with checksums takes them."""
    big = torch.randn(6, 10)
    return {"columns": big[:, ::2], "middle": big[2:4, 3:7], "half": torch.arange(10.)[5:].half(), "cube": torch.randn(4, 5, 6)[1:3, :, ::3]}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm1d(2)
        self.b = torch.nn.Linear(3, 2, bias=False)
        self.b.weight = self.a.weight


def numbers(t):
    t = t.detach().contiguous()
    if t.dtype == torch.bfloat16:
        t = t.view(torch.int16)
    return t.numpy().tobytes().hex()


def save(name, what, legacy=True):
    torch.save(what, f"{name}.zip.bin")
    if legacy:
        torch.save(what, f"{name}.legacy.bin", _use_new_zipfile_serialization=False)
    tensors = what.get("state_dict", what)
    expected = {k: {"shape": list(v.shape), "dtype": str(v.dtype).removeprefix("torch."), "bytes": numbers(v)} for k, v in tensors.items()}
    with open(f"{name}.json", "w") as f:
        json.dump(expected, f, indent=0)


class Attack:
    def __init__(self, call, *args):
        self.what = (call, args)

    def __reduce__(self):
        return self.what


def malicious():
    """Pickles that run something, or name what is not known. None is ever loaded here."""
    x = torch.ones(2)
    for name, value in {
        "system": Attack(os.system, "true"), "eval": Attack(eval, "1"), "module": torch.nn.Linear(1, 1),
        "numpy": np.ones(2), "dtype": torch.float16, "size": torch.Size([1]), "uint16": torch.zeros(2, dtype=torch.uint16),
        "complex": torch.zeros(2, dtype=torch.complex64), "conj": torch.zeros(2, dtype=torch.complex64).conj(),
        "sparse": torch.eye(2).to_sparse(), "number": 3, "nested": {"x": x}, "expanded": torch.ones(1).expand(1000),
    }.items():
        torch.save({"x": x, "y": value}, f"bad-{name}.zip.bin")
        if name in ("system", "number"):
            torch.save({"x": x, "y": value}, f"bad-{name}.legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(x, "bad-tensor.zip.bin")
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), "bad-script.zip.bin")
    with open("bad-plain.bin", "wb") as f:
        pickle.dump({"x": 1}, f, protocol=2)
    with zipfile.ZipFile("views.zip.bin") as stored, zipfile.ZipFile("bad-compressed.zip.bin", "w", zipfile.ZIP_DEFLATED) as z:
        for entry in stored.namelist():
            z.writestr(zipfile.ZipInfo(entry), stored.read(entry), zipfile.ZIP_DEFLATED)


def python2():
    """What Python 2 wrote: OrderedDict from a list of pairs, byte strings, _rebuild_tensor without v2."""
    shell = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00U\x0dlittle_endianq\x01\x88s."
    body = (b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01]q\x02(U\x01wq\x03ctorch._utils\n_rebuild_tensor\nq\x04"
            b"((U\x07storageq\x05ctorch\nFloatStorage\nq\x06U\x0212q\x07U\x03cpuq\x08K\x03Ntq\x09QK\x00K\x03\x85q\x0aK\x01\x85q\x0btq\x0cRq\x0dea\x85q\x0eRq\x0f.")
    keys = b"\x80\x02]q\x00U\x0212q\x01a."
    values = np.array([1, -2, 0.5], dtype="<f4")
    with open("python2.bin", "wb") as f:
        f.write(shell + body + keys + np.int64(3).tobytes() + values.tobytes())
    back = torch.load("python2.bin", weights_only=False)
    assert list(back) == ["w"] and back["w"].tolist() == [1, -2, 0.5]


if __name__ == "__main__":
    all_types, all_views = dtypes(), views()
    save("dtypes", all_types)
    save("views", all_views)
    save("holes", holes(), legacy=False)
    torch.save(holes(), "bad-holes.legacy.bin", _use_new_zipfile_serialization=False)
    save("module", Model().state_dict())
    save("checkpoint", {"epoch": 3, "state_dict": Model().state_dict(), "note": ["text", None, 2.5]})
    torch.save(all_types, "protocol4.zip.bin", pickle_protocol=4)
    torch.serialization.set_crc32_options(False)
    torch.save(all_views, "nocrc.zip.bin")
    torch.save(holes(), "bad-nocrc-holes.zip.bin")
    torch.serialization.set_crc32_options(True)
    malicious()
    python2()
