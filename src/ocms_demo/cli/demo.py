"""`ocms demo`: a working system with sample data, and calls to try."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.cli.databases import upgrade_both
from ocms_app.cli.serve import check_port, serve_until_stopped
from ocms_app.databases import Databases, open_databases
from ocms_app.keys import field_cipher
from ocms_app.startup import startup
from ocms_core.kernel.access import Role
from ocms_demo.cli.sample import fill
from ocms_demo.simulators.staff_sign_in import CLIENT_ID, DESCRIPTION

CLIENT = "DEMO-CAS"
LOOPBACK = "127.0.0.1"


def demo(*, host: str = "127.0.0.1", port: int = 8000, notices: int = 10_000, cas_mishaps: str = "") -> None:
    """
    Start a working system with sample data on the databases of the settings, and print calls to try.

    With nothing set that is SQLite below `var/`; addresses and credentials are in `var/demo.env`, for another
    terminal. Beside the API run a worker and simulators of CAS, MHA, DataHive and the token endpoint. The
    development issuer is on: not for production.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    notices
        How many sample notices.
    cas_mishaps
        What goes wrong with the first calls to the simulated CAS, separated by commas: late=SECONDS,
        cut=SHARE, reset, or a status such as 503.
    """
    os.environ["OCMS_DEV_ISSUER"] = "1"
    os.environ.setdefault("OCMS_LOG_FORMAT", "text")
    os.environ.setdefault("OCMS_PUBLIC_URL", f"http://{host}:{port}")
    name_staff_sign_in()
    settings = startup()
    check_port(host, port)
    databases = open_databases(settings, may_make=True)
    upgrade_both(databases)
    fill(databases, field_cipher(settings), notices, seed=1)
    api_key = issue_api_key(databases, port)
    databases.dispose()
    with demo_services(f"http://{host}:{port}", api_key, cas_mishaps):
        serve_until_stopped(evolve(settings, workers=1), host, port)


def issue_api_key(databases: Databases, port: int) -> str:
    """Issue the API key of a demo; those of demos before it on the same port are revoked."""
    now = SystemClock().now()
    client = f"{CLIENT}-{port}"  # another demo in the same folder keeps its key
    keys = SqlCredentials(databases.intranet)
    for key in keys.list():
        if key.client == client and key.live(now):
            keys.revoke(key.key_id, now=now)
    return keys.issue(client, Role.CAS, now=now, days=1)


def name_staff_sign_in() -> None:
    """Name where officers sign in at the staff pages: in this environment, which all processes read."""
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    os.environ["OCMS_STAFF_CLIENT_ID"] = CLIENT_ID
    os.environ["OCMS_STAFF_DISCOVERY_URL"] = f"http://{LOOPBACK}:{port}{DESCRIPTION}"


@contextmanager
def demo_services(base: str, api_key: str, faults: str) -> Iterator[None]:
    """Run the worker and the simulators beside the API; they end when this process does, however it ends."""
    command = [sys.executable, "-m", "ocms_demo.demo_services", faults]
    settings = {"OCMS_PARTNER_URL": base, "OCMS_PARTNER_API_KEY": api_key}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, **settings}) as beside:  # noqa: S603  # our own module
        try:
            yield
        finally:
            if beside.stdin:
                beside.stdin.close()
