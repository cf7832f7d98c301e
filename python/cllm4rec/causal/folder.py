"""What a model's folder must be, found out without loading it, and without importing what is heavy."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Callable, Dict, List

from ..errors import BadData, NotFound, Unsupported

CONFIG, WEIGHTS, SHARDS = "config.json", "model.safetensors", "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt")
_BESIDE = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PIECE = 1 << 24  # bytes that are read at a time


def check(path: str) -> None:
    """Raises what is wrong with a folder as far as its names and its configuration tell."""
    if not os.path.isdir(path):
        raise NotFound(f'model: there is no folder "{path}"; expected one in the Hugging Face layout, such as `cllm4rec models get OWNER/NAME` makes')
    config = settings(path)
    if config.get("is_encoder_decoder"):
        raise Unsupported(f"{path} is of an encoder-decoder (model_type {config.get('model_type')}); expected a causal language model. The backbone t5 reads T5")
    if config.get("quantization_config"):
        raise Unsupported(f"{path} has quantised weights (quantization_config), which take packages that are not here; expected the folder of the original model")
    if os.path.exists(os.path.join(path, "adapter_config.json")):
        raise Unsupported(f"{path} has an adapter (adapter_config.json), which would be left out; expected a folder with the adapter merged into its model")
    weights(path)
    if not any(os.path.exists(os.path.join(path, name)) for name in TOKENIZERS):
        raise NotFound(f"{path} has no tokenizer: expected one of {', '.join(TOKENIZERS)}")


def settings(path: str) -> Dict[str, Any]:
    """What config.json of a folder says."""
    return _read(os.path.join(path, CONFIG))


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        raise NotFound(f"{path} does not exist; expected a folder in the Hugging Face layout") from None
    except (ValueError, OSError) as e:
        raise BadData(f"{path} cannot be read: {e}") from None
    if not isinstance(found, dict):
        raise BadData(f"{path} holds no JSON object")
    return found


def weights(path: str) -> List[str]:
    """The names of the files of weights. A pickle is refused, for reading one runs what is in it."""
    if os.path.exists(os.path.join(path, WEIGHTS)):
        return [WEIGHTS]
    if os.path.exists(os.path.join(path, SHARDS)):
        return _shards(path)
    pickles = sorted(name for name in os.listdir(path) if name.endswith(_PICKLES))
    if pickles:
        raise Unsupported(f"{path} has its weights in {pickles[0]}, a pickle, and reading one runs what is in it; expected {WEIGHTS}, which many models have on a branch of their own")
    raise NotFound(f"{path} has no weights: expected {WEIGHTS}, or shards and {SHARDS}")


def _shards(path: str) -> List[str]:
    index = _read(os.path.join(path, SHARDS)).get("weight_map")
    if not isinstance(index, dict) or not index:
        raise BadData(f"{os.path.join(path, SHARDS)} has no weight_map")
    names = sorted({str(name) for name in index.values()})
    for name in names:
        if os.path.basename(name) != name or not name.endswith(".safetensors"):
            raise BadData(f'{os.path.join(path, SHARDS)} names the shard "{name}"; expected a .safetensors file of the folder')
        if not os.path.exists(os.path.join(path, name)):
            raise NotFound(f"{path} lacks the shard {name}")
    return names


def fingerprint(path: str, tell: Callable[[int, int], None]) -> str:
    """sha256 over the names and contents of what decides the numbers."""
    names = sorted(set(weights(path)) | {CONFIG} | {n for n in TOKENIZERS + _BESIDE if os.path.exists(os.path.join(path, n))})
    total, done, sum_ = sum(os.path.getsize(os.path.join(path, n)) for n in names), 0, hashlib.sha256()
    for name in names:
        sum_.update(f"{name} {os.path.getsize(os.path.join(path, name))}\n".encode())
        with open(os.path.join(path, name), "rb") as file:
            for piece in iter(lambda: file.read(_PIECE), b""):
                sum_.update(piece)
                done += len(piece)
                tell(done, total)
    return sum_.hexdigest()
