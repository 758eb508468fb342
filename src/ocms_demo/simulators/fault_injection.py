"""A small HTTP server that fails on demand: late, cut, reset, refusing or pointing elsewhere."""

import socket
import ssl
import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from attrs import frozen

SECONDS = 10
# With this, closing a connection resets it in place of ending it.
RESETS = struct.pack("ii", 1, 0)


@frozen
class InjectedFault:
    """A fault of one call: so many seconds late, a status, a reset, or a body cut at a share."""

    seconds: float = 0.0
    status: int | None = None
    reset: bool = False
    cut_at: float | None = None

    @classmethod
    def parse(cls, text: str) -> "InjectedFault":
        """Parse `late=2`, `reset`, `cut=0.5`, or a status such as `503`; raise `ValueError` otherwise."""
        word, _, value = text.strip().partition("=")
        if word.isdigit():
            return cls(status=int(word))
        known = {"late": lambda: cls(seconds=float(value)), "cut": lambda: cls(cut_at=float(value))}
        known["reset"] = lambda: cls(reset=True)
        if word not in known:
            raise ValueError(f"{text}: a mishap is late=SECONDS, cut=SHARE, reset or a status")
        return known[word]()


class Simulator(ThreadingHTTPServer, ABC):
    """
    An HTTP server that answers with `reply`, after the next of its queued faults.

    It keeps the bodies and the client certificates it received.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.tls = tls
        self.faults: deque[InjectedFault] = deque()
        self.bodies: list[bytes] = []
        self.shown: list[Mapping[str, Any]] = []
        self.closing = Event()
        self.turn = Lock()

    @property
    def url(self) -> str:
        """The address it answers at."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server_port}"

    @abstractmethod
    def reply(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Iterator[bytes], int]:
        """Return status, headers, the parts of the body, and its length."""

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the TLS handshake is done in the thread of the call."""
        connection, address = super().get_request()
        connection.settimeout(SECONDS)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a caller that went away."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve for as long as the block lasts."""
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.closing.set()
            self.shutdown()
            self.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    protocol_version = "HTTP/1.1"
    server: Simulator

    def setup(self) -> None:
        """Do the TLS handshake first; a caller without a certificate gets no further."""
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.server.shown.append(self.request.getpeercert())
        super().setup()

    def finish(self) -> None:
        """End the connection at once."""
        super().finish()
        self.request.close()

    def do_GET(self) -> None:
        """Answer."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.turn:
            self.server.bodies.append(body)
        self._answer(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has in the library
        """Log nothing of a call."""

    def _answer(self, body: bytes) -> None:
        with self.server.turn:
            fault = self.server.faults.popleft() if self.server.faults else InjectedFault()
        self.server.closing.wait(fault.seconds)
        if fault.reset:
            self._reset()
            return
        if fault.status:
            headers, parts, length = {"Location": "/elsewhere"}, iter([b"{}"]), 2
            self._send(fault.status, headers, parts, length)
            return
        status, headers, parts, length = self.server.reply(self.path, self.headers, body)
        self._send(status, headers, parts, length, cut_at=fault.cut_at)

    def _send(
        self,
        status: int,
        headers: dict[str, str],
        parts: Iterator[bytes],
        length: int,
        *,
        cut_at: float | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        left = length if cut_at is None else int(length * cut_at)
        for part in parts:
            self.wfile.write(part[:left])
            left -= len(part[:left])
        if cut_at is not None:
            self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        self.request.close()
