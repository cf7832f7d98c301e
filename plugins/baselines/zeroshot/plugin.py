"""A causal language model as it is, as a recommender: items by the likelihood of their titles behind a prompt."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import cllm4rec
import numpy as np
import wording
from cllm4rec import causal

param = cllm4rec.param
_TELL = 10.0  # seconds between two lines about a ranking


class ZeroShot(cllm4rec.Recommender):
    """A language model as it is: items by the likelihood of their titles behind a prompt of the history's titles"""

    name, semantics, takes, fold_in, order = "zeroshot", causal.semantics(1), ("texts",), True, True

    @dataclass
    class Params:
        model: str = param(doc="folder in the Hugging Face layout: config.json, safetensors, the tokenizer's files", path=True)
        prompt: str = param("The user has bought: {history}. Next they will buy:", doc="what a title stands behind; {history} is the history's titles")
        separator: str = param("; ", doc="between two titles of the history")
        nothing: str = param("nothing", doc="in the place of the history's titles where there are none")
        lead: str = param(" ", doc="between the prompt and the title that is scored; it counts as part of the title")
        history: int = param(10, minimum=1, maximum=1 << 20, doc="the last items of the history that the prompt names; fewer where the model has no room for them")
        titles: List[str] = param(["title"], doc="kinds of text, of which the first that an item has is its title: title, description, tags, categories, brand")
        title_words: int = param(0, minimum=0, maximum=1 << 20, doc="words (between spaces) behind which a title is cut; 0: whole")
        untitled: str = param("error", choices=("error", "last"), doc="of items without a title; last: behind all others, and not in prompts")
        score: str = param("mean", choices=("mean", "sum"), doc="of ln p over the tokens of a title")
        calibration: str = param("domain", choices=("none", "domain"), doc="domain: less the same of the title behind the premise alone")
        premise: Optional[str] = param(None, doc="null: what of the prompt stands behind {history}, from its first letter or digit")
        max_length: int = param(0, minimum=0, maximum=1 << 30, doc="tokens of prompt and title; 0 is the model's own limit")
        max_tokens: int = param(2_000_000_000, minimum=1, doc="most tokens to read for one ranking of all users (prompts that are read once not counted); what would take more is refused", resource=True)
        dtype: str = param("float32", choices=("float32", "bfloat16"), doc="of weights and states; likelihoods are float32, and sums float64")
        device: str = param("cpu", doc="cpu, cuda or cuda:N", resource=True)
        threads: int = param(0, minimum=0, maximum=4096, doc="passes at a time, each on one thread; 0 is the share of the trial", resource=True)
        micro_batch: int = param(8192, minimum=1, maximum=1 << 30, doc="most tokens of one pass, for each title those of the prompt and padding counted; as many passes are in memory as there are threads", resource=True)

    @classmethod
    def check(cls, params: Any) -> None:
        wording.check(params)
        causal.check(params.model, params.device)

    def fit(self, data: cllm4rec.Data) -> None:
        """Nothing is learnt: titles are made tokens, the cost is forecast, and titles are read behind the premise."""
        p = self.params
        titles = wording.Titles.read(data.texts, self.n_items, p.titles, p.title_words)
        self._titled(titles)
        self.progress(0, 1, "model", stage="load the model")
        self._open(titles, data.resources)
        self._afford(self.n_users)
        self.premises = self._premises()

    def _titled(self, titles: wording.Titles) -> None:
        """Says which items have no title: an error, or a line of the log."""
        without = titles.untitled()
        if not without:
            return
        kinds, shown = " or ".join(self.params.titles), ", ".join(str(i) for i in without[:5]) + (" ..." if len(without) > 5 else "")
        if not titles.distinct:
            raise cllm4rec.BadData(f"titles: none of the {self.n_items} items has a {kinds}; expected a data set with texts of its items, or other kinds (titles: [tags, categories])")
        if self.params.untitled == "error":
            raise cllm4rec.BadData(
                f"{len(without)} of {self.n_items} items have no {kinds}, such as the items number {shown} (from 0, in the order of the split); "
                "give them another kind of text (titles: [title, tags]), or rank them last (untitled: last)"
            )
        self.log.info("%d of %d items have no %s and stand last: items %s", len(without), self.n_items, kinds, shown)

    def _open(self, titles: wording.Titles, resources: cllm4rec.Resources) -> None:
        """Loads the model and makes titles tokens."""
        from cllm4rec.causal.continuing import Continuations
        from cllm4rec.causal.reading import Reader

        p = self.params
        self.titles, self.spent = titles, 0
        self.reader = Reader(
            p.model, dtype=p.dtype, device=resources.device or p.device, threads=1,
            micro_batch=resources.micro_batch or p.micro_batch, max_length=p.max_length,
        )
        self.continuations = Continuations(self.reader, resources.threads or p.threads or os.cpu_count() or 1)
        if self.continuations.unshared:
            self.log.warning("every prompt is read again for every title: %s", self.continuations.unshared)
        self.tokens = self._tokens(titles.distinct)
        self.lengths = np.array([len(t) for t in self.tokens])
        self._room()
        self.each, self._why = self._cost()

    def _cost(self) -> Tuple[int, str]:
        """How many tokens of titles are read for one ranking, and what is to be said of that. A prompt is read once, and
        not counted; where it is read again for each title it is, as long as it is with titles of middling length."""
        each, n = int(self.lengths.sum()), len(self.tokens)
        if not self.continuations.unshared:
            return each, ""
        (bare,) = self.reader.encode([wording.prompt(self.params, [])])
        prompt = min(len(bare) + self.params.history * each // n, self.reader.max_length - int(self.lengths.max()))
        return each + n * prompt, ", prompts among them"

    def _tokens(self, titles: Sequence[str]) -> List[List[int]]:
        """The tokens of each title as it stands behind a prompt, lead included. They must not depend on the prompt."""
        p = self.params
        before = wording.prompt(p, [])
        (anchor,) = self.reader.encode([before])
        out = []
        for title, ids in zip(titles, self.reader.encode([before + p.lead + t for t in titles])):
            if ids[:len(anchor)] != anchor or len(ids) == len(anchor):
                raise cllm4rec.Invalid(
                    f'prompt: the tokenizer of {p.model} joins its end with the beginning of the title "{title[:60]}"; expected a prompt that ends, or a lead that begins, with a space or a full stop'
                )
            out.append(ids[len(anchor):])
        return out

    def _room(self) -> None:
        """Refuses a model that has no room for the longest title behind the prompt of any one item."""
        longest = int(self.lengths.argmax())
        prompts = self.reader.encode([wording.prompt(self.params, [t]) for t in self.titles.distinct])
        widest = max(range(len(prompts)), key=lambda i: len(prompts[i]))
        tokens = len(prompts[widest]) + int(self.lengths[longest])
        if tokens > self.reader.max_length:
            raise cllm4rec.Invalid(
                f"max_length: the title of item {self.titles.of.index(longest)} ({self.lengths[longest]} tokens) behind a prompt with that of item {self.titles.of.index(widest)} "
                f"({len(prompts[widest])} tokens) takes {tokens}, and {self.params.model} reads {self.reader.max_length}; cut titles (title_words: 20)"
            )

    def _afford(self, users: int) -> None:
        """Says what a ranking of so many users costs, and refuses one that costs too much."""
        each, p = self.each, self.params
        cost = each * users
        self.log.info("%d items have %d different titles of %d tokens: %s tokens for a ranking of %d users", self.n_items, len(self.tokens), int(self.lengths.sum()), f"{cost:,}", users)
        if cost > p.max_tokens:
            raise cllm4rec.Invalid(
                f"max_tokens: ranking {self.n_items:,} items for {users:,} users reads {cost:,} tokens ({each:,} for each user{self._why}), more than {p.max_tokens:,}; rank fewer users "
                f"(filter: {{sample_users: {max(1, p.max_tokens // each)}}} of the data set) or items, cut titles (title_words), or raise max_tokens"
            )

    def _premises(self) -> np.ndarray:
        """What is taken off the score of each different title, float64."""
        if self.params.calibration == "none":
            return np.zeros(len(self.tokens))
        (ids,) = self.reader.encode([wording.premise(self.params)])
        if len(ids) + int(self.lengths.max()) > self.reader.max_length:
            raise cllm4rec.Invalid(f"premise: it has {len(ids)} tokens, which leaves no room for the longest title ({self.lengths.max()}) among {self.reader.max_length}")
        return self._likelihoods(ids, lambda done: self.progress(done, len(self.tokens), "title", stage="titles behind the premise"))

    def _likelihoods(self, prompt: Sequence[int], tell: Callable[[int], None] = lambda done: None) -> np.ndarray:
        """The sum or mean of ln p of each different title behind a prompt, float64."""
        found = self.continuations.log_likelihoods(prompt, self.tokens, tell)
        return found / self.lengths if self.params.score == "mean" else found

    def rank(self, queries: Sequence[cllm4rec.Query], ties: cllm4rec.Ties) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
        self._more(sum(1 for q in queries if q.user < 0))
        cut, told, began = 0, time.monotonic(), time.monotonic()
        for done, query in enumerate(queries):
            ids, fits = self._prompt(query.history)
            cut += not fits
            yield cllm4rec.top_k(self._scores(ids), query.k, ties)
            if time.monotonic() - told > _TELL:
                told = time.monotonic()
                rate = (done + 1) * self.each / (told - began)
                self.log.info("%d of %d users ranked, %s tokens each second", done + 1, len(queries), f"{rate:,.0f}")
        if cut:
            self.log.info("%d of %d histories are shorter in their prompts than %d items, since the model reads %d tokens", cut, len(queries), self.params.history, self.reader.max_length)

    def _more(self, nobodies: int) -> None:
        """Holds rankings without a user, of which training does not know how many come, against the bound as well."""
        each = self.each
        if (self.spent + nobodies) * each > self.params.max_tokens and nobodies:
            raise cllm4rec.Invalid(
                f"max_tokens: rankings for {self.spent + nobodies:,} histories without a user read {(self.spent + nobodies) * each:,} tokens ({each:,} for each{self._why}), more than {self.params.max_tokens:,}; "
                "ask for fewer, cut titles (title_words), or raise max_tokens"
            )
        self.spent += nobodies

    def _prompt(self, history: np.ndarray) -> Tuple[Sequence[int], bool]:
        """The tokens of a user's prompt, and whether all of the history that was asked for is in it."""
        titles, room = self.titles.last(history, self.params.history), self.reader.max_length - int(self.lengths.max())
        for first in range(max(1, len(titles))):
            (ids,) = self.reader.encode([wording.prompt(self.params, titles[first:])])
            if len(ids) <= room:
                return ids, first == 0
        raise cllm4rec.Invalid(f"max_length: the prompt alone has {len(ids)} tokens, and beside the longest title there is room for {room}")

    def _scores(self, prompt: Sequence[int]) -> np.ndarray:
        """The score of each item, float32; items of one title have one score, those without any a lower one than all others."""
        each = (self._likelihoods(prompt) - self.premises).astype(np.float32)
        return np.append(each, each.min() - 1)[self.titles.of]

    def state(self) -> Dict[str, np.ndarray]:
        titles = json.dumps(self.titles.texts).encode()
        return {"titles": np.frombuffer(titles, np.uint8), "premises": self.premises}

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        titles = wording.Titles(json.loads(state["titles"].tobytes()))
        if len(titles.texts) != self.n_items or state["premises"].shape != (len(titles.distinct),):
            raise ValueError(f"it has {len(titles.texts)} titles for {self.n_items} items, and premises {state['premises'].shape} for {len(titles.distinct)} different ones")
        self._open(titles, cllm4rec.Resources())
        self.premises = state["premises"]


if __name__ == "__main__":
    cllm4rec.serve(ZeroShot)
