"""A database that is further away: what is sent comes later, whole and in order."""

import socket
from threading import Thread
from time import perf_counter

from benchmarks.delay import CHUNK, delayed


def test_a_round_trip_takes_the_delay_and_nothing_is_lost() -> None:
    sent = bytes(range(256)) * (2 * CHUNK // 256)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=echo, args=(server,), daemon=True).start()
        with (
            delayed(server.getsockname()[1], 20) as port,
            socket.create_connection(("127.0.0.1", port)) as line,
        ):
            started = perf_counter()
            line.sendall(b"ping")
            assert line.recv(4) == b"ping"
            assert perf_counter() - started >= 0.02
            Thread(target=line.sendall, args=(sent,), daemon=True).start()
            received = b""
            while len(received) < len(sent):
                received += line.recv(CHUNK)
            assert received == sent
            line.shutdown(socket.SHUT_WR)
            assert line.recv(1) == b""


def echo(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        while part := line.recv(CHUNK):
            line.sendall(part)
