"""Prints as JSON what device the figures are from, and its own rates: matrix products and copies, by PyTorch.

    python3 scripts/gpu/device.py cuda:0
"""

import json
import os
import platform
import statistics
import sys
import time

import torch


def seconds(device, work, repeats=10):
    """Median of single runs after three that do not count."""
    def once():
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start
    return statistics.median([once() for _ in range(3 + repeats)][3:])


def product(device, dtype, n):
    """TFLOP/s of an n x n x n product of random numbers; float32 without TF32."""
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2 * n**3 / seconds(device, lambda: a @ b) / 1e12


def main(name):
    device = torch.device(name)
    cuda = device.type == "cuda"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(1)
    facts = {"device": name, "python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda,
             "cpu_cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    if cuda:
        p = torch.cuda.get_device_properties(device)
        facts |= {"name": p.name, "memory_gib": p.total_memory / 2**30, "multiprocessors": p.multi_processor_count}
    facts["product_tflops"] = {str(dtype).removeprefix("torch."): {n: product(device, dtype, n) for n in ((2048, 4096, 8192) if cuda else (1024,))}
                               for dtype in (torch.float32, torch.bfloat16)}
    x = torch.empty(2**28 if cuda else 2**24, device=device)  # 1 GiB
    y = torch.empty_like(x)
    facts["copy_gb_per_s"] = 2 * x.nbytes / seconds(device, lambda: y.copy_(x)) / 1e9
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
