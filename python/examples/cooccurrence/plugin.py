from dataclasses import dataclass

import cllm4rec
import numpy as np


class Cooccurrence(cllm4rec.Recommender):
    """Items that the same users have"""

    name, fold_in = "cooccurrence", True

    @dataclass
    class Params:
        shrink: float = cllm4rec.param(10.0, minimum=0, doc="added to the counts of both items")

    def fit(self, data):
        together = data.matrix().T @ data.matrix()
        counts = together.diagonal() + self.params.shrink
        self.weights = together / np.sqrt(np.outer(counts, counts) + 1e-9)
        np.fill_diagonal(self.weights, 0)

    def score(self, users, histories):
        return np.stack([self.weights[history].sum(0) for history in histories])


if __name__ == "__main__":
    cllm4rec.serve(Cooccurrence)
