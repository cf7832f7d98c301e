"""The models of LensKit for implicit feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import cllm4rec
import numpy as np

param = cllm4rec.param


@dataclass
class ImplicitMF:
    embedding_size: int = param(50, minimum=1, maximum=4096, doc="numbers per user and item")
    epochs: int = param(10, minimum=1, doc="times that users and then items are solved for")
    user_regularization: float = param(0.1, above=0, doc="penalty of a user's numbers")
    item_regularization: float = param(0.1, above=0, doc="penalty of an item's numbers")
    weight: float = param(40.0, above=0, doc="weight of an observed pair beside the 1 of every pair")


@dataclass
class FlexMF:
    loss: str = param("logistic", choices=("logistic", "pairwise", "warp"), doc="logistic, BPR's (pairwise) or WARP's")
    embedding_size: int = param(64, minimum=1, maximum=4096, doc="numbers per user and item, beside biases")
    epochs: int = param(10, minimum=1, doc="times over the pairs")
    batch_size: int = param(8192, minimum=1, doc="pairs of one step")
    learning_rate: float = param(0.01, above=0, doc="of AdamW, or of SparseAdam with L2")
    regularization: float = param(0.01, minimum=0, doc="strength of reg_method")
    reg_method: Optional[str] = param("AdamW", choices=("AdamW", "L2"), doc="AdamW: weight decay; L2: of what a batch uses; null: none")
    negative_count: int = param(1, minimum=1, doc="negative items for each pair")
    positive_weight: float = param(1.0, above=0, doc="weight of a pair beside its negatives, with the logistic loss")
    user_bias: Optional[bool] = param(None, doc="null: with the logistic loss")
    item_bias: bool = param(True, doc="a number for each item")


@dataclass
class ItemKNN:
    max_nbrs: int = param(20, minimum=1, doc="neighbours of an item that count, among the user's")
    min_nbrs: int = param(1, minimum=1, doc="with fewer an item has the score 0")
    min_sim: float = param(1e-6, above=0, doc="cosine below which an item is no neighbour")
    save_nbrs: Optional[int] = param(None, minimum=1, doc="neighbours that an item keeps; null: all")


@dataclass
class UserKNN:
    max_nbrs: int = param(20, minimum=1, doc="neighbours of the user that count, among those who have the item")
    min_nbrs: int = param(1, minimum=1, doc="with fewer an item has the score 0")
    min_sim: float = param(1e-6, above=0, doc="similarity below which a user is no neighbour")


@dataclass
class EASE:
    regularization: float = param(1.0, above=0, doc="added to the diagonal of the item-item counts")


@dataclass
class SLIM:
    l1_reg: float = param(1.0, above=0, doc="L1 penalty of a weight")
    l2_reg: float = param(1.0, above=0, doc="L2 penalty of a weight")
    max_iters: int = param(100, minimum=1, doc="rounds of coordinate descent for an item")
    max_nbrs: Optional[int] = param(None, minimum=1, doc="items, the most alike, that an item is predicted from (fsSLIM); null: all")


def given(params: Any) -> Tuple[str, Any]:
    """The name of the model that was asked for, and its parameters."""
    return cllm4rec.one_given(params, "ease: {regularization: 100}")


class LensKit(cllm4rec.Recommender):
    """Models of the Python package LensKit: implicit_mf, flexmf, item_knn, user_knn, ease or slim"""

    name, fold_in = "lenskit", True

    @dataclass
    class Params:
        implicit_mf: Optional[ImplicitMF] = param(None, doc="matrix factorisation by alternating least squares (give one model)")
        flexmf: Optional[FlexMF] = param(None, doc="matrix factorisation by gradients: logistic, BPR, WARP")
        item_knn: Optional[ItemKNN] = param(None, doc="items by the cosine of their users")
        user_knn: Optional[UserKNN] = param(None, doc="what users have who are like the user")
        ease: Optional[EASE] = param(None, doc="item-to-item weights in closed form")
        slim: Optional[SLIM] = param(None, doc="sparse item-to-item weights by an elastic net")

    @classmethod
    def check(cls, params: Any) -> None:
        given(params)

    @property
    def chosen(self) -> str:
        return given(self.params)[0]

    def _model(self) -> Any:
        from models import Model

        return Model(self.chosen, vars(given(self.params)[1]), self.n_users, self.n_items)

    def fit(self, data: cllm4rec.Data) -> None:
        model = self._model()
        model.train(data.users, data.items, data.seed, data.resources.threads, lambda done, total: self.progress(done, total, "epoch"))
        self.model = model

    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> np.ndarray:
        if self.chosen == "flexmf" and (users < 0).any():
            raise cllm4rec.Unsupported("flexmf of LensKit does not rank for a history without a user; implicit_mf, item_knn, user_knn, ease and slim do")
        return np.stack([self.model.score(int(user), history) for user, history in zip(users, histories)])

    def vectors(self, entity: str) -> np.ndarray:
        if self.chosen not in ("implicit_mf", "flexmf"):
            raise cllm4rec.Unsupported(f"{self.chosen} of LensKit has no vectors; implicit_mf and flexmf do")
        return self.model.vectors(entity)

    def state(self) -> Dict[str, np.ndarray]:
        return self.model.state()

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        self.model = self._model()
        self.model.restore(state)


if __name__ == "__main__":
    cllm4rec.serve(LensKit)
