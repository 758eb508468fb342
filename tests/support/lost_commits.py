"""A TCP forwarder before PostgreSQL that loses a connection exactly at a COMMIT."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

from attrs import define, field
from sqlalchemy import make_url

from tests.support.postgres import PostgresServer

# A client first asks for encryption, in a message without a type; N is no.
ENCRYPTION_REQUESTS = {(80877103).to_bytes(4), (80877104).to_bytes(4)}
REFUSED = b"N"
COMMIT, ROLLBACK = b"COMMIT\0", b"ROLLBACK\0"
COMMIT_MESSAGE = b"Q" + (4 + len(COMMIT)).to_bytes(4) + COMMIT
BLOCK = 65536
END_SECONDS = 30


class Loss(Enum):
    """What is lost of a COMMIT with the connection: the message itself, or the server's answer to it."""

    OF_THE_COMMIT = auto()
    OF_THE_ANSWER = auto()


@define
class CommitLoser:
    """
    Hands on the connections to a server, and loses one where it was asked to.

    It knows the transaction by a text in one of its statements; `lost` is set when it has happened.
    """

    server: PostgresServer
    port: int = 0
    lost: threading.Event = field(factory=threading.Event)
    _loss: Loss | None = None
    _text: bytes = b""

    def url(self, direct: str) -> str:
        """Return the SQLAlchemy URL of one of the server's databases through this."""
        url = make_url(self.server.url(str(make_url(direct).database), tcp=True))
        return url.set(port=self.port).render_as_string(hide_password=False)

    def lose(self, loss: Loss, text: str) -> None:
        """Lose the connection at the COMMIT of the next transaction that has a text in a statement."""
        self.lost.clear()
        self._text, self._loss = text.encode(), loss

    def take(self, sought: bytes) -> Loss | None:
        """Return what is to be lost of a transaction's COMMIT, once."""
        if not self._loss or self._text not in sought:
            return None
        loss, self._loss = self._loss, None
        return loss


@contextmanager
def commit_loser(server: PostgresServer) -> Iterator[CommitLoser]:
    """Run one before a server, on a port the kernel chose."""
    loser = CommitLoser(server)
    port = make_url(server.url(tcp=True)).port

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as behind, suppress(ConnectionError):
                behind.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
                hand_on(self, behind, loser)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as running:
        loser.port = running.server_address[1]
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield loser
        finally:
            running.shutdown()


def hand_on(client: socketserver.StreamRequestHandler, behind: socket.socket, loser: CommitLoser) -> None:
    """Hand a connection on in both directions until it ends or is lost."""
    start = read_start(client)
    if not start:
        return
    behind.sendall(start)
    answers = Answers(behind, client.connection)
    answers.start()
    loss = hand_on_messages(client, behind, loser)
    if loss:
        answers.swallowing = True
    if loss is Loss.OF_THE_ANSWER:
        behind.sendall(COMMIT_MESSAGE)
        assert answers.committed.wait(END_SECONDS)
    behind.shutdown(socket.SHUT_RDWR)
    answers.join(END_SECONDS)
    client.connection.shutdown(socket.SHUT_RDWR)
    if loss:
        loser.lost.set()


def hand_on_messages(
    client: socketserver.StreamRequestHandler, behind: socket.socket, loser: CommitLoser
) -> Loss | None:
    """Hand on what a client says, until it ends or says the COMMIT that is to be lost."""
    transaction = b""
    while message := read_message(client):
        transaction += message
        if message == COMMIT_MESSAGE and (loss := loser.take(transaction)):
            return loss
        if message.endswith((COMMIT, ROLLBACK)):
            transaction = b""
        behind.sendall(message)
    return None


def read_start(client: socketserver.StreamRequestHandler) -> bytes:
    """Return the message a client begins with, after refusing to encrypt; nothing when it says nothing."""
    while size := client.rfile.read(4):
        rest = client.rfile.read(int.from_bytes(size) - 4)
        if rest not in ENCRYPTION_REQUESTS:
            return size + rest
        client.wfile.write(REFUSED)
    return b""


def read_message(client: socketserver.StreamRequestHandler) -> bytes:
    """Return a message: its type in a byte, its size in four, and the rest; nothing at the end."""
    head = client.rfile.read(5)
    return head and head + client.rfile.read(int.from_bytes(head[1:]) - 4)


class Answers(threading.Thread):
    """Hands the server's answers on to the client, until it is to swallow them."""

    def __init__(self, behind: socket.socket, client: socket.socket) -> None:
        super().__init__(daemon=True)
        self.behind, self.client = behind, client
        self.swallowing = False
        self.committed = threading.Event()

    def run(self) -> None:
        """Hand on until the server or the client has closed."""
        with suppress(OSError):
            while block := self.behind.recv(BLOCK):
                if not self.swallowing:
                    self.client.sendall(block)
                elif COMMIT in block:
                    self.committed.set()
