"""Plugins that each break one promise, the one that the argument names."""

from __future__ import annotations

import os
import signal
import sys

import cllm4rec
import grpc
import numpy as np
from cllm4rec import _params, _process, _recommender, _serve

FAULT = sys.argv[1]


class Broken(cllm4rec.Recommender):
    """Breaks a promise"""

    name = "other" if FAULT == "name" else "broken"
    fold_in = True

    def fit(self, data: cllm4rec.Data) -> None:
        x = data.matrix()
        self.weights = x.T @ x
        if FAULT == "random":
            self.weights += np.random.default_rng().random(self.weights.shape)
        if FAULT == "popularity":
            self.weights[:] = x.sum(0)

    def score(self, users, histories):
        scores = np.stack([self.weights[history].sum(0) for history in histories])
        if FAULT == "nan":
            scores[:, 3] = np.nan
        if FAULT == "batch":
            scores += len(users)
        return scores

    def rank(self, queries, ties):
        if FAULT == "ties":
            ties = cllm4rec.Ties(hashed=False)
        for items, scores in super().rank(queries, ties):
            if FAULT == "order":
                items, scores = items[::-1], scores[::-1]
            if FAULT == "twice":
                items = np.zeros_like(items)
            yield items, scores


def lenient(cls, raw):
    return cls(), b"{}"


if FAULT == "print":
    os.write(_process.handshake_descriptor, b"Loading the model ...\n")
if FAULT == "version":
    _process.VERSIONS["recommender"] = 7
    os.environ["CLLM4REC_PLUGIN_CONTRACT"] = "7"
if FAULT == "strangers":
    credentials = grpc.ssl_server_credentials
    grpc.ssl_server_credentials = lambda pairs, owner, require_client_auth: credentials(pairs)
if FAULT == "outlives":
    _process.watch_parent = lambda: None
if FAULT == "health":
    _serve._Beside._health = lambda self, request, context: b"\x08\x02"
if FAULT == "interrupt":
    signal.signal = lambda number, handler, real=signal.signal: None if number == signal.SIGINT else real(number, handler)
if FAULT == "parameters":
    _params.decode = lenient
if FAULT == "remembers":
    _recommender.RecommenderService.Configure = lambda self, request, call: (
        setattr(self, "configured", True) or setattr(self, "params", None) or b"\x0a\x02{}"
    )

cllm4rec.serve(Broken)
