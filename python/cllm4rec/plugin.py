"""What an author writes: a class of a recommender or of a dataset; backbone.py has that of a backbone."""

from __future__ import annotations

import inspect
import logging
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from .data import Data
from .errors import Cancelled, Unsupported
from .ties import Ties


@dataclass
class NoParams:
    """The parameters of a plugin that has none."""


class Plugin:
    """What recommenders, datasets and backbones have in common.

    The first line of the class's docstring is what `cllm4rec plugins` shows. An instance is
    made, without arguments, for every training and every reading; params is set after that.
    Nothing heavy is imported before then.
    """

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""  # lower case, as in the manifest
    version: ClassVar[str] = "1.0.0"
    semantics: ClassVar[int] = 1  # raised when the same parameters, data and seed may give other numbers
    Params: ClassVar[type] = NoParams  # a dataclass; see param()

    params: Any
    log: logging.Logger = logging.getLogger("plugin")

    @classmethod
    def check(cls, params: Any) -> None:
        """Raises Invalid for parameters that contradict each other. It reads no data."""

    @classmethod
    def capabilities(cls) -> List[str]:
        """What the class offers beyond what its kind demands."""
        return []

    @classmethod
    def summary(cls) -> str:
        return (inspect.getdoc(cls) or cls.name).strip().split("\n")[0].rstrip(".")


def _overrides(cls: type, name: str, base: type) -> bool:
    return getattr(cls, name) is not getattr(base, name)


class Query(NamedTuple):
    """Asks for one user's ranking of all items."""

    user: int  # -1 with fold_in: the ranking comes from the history alone
    history: np.ndarray  # int32, the user's items in their order
    k: int  # how many items to return; at most the number of items


Progress = Callable[..., None]


class Working(Plugin):
    """A plugin with calls that take long and tell how far they are."""

    _report: Optional[Progress] = None
    _stage: ClassVar[str] = ""  # what a report is of, where nothing else is said

    def progress(self, done: int, total: int = 0, unit: str = "step", loss: Optional[float] = None, stage: str = "") -> None:
        """Tells the runner how far a call is; often is fine. Raises Cancelled when the runner
        does not want it any more."""
        if self._report:
            self._report(done, total, unit, loss, stage or self._stage)


class Recommender(Working):
    """Ranks items for users. Write fit, and score or rank."""

    kind = "recommender"
    fold_in: ClassVar[bool] = False  # it ranks for a history without a user
    order: ClassVar[bool] = False  # what it learns depends on the order of histories
    takes: ClassVar[Tuple[str, ...]] = ()  # of texts, attributes, features, side_interactions

    n_users: int  # set before fit, begin or restore
    n_items: int
    _stage = "fit"

    def fit(self, data: Data) -> None:
        """Trains from scratch. Everything random comes from data.seed."""
        raise NotImplementedError(f"{type(self).__qualname__} has no fit")

    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> Any:
        """Scores of every item for some users, [len(users), n_items]: the greater, the better.

        users is int32, with -1 (only with fold_in) for nobody; histories has each user's
        items in their order. The scores of one do not depend on the others.
        """
        raise NotImplementedError(f"{type(self).__qualname__} has neither score nor rank")

    def rank(self, queries: Sequence[Query], ties: Ties) -> Iterable[Tuple[Any, Any]]:
        """Items and scores for each query, best first; by default from score, in batches of
        some 64 MiB of scores."""
        from .ties import top_k

        rows = max(1, (8 << 20) // max(1, self.n_items))
        for first in range(0, len(queries), rows):
            batch = queries[first:first + rows]
            users = np.fromiter((q.user for q in batch), np.int32, len(batch))
            scores = np.asarray(self.score(users, [q.history for q in batch]))
            if scores.shape != (len(batch), self.n_items):
                raise ValueError(f"score returned an array of shape {scores.shape}; expected {(len(batch), self.n_items)}")
            for query, row in zip(batch, scores):
                yield top_k(row, query.k, ties)

    def vectors(self, entity: str) -> Any:
        """A vector for each "user" or "item", [n, width]; Unsupported for one that has none."""
        raise Unsupported(f"{self.name} has no vectors")

    def state(self) -> Mapping[str, np.ndarray]:
        """What was learnt, with the optimiser and generators where there are any, as arrays."""
        raise Unsupported(f"{self.name} has no state")

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        """Becomes what state was taken from; n_users and n_items are set."""
        raise Unsupported(f"{self.name} has no state")

    @classmethod
    def capabilities(cls) -> List[str]:
        out = list(cls.takes)
        for capability, there in (
            ("epochs", issubclass(cls, EpochRecommender)), ("state", _overrides(cls, "state", Recommender)),
            ("vectors", _overrides(cls, "vectors", Recommender)), ("fold_in", cls.fold_in), ("order", cls.order),
        ):
            if there:
                out.append(capability)
        return out


@dataclass(frozen=True)
class EpochResult:
    """What one epoch saw."""

    loss: float  # mean over the steps
    steps: int = 1  # of the optimiser
    examples: int = 1
    peak_memory: int = 0  # most device memory in bytes; 0 is unknown


class EpochRecommender(Recommender):
    """A recommender that learns in epochs: the runner validates after each one and decides
    whether another follows. Write begin and epoch, and score or rank."""

    def begin(self, data: Data) -> None:
        """Takes the training data and initialises the model."""
        raise NotImplementedError(f"{type(self).__qualname__} has no begin")

    def epoch(self, number: int, seed: int) -> Union[float, EpochResult]:
        """Goes once over the training data; number counts from 1. Returns the mean loss, or
        more. Everything random comes from seed, so that an epoch after restore is the same."""
        raise NotImplementedError(f"{type(self).__qualname__} has no epoch")

    def fit(self, data: Data) -> None:
        raise Unsupported(f"{self.name} learns in epochs: Begin and Epoch")


class Interaction(NamedTuple):
    """One contact of a user with an item, as it is in the files. In one data set all have a
    value or none, and a time or none."""

    user: str
    item: str
    value: Optional[float] = None  # a rating or a count
    time: Optional[int] = None  # Unix seconds
    part: str = ""  # train, validation or test, of a data set with a split of its own


class DataText(NamedTuple):
    """A text. A review has user and item, a biography a user, any other kind an item."""

    kind: str  # review, biography, title, description, tags, categories or brand
    text: str
    user: str = ""
    item: str = ""


class DataAttribute(NamedTuple):
    """The value of one attribute of a user or an item."""

    name: str
    entity: str  # "user" or "item"
    type: str  # category, number, set or text
    id: str
    value: Any  # str, float or a list of str


class Dataset(Plugin):
    """A data set: one generator of interactions, and texts and attributes where there are any.
    Each gives the same rows in the same order every time."""

    kind = "dataset"
    given_split: ClassVar[bool] = False  # its interactions have a part

    def interactions(self) -> Iterable[Tuple[Any, ...]]:
        """Every interaction: Interaction, or a tuple of its first fields."""
        raise NotImplementedError(f"{type(self).__qualname__} has no interactions")

    def texts(self) -> Iterable[DataText]:
        raise Unsupported(f"{self.name} has no texts")

    def attributes(self) -> Iterable[DataAttribute]:
        raise Unsupported(f"{self.name} has no attributes")

    @classmethod
    def capabilities(cls) -> List[str]:
        return [capability for capability, there in (
            ("texts", _overrides(cls, "texts", Dataset)), ("attributes", _overrides(cls, "attributes", Dataset)), ("given_split", cls.given_split),
        ) if there]


__all__ = ["Cancelled", "DataAttribute", "DataText", "Dataset", "EpochRecommender", "EpochResult", "Interaction", "Plugin", "Query", "Recommender"]
