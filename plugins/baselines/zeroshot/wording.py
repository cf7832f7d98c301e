"""Titles of items and prompts made of them: texts alone, without a language model."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Sequence

import cllm4rec
from cllm4rec.errors import did_you_mean

KINDS = ("title", "description", "tags", "categories", "brand")  # texts of an item alone
HISTORY = "{history}"


def check(params: Any) -> None:
    """Raises Invalid for words of which no prompt can be made."""
    if not params.titles:
        raise cllm4rec.Invalid(f"titles: expected one or more of {', '.join(KINDS)}, got none")
    for kind in params.titles:
        if kind not in KINDS:
            raise cllm4rec.Invalid(f'titles: "{kind}" is no kind of text of an item; expected {", ".join(KINDS)}{did_you_mean(kind, KINDS)}')
    for name in re.findall(r"\{(\w*)\}", params.prompt):
        if name != "history":
            raise cllm4rec.Invalid(f'prompt: there is nothing that could stand for "{{{name}}}"; expected {HISTORY}{did_you_mean(name, ["history"])}')
    if params.prompt.count(HISTORY) != 1:
        raise cllm4rec.Invalid(f"prompt: expected {HISTORY} once, which stands for the titles of the history; got {params.prompt.count(HISTORY)} times in {params.prompt!r}")
    if not prompt(params, []).strip():
        raise cllm4rec.Invalid("nothing: a prompt without a word says nothing of a title; expected words for a history without titles, such as nothing")
    if params.calibration == "domain" and not premise(params):
        raise cllm4rec.Invalid(f"premise: the prompt {params.prompt!r} has no words behind {HISTORY} that would do for one; give the words behind which a title stands for itself, or calibration: none")


def premise(params: Any) -> str:
    """The words behind which a title's own likelihood is measured."""
    if params.premise is not None:
        return str(params.premise)
    return re.sub(r"^\W+", "", params.prompt.split(HISTORY)[1])


class Titles:
    """The titles of items: texts [n_items], "" for an item without one."""

    def __init__(self, texts: Sequence[str]):
        self.texts = list(texts)
        self.distinct = sorted({t for t in self.texts if t})  # what is scored: items of one title have one score
        at = {text: i for i, text in enumerate(self.distinct)}
        self.of = [at.get(t, -1) for t in self.texts]  # the place in distinct of each item's title; -1: it has none

    @classmethod
    def read(cls, texts: Sequence[cllm4rec.Text], n_items: int, kinds: Sequence[str], words: int) -> Titles:
        """Of each item the first text of the first kind that it has, spaces made single, cut behind so many words (0: whole)."""
        found: Dict[str, Dict[int, str]] = {kind: {} for kind in kinds}
        for t in texts:
            if t.kind in found and t.item is not None and t.item not in found[t.kind]:
                parts = t.text.split()
                if parts:
                    found[t.kind][t.item] = " ".join(parts[:words] if words else parts)
        return cls([next((found[kind][i] for kind in kinds if i in found[kind]), "") for i in range(n_items)])

    def untitled(self) -> List[int]:
        """The items that have no title."""
        return [i for i, text in enumerate(self.texts) if not text]

    def last(self, history: Iterable[int], n: int) -> List[str]:
        """The titles of the last n items of a history that have one, oldest first."""
        return [self.texts[i] for i in history if self.texts[i]][-n:]


def prompt(params: Any, titles: Sequence[str]) -> str:
    """The prompt for titles of a history, oldest first."""
    return str(params.prompt).replace(HISTORY, params.separator.join(titles) or params.nothing)
