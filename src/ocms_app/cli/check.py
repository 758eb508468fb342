"""`ocms check`."""

from collections.abc import Iterator

from ocms_adapters.clock import SystemClock
from ocms_app.cli.listing import AsJson, show_list
from ocms_app.cli.serve import check_port
from ocms_app.deployment_check import CheckResult, Severity, findings, wrong
from ocms_app.startup import startup
from ocms_core.kernel.errors import OcmsError


def check(*, host: str = "127.0.0.1", port: int | None = None, as_json: AsJson = False) -> int:
    """
    Print what would keep this deployment from working, a line each with what to do; then the status is 1.

    Looks at settings, keys, drivers, both databases, issuers, reports, disk, mail, MHA, CAS and DataHive.
    Nothing is written, and no mail is sent.

    Parameters
    ----------
    host
        Address that is to be listened on.
    port
        Port that is to be free there; not looked at unless given.
    as_json
        Print JSON instead of a table.
    """
    found: list[CheckResult] = []
    for finding in (*findings(startup(), SystemClock().now()), *port_findings(host, port)):
        found.append(finding)
        if not as_json:
            print(f"{finding.severity.value:5}  {finding.subject}: {finding.text}")
    to_mend = sum(finding.severity is Severity.WRONG for finding in found)
    if as_json:
        rows = ((each.severity, each.subject, each.text) for each in found)
        show_list(("severity", "subject", "text"), rows, as_json=True)
    else:
        print(f"{to_mend} to be put right." if to_mend else "Nothing keeps this deployment from working.")
    return 1 if to_mend else 0


def port_findings(host: str, port: int | None) -> Iterator[CheckResult]:
    """Yield that a port, where one is given, cannot be listened on."""
    if port is None:
        return
    try:
        check_port(host, port)
    except OcmsError as problem:
        yield wrong("port", str(problem))
