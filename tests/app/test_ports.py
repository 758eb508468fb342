"""What `ocms serve` and `ocms demo` check before anything is printed or started: the port, the keys."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocms_app.cli.serve import check_port
from ocms_core.kernel.errors import OcmsError
from tests.support.http_server import OCMS, Deployment
from tests.support.postgres import free_port

HOST = "127.0.0.1"


@pytest.fixture(params=[False, True], ids=["by another program", "by another ocms"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """Return a port another listens on; Granian's workers share theirs by SO_REUSEPORT."""
    with socket.socket() as listener:
        if request.param:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_one_line_that_names_the_option(
    sqlite_deployment: Deployment, tmp_path: Path, taken: int, command: str
) -> None:
    ran = subprocess.run(
        [OCMS, command, "--port", str(taken)],
        env=sqlite_deployment.environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = f"Port {taken} of {HOST} cannot be used (Address already in use); choose another with --port.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", line)


def test_a_port_that_is_free_again_can_be_used_at_once() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((HOST, port)), listener.accept()[0] as served:
            served.close()  # the server closes first: its side is left waiting for stray packets
    check_port(HOST, port)


def test_keys_the_workers_need_are_demanded_before_any_starts(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    env["OCMS_INTRANET_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    ran = subprocess.run(
        [OCMS, "serve", "--port", str(free_port())],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    missing = "must be set; every machine needs the same"
    lines = (
        f"OCMS_INTERNET_KEYS: {missing} (`ocms keys new-secret internet_keys` makes a key)\n"
        f"OCMS_ACCESS_HASH_KEY: {missing} (`ocms keys new-secret access_hash_key` makes a key)\n"
        f"OCMS_AUDIT_KEYS: {missing} (`ocms keys new-secret audit_keys` makes a key)\n"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", lines)


@pytest.mark.parametrize("host, port", [(HOST, 70_000), ("192.0.2.1", 8_000)])
def test_a_port_that_cannot_be_is_an_expected_error(host: str, port: int) -> None:
    with pytest.raises(OcmsError, match=f"Port {port} of {host} cannot be used"):
        check_port(host, port)
