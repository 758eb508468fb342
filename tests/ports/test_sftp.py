"""The exchange with MHA against a real SFTP server."""

from collections.abc import Iterator
from pathlib import Path

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


def test_a_server_that_is_not_there_is_unavailable(exchange: SftpExchange) -> None:
    with pytest.raises(Unavailable, match="MHA"):
        evolve(exchange, port=free_port()).names()


def test_a_file_that_is_not_there_is_unavailable(exchange: SftpExchange) -> None:
    with pytest.raises(Unavailable, match="MHA"):
        exchange.get("NRO2URA_9")
