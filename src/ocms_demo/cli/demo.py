"""`ocms demo`: a working system with sample data, and calls to try."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.cli.databases import upgrade_both
from ocms_app.cli.serve import check_port, serve_until_stopped
from ocms_app.databases import Databases, open_databases
from ocms_app.keys import field_cipher
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.kernel.access import Role
from ocms_demo.cli.sample import fill
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from ocms_web.court import description as court_description
from ocms_web.descriptions import Description
from ocms_web.hst import description as hst_description
from ocms_web.json_codec import encode
from ocms_web.offenders import description as offender_description
from ocms_web.stages import description as stage_description

CLIENT = "DEMO-CAS"
OFFICER = "USER01"
HOURS = 12


def demo(*, host: str = "127.0.0.1", port: int = 8000, notices: int = 10_000, cas_mishaps: str = "") -> None:
    """
    Start a working system with sample data on the databases of the settings, and print calls to try.

    With nothing set that is SQLite below `var/`. Beside the API run a worker and simulators of CAS, MHA,
    DataHive and the token endpoint. The development issuer is on: not for production.

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
    settings = startup()
    check_port(host, port)
    databases = open_databases(settings)
    upgrade_both(databases)
    fill(databases, field_cipher(settings), notices, seed=1)
    credentials = issue_credentials(settings, databases)
    databases.dispose()
    base = f"http://{host}:{port}"
    print_calls(base, credentials)
    with demo_services(base, credentials.api_key, cas_mishaps):
        serve_until_stopped(evolve(settings, workers=1), host, port)


@frozen
class DemoCredentials:
    """An API key of CAS, and the tokens of PLUS and of an officer."""

    api_key: str
    plus_token: str
    staff_token: str


def issue_credentials(settings: Settings, databases: Databases) -> DemoCredentials:
    """Issue the credentials of a demo; API keys of demos before it are revoked."""
    now = SystemClock().now()
    keys = SqlCredentials(databases.intranet)
    for key in keys.list():
        if key.client == CLIENT and key.live(now):
            keys.revoke(key.key_id, now=now)
    issuer = DevIssuer(Path(settings.dev_keys), switched_on=True)
    plus, staff = (
        issuer.token(name, role, kind=kind, now=now, lifetime=HOURS * 3600)
        for name, role, kind in (
            ("PLUS", Role.PLUS, CallerKind.CLIENTS),
            (OFFICER, Role.OIC, CallerKind.STAFF),
        )
    )
    return DemoCredentials(keys.issue(CLIENT, Role.CAS, now=now, days=1), plus, staff)


def print_calls(base: str, credentials: DemoCredentials) -> None:
    """Print the credentials, and calls to try with them."""
    print(f"\nAPI key (CAS):\n{credentials.api_key}\n\nPLUS token ({HOURS} h):\n{credentials.plus_token}")
    print(f"\nStaff token of {OFFICER} ({HOURS} h):\n{credentials.staff_token}\n\nCalls to try:")
    cas = f"X-API-Key: {credentials.api_key}"
    plus = f"Authorization: Bearer {credentials.plus_token}"
    staff = f"Authorization: Bearer {credentials.staff_token}"
    calls: tuple[tuple[str, str, object], ...] = (
        ("/v1/ocms/cas-getPaymentStatus", cas, example(court_description.PAYMENT_STATUS)),
        ("/v1/ocms/cas-updateCourtNotices", cas, example(court_description.COURT_NOTICES)),
        ("/v1/plus-queryNoticeInfo", plus, example(court_description.NOTICE_INFO)),
        # The contract's own criteria find nothing together.
        ("/ocms/v1/change-processing-stage/search", staff, {"noticeNo": "N-001"}),
        ("/ocms/v1/change-processing-stage/validate", staff, example(stage_description.VALIDATE)),
        ("/api/v1/notice/offender/get-details", staff, example(offender_description.POST_DETAILS)),
        ("/hstexists", staff, example(hst_description.EXISTS)),
    )
    for path, credential, body in calls:
        options = f"-H 'Content-Type: application/json' -H '{credential}' -d '{json.dumps(body)}'"
        print(f"\ncurl -s {base}{path} {options}", flush=True)
    print(flush=True)


def example(description: Description) -> object:
    """Return the request the contract shows."""
    return json.loads(encode(description.request.examples["contract"]))


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
