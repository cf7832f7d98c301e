"""Any causal language model of Hugging Face's transformers as a backbone that reads texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, Sequence

import cllm4rec
import numpy as np
from cllm4rec import causal

param = cllm4rec.param


class HF(cllm4rec.Backbone):
    """Any causal language model of transformers (AutoModelForCausalLM) from a local folder: it reads texts"""

    name, semantics = "hf", causal.semantics(1)

    @dataclass
    class Params:
        model: str = param(doc="folder in the Hugging Face layout: config.json, safetensors, the tokenizer's files", path=True)
        max_length: int = param(0, minimum=0, maximum=1 << 30, doc="tokens of a text (longer ones are cut, or scored in pieces); 0 is the model's own limit")
        dtype: str = param("float32", choices=("float32", "bfloat16"), doc="of weights and states; what is returned is float32")
        device: str = param("cpu", doc="cpu, cuda or cuda:N", resource=True)
        threads: int = param(0, minimum=0, maximum=4096, doc="threads of one operation; 0 is the share of the trial", resource=True)
        micro_batch: int = param(4096, minimum=1, maximum=1 << 30, doc="most tokens of one pass, padding counted; a longer text is a pass of its own", resource=True)

    @classmethod
    def check(cls, params: Any) -> None:
        causal.check(params.model, params.device)

    def load(self, resources: cllm4rec.Resources) -> cllm4rec.LanguageModel:
        from cllm4rec.causal.reading import Reader

        p = self.params
        self.reader = Reader(
            p.model, dtype=p.dtype, device=resources.device or p.device, threads=resources.threads or p.threads,
            micro_batch=resources.micro_batch or p.micro_batch, max_length=p.max_length,
        )
        fingerprint = causal.fingerprint(p.model, lambda done, total: self.progress(done, total, "byte"))
        return self.reader.describe(fingerprint)

    def encode(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        return self.reader.encode(texts)

    def nll(self, texts: List[cllm4rec.Words]) -> Iterable[float]:
        return self.reader.nll(texts)

    def embed(self, texts: List[np.ndarray], pooling: str) -> np.ndarray:
        return self.reader.embed(texts, pooling)


if __name__ == "__main__":
    cllm4rec.serve(HF)
