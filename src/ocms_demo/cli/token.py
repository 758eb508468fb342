"""`ocms token`: the token alone goes to standard output."""

import sys
from pathlib import Path
from typing import Literal

from ocms_adapters.clock import SystemClock
from ocms_app.startup import startup
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind

# CAS has an API key.
TokenRole = Literal["plus", "toppan", "oic"]


def token(*, role: TokenRole, client: str | None = None, officer: str | None = None, hours: int = 1) -> None:
    """
    Print a bearer token of the development issuer, which OCMS_DEV_ISSUER=1 switches on.

    Parameters
    ----------
    role
        What the caller may do: plus or toppan for a client, oic for an officer.
    client
        The client system the token is for.
    officer
        The officer the token is for.
    hours
        How long the token is valid.
    """
    settings = startup()
    issuer = DevIssuer(Path(settings.dev_keys), settings.dev_issuer)
    if (client is None) == (officer is None) or (officer is None) == (role == "oic"):
        raise ValueError("Give --client NAME with --role plus or toppan, or --officer NAME with --role oic.")
    kind = CallerKind.STAFF if officer else CallerKind.CLIENTS
    now = SystemClock().now()
    print(issuer.token(officer or client or "", Role(role), kind=kind, now=now, lifetime=hours * 3600))
    print(f"Token valid {hours} h. Send it as Authorization: Bearer ...", file=sys.stderr)
