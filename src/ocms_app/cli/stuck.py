"""`ocms stuck`: the cases nobody acts on any more."""

import sys

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.cli.listing import SECOND, AsJson, HowMany, show_list
from ocms_app.databases import lock_times, open_databases
from ocms_app.grace import grace
from ocms_app.startup import startup
from ocms_core.jobs.stuck_cases import StuckKind, stuck_cases


def stuck(
    *,
    kind: StuckKind | None = None,
    most: HowMany = 100,
    as_json: AsJson = False,
) -> int:
    """
    Show the cases that nobody acts on any more, the oldest first; the exit status is 1 when there are some.

    These are notices past the day of their next stage (OCMS_STUCK_NOTICE_DAYS after it), suspensions past
    their last day, deliveries older than an hour, identities unanswered for 45 days, runs that never ended.

    Parameters
    ----------
    kind
        Only those of this kind.
    most
        How many of each kind at most.
    as_json
        Print JSON instead of a table.
    """
    settings, now = startup(), SystemClock().now()
    databases = open_databases(settings)
    cases = SqlWaitingCases(databases.intranet, lock_times(settings))
    rows: list[tuple[object, ...]] = []
    more: list[str] = []
    for each in StuckKind if kind is None else [kind]:
        found = list(stuck_cases(cases, each, now, grace(settings), most + 1))
        rows += [(case.kind, case.case, case.since, case.reason) for case in found[:most]]
        if len(found) > most:
            more.append(each.value)
    databases.dispose()
    show_list(("kind", "case", "since", "why"), rows, as_json=as_json, wrapped=("why",), moments=SECOND)
    if more:
        print(f"There are more of these: {', '.join(more)}; --most shows them.", file=sys.stderr)
    return 1 if rows else 0
