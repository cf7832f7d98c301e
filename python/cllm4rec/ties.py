"""Rankings from scores, with ties broken as the contract says, exact to the bit.

The rule is that of TieRule in recommender.proto; ties.json beside that file holds the test
vectors that this module, and every other language, is held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

import numpy as np

from .errors import NonFinite

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Ties:
    """How items with equal scores are ordered."""

    hashed: bool = True  # by a seeded hash of the item; else the smaller index first
    seed: int = 0  # of the hash, in [0, 2^64)

    def keys(self, items: np.ndarray) -> np.ndarray:
        """The sort key of each item among equal scores, uint64; smaller first."""
        z = np.asarray(items).astype(np.uint64)
        if not self.hashed:
            return z
        salt = np.uint64((self.seed + 1) * _GOLDEN & _MASK)
        with np.errstate(over="ignore"):
            z = z + salt
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def top_k(scores: Any, k: int, ties: Ties) -> Tuple[np.ndarray, np.ndarray]:
    """The k best items of one row of scores and their scores, best first.

    scores has one finite number per item. Equal means equal in the type of scores.
    NonFinite names the first item whose score is not finite.
    """
    row = np.asarray(scores)
    if row.dtype.kind != "f":
        row = row.astype(np.float64)
    if not np.isfinite(row).all():
        item = int(np.flatnonzero(~np.isfinite(row))[0])
        raise NonFinite(f"the score of item {item} is {row[item]}")
    if k < len(row):
        threshold = np.partition(row, len(row) - k)[len(row) - k]
        items = np.flatnonzero(row >= threshold)
    else:
        items = np.arange(len(row))
    best = row[items]
    order = np.lexsort((ties.keys(items), -best))[:k]
    return items[order].astype(np.int32), best[order].astype(np.float32)
