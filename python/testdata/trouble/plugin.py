"""A recommender that gets into the trouble that its parameter names."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass

print("printed before the SDK is there")
import cllm4rec  # noqa: E402
import numpy as np  # noqa: E402

print("printed before the handshake")
os.write(1, b"written to descriptor 1\n")


def ignore_all(seconds: float) -> None:
    """Sleeps, whatever is sent to it."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(seconds)


class Trouble(cllm4rec.Recommender):
    """Gets into trouble"""

    name = "trouble"

    @dataclass
    class Params:
        what: str = cllm4rec.param("none", doc="kind of trouble")

    def fit(self, data: cllm4rec.Data) -> None:
        print("printed in fit")
        getattr(self, self.params.what)()

    def none(self) -> None:
        pass

    def exception(self) -> None:
        raise RuntimeError("the matrix is upside down")

    def package(self) -> None:
        import no_such_package  # noqa: F401

    def memory(self) -> None:
        np.empty((1 << 62,), np.uint8)

    def segfault(self) -> None:
        import ctypes

        print("the last words", file=sys.stderr, flush=True)
        ctypes.string_at(0)

    def workers(self) -> None:
        """Forks two processes that sleep, and sleeps itself."""
        for _ in range(2):
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
        self.progress(1, 2)
        time.sleep(600)

    def daemons(self) -> None:
        self._started("fork", daemon=True)

    def children(self) -> None:
        self._started("fork", daemon=False)

    def spawned(self) -> None:
        self._started("spawn", daemon=True)

    def stubborn(self) -> None:
        self._started("fork", daemon=True, work=ignore_all)

    def _started(self, method: str, daemon: bool, work=time.sleep) -> None:
        """Starts two workers of multiprocessing, which sleep, and waits for them."""
        context = multiprocessing.get_context(method)
        workers = [context.Process(target=work, args=(600,), daemon=daemon) for _ in range(2)]
        for worker in workers:
            worker.start()
        self.progress(1, 2)
        for worker in workers:
            worker.join()

    def dataloader(self) -> None:
        """Reads batches for hours that two workers of PyTorch's DataLoader make."""
        from torch.utils.data import DataLoader

        for _ in DataLoader(range(1 << 20), batch_size=8, num_workers=2, persistent_workers=True):
            self.progress(1, 2)
            time.sleep(600)

    def lock(self) -> None:
        """Keeps Python's lock for hours, as a careless extension in C does."""
        import re

        self.progress(1, 2)
        time.sleep(0.5)  # for the progress to leave
        re.match("(a+)+$", "a" * 60 + "b")

    def slow(self) -> None:
        for step in range(6000):
            self.progress(step, 6000)
            time.sleep(0.1)

    def rank(self, queries, ties):
        for query in queries:
            items = np.arange(query.k, dtype=np.int64)
            if self.params.what == "none":
                yield items, -items.astype(np.float64)
            else:
                yield items + (1 << 40), -items


if __name__ == "__main__":  # a spawned worker imports this file
    cllm4rec.serve(Trouble)
