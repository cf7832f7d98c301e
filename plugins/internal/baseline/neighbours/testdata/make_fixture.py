"""What NumPy's argpartition keeps among equals, written to fixture.json.

Run from this folder: python make_fixture.py. Python 3.11.7, NumPy 2.4.6, seed 11.
NumPy's vectorised selections order ties by the width of the CPU's registers, so
they are switched off: what remains is the portable introselect.
"""
import json
import os

os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
import numpy as np  # noqa: E402

SEED = 11


def main():
    rng = np.random.default_rng(SEED)
    selections = []
    for size, k, levels in ((7, 3, 2), (100, 10, 4), (1000, 100, 3), (1000, 100, 40), (501, 250, 7)):
        v = rng.integers(0, levels, size)
        selections.append({"values": v.tolist(), "k": k, "kept": sorted(np.argpartition(-v.astype(float), k)[:k].tolist())})
    with open("fixture.json", "w") as f:
        json.dump({"numpy": np.__version__, "seed": SEED, "selections": selections}, f, separators=(",", ":"))
        f.write("\n")


main()
