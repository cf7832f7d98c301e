"""LensKit's own scorers over the training data of this project."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict

import numpy as np
import pandas as pd
import torch
from lenskit import parallel
from lenskit.als import ImplicitMFScorer
from lenskit.data import DatasetBuilder, ItemList, RecQuery, Vocabulary
from lenskit.data.matrix import SparseRowArray
from lenskit.flexmf import FlexMFImplicitScorer
from lenskit.knn import EASEScorer, ItemKNNScorer, SLIMScorer, UserKNNScorer
from lenskit.training import TrainingOptions, UsesTrainer
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

_SCORERS = {"implicit_mf": ImplicitMFScorer, "flexmf": FlexMFImplicitScorer, "item_knn": ItemKNNScorer, "user_knn": UserKNNScorer, "ease": EASEScorer, "slim": SLIMScorer}


@functools.lru_cache(maxsize=1)
def _begin(threads: int) -> None:
    """LensKit's threads, which a process sets once."""
    if not _begin.cache_info().currsize:
        parallel.initialize(processes=1, threads=threads, backend_threads=1)


class Model:
    """A scorer of LensKit. Users and items have their own numbers as identifiers, those without a training row among them."""

    def __init__(self, kind: str, given: Dict[str, Any], n_users: int, n_items: int):
        torch.set_num_threads(1)  # its sums would depend on the number
        settings = dict(given)
        if kind == "implicit_mf":
            settings["regularization"] = {"user": settings.pop("user_regularization"), "item": settings.pop("item_regularization")}
        elif kind in ("item_knn", "user_knn"):
            settings["feedback"] = "implicit"
        self.kind, self.n_users, self.n_items = kind, n_users, n_items
        self.scorer = _SCORERS[kind](**settings)
        self.items = ItemList(item_nums=np.arange(n_items), vocabulary=Vocabulary(np.arange(n_items), "item"))

    def train(self, users: np.ndarray, items: np.ndarray, seed: int, threads: int, tell: Callable[[int, int], None]) -> None:
        _begin(max(1, threads))
        data, options = self._dataset(users, items), TrainingOptions(rng=np.random.default_rng(seed), device="cpu")
        with threadpool_limits(1, "blas"):
            if not isinstance(self.scorer, UsesTrainer):
                self.scorer.train(data, options)
                return
            # What the scorer's own train does, but for telling how far it is.
            trainer, total = self.scorer.create_trainer(data, options), self.scorer.config.epochs
            for epoch in range(total):
                trainer.train_epoch()
                tell(epoch + 1, total)
            trainer.finalize()

    def _dataset(self, users: np.ndarray, items: np.ndarray) -> Any:
        builder = DatasetBuilder()
        builder.add_entities("user", np.arange(self.n_users))
        builder.add_entities("item", np.arange(self.n_items))
        pairs = pd.DataFrame({"user_id": users.astype(np.int64), "item_id": items.astype(np.int64)})
        builder.add_interactions("has", pairs, entities=["user", "item"], missing="error", default=True)
        return builder.build()

    def score(self, user: int, history: np.ndarray) -> np.ndarray:
        """Scores of all items; where LensKit has none (no neighbour, nothing in the history), 0."""
        query = RecQuery(user_id=user if user >= 0 else None, history_items=ItemList(item_ids=history.astype(np.int64)))
        with threadpool_limits(1, "blas"):
            scores = self.scorer(query, self.items).scores()
        return np.where(np.isnan(scores), 0, scores).astype(np.float32)

    def vectors(self, entity: str) -> np.ndarray:
        if self.kind == "implicit_mf":
            return self.scorer.user_embeddings if entity == "user" else self.scorer.item_embeddings
        model = self.scorer.model
        return (model.u_embed if entity == "user" else model.i_embed).weight.detach().numpy()

    def state(self) -> Dict[str, np.ndarray]:
        s = self.scorer
        if self.kind == "implicit_mf":
            return {"users": s.user_embeddings, "items": s.item_embeddings, "products": s._OtOr}
        if self.kind == "flexmf":
            return {name: tensor.numpy() for name, tensor in s.model.state_dict().items()}
        if self.kind == "ease":
            return {"weights": s.weights}
        matrix = {"item_knn": lambda: s.sim_matrix.to_scipy(), "user_knn": lambda: s.user_vectors, "slim": lambda: s.weights}[self.kind]()
        return {"values": matrix.data, "columns": matrix.indices, "offsets": matrix.indptr}

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        s = self.scorer
        s.items, s.users = Vocabulary(np.arange(self.n_items), "item"), Vocabulary(np.arange(self.n_users), "user")
        if self.kind == "implicit_mf":
            s.user_embeddings, s.item_embeddings, s._OtOr = state["users"], state["items"], state["products"]
        elif self.kind == "flexmf":
            s.model = self._net(state)
        elif self.kind == "ease":
            s.weights = state["weights"]
        else:
            self._restore_sparse(state)

    def _net(self, state: Dict[str, np.ndarray]) -> Any:
        from lenskit.flexmf._model import FlexMFModel

        net = FlexMFModel(self.scorer.config.embedding_size, self.n_users, self.n_items, torch.Generator(), "u_bias.weight" in state, "i_bias.weight" in state)
        net.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
        net.eval()
        return net

    def _restore_sparse(self, state: Dict[str, np.ndarray]) -> None:
        s, rows = self.scorer, self.n_users if self.kind == "user_knn" else self.n_items
        matrix = csr_array((state["values"], state["columns"], state["offsets"]), shape=(rows, self.n_items))
        if self.kind == "item_knn":
            s.sim_matrix = SparseRowArray.from_scipy(matrix, large=True)
            s.item_means, s.item_counts = None, np.diff(matrix.indptr)
        elif self.kind == "user_knn":
            s.user_vectors, s.user_means = matrix, None
            s.user_ratings = SparseRowArray.from_scipy(matrix, values=False)
        else:
            s.weights = matrix
