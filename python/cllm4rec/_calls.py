"""The calls that every kind of plugin answers, one at a time, and the way of errors."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import re
import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Type

import grpc

from . import _params, _wire
from ._process import VERSIONS
from .errors import Cancelled, Error, OutOfOrder
from .plugin import Plugin

log = logging.getLogger("cllm4rec")
_MAX_TEXT = 16 << 10
_PAUSE = 0.2  # seconds between two reports
_STATUS = {"canceled": 1, "deadline": 4, "invalid": 3, "not_found": 5, "order": 9, "unsupported": 12, "out_of_memory": 8}


class Call:
    """One call of the contract, from its begin to its end."""

    def __init__(self, name: str, context: Any):
        self.name, self.context = name, context
        self.cancelled = threading.Event()
        if not context.add_callback(self.cancelled.set):
            self.cancelled.set()

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled(f"{self.name} was cancelled")


def reporter(call: Call, send: Callable[[bytes], None], reply: str) -> Callable[..., None]:
    """Sends progress, a few times a second at most, and ends a call that is cancelled."""
    last = [0.0]

    def report(done: int, total: int, unit: str, loss: Optional[float], stage: str) -> None:
        call.check()
        now = time.monotonic()
        if now - last[0] < _PAUSE and done != total:
            return
        last[0] = now
        progress = {"stage": stage, "done": int(done), "total": int(total), "unit": unit}
        if loss is not None:
            progress["loss"] = float(loss)
        send(_wire.message(reply)(progress=progress).SerializeToString())

    return report


class Gate:
    """Lets one call in at a time, and none after Close."""

    def __init__(self) -> None:
        self._slot = threading.Lock()
        self._current: Optional[Call] = None
        self._closed = False

    @contextlib.contextmanager
    def enter(self, call: Call) -> Iterator[None]:
        while not self._slot.acquire(timeout=0.1):
            call.check()
        try:
            call.check()  # a later call may have come first
            if self._closed and call.name != "Close":
                raise OutOfOrder(f"{call.name} was called after Close")
            self._current = call
            yield
        finally:
            self._current = None
            self._slot.release()

    def close(self) -> bool:
        """Cancels the call in hand; whether this is the first Close."""
        first, self._closed = not self._closed, True
        current = self._current
        if current:
            current.cancelled.set()
        return first


def fail(call: str, plugin: str, error: BaseException, context: Any) -> None:
    """Ends a call with an error. It does not return."""
    codes, text = describe(call, plugin, error)
    detail = _wire.message("ErrorDetail")(codes=codes, message=text)
    code = _STATUS.get(codes[0], 10) if codes else 2
    by_number = {c.value[0]: c for c in grpc.StatusCode}
    context.set_trailing_metadata((("grpc-status-details-bin", _wire.status(code, detail)),))
    context.abort(by_number[code], "the plugin returned an error")


def describe(call: str, plugin: str, error: BaseException) -> Tuple[List[str], str]:
    """The codes and the words of an exception."""
    if isinstance(error, Error):
        return [error.code], _clip(str(error))
    if isinstance(error, grpc.RpcError):  # of a stream that the runner has given up
        return [Cancelled.code], f"{call} was cancelled"
    if isinstance(error, ModuleNotFoundError) and error.name:
        log.error("%s failed", call, exc_info=error)
        return ["not_found"], f'plugin {plugin} needs the Python package "{error.name}", which {sys.executable} does not have: {install_command(plugin, error.name)}'
    log.error("%s failed: %s", call, error, exc_info=error)
    codes = ["out_of_memory"] if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" else []
    return codes, _clip(f"{call} failed: {type(error).__name__}: {error}{_place(error)}")


def install_command(plugin: str, package: str) -> str:
    """How a missing package is installed: by the runner where the environment is its own."""
    if re.search(rf"[/\\](recommender|dataset|backbone)-{re.escape(plugin)}[/\\]?$", sys.prefix):
        return f"name it in the plugin's requirements, then cllm4rec plugins install {plugin}"
    return f"{sys.executable} -m pip install {package}"


def _place(error: BaseException) -> str:
    """The innermost line of the author's own, or else of whatever failed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/cllm4rec/" not in f.filename and "site-packages" not in f.filename]
    last = (own or frames or [None])[-1]  # type: ignore[list-item]
    return f" ({last.filename}, line {last.lineno}: {last.line})" if last else ""


def _clip(text: str) -> str:
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= _MAX_TEXT else raw[:_MAX_TEXT - 4].decode("utf-8", "ignore") + " ..."


class Service(grpc.GenericRpcHandler):
    """The services Plugin and that of the kind. A handler is a method named as its call."""

    kind = ""
    working: Tuple[str, ...] = ()  # calls with one request that report how far they are

    def __init__(self, cls: Type[Plugin]):
        self.cls = cls
        self.gate = Gate()
        self.params: Any = None
        self.configured = False
        # Found out before the handshake, where a mistake in the class ends the process with its traceback.
        self.schema = json.dumps(_params.schema(cls.Params)).encode("utf-8")
        self._methods: Dict[str, Any] = {}
        for service in ("Plugin", self.kind.capitalize()):
            for method in _wire.service(service).methods:
                self._methods[f"/{_wire.PACKAGE}.{service}/{method.name}"] = self._handler(method)

    def service(self, details: Any) -> Any:
        return self._methods.get(details.method)

    def _handler(self, method: Any) -> Any:
        answer: Callable[..., Any] = getattr(self, method.name)
        request = _wire.message(method.input_type.name).FromString
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(lambda r, c: self._working(method.name, answer, r, c))  # bytes both ways
        if method.server_streaming and method.name in self.working:
            return grpc.unary_stream_rpc_method_handler(lambda r, c: self._working(method.name, answer, r, c), request)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(lambda r, c: self._streaming(method.name, answer, r, c), request)
        return grpc.unary_unary_rpc_method_handler(lambda r, c: self._unary(method.name, answer, r, c), request)

    def _unary(self, name: str, answer: Callable[..., bytes], request: Any, context: Any) -> bytes:
        if name == "Close" and not self.gate.close():
            return b""
        try:
            call = Call(name, context)
            with self.gate.enter(call):
                return answer(request, call)
        except BaseException as e:
            fail(name, self.cls.name, e, context)
            raise

    def _streaming(self, name: str, answer: Callable[..., Iterator[bytes]], request: Any, context: Any) -> Iterator[bytes]:
        try:
            call = Call(name, context)
            with self.gate.enter(call):
                for reply in answer(request, call):
                    yield reply
                    call.check()
        except GeneratorExit:
            raise
        except BaseException as e:
            fail(name, self.cls.name, e, context)

    def _working(self, name: str, answer: Callable[..., bytes], request: Any, context: Any) -> Iterator[bytes]:
        """A call that works for long: in a thread of its own, while this one sends what it
        reports, and in the end its reply."""
        call, replies = Call(name, context), queue.SimpleQueue()  # type: ignore[var-annotated]
        context.add_callback(lambda: replies.put(None))

        def work() -> None:
            try:
                with self.gate.enter(call):
                    last = answer(request, call, replies.put)
                replies.put((last, None))
            except BaseException as e:  # the thread has nobody else to tell
                replies.put((b"", e))

        threading.Thread(target=work, name="cllm4rec-" + name, daemon=True).start()
        while True:
            reply = replies.get()
            if reply is None:
                return
            if isinstance(reply, bytes):
                yield reply
                continue
            last, error = reply
            if error is not None:
                fail(name, self.cls.name, error, context)
            yield last
            return

    def need(self, call: Call) -> None:
        """OutOfOrder before Configure."""
        if not self.configured:
            raise OutOfOrder(f"{call.name} was called before Configure")

    def Info(self, request: Any, call: Call) -> bytes:
        cls = self.cls
        return _wire.message("InfoReply")(  # type: ignore[no-any-return]
            kind=_wire.number("Kind", self.kind), name=cls.name, version=cls.version, contract_version=VERSIONS[self.kind],
            summary=cls.summary(), schema=self.schema, semantics=cls.semantics, capabilities=cls.capabilities(),
        ).SerializeToString()

    def Configure(self, request: Any, call: Call) -> bytes:
        params, resolved = _params.decode(self.cls.Params, request.params)
        self.cls.check(params)
        self.params, self.configured = params, True
        self.forget()
        return _wire.message("ConfigureReply")(resolved=resolved).SerializeToString()  # type: ignore[no-any-return]

    def Close(self, request: Any, call: Call) -> bytes:
        self.forget()
        return b""

    def forget(self) -> None:
        """Drops what was trained or read under other parameters."""
