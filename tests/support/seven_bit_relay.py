"""A mail server that does not offer 8BITMIME, and refuses eight-bit data as RFC 6152 has it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field


@define
class SevenBitRelay:
    """What the server received, whole mails, and its port."""

    port: int = 0
    received: list[bytes] = field(factory=list)


@contextmanager
def seven_bit_relay() -> Iterator[SevenBitRelay]:
    """Run such a server."""
    relay = SevenBitRelay()

    class Session(socketserver.StreamRequestHandler):
        def reply(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

        def handle(self) -> None:
            self.reply(b"220 relay.example ESMTP")
            while line := self.rfile.readline():
                word = line[:4].strip().upper()
                if word == b"EHLO":
                    self.reply(b"250-relay.example\r\n250 SIZE 1000000")
                elif word == b"DATA":
                    self.reply(b"354 go on")
                    self.reply(self.data())
                else:
                    self.reply(b"221 bye" if word == b"QUIT" else b"250 ok")
                if word == b"QUIT":
                    return

        def data(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b"."))
            content = b"".join(lines)
            if not content.isascii():
                return b"554 5.6.1 8-bit data, BODY=8BITMIME was not offered"
            relay.received.append(content)
            return b"250 taken"

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        relay.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield relay
        finally:
            server.shutdown()
