"""The file exchange with MHA over SFTP, its host key verified."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

import asyncssh
from asyncssh import SFTPClient, SSHKey
from attrs import frozen

from ocms_adapters.http.mutual_tls import ENCRYPTED
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule

MHA = "MHA"
TEMPORARY = ".part"
SECONDS = 60

Result = TypeVar("Result")


@frozen
class SftpExchange:
    """
    A folder for requests and one for responses on a server whose key stands in `known_hosts`.

    `key` is the file of OCMS's private key, and `key_setting` the setting that names it, for the error where
    it cannot be used.
    """

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    requests: str
    responses: str
    key_setting: str = "the private key"

    @rule("H40")
    def put(self, name: str, content: bytes) -> None:
        """Write a request under a temporary name, then rename it: MHA never reads half of one (H40)."""
        place = f"{self.requests}/{name}"

        async def write(sftp: SFTPClient) -> None:
            async with sftp.open(place + TEMPORARY, "wb") as file:
                await file.write(content)
            await sftp.rename(place + TEMPORARY, place)

        self._run(write)

    def names(self) -> Sequence[str]:
        """List the names of MHA's response files, sorted."""

        async def list_names(sftp: SFTPClient) -> Sequence[str]:
            names = [str(name) for name in await sftp.listdir(self.responses)]
            return sorted(name for name in names if not name.startswith(".") and not name.endswith(TEMPORARY))

        return self._run(list_names)

    def get(self, name: str) -> bytes:
        """Fetch the content of a response file."""

        async def read(sftp: SFTPClient) -> bytes:
            async with sftp.open(f"{self.responses}/{name}", "rb") as file:
                return cast("bytes", await file.read())  # a file opened as binary

        return self._run(read)

    def _run(self, work: Callable[[SFTPClient], Awaitable[Result]]) -> Result:
        own_key = self._own_key()
        try:
            return asyncio.run(asyncio.wait_for(self._with_connection(work, own_key), SECONDS))
        # The library's text may name a file or a person, so only the class of the error is passed on.
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise Unavailable(f"{MHA} ({type(error).__name__})") from None

    def _own_key(self) -> SSHKey:
        try:
            return asyncssh.read_private_key(self.key)
        except asyncssh.KeyEncryptionError:
            reason = ENCRYPTED
        except asyncssh.KeyImportError as error:
            reason = ENCRYPTED if "encrypted" in str(error) else "the file is no private key"
        except OSError as error:
            reason = type(error).__name__
        raise Unavailable(f"{MHA} ({self.key_setting}: {reason})")

    @rule("H44")
    async def _with_connection(
        self, work: Callable[[SFTPClient], Awaitable[Result]], own_key: SSHKey
    ) -> Result:
        """Run work over a connection to a host whose key is known beforehand, and to no other (H44)."""
        async with (
            asyncssh.connect(
                self.host,
                self.port,
                username=self.user,
                client_keys=[own_key],
                known_hosts=str(self.known_hosts),
                agent_path=None,
                config=[],
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            return await work(sftp)
