"""MHA's SFTP server, simulated, for as long as a test needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ocms_adapters.sftp import SftpExchange
from ocms_demo.simulators.mha import HOST, REQUESTS, RESPONSES, MhaSimulator


@contextmanager
def mha_server(folder: Path) -> Iterator[SftpExchange]:
    """Run MHA's server, and give the exchange with it."""
    mha = MhaSimulator(folder)
    with mha.running():
        yield SftpExchange(
            HOST, mha.port, "ocms", mha.keys.client_key, mha.keys.known_hosts, REQUESTS, RESPONSES
        )
