"""Plugins of cllm4rec in Python: a class with fit and score, and serve."""

from . import _process  # noqa: F401  first: it takes stdout aside
from .data import Attribute, Data, Features, Resources, Side, Text
from .errors import BadData, Cancelled, Error, Invalid, NonFinite, NotFound, OutOfMemory, OutOfOrder, Unsupported
from .plugin import DataAttribute, Dataset, DataText, EpochRecommender, EpochResult, Interaction, Query, Recommender
from ._params import param
from .ties import Ties, top_k
from ._serve import serve

__all__ = [
    "Attribute", "BadData", "Cancelled", "Data", "DataAttribute", "DataText", "Dataset", "EpochRecommender", "EpochResult", "Error", "Features",
    "Interaction", "Invalid", "NonFinite", "NotFound", "OutOfMemory", "OutOfOrder", "Query", "Recommender", "Resources", "Side", "Text", "Ties",
    "Unsupported", "param", "serve", "top_k",
]
__version__ = "1.0.0"
