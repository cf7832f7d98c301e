"""A causal language model of transformers that reads texts: their words, losses and vectors."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Callable, Iterator, List, Sequence, Tuple

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from ..backbone import LanguageModel, Words  # noqa: E402
from ..errors import BadData, Invalid, NonFinite, OutOfMemory, Unsupported, did_you_mean  # noqa: E402
from . import folder  # noqa: E402

transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what it warns of is an error here
_HERE = {"local_files_only": True, "trust_remote_code": False}


class Reader:
    """A model with its tokenizer, on one device."""

    def __init__(self, path: str, *, dtype: str, device: str, threads: int, micro_batch: int, max_length: int):
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise Unsupported(f"device {device}: this PyTorch ({torch.__version__}) sees no GPU; expected cpu")
        if threads:
            torch.set_num_threads(threads)
        self.path, self.device, self.micro_batch = path, torch.device(device), micro_batch
        _known(path)
        self.config = _from(path, AutoConfig.from_pretrained)
        self.tokenizer = _from(path, AutoTokenizer.from_pretrained)
        self.model = self._weights(getattr(torch, dtype))
        self.begin = self._begin()
        self.max_length = self._longest(max_length)
        self._probe()

    def _weights(self, dtype: torch.dtype) -> Any:
        """The weights as they are in the folder: none is drawn at random and none left over."""
        model, found = _from(self.path, AutoModelForCausalLM.from_pretrained, config=self.config, dtype=dtype, use_safetensors=True, output_loading_info=True)
        for what, names in (("lacks", found["missing_keys"]), ("has, beside those of the model,", found["unexpected_keys"])):
            if names:
                shown = ", ".join(sorted(names)[:3])
                raise BadData(f"{self.path} {what} {len(names)} tensors, such as {shown}; expected exactly the weights of {type(model).__name__}")
        model.config.use_cache = False
        # The part below the word head; a model that names none as its base has it as its decoder.
        self.stack = model.base_model if model.base_model is not model else model.get_decoder()
        return model.eval().requires_grad_(False).to(self.device)

    def _begin(self) -> List[int]:
        """What the tokenizer sets before a text."""
        alone, whole = (self.tokenizer("a", add_special_tokens=special).input_ids for special in (False, True))
        for at in range(len(whole) - len(alone) + 1):
            if whole[at:at + len(alone)] == alone:
                return list(whole[:at])
        raise BadData(f'the tokenizer of {self.path} encodes "a" as {alone}, and with its special tokens as {whole}, which does not hold that')

    def _longest(self, asked: int) -> int:
        """How many words a text may have, beside what begins it."""
        own = int(getattr(self.config.get_text_config(), "max_position_embeddings", None) or 0)
        if not own and not asked:
            raise Invalid(f"max_length: config.json of {self.path} names no longest text (max_position_embeddings); say how many tokens a text may have")
        if own and asked > own:
            raise Invalid(f"max_length: the model has {own} positions, got {asked}")
        longest = (asked or own) - len(self.begin)
        if longest < 2:
            raise Invalid(f"max_length: {asked or own} tokens leave {longest} beside the {len(self.begin)} that begin a text; expected 2 or more")
        return longest

    def _probe(self) -> None:
        """Finds out the widths, that no word sees those behind it, and that nothing is left of an earlier text."""
        words, name = self.config.get_text_config().vocab_size, type(self.model).__name__
        rows = [np.array([words // 2, words // 3]), np.array([words // 2, words // 4])]
        with self.work():
            ids, mask = self._padded(rows)
            states, logits = self._states(ids, mask).float(), self.model(input_ids=ids, attention_mask=mask).logits
        self.hidden, self.words = states.shape[-1], logits.shape[-1]
        if not torch.isfinite(states).all():
            raise NonFinite(f"{self.path}: the states of two words are not finite")
        first = states[:, len(self.begin)]
        if _apart(first[0], first[1]):
            raise Unsupported(f"{self.path}: in {name} a word's state depends on the words behind it; expected a causal language model")
        try:
            with self.work():
                again = self._states(*self._padded(rows[1:])).float()
        except RuntimeError as e:
            raise Unsupported(f"{self.path}: {name} keeps something of the texts before: {e}") from e
        if _apart(states[1], again[0]):
            raise Unsupported(f"{self.path}: {name} reads a text otherwise when it comes again, or alone; expected a model that keeps nothing of other texts")

    def describe(self, fingerprint: str) -> LanguageModel:
        text = self.config.get_text_config()
        return LanguageModel(
            architecture=self.config.model_type, vocab_size=self.words, hidden=self.hidden, layers=int(text.num_hidden_layers),
            parameters=sum(p.numel() for p in self.model.parameters()), max_length=self.max_length, device=str(self.device),
            dtype=str(self.model.dtype).removeprefix("torch."), threads=torch.get_num_threads(),
            library=f"transformers {transformers.__version__}, torch {torch.__version__}", fingerprint=fingerprint,
        )

    def encode(self, texts: Sequence[str]) -> List[List[int]]:
        return list(self.tokenizer(list(texts), add_special_tokens=False, verbose=False).input_ids) if texts else []

    def nll(self, texts: List[Words]) -> List[float]:
        losses = [0.0] * len(texts)
        for places in self._passes([t.ids for t in texts]):
            with self.work():
                ids, mask = self._padded([texts[i].ids for i in places])
                logits = self.model(input_ids=ids, attention_mask=mask).logits
                for row, i in enumerate(places):
                    first, end = len(self.begin) + texts[i].start, len(self.begin) + len(texts[i].ids)
                    losses[i] = _loss(logits[row, first - 1:end - 1], ids[row, first:end])
        return losses

    def embed(self, texts: List[np.ndarray], pooling: str) -> np.ndarray:
        vectors = np.empty((len(texts), self.hidden), np.float32)
        for places in self._passes(texts):
            with self.work():
                ids, mask = self._padded([texts[i] for i in places])
                states = self._states(ids, mask)
                for row, i in enumerate(places):
                    end = len(self.begin) + len(texts[i])
                    own = states[row, len(self.begin) if pooling == "mean" else end - 1:end]
                    vectors[i] = own.double().mean(0).cpu().numpy()
        return vectors

    def _states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last hidden states, behind the model's last norm."""
        states: torch.Tensor = self.stack(input_ids=ids, attention_mask=mask).last_hidden_state
        return states

    def _passes(self, texts: Sequence[np.ndarray]) -> Iterator[List[int]]:
        """Places of texts of like lengths, as many as fit into one pass."""
        waiting: List[int] = []
        for i in sorted(range(len(texts)), key=lambda i: len(texts[i])):
            if waiting and (len(waiting) + 1) * (len(self.begin) + len(texts[i])) > self.micro_batch:
                yield waiting
                waiting = []
            waiting.append(i)
        if waiting:
            yield waiting

    def _padded(self, texts: Sequence[np.ndarray]) -> Tuple[torch.Tensor, torch.Tensor]:
        """Word ids behind what begins a text, and a mask; padding comes last, where no word sees it."""
        longest = len(self.begin) + max(len(t) for t in texts)
        ids, mask = np.zeros((len(texts), longest), np.int64), np.zeros((len(texts), longest), np.int64)
        for row, text in enumerate(texts):
            end = len(self.begin) + len(text)
            ids[row, :end], mask[row, :end] = [*self.begin, *text], 1
        return torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """Without gradients; a processor without memory is told as a GPU without memory is."""
        try:
            with torch.inference_mode():
                yield
        except RuntimeError as e:
            if "allocate memory" in str(e):
                raise OutOfMemory(f"{e}; a smaller micro_batch or max_length takes less") from e
            raise


def _apart(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether states differ by more than rounding."""
    return bool((a - b).abs().max() > 0.05 * a.abs().max())


def _known(path: str) -> None:
    """Refuses a kind of model that transformers does not have."""
    kind = folder.settings(path).get("model_type")
    if kind not in CONFIG_MAPPING:
        raise Unsupported(f'{path} is of the model_type "{kind}", which transformers {transformers.__version__} does not have{did_you_mean(str(kind), CONFIG_MAPPING.keys())}; code that comes with a model is not run')


def _from(path: str, load: Callable[..., Any], **more: Any) -> Any:
    """What transformers reads from a folder; what it says against it, as an error of the contract."""
    try:
        return load(path, **_HERE, **more)
    except Exception as e:  # of transformers, tokenizers or safetensors, each with types of its own
        if isinstance(e, MemoryError) or isinstance(e, RuntimeError) and "memory" in str(e):
            raise
        if "trust_remote_code" in str(e):
            raise Unsupported(f"{path} needs code that comes with it, and this plugin runs none; expected a model and a tokenizer of transformers {transformers.__version__}") from e
        raise BadData(f"transformers {transformers.__version__} cannot read {path}: {type(e).__name__}: {str(e).strip()}") from e


def _loss(logits: torch.Tensor, words: torch.Tensor) -> float:
    """The sum of -ln p of words [n] by logits [n, N]."""
    logits = logits.float()
    each = logits.logsumexp(-1) - logits.gather(1, words[:, None])[:, 0]
    return float(each.double().sum())
