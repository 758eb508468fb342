"""The exchange with MHA through a real OpenSSH server."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from ocms_adapters.sftp import SftpExchange
from ocms_core.kernel.errors import Unavailable
from ocms_demo.simulators.mha import sftp_keys
from tests.support.postgres import free_port
from world.support.programs import SYSTEM_PATH, listens, program_folder, running

SETTINGS = """
ListenAddress 127.0.0.1
Port {port}
HostKey {host_key}
AuthorizedKeysFile {client_key}.pub
PidFile none
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
"""


@pytest.fixture
def exchange() -> Iterator[SftpExchange]:
    """Yield the exchange with folders of a running server."""
    with program_folder("sshd") as folder:
        keys, port = sftp_keys(folder / "keys"), free_port()
        keys.host_key.chmod(0o600)
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{port} {keys.host_key.with_suffix('.pub').read_text()}")
        for name in ("requests", "responses"):
            (folder / name).mkdir()
        file = folder / "sshd_config"
        file.write_text(SETTINGS.format(port=port, host_key=keys.host_key, client_key=keys.client_key))
        if not os.geteuid():
            Path("/run/sshd").mkdir(exist_ok=True)  # as Debian's service does when it starts
        sshd = next(path for place in SYSTEM_PATH.split(os.pathsep) if (path := Path(place, "sshd")).exists())
        with running([sshd, "-D", "-e", "-f", file], folder, lambda: listens(port)):
            user = pwd.getpwuid(os.geteuid()).pw_name
            paths = str(folder / "requests"), str(folder / "responses")
            yield SftpExchange("127.0.0.1", port, user, keys.client_key, known_hosts, *paths)


@pytest.mark.rule("H40")
def test_files_go_and_come(exchange: SftpExchange) -> None:
    content = bytes(range(256)) * 4096
    exchange.put("URA2NRO_20250201003005", content)
    (written,) = Path(exchange.requests).iterdir()
    assert (written.name, written.read_bytes()) == ("URA2NRO_20250201003005", content)
    for name in ("NRO2URA_2", "NRO2URA_1", "NRO2URA_3.part"):
        Path(exchange.responses, name).write_bytes(name.encode())
    assert exchange.names() == ["NRO2URA_1", "NRO2URA_2"]
    assert exchange.get("NRO2URA_1") == b"NRO2URA_1"


@pytest.mark.rule("H44")
def test_a_host_with_another_key_and_a_client_with_another_are_refused(
    exchange: SftpExchange, tmp_path: Path
) -> None:
    strangers = sftp_keys(tmp_path / "strangers")
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(
        f"[127.0.0.1]:{exchange.port} {strangers.host_key.with_suffix('.pub').read_text()}"
    )
    with pytest.raises(Unavailable, match="HostKeyNotVerifiable"):
        evolve(exchange, known_hosts=known_hosts).names()
    with pytest.raises(Unavailable, match="PermissionDenied"):
        evolve(exchange, key=strangers.client_key).names()
