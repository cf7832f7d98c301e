"""Causal language models of Hugging Face's transformers from local folders, for plugins of any kind.

What is here needs nothing beyond the SDK; reading and continuing import torch and transformers, so a plugin
imports them where it loads a model, and has both in its requirements:

    from cllm4rec import causal                        # at the top: folders are checked without loading anything
    from cllm4rec.causal.reading import Reader         # in load or fit
    from cllm4rec.causal.continuing import Continuations
"""

from __future__ import annotations

import re

from ..errors import Invalid
from . import folder
from .folder import fingerprint

__all__ = ["check", "fingerprint", "semantics"]
_SEMANTICS = 0  # raised when reading or continuing may give other numbers for the same model and texts


def check(model: str, device: str) -> None:
    """Raises what is wrong with the name of a device, and with a model's folder as far as its names and its
    configuration tell: Invalid, NotFound, BadData, Unsupported."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise Invalid(f'device: expected cpu, cuda or cuda:N, got "{device}"')
    folder.check(model)


def semantics(own: int) -> int:
    """The semantics of a plugin whose own code has the number own: it rises with that, and with what is here, so
    that trials run again whichever of the two gives other numbers."""
    return own + _SEMANTICS
