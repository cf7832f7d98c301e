"""What makes a Python process a plugin: its stdout is the runner's, its life hangs on the
runner's, and its signals are those of the contract."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import threading
from typing import Mapping, NoReturn, Optional

COOKIE_NAME, COOKIE = "CLLM4REC_PLUGIN_COOKIE", "8f0f6a0f-cllm4rec"
KIND, CONTRACT, PARENT = "CLLM4REC_PLUGIN_KIND", "CLLM4REC_PLUGIN_CONTRACT", "CLLM4REC_PLUGIN_PARENT"
PAIR, OWNER, SOCKETS = "CLLM4REC_PLUGIN_PAIR", "PLUGIN_CLIENT_CERT", "PLUGIN_UNIX_SOCKET_DIR"
VERSIONS = {"dataset": 2, "recommender": 2, "backbone": 3}
REFUSED, ORPHANED = 76, 70  # exit statuses

_F_SETSIG = 10  # Linux; the module fcntl has it from 3.9 on some builds alone


def started_by_runner() -> bool:
    return os.environ.get(COOKIE_NAME) == COOKIE


def _guard() -> Optional[int]:
    """Takes the real stdout aside and points descriptor 1 at stderr, so that whatever prints,
    in Python or in C, before or after the handshake, writes a line of the log."""
    if not started_by_runner():
        return None
    real = os.dup(1)
    os.set_inheritable(real, False)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(line_buffering=True)
    return real


# At import, so that a module that is imported after this one may print.
handshake_descriptor = _guard()


def refuse(words: str) -> NoReturn:
    """Ends the process with the status of a handshake that is refused."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()
    os._exit(REFUSED)


def check_handshake(kind: str, name: str, env: Mapping[str, str]) -> Optional[str]:
    """Why the runner, if there is one, and this plugin do not fit; None where they do."""
    version = str(VERSIONS[kind])
    if env.get(COOKIE_NAME) != COOKIE:
        return f"{name} is a {kind} plugin of cllm4rec: the runner starts it, it is of no use by hand; see `cllm4rec plugins`"
    if env.get(KIND) != kind:
        return f"{name} is a {kind} plugin, but the runner expected a {env.get(KIND)} plugin: it lies in the wrong folder"
    if env.get(CONTRACT) != version:
        return f"{name} runs on an SDK for version {version} of the {kind} contract, the runner speaks version {env.get(CONTRACT)}: install the SDK of the runner's repository"
    return None


def watch_parent() -> None:
    """Ends this process and all of its group when the runner ends, however it ends.

    The runner holds the other end of a pipe. On Linux the kernel itself kills the group when
    that end closes, whoever holds Python's lock; elsewhere a thread does. PR_SET_PDEATHSIG
    is no choice: it follows the thread of the runner that started the plugin.
    """
    try:
        pipe = int(os.environ.get(PARENT, ""))
        os.fstat(pipe)
    except (ValueError, OSError) as e:
        refuse(f"{PARENT} does not name a descriptor: {e}")
    os.set_inheritable(pipe, False)
    if sys.platform == "linux" and os.getpgrp() == os.getpid():
        fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(pipe, _F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_NONBLOCK | getattr(os, "O_ASYNC", 0o20000))
    parent = os.getppid()
    threading.Thread(target=_wait_for_end, args=(pipe, parent), daemon=True, name="cllm4rec-parent").start()


def _wait_for_end(pipe: int, parent: int) -> None:
    while os.getppid() == parent:
        ready, _, _ = select.select([pipe], [], [], 1)
        if not ready:
            continue
        try:
            if os.read(pipe, 1) == b"":
                break
        except BlockingIOError:
            continue
    end_group(signal.SIGKILL)
    os._exit(ORPHANED)


def end_group(number: int) -> None:
    """Sends a signal to what the plugin has started, where the group is its own."""
    if os.getpgrp() == os.getpid():
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_IGN)
        os.killpg(0, number)
