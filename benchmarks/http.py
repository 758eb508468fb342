"""The one HTTP client of all contenders: a few connections kept alive, requests made up beforehand."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from attrs import field, frozen

CONNECTIONS = 4
LENGTH = b"content-length:"

Lane = Sequence[bytes]
"""The requests of one connection, in order."""


class WrongAnswer(Exception):
    """A contender answered something else than 200."""


def request(path: str, headers: Mapping[str, str], body: object) -> bytes:
    """Write a request as it goes over the wire."""
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def sent_without_body(path: str, headers: Mapping[str, str]) -> bytes:
    """Write a GET as it goes over the wire."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@frozen
class Client:
    """
    Calls one server.

    Every run has new connections, opened before the clock starts: a server closes those that lie idle.
    """

    port: int
    _loop: asyncio.Runner = field(factory=asyncio.Runner)

    def run(self, lanes: Sequence[Lane]) -> float:
        """Send every lane on a connection of its own, all at once; the seconds of one request."""
        return self._loop.run(self._run(lanes))

    def ask(self, sent: bytes) -> Any:
        """Send one request and give the JSON of its answer."""
        return json.loads(self._loop.run(self._ask(sent)))

    def close(self) -> None:
        """Call no more."""
        self._loop.close()

    async def _run(self, lanes: Sequence[Lane]) -> float:
        connections = [await self._connect() for _ in lanes]
        started = perf_counter()
        await asyncio.gather(*map(calls, connections, lanes))
        took = perf_counter() - started
        for _, writer in connections:
            writer.close()
        return took / sum(map(len, lanes))

    async def _ask(self, sent: bytes) -> bytes:
        connection = await self._connect()
        answer = await exchange(connection, sent)
        connection[1].close()
        return answer

    async def _connect(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)


async def calls(connection: Connection, lane: Lane) -> None:
    """Send requests one after the other."""
    for sent in lane:
        await exchange(connection, sent)


async def exchange(connection: Connection, sent: bytes) -> bytes:
    """Send a request and give the body of its answer, which has to be 200."""
    reader, writer = connection
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    place = head.index(LENGTH) + len(LENGTH)
    body = await reader.readexactly(int(head[place : head.index(b"\r\n", place)]))
    if not head.startswith(b"http/1.1 200"):
        raise WrongAnswer(f"{head.decode()}{body.decode()}")
    return body
