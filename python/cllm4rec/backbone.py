"""What the author of a backbone writes: a language model that reads texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, NamedTuple, Sequence

import numpy as np

from .data import Resources
from .errors import Unsupported
from .plugin import Working, _overrides


@dataclass(frozen=True)
class LanguageModel:
    """What a backbone has loaded."""

    architecture: str  # the plugin's name for the kind of model
    vocab_size: int  # words of the vocabulary
    hidden: int  # width of a vector
    layers: int
    parameters: int  # number of weights
    max_length: int  # tokens of a text, beside a begin-of-text token that the backbone sets itself
    library: str  # such as "torch 2.8.0"
    fingerprint: str  # sha256 over the weights and the tokenizer, in hex
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1


class Words(NamedTuple):
    """A text as word ids; those from start on, which is 1 or more, are predicted."""

    ids: np.ndarray  # int32
    start: int


class Backbone(Working):
    """A language model that reads texts: its vectors become features, and its loss says how
    well it predicts a text. Write load, encode, nll, and embed where it gives vectors. No
    pipeline runs over it, for that takes user and item tokens that train (capability
    reads_only).

    One instance serves all calls from Load to the next Configure.
    """

    kind = "backbone"
    _stage = "load"

    def load(self, resources: Resources) -> LanguageModel:
        """Reads the weights that the parameters name. NotFound, BadData, Unsupported."""
        raise NotImplementedError(f"{type(self).__qualname__} has no load")

    def encode(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        """The word ids of each text, without special tokens; none for no text."""
        raise NotImplementedError(f"{type(self).__qualname__} has no encode")

    def nll(self, texts: List[Words]) -> Iterable[float]:
        """For each text the sum of -ln p over the words that are predicted, each from all
        those before it. What one costs does not depend on the others."""
        raise NotImplementedError(f"{type(self).__qualname__} has no nll")

    def embed(self, texts: List[np.ndarray], pooling: str) -> Any:
        """A vector for each text, [len(texts), hidden], from its word ids (int32, at least one
        and at most max_length): with pooling "mean" the mean of the last hidden states of its
        words, with "last" that of the last word."""
        raise Unsupported(f"{self.name} gives no vectors of texts")

    @classmethod
    def capabilities(cls) -> List[str]:
        return ["reads_only"] + (["embed"] if _overrides(cls, "embed", Backbone) else [])


__all__ = ["Backbone", "LanguageModel", "Words"]
