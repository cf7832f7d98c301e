"""How likely texts are behind a prompt, with the prompt read once for all of them."""

from __future__ import annotations

import copy
import math
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Iterator, List, Sequence, Tuple

import numpy as np
import torch
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from ..backbone import Words
from ..errors import Invalid, NonFinite
from .reading import Reader

_TOGETHER = 64  # texts that are handed to a thread at a time, where prompts are read again
_APART = {torch.float32: 1e-4, torch.bfloat16: 3e-2}  # of a loss, relative: what rounding may do to it


class Continuations:
    """Log-likelihoods of texts behind a prompt.

    The keys and values of a prompt serve all texts, where the model keeps some: whether it does, and whether a text
    then costs what it costs when prompt and text are read as one, is tried once, here. A model that fails reads
    the prompt again for every text; unshared says why, and is "" for one that passes.

    threads are passes at a time, each with micro_batch tokens. An operation of a pass has one thread, whatever their
    number: the sums of an operation depend on how many threads share it, and which texts share a pass does not.
    """

    def __init__(self, reader: Reader, threads: int = 1):
        self.reader, self.unshared, self.window = reader, "", math.inf
        # torch keeps the number for each thread of the process. A GPU has one queue.
        self._pool = ThreadPoolExecutor(1 if reader.device.type == "cuda" else max(1, threads), initializer=torch.set_num_threads, initargs=(1,))
        self.unshared = self._why_not()

    def log_likelihoods(self, prompt: Sequence[int], texts: Sequence[Sequence[int]], tell: Callable[[int], None] = lambda done: None) -> np.ndarray:
        """The sum of ln p over the words of each text, each given the prompt and the words before it: float64
        [len(texts)]. The prompt stands behind what begins a text, and with that has a word or more, as every text has.
        A value does not depend on the other texts, beyond rounding. tell hears how many texts are done. Invalid where a text leaves no room for the prompt."""
        rows = [np.asarray(t, np.int64) for t in texts]
        if not rows:
            return np.zeros(0)
        longest = max(len(t) for t in rows)
        if len(prompt) + longest > self.reader.max_length:
            raise Invalid(f"a prompt of {len(prompt)} tokens and a text of {longest} are more than the {self.reader.max_length} that {self.reader.path} reads")
        if not len(prompt) and not self.reader.begin or min(len(t) for t in rows) < 1:
            raise ValueError("the first word of a text has none before it to be predicted from, or a text has no word")
        # Behind its window a layer keeps no keys, and positions would have to be told otherwise: read as one.
        if self.unshared or len(self.reader.begin) + len(prompt) + longest > self.window:
            found = self._whole(prompt, rows, tell)
        else:
            found = self._shared(prompt, rows, tell)
        if not np.isfinite(found).all():
            raise NonFinite(f"{self.reader.path}: the log-likelihood of a text behind its prompt is {found[~np.isfinite(found)][0]}")
        return found

    def _whole(self, prompt: Sequence[int], texts: Sequence[np.ndarray], tell: Callable[[int], None]) -> np.ndarray:
        """Prompt and text as one, each time. The first word of a text without a prompt is predicted from what begins it."""
        both = [Words(np.concatenate([np.asarray(prompt, np.int64), t]), len(prompt)) for t in texts]
        places = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [places[first:first + _TOGETHER] for first in range(0, len(places), _TOGETHER)]
        return self._gather(parts, lambda part: -np.array(self.reader.nll([both[i] for i in part])), tell)

    def _shared(self, prompt: Sequence[int], texts: Sequence[np.ndarray], tell: Callable[[int], None]) -> np.ndarray:
        kept, first = self._pool.submit(self._read, prompt).result()
        parts = list(self._passes(texts, kept.get_seq_length()))
        return self._gather(parts, lambda part: self._behind(kept, first, [texts[i] for i in part]), tell)

    def _gather(self, parts: List[List[int]], read: Callable[[List[int]], np.ndarray], tell: Callable[[int], None]) -> np.ndarray:
        """What read makes of each part of the places, in the order of the places."""
        found, done = np.empty(sum(len(part) for part in parts)), 0
        waiting: List[Future[np.ndarray]] = [self._pool.submit(read, part) for part in parts]
        try:
            for part, answer in zip(parts, waiting):
                found[part] = answer.result()
                done += len(part)
                tell(done)
        finally:  # also of what tell raises
            for answer in waiting:
                answer.cancel()
        return found

    def _read(self, prompt: Sequence[int]) -> Tuple[Any, torch.Tensor]:
        """The keys and values of a prompt, and ln p of the word behind it, float32 [N]."""
        with self.reader.work():
            ids = torch.tensor([[*self.reader.begin, *prompt]], device=self.reader.device)
            got = self.reader.model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=True)
            return got.past_key_values, torch.log_softmax(got.logits[0, -1].float(), -1)

    def _behind(self, kept: Any, first: torch.Tensor, texts: List[np.ndarray]) -> np.ndarray:
        """The log-likelihoods of some texts in one pass, float64. The last word of a text predicts nothing and is not
        read; the first is predicted by the prompt. Padding comes last, where no word sees it."""
        longest = max(len(t) for t in texts)
        ids, own = np.zeros((len(texts), longest), np.int64), np.zeros((len(texts), longest), bool)
        for row, text in enumerate(texts):
            ids[row, :len(text)], own[row, :len(text)] = text, True
        with self.reader.work():
            words, mask = torch.from_numpy(ids).to(self.reader.device), torch.from_numpy(own).to(self.reader.device)
            each = first[words[:, :1]]
            if longest > 1:
                each = torch.cat([each, self._rest(kept, words, mask)], 1)
            return np.asarray(each.double().masked_fill(~mask, 0).sum(1).cpu())

    def _rest(self, kept: Any, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """ln p of all words of some texts but their first, float32 [texts, words - 1]."""
        rows = copy.deepcopy(kept)  # a pass writes into what it is given
        rows.batch_repeat_interleave(len(words))
        seen = torch.ones((len(words), kept.get_seq_length()), dtype=torch.long, device=words.device)
        logits = self.reader.model(
            input_ids=words[:, :-1], attention_mask=torch.cat([seen, mask[:, :-1].long()], 1), past_key_values=rows, use_cache=True,
        ).logits.float()
        return logits.gather(2, words[:, 1:, None])[:, :, 0] - logits.logsumexp(-1)

    def _passes(self, texts: Sequence[np.ndarray], kept: int) -> Iterator[List[int]]:
        """Places of texts of like lengths, as many as fit into one pass: a text brings its words, and a copy of the
        prompt's keys and values."""
        waiting: List[int] = []
        for i in sorted(range(len(texts)), key=lambda i: len(texts[i])):
            if waiting and (len(waiting) + 1) * (kept + len(texts[i])) > self.reader.micro_batch:
                yield waiting
                waiting = []
            waiting.append(i)
        if waiting:
            yield waiting

    def _why_not(self) -> str:
        """Why the keys and values of a prompt cannot serve many texts; "" where they can."""
        words = self.reader.words
        prompt, texts = [words // 2, words // 3, words // 4], [np.array([words // 5, words // 6, words // 7]), np.array([words // 4, words // 2])]
        name = type(self.reader.model).__name__
        try:
            kept, _ = self._read(prompt)
            if type(kept) is not DynamicCache:
                return f"{name} keeps {type(kept).__name__}, no keys and values alone"
            others = {type(layer).__name__ for layer in kept.layers} - {DynamicLayer.__name__, DynamicSlidingWindowLayer.__name__}
            if others:
                return f"a layer of {name} keeps {', '.join(sorted(others))}, no keys and values alone"
            self.window = min((getattr(layer, "sliding_window", None) or math.inf for layer in kept.layers), default=math.inf)
            if len(self.reader.begin) + 6 > self.window:
                return f"the window of {name} is {self.window} tokens, too few for a prompt and a text"
            shared = np.concatenate([self._shared(prompt, t, lambda done: None) for t in (texts, texts[1:])])
        except Exception as e:  # of a model's own code, each with types of its own
            if isinstance(e, MemoryError) or "memory" in str(e):
                raise
            return f"{name} does not go on from what it keeps of a prompt: {type(e).__name__}: {str(e).strip()[:200]}"
        whole = np.concatenate([self._whole(prompt, t, lambda done: None) for t in (texts, texts[1:])])
        apart = float((np.abs(shared - whole) / np.maximum(1, np.abs(whole))).max())
        if not apart < _APART[self.reader.model.dtype]:
            return f"{name} gives texts behind what it keeps of a prompt numbers that are {apart:.1e} apart from those of prompt and text read as one"
        return ""
