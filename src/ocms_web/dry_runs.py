"""Calls that are only tried, by their header (K6)."""

from collections.abc import Mapping

from ocms_core.kernel.access import OPERATIONS, Operation
from ocms_core.kernel.rule_tags import rule
from ocms_web.headers import values_of

HEADER = "OCMS-Dry-Run"
DRY_RUN = "1"
ECHO: Mapping[str, str] = {HEADER: DRY_RUN}


@rule("K6")
def dry_run_header(operation: Operation, headers: Mapping[str, str]) -> str | None:
    """
    Return the header of a call that writes; None without it, and for a call that writes nothing (K6).

    Of a header sent more than once all values are returned as one, which then says something else than 1.
    """
    sent = values_of(headers, HEADER.lower()) if OPERATIONS[operation].writes else []
    return ", ".join(sent) if sent else None


def is_dry_run(operation: Operation, headers: Mapping[str, str]) -> bool:
    """Return whether a call is only to be tried."""
    return dry_run_header(operation, headers) == DRY_RUN
