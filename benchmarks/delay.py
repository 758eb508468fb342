"""A network before PostgreSQL: a relay, in a process of its own, that passes on everything later."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

CHUNK = 1 << 16


@contextmanager
def delayed(port: int, milliseconds: float) -> Iterator[int]:
    """Give a local port by which another one is so many milliseconds a round trip further away."""
    here, there = get_context("spawn").Pipe()
    relay = get_context("spawn").Process(
        target=run_relay, args=(port, milliseconds / 2000, there), daemon=True
    )
    relay.start()
    try:
        yield here.recv()
    finally:
        relay.terminate()
        relay.join()


def run_relay(port: int, seconds: float, opened: Connection) -> None:
    """Take connections for ever and pass on what comes in either direction, each part so much later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened.send(listener.getsockname()[1])
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                parts: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
                Thread(target=receive, args=(one, parts, seconds), daemon=True).start()
                Thread(target=send, args=(other, parts), daemon=True).start()


def receive(source: socket.socket, parts: "SimpleQueue[tuple[float, bytes]]", seconds: float) -> None:
    """Note for each part that comes when it is due; the last one is empty."""
    while True:
        try:
            part = source.recv(CHUNK)
        except OSError:
            part = b""
        parts.put((time.monotonic() + seconds, part))
        if not part:
            return


def send(target: socket.socket, parts: "SimpleQueue[tuple[float, bytes]]") -> None:
    """Send each part when it is due, and close behind the last."""
    while True:
        due, part = parts.get()
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            if part:
                target.sendall(part)
                continue
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return
