"""Writes every.safetensors with the Python package, and the values it should give, as every.json.

    python plugins/internal/models/safetensors/testdata/make_fixtures.py

Python 3.11.7, safetensors 0.8.0, torch 2.8.0; nothing is random.
"""

import json
import pathlib

import safetensors.torch
import torch

HERE = pathlib.Path(__file__).resolve().parent
FLOATS = [0.0, -0.0, 1.0, -1.5, 65504.0, 6e-8, 3.1415926535, 1e-3, float("inf"), float("-inf")]
INTS = [0, 1, -1, 127, -128, 5]

tensors = {f"floats/{name}": torch.tensor(FLOATS, dtype=torch.float64).to(dtype)
           for name, dtype in {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}.items()}
tensors |= {f"ints/{name}": torch.tensor(INTS).to(dtype)
            for name, dtype in {"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8}.items()}
tensors |= {"mask": torch.tensor([[True, False, True]]), "scalar": torch.tensor(2.5), "none": torch.zeros(0, 4),
            "matrix": torch.arange(6, dtype=torch.float32).reshape(2, 3), "naïve \"quoted\" <名>": torch.tensor([7.0])}

safetensors.torch.save_file(tensors, HERE / "every.safetensors", metadata={"format": "pt"})
expected = {name: {"shape": list(t.shape), "values": [str(x) for x in t.double().flatten().tolist()]} for name, t in tensors.items()}
(HERE / "every.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
