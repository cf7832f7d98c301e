from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Iterable, List, Sequence

import cllm4rec
import numpy as np


class Transitions(cllm4rec.Backbone):
    """Bytes, each predicted from those before it (mixture transition distribution, Raftery 1985)"""

    name = "transitions"

    @dataclass
    class Params:
        text: str = cllm4rec.param(doc="file whose pairs of bytes are counted", path=True)
        decay: float = cllm4rec.param(0.5, minimum=0, below=1, doc="weight of a byte relative to that of the byte behind it")

    def load(self, resources: cllm4rec.Resources) -> cllm4rec.LanguageModel:
        try:
            text = np.fromfile(self.params.text, np.uint8)
        except FileNotFoundError:
            raise cllm4rec.NotFound(f"the text {self.params.text} does not exist") from None
        counts = np.full((256, 256), 0.01)
        np.add.at(counts, (text[:-1], text[1:]), 1)
        self.after = counts / counts.sum(1, keepdims=True)  # p(next | byte)
        return cllm4rec.LanguageModel(
            architecture="transitions", vocab_size=256, hidden=256, layers=1, parameters=counts.size, max_length=256,
            library=f"numpy {np.__version__}", dtype="float64", fingerprint=hashlib.sha256(text.tobytes()).hexdigest(),
        )

    def encode(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        return [list(text.encode("utf-8")) for text in texts]

    def states(self, ids: np.ndarray) -> np.ndarray:
        """Behind each byte the weights of those up to it, [len(ids), 256]; at first all are alike."""
        state, out = np.full(256, 1 / 256), np.empty((len(ids), 256))
        for i, byte in enumerate(ids):
            state = state * self.params.decay
            state[byte] += 1 - self.params.decay
            out[i] = state
        return out

    def nll(self, texts: List[cllm4rec.Words]) -> Iterable[float]:
        for ids, start in texts:
            p = np.sum(self.states(ids)[start - 1:-1] * self.after[:, ids[start:]].T, axis=1)
            yield float(-np.log(p).sum())

    def embed(self, texts: List[np.ndarray], pooling: str) -> Any:
        states = [self.states(ids) for ids in texts]
        return np.stack([s.mean(0) if pooling == "mean" else s[-1] for s in states])


if __name__ == "__main__":
    cllm4rec.serve(Transitions)
