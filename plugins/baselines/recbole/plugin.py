"""Models of RecBole, trained on this project's training part and ranked over all items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

import catalogue
import cllm4rec
import numpy as np


class RecBole(cllm4rec.EpochRecommender):
    """Any general or sequential model of RecBole by its name"""

    name, order = "recbole", True

    @dataclass
    class Params:
        model: str = cllm4rec.param(doc="name of a general or sequential model of RecBole, such as BPR, LightGCN or SASRec")
        config: dict = cllm4rec.param({}, doc="RecBole's settings of the model and of its training; its defaults where nothing is said")

    @classmethod
    def check(cls, params: Any) -> None:
        catalogue.check(params.model, params.config)

    def begin(self, data: cllm4rec.Data) -> None:
        self._begin(data.users, data.items, data.seed, data.resources.device)

    def _begin(self, users: np.ndarray, items: np.ndarray, seed: int, device: str) -> None:
        from training import Training

        self.users, self.items, self.seed = users, items, seed
        self.training = Training(self.params.model, self.params.config, users, items, self.n_users, self.n_items, seed, device)

    def epoch(self, number: int, seed: int) -> cllm4rec.EpochResult:
        return self.training.epoch(number, seed, lambda done, total: self.progress(done, total, "step", stage="epoch"))

    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> np.ndarray:
        return self.training.score(users, histories)

    def state(self) -> Dict[str, np.ndarray]:
        # The training rows too: models keep graphs and neighbours that are made of them.
        seed = np.array([self.seed % 2**64], np.uint64)
        return {**self.training.state(), "users": self.users, "items": self.items, "seed": seed}

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        if not hasattr(self, "training"):
            self._begin(state["users"], state["items"], int(state["seed"][0]), "")
        self.training.restore({name: array for name, array in state.items() if "/" in name})


if __name__ == "__main__":
    cllm4rec.serve(RecBole)
