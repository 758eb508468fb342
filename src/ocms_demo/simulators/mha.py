"""A simulated MHA that exchanges files over SFTP: requests in one folder, responses in another."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import asyncssh
from attrs import frozen

from ocms_core.hst import mha_file
from ocms_core.hst.mha_file import ExceptionLine, MhaRecord, Totals, UnusableFile
from ocms_demo.simulators.fake_registry import registry_entry

HOST, SECONDS = "127.0.0.1", 10
REQUESTS, RESPONSES = "requests", "responses"


@frozen
class SftpKeys:
    """The key files of both sides; `known_hosts` makes the server known to OCMS."""

    host_key: Path
    client_key: Path
    known_hosts: Path


def sftp_keys(folder: Path) -> SftpKeys:
    """Create the keys of both sides unless they are there; return their files."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = SftpKeys(folder / "mha_host_key", folder / "ocms_key", folder / "known_hosts")
    for path in (keys.host_key, keys.client_key):
        if not path.exists():
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(str(path))
            key.write_public_key(f"{path}.pub")
    return keys


class MhaSimulator:
    """
    Serves the folders of MHA below `folder`, where the keys of both sides are too.

    With a clock it answers a request as soon as it arrives; without one `answer_requests` does.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] | None = None) -> None:
        self.folder, self.now = folder.absolute(), now
        self.keys = sftp_keys(self.folder)
        self.port = 0
        for name in (REQUESTS, RESPONSES):
            (self.folder / name).mkdir(exist_ok=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve, in a thread of its own, for as long as the block lasts."""
        started, loop, stop = Event(), asyncio.new_event_loop(), asyncio.Event()
        thread = Thread(target=loop.run_until_complete, args=(self._serve(started, stop),), daemon=True)
        thread.start()
        try:
            if not started.wait(SECONDS):
                raise TimeoutError("the simulated MHA did not start")
            public = Path(f"{self.keys.host_key}.pub").read_text()
            self.keys.known_hosts.write_text(f"[{HOST}]:{self.port} {public}")
            yield
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(SECONDS)
            loop.close()

    async def _serve(self, started: Event, stop: asyncio.Event) -> None:
        server = await asyncssh.listen(
            HOST,
            self.port,
            server_host_keys=[str(self.keys.host_key)],
            authorized_client_keys=f"{self.keys.client_key}.pub",
            sftp_factory=lambda channel: MhaSftpServer(channel, self),
        )
        self.port = server.get_port()
        started.set()
        await stop.wait()
        server.close()
        await server.wait_closed()


class MhaSftpServer(asyncssh.SFTPServer):
    """Receives requests: one that is renamed to its final name is complete."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], mha: MhaSimulator) -> None:
        super().__init__(channel, chroot=str(mha.folder).encode())
        self.mha = mha

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, which completes a request."""
        super().rename(oldpath, newpath)
        if self.mha.now:
            answer_requests(self.mha.folder, self.mha.now())


def answer_requests(folder: Path, now: datetime) -> int:
    """Answer the requests in a folder as MHA does; return how many were answered."""
    answered = 0
    for request in sorted((folder / REQUESTS).glob(mha_file.REQUEST_PREFIX + "*")):
        ending = request.name.removeprefix(mha_file.REQUEST_PREFIX)
        name = mha_file.RESPONSE_PREFIX + ending
        asked = mha_file.parse_request(request.read_bytes())
        if request.suffix or (folder / RESPONSES / name).exists() or isinstance(asked, UnusableFile):
            continue
        records = [record(uin, now) for uin in asked.uins if mha_file.uin_of(uin)]
        unknown = [uin for uin in asked.uins if not mha_file.uin_of(uin)]
        exceptions = [ExceptionLine(serial, uin, "INVALID") for serial, uin in enumerate(unknown, 1)]
        totals = Totals(len(asked.uins), len(records), len(unknown), 0)
        totals_name, exceptions_name = mha_file.control_names(name)
        (folder / RESPONSES / name).write_bytes(mha_file.encode_response(records))
        (folder / RESPONSES / exceptions_name).write_bytes(mha_file.encode_exceptions(exceptions))
        (folder / RESPONSES / totals_name).write_bytes(mha_file.encode_totals(totals))
        answered += 1
    return answered


def record(uin: str, now: datetime) -> MhaRecord:
    """Return MHA's record of one identity."""
    person = registry_entry(uin)
    return MhaRecord(
        uin=uin,
        name=person.name,
        address_type="A",
        address=person.address,
        life_status="A",
        invalid_tag=person.invalid_tag,
        batch_time=now.replace(microsecond=0),
        timestamp=now.replace(microsecond=0),
    )
