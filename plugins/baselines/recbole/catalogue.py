"""Which models and settings RecBole has, read from its files: importing it takes seconds."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any, Dict, Set

import cllm4rec

# Why models of its general and sequential folders are refused all the same.
REFUSED = {
    "DIEN": "needs item features", "DIN": "needs item features", "FDSA": "needs item features", "GRU4RecF": "needs item features",
    "GRU4RecCPR": "asks for the item that is to be found when it ranks", "SASRecCPR": "asks for the item that is to be found when it ranks",
    "GRU4RecKG": "needs vectors of a knowledge graph", "KSR": "needs vectors of a knowledge graph", "SASRecF": "needs item features",
    "S3Rec": "needs item features and a pretraining of its own; plugin s3rec is ours", "RaCT": "needs three trainings, one upon the other",
    "Pop": "counts an item once a batch, however often it occurs; plugin popularity is ours",
    "Random": "draws anew for every question; plugin random is ours",
}
_KINDS = {
    "general_recommender": "general", "sequential_recommender": "sequential", "context_aware_recommender": "context-aware",
    "knowledge_aware_recommender": "knowledge-graph", "exlib_recommender": "decision tree",
}
# Settings of training that are the user's. All others of RecBole's overall settings are the experiment's.
_SETTINGS = {
    "train_batch_size", "learner", "learning_rate", "weight_decay", "clip_grad_norm", "train_neg_sample_args", "require_pow", "enable_amp",
    "enable_scaler", "transform", "shuffle", "worker", "MAX_ITEM_LIST_LENGTH",
}


def folder() -> str:
    """Where RecBole is. NotFound where it is not installed."""
    found = importlib.util.find_spec("recbole")
    if found is None or not found.submodule_search_locations:
        raise cllm4rec.NotFound("the Python package recbole is not installed: cllm4rec plugins install recbole")
    return next(iter(found.submodule_search_locations))


def models() -> Dict[str, str]:
    """The kind of every model by its name."""
    kinds: Dict[str, str] = {}
    for part, kind in _KINDS.items():
        with open(os.path.join(folder(), "model", part, "__init__.py"), encoding="utf-8") as file:
            kinds.update((name, kind) for name in re.findall(r"^from \S+ import (\w+)", file.read(), re.MULTILINE))
    return kinds


def kind(model: str) -> str:
    """general or sequential. Invalid for any other model, NotFound for none."""
    known = models()
    if model not in known:
        usable = [name for name, k in known.items() if k in ("general", "sequential") and name not in REFUSED]
        raise cllm4rec.NotFound(f'RecBole has no model "{model}"{did_you_mean(model, usable) or "; it has " + ", ".join(sorted(usable))}')
    if known[model] not in ("general", "sequential"):
        raise cllm4rec.Unsupported(f"model {model}: {known[model]} models of RecBole are not supported; general and sequential ones are")
    if model in REFUSED:
        raise cllm4rec.Unsupported(f"model {model} {REFUSED[model]}")
    return known[model]


def own(model: str) -> Dict[str, Any]:
    """A model's own settings with their defaults."""
    import yaml

    path = os.path.join(folder(), "properties", "model", model + ".yaml")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) or {}


def check(model: str, config: Dict[str, Any]) -> None:
    """Invalid, with all that is wrong with the settings of a model."""
    kind(model)
    known = set(own(model)) | _SETTINGS
    problems = []
    for name, value in config.items():
        if name not in known:
            why = did_you_mean(name, known) or f"; {model} has {', '.join(sorted(own(model)))}, and all have {', '.join(sorted(_SETTINGS))}"
            if name in _of_the_experiment():
                why = ", which is the experiment's to say, not RecBole's"
            problems.append(f"config.{name}: unknown setting of {model}{why}")
        elif isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9_.+-]*", value):
            # RecBole evaluates strings as Python.
            problems.append(f"config.{name}: expected a name, a number, true, false or a list, got {value!r}")
    if problems:
        raise cllm4rec.Invalid("\n  ".join(problems if len(problems) == 1 else [f"{len(problems)} problems with config"] + problems))


def _of_the_experiment() -> Set[str]:
    import yaml

    names: Set[str] = {"model", "dataset"}
    for path in ("overall.yaml", "dataset/sample.yaml"):
        with open(os.path.join(folder(), "properties", path), encoding="utf-8") as file:
            names |= set(yaml.safe_load(file))
    return names - _SETTINGS


def did_you_mean(name: str, known: Any) -> str:
    import difflib

    folded = {k.lower(): k for k in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return f'; did you mean "{folded[near[0]]}"?' if near else ""
