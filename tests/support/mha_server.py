"""MHA's SFTP server, simulated, for as long as a test needs it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ocms_adapters.sftp import SftpExchange
from ocms_app.simulator import REQUESTS, RESPONSES, mha, sftp_keys
from tests.support.postgres import free_port


@contextmanager
def mha_server(folder: Path) -> Iterator[SftpExchange]:
    """Run MHA's server in a thread of its own, and give the exchange with it."""
    port = free_port()
    keys = sftp_keys(folder, port=port)
    started, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with mha(folder, keys, port):
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield SftpExchange("127.0.0.1", port, "ocms", keys.client_key, keys.known_hosts, REQUESTS, RESPONSES)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
