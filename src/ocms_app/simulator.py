"""
MHA and DataHive as OCMS sees them, for demonstrations and tests: made-up people at made-up addresses.

What is known of an identity follows from its number alone, so that both systems agree.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh
from attrs import frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.datahive import PARTS, PATH
from ocms_core.hst import mha_file
from ocms_core.hst.mha_file import ExceptionLine, Faulty, MhaRecord, Totals
from ocms_core.kernel.addresses import Address

REQUESTS, RESPONSES = "requests", "responses"
STREETS = ("Bras Basah Road", "Clementi Avenue 3", "Jurong West Street 61", "Sims Drive")


@frozen
class Known:
    """What the registers know of an identity; an empty address where nobody knows where it lives."""

    name: str
    address: Address
    invalid_tag: str = ""


def known(id_no: str) -> Known:
    """Make up what is known of an identity: a quarter has moved away without a word."""
    number = int(sha256(id_no.encode()).hexdigest()[:8], 16)
    address = Address(
        postal_code=f"{number % 730_000 + 10_000:06}",
        blk_hse_no=str(number % 900 + 1),
        street_name=STREETS[number % len(STREETS)],
        floor_no=f"{number % 25 + 1:02}",
        unit_no=f"{number % 300 + 1:03}",
    )
    return Known(f"RESIDENT {number % 1000:03}", address, "G" if number % 4 == 0 else "")


def datahive_answer(asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Answer an address enquiry in DataHive's form."""
    answers = []
    for identity in asked["identities"]:
        person = known(identity["idNo"])
        address = {name: getattr(person.address, part) for name, (part, _) in PARTS.items()}
        answers.append(
            {
                "idNo": identity["idNo"],
                "answeredAt": now.isoformat(),
                "address": address,
                "invalidAddrTag": person.invalid_tag,
                "effectiveDate": None,
            }
        )
    return {"answers": answers}


def answer_requests(folder: Path, now: datetime) -> int:
    """Answer the requests that lie below a folder as MHA does; the number of requests answered."""
    answered = 0
    for request in sorted((folder / REQUESTS).glob(mha_file.REQUEST_PREFIX + "*")):
        ending = request.name.removeprefix(mha_file.REQUEST_PREFIX)
        name = mha_file.RESPONSE_PREFIX + ending
        asked = mha_file.parse_request(request.read_bytes())
        if request.suffix or (folder / RESPONSES / name).exists() or isinstance(asked, Faulty):
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
    """Answer about one identity as MHA does."""
    person = known(uin)
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


class DataHiveHandler(BaseHTTPRequestHandler):
    """Answers DataHive's one call."""

    def do_POST(self) -> None:
        """Answer an enquiry."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(datahive_answer(asked, SystemClock().now())).encode()
        self.send_response(HTTPStatus.OK if self.path == PATH else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a log would name identities."""


@contextmanager
def datahive(port: int = 0) -> Iterator[str]:
    """Serve DataHive on this machine while the block lasts; its URL."""
    with ThreadingHTTPServer(("127.0.0.1", port), DataHiveHandler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@frozen
class SftpKeys:
    """The key files of a simulated MHA: its own, and the public half of OCMS's."""

    host_key: Path
    client_key: Path
    known_hosts: Path


def sftp_keys(folder: Path, host: str = "127.0.0.1", port: int = 22) -> SftpKeys:
    """Make keys for both sides, and the file that makes the server known to OCMS."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = SftpKeys(folder / "mha_host_key", folder / "ocms_key", folder / "known_hosts")
    for path in (keys.host_key, keys.client_key):
        if not path.exists():
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(str(path))
            key.write_public_key(f"{path}.pub")
    public = Path(f"{keys.host_key}.pub").read_text()
    keys.known_hosts.write_text(f"[{host}]:{port} {public}")
    return keys


@asynccontextmanager
async def mha(folder: Path, keys: SftpKeys, port: int) -> AsyncIterator[None]:
    """Serve the folders of MHA over SFTP on this machine while the block lasts."""
    for name in (REQUESTS, RESPONSES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[str(keys.host_key)],
        authorized_client_keys=f"{keys.client_key}.pub",
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
    )
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
