"""Serving a plugin: the handshake, mutual TLS, the services beside those of the contract."""

from __future__ import annotations

import base64
import os
import signal
import ssl
import threading
from concurrent import futures
from typing import Any, NoReturn, Tuple, Type

# A forked worker of a plugin uses no gRPC; its handlers around fork would hang.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc  # noqa: E402

from . import _log, _process  # noqa: E402
from .plugin import Plugin  # noqa: E402

MAX_MESSAGE = 64 << 20
_WORKERS = 8  # one call, one Close, health and the stream of stdio beside
_GRACE = 0.5  # seconds for what is under way at the end


def serve(cls: Type[Plugin]) -> NoReturn:
    """Serves a plugin until the runner ends; it does not return."""
    if cls.kind not in _process.VERSIONS:
        raise TypeError(f"{cls.__qualname__} is no Recommender, Dataset or Backbone")
    problem = _process.check_handshake(cls.kind, cls.name, os.environ)
    if problem:
        _process.refuse(problem)
    _process.watch_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _log.start()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    server, line = _start(cls, stopping)
    assert _process.handshake_descriptor is not None
    os.write(_process.handshake_descriptor, line)
    os.close(_process.handshake_descriptor)
    wait(stopping)
    server.stop(_GRACE).wait()
    _process.end_group(signal.SIGTERM)
    os._exit(0)


def wait(stopping: threading.Event) -> None:
    """Waits for the end in short sleeps. The kernel may give a signal to a thread of gRPC, and
    Python runs its handler when the main thread wakes, not before."""
    while not stopping.wait(0.5):
        pass


def _start(cls: Type[Plugin], stopping: threading.Event) -> Tuple[Any, bytes]:
    """A server that serves, and its line of the handshake."""
    key, certificate = _pair()
    server = grpc.server(
        futures.ThreadPoolExecutor(_WORKERS), handlers=[_service(cls), _Beside(stopping)],
        options=[("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE), ("grpc.so_reuseport", 0)],
    )
    path = os.path.join(os.environ[_process.SOCKETS], "plugin")
    owner = os.environ[_process.OWNER].encode()
    credentials = grpc.ssl_server_credentials([(key, certificate)], owner, require_client_auth=True)
    server.add_secure_port("unix:" + path, credentials)
    server.start()
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert(certificate.decode())).decode().rstrip("=")
    return server, f"1|{_process.VERSIONS[cls.kind]}|unix|{path}|grpc|{der}\n".encode()


def _pair() -> Tuple[bytes, bytes]:
    """The key and the certificate that the runner made for this process."""
    path = os.environ.get(_process.PAIR, "")
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as e:
        _process.refuse(f"{_process.PAIR}: {e}")
    os.unlink(path)
    at = text.index(b"-----BEGIN CERTIFICATE")
    return text[:at], text[at:]


def _service(cls: Type[Plugin]) -> Any:
    if cls.kind == "dataset":
        from ._dataset import DatasetService

        return DatasetService(cls)
    if cls.kind == "backbone":
        from ._backbone import BackboneService

        return BackboneService(cls)
    from ._recommender import RecommenderService

    return RecommenderService(cls)


class _Beside(grpc.GenericRpcHandler):
    """The health service and go-plugin's own; their messages are a byte or none."""

    def __init__(self, stopping: threading.Event):
        self._stopping = stopping

    def service(self, details: Any) -> Any:
        if details.method == "/grpc.health.v1.Health/Check":
            return grpc.unary_unary_rpc_method_handler(self._health)
        if details.method == "/plugin.GRPCStdio/StreamStdio":
            return grpc.unary_stream_rpc_method_handler(self._silent)
        if details.method == "/plugin.GRPCController/Shutdown":
            return grpc.unary_unary_rpc_method_handler(self._shutdown)
        return None

    def _health(self, request: bytes, context: Any) -> bytes:
        if request not in (b"", b"\x0a\x00", b"\x0a\x06plugin"):
            context.abort(grpc.StatusCode.NOT_FOUND, "the one service is plugin")
        return b"\x08\x01"  # status: SERVING

    def _silent(self, request: bytes, context: Any) -> Any:
        ended = threading.Event()
        if context.add_callback(ended.set):
            while not ended.wait(0.2) and not self._stopping.is_set():
                pass
        return iter(())

    def _shutdown(self, request: bytes, context: Any) -> bytes:
        context.add_callback(self._stopping.set)  # after the reply
        return b""
