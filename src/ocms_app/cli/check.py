"""`ocms check`."""

from ocms_adapters.clock import SystemClock
from ocms_app.cli.serve import check_port
from ocms_app.deployment_check import Severity, findings
from ocms_app.startup import startup
from ocms_core.kernel.errors import OcmsError


def check(*, host: str = "127.0.0.1", port: int | None = None) -> int:
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
    """
    to_mend = 0
    for finding in findings(startup(), SystemClock().now()):
        to_mend += finding.severity is Severity.WRONG
        print(f"{finding.severity.value:5}  {finding.subject}: {finding.text}")
    if port is not None:
        try:
            check_port(host, port)
        except OcmsError as problem:
            to_mend += 1
            print(f"{Severity.WRONG.value:5}  port: {problem}")
    print(f"{to_mend} to be put right." if to_mend else "Nothing keeps this deployment from working.")
    return 1 if to_mend else 0
