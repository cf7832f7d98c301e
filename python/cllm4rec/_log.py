"""Logging as JSON lines on stderr, which the runner shows under the plugin's name."""

from __future__ import annotations

import json
import logging
import os
import sys

_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = {"WARNING": "warn", "CRITICAL": "error"}.get(record.levelname, record.levelname.lower())
        entry = {"@level": level, "@message": record.getMessage(), "@module": record.name}
        if record.exc_info:
            entry["stack"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def start() -> None:
    """Sends the log of every library, and warnings, to the runner."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(os.environ.get("CLLM4REC_PLUGIN_LOG", ""), logging.INFO))
    logging.captureWarnings(True)
