"""The models of the package implicit: ALS, BPR, LMF and item-to-item neighbours."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import cllm4rec
import numpy as np

param = cllm4rec.param


@dataclass
class ALS:
    factors: int = param(64, minimum=1, maximum=4096, doc="numbers per user and item")
    regularization: float = param(0.01, minimum=0, doc="penalty of every row, whatever its length")
    alpha: float = param(1.0, above=0, doc="weight of an observed pair; all others weigh 1")
    iterations: int = param(15, minimum=1, doc="times that users and then items are solved for")
    use_cg: bool = param(True, doc="three steps of conjugate gradients in place of an exact solution")


@dataclass
class BPR:
    factors: int = param(64, minimum=1, maximum=4096, doc="numbers per user and item, beside a bias of the item")
    learning_rate: float = param(0.01, above=0, doc="of stochastic gradient descent")
    regularization: float = param(0.01, minimum=0, doc="L2 penalty")
    iterations: int = param(100, minimum=1, doc="as many samples as there are pairs in each")
    verify_negative_samples: bool = param(True, doc="skip a sample whose negative item is one of the user's")


@dataclass
class LMF:
    factors: int = param(30, minimum=1, maximum=4096, doc="numbers per user and item, beside biases of both")
    learning_rate: float = param(1.0, above=0, doc="of Adagrad")
    regularization: float = param(0.6, minimum=0, doc="L2 penalty")
    iterations: int = param(30, minimum=1, doc="times over users and then items")
    neg_prop: int = param(30, minimum=1, doc="negative samples for each pair")


@dataclass
class Neighbours:
    K: int = param(20, minimum=1, doc="neighbours that an item keeps, itself among them")


@dataclass
class BM25(Neighbours):
    K1: float = param(1.2, minimum=0, doc="how soon repeated pairs count no more")
    B: float = param(0.75, minimum=0, maximum=1, doc="how much an item's number of users counts against it")


def given(params: Any) -> Tuple[str, Any]:
    """The name of the model that was asked for, and its parameters."""
    return cllm4rec.one_given(params, "als: {factors: 64}")


class Implicit(cllm4rec.Recommender):
    """Models of the Python package implicit: als, bpr, lmf, cosine, tfidf or bm25"""

    name, fold_in = "implicit", True

    @dataclass
    class Params:
        als: Optional[ALS] = param(None, doc="alternating least squares (give one model)")
        bpr: Optional[BPR] = param(None, doc="matrix factorisation by pairwise ranking")
        lmf: Optional[LMF] = param(None, doc="logistic matrix factorisation")
        cosine: Optional[Neighbours] = param(None, doc="items by the cosine of their users")
        tfidf: Optional[Neighbours] = param(None, doc="items by the cosine of their users, those with few items counting more")
        bm25: Optional[BM25] = param(None, doc="items by BM25")

    @classmethod
    def check(cls, params: Any) -> None:
        given(params)

    @property
    def chosen(self) -> str:
        return given(self.params)[0]

    def _model(self, threads: int, seed: Any) -> Any:
        """The package's own model, on the processor."""
        from implicit import nearest_neighbours
        from implicit.cpu import als, bpr, lmf

        # The threads of these two write to the same rows, or draw from generators of their own.
        one = {"num_threads": 1, "random_state": seed}
        classes = {
            "als": (als.AlternatingLeastSquares, {"num_threads": threads, "random_state": seed}),
            "bpr": (bpr.BayesianPersonalizedRanking, one), "lmf": (lmf.LogisticMatrixFactorization, one),
            "cosine": (nearest_neighbours.CosineRecommender, {"num_threads": threads}),
            "tfidf": (nearest_neighbours.TFIDFRecommender, {"num_threads": threads}),
            "bm25": (nearest_neighbours.BM25Recommender, {"num_threads": threads}),
        }
        make, more = classes[self.chosen]
        with one_thread():
            return make(**vars(given(self.params)[1]), **more)

    def fit(self, data: cllm4rec.Data) -> None:
        from implicit.utils import ParameterWarning

        model = self._model(data.resources.threads, data.seed)
        more = {}
        if self.factorises:
            total = model.iterations
            more = {"callback": lambda done, *_: self.progress(done + 1, total, "iteration")}
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ParameterWarning)  # of what the package itself hands on
            model.fit(data.csr(), show_progress=False, **more)
        self.model = model

    @property
    def factorises(self) -> bool:
        return self.chosen in ("als", "bpr", "lmf")

    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> np.ndarray:
        with one_thread():
            if not self.factorises:
                return (rows(histories, self.n_items) @ self.model.similarity).toarray()
            items = self.model.item_factors
            # One by one: the sums of a product depend on how many rows it has.
            return np.stack([items @ self._vector(user, history) for user, history in zip(users, histories)])

    def _vector(self, user: int, history: np.ndarray) -> np.ndarray:
        if user >= 0:
            return self.model.user_factors[user]
        if self.chosen != "als":
            raise cllm4rec.Unsupported(f"{self.chosen} of implicit does not rank for a history without a user; als, cosine, tfidf and bm25 do")
        return self.model.recalculate_user(0, rows([history], self.n_items))

    def vectors(self, entity: str) -> np.ndarray:
        if not self.factorises:
            raise cllm4rec.Unsupported(f"{self.chosen} of implicit has no vectors; als, bpr and lmf do")
        return self.model.user_factors if entity == "user" else self.model.item_factors

    def state(self) -> Dict[str, np.ndarray]:
        if self.factorises:
            return {"users": self.model.user_factors, "items": self.model.item_factors}
        s = self.model.similarity
        return {"values": s.data, "columns": s.indices, "offsets": s.indptr}

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        from scipy.sparse import csr_matrix

        self.model = self._model(1, 0)
        if self.factorises:
            self.model.user_factors, self.model.item_factors = state["users"], state["items"]
        else:
            self.model.similarity = csr_matrix((state["values"], state["columns"], state["offsets"]), shape=(self.n_items, self.n_items))


def rows(histories: List[np.ndarray], n_items: int) -> Any:
    """Histories as a scipy.sparse.csr_matrix of ones, [len(histories), n_items]."""
    from scipy.sparse import csr_matrix

    offsets = np.cumsum([0] + [len(h) for h in histories])
    items = np.concatenate(histories) if histories else np.zeros(0, np.int32)
    return csr_matrix((np.ones(len(items), np.float32), items, offsets), shape=(len(histories), n_items))


def one_thread() -> Any:
    """Keeps BLAS to one thread: implicit has its own, and products must not depend on theirs."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


if __name__ == "__main__":
    cllm4rec.serve(Implicit)
