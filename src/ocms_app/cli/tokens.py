"""`ocms token`: print a development token, or say why a token is or is not accepted."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ocms_adapters.clock import SystemClock
from ocms_app.demo_package import DemoNotInstalled, token_command
from ocms_app.issuers import issuers
from ocms_app.startup import startup
from ocms_web.authentication.inspection import Inspection, inspect

app = App(name="token", help="Print a bearer token of the development issuer, or inspect any token.")


def token(*_words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Print a bearer token of the development issuer, where the package with the demo is installed."""
    raise DemoNotInstalled


app.default(token_command() or token)

# More than any token accepted, so that a longer one is seen to be longer.
MOST_READ = 1024 * 1024
PREFIXES = ("authorization:", "bearer ")


@app.command(name="inspect")
def inspect_token(file: Path | None = None) -> int:
    """
    Show check by check why a bearer token is or is not accepted by the settings; it is never printed.

    The exit status is 0 when it is accepted for some call, 1 when it is not. The issuer's keys are read as
    a call reads them.

    Parameters
    ----------
    file
        File with the token; without one it is read from standard input. `Bearer` may stand before it.
    """
    settings = startup()
    if file is None and sys.stdin.isatty():
        print("Paste the token, then press Enter and Ctrl-D.", file=sys.stderr)
    with file.open("rb") if file else sys.stdin.buffer as source:
        text = source.read(MOST_READ).decode("ascii", "replace")
    inspection = inspect(bare_token(text), tuple(issuers(settings)), SystemClock().now())
    print(report(inspection))
    return 0 if inspection.is_accepted else 1


def bare_token(text: str) -> str:
    """Return a token without the name of the header and of the scheme, where they stand before it."""
    token = text.strip()
    for prefix in PREFIXES:
        if token.lower().startswith(prefix):
            token = token[len(prefix) :].strip()
    return token


def report(inspection: Inspection) -> str:
    """Return the checks of a token, a line each with the reason below it, and the result."""
    lines = []
    for finding in inspection.findings:
        lines.append(f"{'FAILED' if finding.reason else 'ok':6}  {finding.check:9}  {finding.seen}")
        if finding.reason:
            lines.append(f"{'':19}{finding.reason}")
    return "\n".join([*lines, "accepted" if inspection.is_accepted else "not accepted"])
