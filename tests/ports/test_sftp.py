"""The exchange with MHA against a real SFTP server."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from attrs import evolve

from ocms_adapters.sftp import SftpExchange
from ocms_core.kernel.errors import Unavailable
from ocms_demo.simulators.mha import HOST, REQUESTS, RESPONSES, sftp_keys
from tests.support.mha_server import mha_server
from tests.support.postgres import free_port


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[SftpExchange]:
    with mha_server(tmp_path) as running:
        yield running


@pytest.mark.rule("H40")
def test_a_file_is_handed_in_whole_and_under_its_name_alone(exchange: SftpExchange, tmp_path: Path) -> None:
    exchange.put("URA2NRO_20250201003005", b"whole")
    assert [path.name for path in (tmp_path / REQUESTS).iterdir()] == ["URA2NRO_20250201003005"]
    assert (tmp_path / REQUESTS / "URA2NRO_20250201003005").read_bytes() == b"whole"


@pytest.mark.rule("H40")
def test_what_is_still_being_written_is_not_seen(exchange: SftpExchange, tmp_path: Path) -> None:
    for name in ("NRO2URA_2", "NRO2URA_1", "NRO2URA_3.part"):
        (tmp_path / RESPONSES / name).write_bytes(name.encode())
    assert exchange.names() == ["NRO2URA_1", "NRO2URA_2"]
    assert exchange.get("NRO2URA_1") == b"NRO2URA_1"


@pytest.mark.rule("H44")
def test_a_host_whose_key_is_not_known_is_refused(exchange: SftpExchange, tmp_path: Path) -> None:
    stranger = sftp_keys(tmp_path / "elsewhere").host_key.with_suffix(".pub").read_text()
    known_hosts = tmp_path / "of_strangers"
    known_hosts.write_text(f"[{HOST}]:{exchange.port} {stranger}")
    with pytest.raises(Unavailable, match=r"MHA \(HostKeyNotVerifiable\)"):
        evolve(exchange, known_hosts=known_hosts).names()


@pytest.mark.rule("H44")
def test_a_host_of_which_no_key_is_known_is_refused(exchange: SftpExchange, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.touch()
    with pytest.raises(Unavailable, match=r"MHA \(HostKeyNotVerifiable\)"):
        evolve(exchange, known_hosts=nothing).put("x", b"")
    assert not list((tmp_path / REQUESTS).iterdir())


def test_a_key_that_is_encrypted_is_refused_with_its_setting(exchange: SftpExchange, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    for form in ("pkcs1-pem", "pkcs8-pem"):
        key.write_private_key(str(tmp_path / form), form, passphrase="long enough")
        with pytest.raises(Unavailable, match=r"MHA \(OCMS_MHA_KEY: the key file is encrypted, "):
            evolve(exchange, key=tmp_path / form, key_setting="OCMS_MHA_KEY").names()


def test_a_key_that_cannot_be_read_is_refused_with_its_setting(
    exchange: SftpExchange, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    for name, reason in (("none", "FileNotFoundError"), ("empty", "the file is no private key")):
        with pytest.raises(Unavailable, match=rf"MHA \(OCMS_MHA_KEY: {reason}\)"):
            evolve(exchange, key=tmp_path / name, key_setting="OCMS_MHA_KEY").names()


def test_a_server_that_is_not_there_is_unavailable(exchange: SftpExchange) -> None:
    with pytest.raises(Unavailable, match="MHA"):
        evolve(exchange, port=free_port()).names()


def test_a_file_that_is_not_there_is_unavailable(exchange: SftpExchange) -> None:
    with pytest.raises(Unavailable, match="MHA"):
        exchange.get("NRO2URA_9")
