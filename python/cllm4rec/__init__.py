"""Plugins of cllm4rec in Python: a class with its methods, such as fit and score, and serve."""

from . import _process  # noqa: F401  first: it takes stdout aside
from .backbone import Backbone, LanguageModel, Words
from .data import Attribute, Data, Features, Resources, Side, Text
from .errors import BadData, Cancelled, Error, Invalid, NonFinite, NotFound, OutOfMemory, OutOfOrder, Unsupported
from .plugin import DataAttribute, Dataset, DataText, EpochRecommender, EpochResult, Interaction, Query, Recommender
from ._params import one_given, param
from .ties import Ties, top_k
from ._serve import serve

__all__ = [
    "Attribute", "Backbone", "BadData", "Cancelled", "Data", "DataAttribute", "DataText", "Dataset", "EpochRecommender", "EpochResult", "Error", "Features",
    "Interaction", "Invalid", "LanguageModel", "NonFinite", "NotFound", "OutOfMemory", "OutOfOrder", "Query", "Recommender", "Resources", "Side", "Text", "Ties",
    "Unsupported", "Words", "one_given", "param", "serve", "top_k",
]
__version__ = "1.1.0"
