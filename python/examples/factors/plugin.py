"""Matrix factorisation by Adagrad, in epochs, with a state, vectors and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional

import cllm4rec
import numpy as np


class Factors(cllm4rec.EpochRecommender):
    """Factors by pairwise ranking (BPR), in epochs; items may begin at features"""

    name = "factors"
    takes = ("features",)

    @dataclass
    class Params:
        width: int = cllm4rec.param(16, minimum=1, maximum=1024, doc="numbers per user and item")
        rate: float = cllm4rec.param(0.2, above=0, doc="learning rate of Adagrad")
        penalty: Optional[float] = cllm4rec.param(0.01, minimum=0, doc="L2 penalty, or null for none")

    def begin(self, data: cllm4rec.Data) -> None:
        rng, width = data.rng(), self.params.width
        self.data = data
        self.users = rng.normal(0, 0.1, (data.n_users, width)).astype(np.float32)
        self.items = rng.normal(0, 0.1, (data.n_items, width)).astype(np.float32)
        for features in data.features.values():
            if features.entity == "item":
                project = rng.normal(0, 0.1, (features.width, width)).astype(np.float32)
                self.items += features.matrix(data.n_items) @ project
        self.user_squares = np.full_like(self.users, 1e-6)
        self.item_squares = np.full_like(self.items, 1e-6)

    def epoch(self, number: int, seed: int) -> cllm4rec.EpochResult:
        rng, n = np.random.default_rng(seed), len(self.data)
        loss, steps = 0.0, 0
        order = rng.permutation(n)
        for first in range(0, n, 32):
            rows = order[first:first + 32]
            u, i = self.data.users[rows], self.data.items[rows]
            loss += self._step(u, i, rng.integers(0, self.n_items, len(rows)))
            steps += 1
            self.progress(first, n, "row", loss=loss / steps, stage="epoch")
        return cllm4rec.EpochResult(loss / steps, steps, n)

    def _step(self, u: np.ndarray, i: np.ndarray, j: np.ndarray) -> float:
        p, difference = self.users[u], self.items[i] - self.items[j]
        x = (p * difference).sum(1)
        g = (1 / (1 + np.exp(x)))[:, None]
        penalty = self.params.penalty or 0
        self._move(self.users, self.user_squares, u, g * difference - penalty * p)
        self._move(self.items, self.item_squares, i, g * p - penalty * self.items[i])
        self._move(self.items, self.item_squares, j, -g * p - penalty * self.items[j])
        return float(np.log1p(np.exp(-x)).mean())

    def _move(self, table: np.ndarray, squares: np.ndarray, rows: np.ndarray, step: np.ndarray) -> None:
        np.add.at(squares, rows, step * step)
        np.add.at(table, rows, self.params.rate * step / np.sqrt(squares[rows]))

    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> np.ndarray:
        return np.stack([self.items @ self.users[user] for user in users])  # one by one: no bit depends on the others

    def vectors(self, entity: str) -> np.ndarray:
        return self.users if entity == "user" else self.items

    def state(self) -> Dict[str, np.ndarray]:
        return {"users": self.users, "items": self.items, "user_squares": self.user_squares, "item_squares": self.item_squares}

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        self.users, self.items = state["users"], state["items"]
        self.user_squares, self.item_squares = state["user_squares"], state["item_squares"]


if __name__ == "__main__":
    cllm4rec.serve(Factors)
