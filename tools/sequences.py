"""
Print docs/calls.svg and docs/jobs.svg: who calls whom, in which order, drawn from the tables.

`python -m tools.sequences` writes them; with `--check` it fails when a committed file differs. The calls are
the rows of the access table, the jobs those of the job table in the order of their day.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from ocms_app.job_table import JOBS, Job
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from ocms_core.kernel.batch_limits import DEFAULTS
from tools.reference_page import DOCS, write_page
from tools.svg import arrow, drawing, rectangle, text

CALLERS: Mapping[Role, str] = {
    Role.CAS: "CAS",
    Role.PLUS: "PLUS",
    Role.TOPPAN: "Toppan",
    Role.OIC: "Officer",
}
INTRANET, INTERNET, WORKER, API = "Intranet database", "Internet database", "ocms work", "ocms serve"
REACHED: Mapping[str, str] = {
    "refresh_vip_vehicle": "CAS",
    "sync_cas_payment_status": API,
    "update_cas_court_notices": API,
    "send_alerts": "Mail server",
    "deliver_to_internet": INTERNET,
    "seal_audit_rows": INTRANET,
    "query_hst_addresses": INTRANET,
    "send_mha_requests": "MHA",
    "receive_mha_responses": "MHA",
    "query_datahive": "DataHive",
    "loop_hst_suspensions": INTRANET,
    "generate_hst_reports": "Mail server",
    "suspend_hst_new_notices": INTRANET,
    "remove_old_rows": INTRANET,
    "report_stuck_cases": INTRANET,
}
"""Whom a job calls, or whose rows it changes."""

TOP, ROW = 64, 30


@frozen
class Lifelines:
    """The participants of a sequence, each a line down the picture; `places` are their middles in pixels."""

    names: Sequence[str]
    places: Sequence[int]

    def drawn(self, rows: int) -> Iterator[str]:
        """Yield the heads and the lines, for a number of rows."""
        for name, x in zip(self.names, self.places, strict=True):
            yield f'<path d="M{x} {TOP} {x} {TOP + ROW * rows + 10}" class="line" stroke-dasharray="4 4"/>'
            yield rectangle(x - 68, TOP - 40, 136, 30, "box")
            yield text(x, TOP - 20, name, "head")

    def message(self, row: int, caller: str, called: str, label: str) -> Iterator[str]:
        """Yield the arrow of a row from one participant to another, with its label beside it."""
        start, end = (self.places[self.names.index(name)] for name in (caller, called))
        y = TOP + ROW * row + 22
        yield from arrow(start, y, end, y, "")
        # A plate keeps the label legible where it crosses the lines of others.
        middle, width = (start + end) / 2, 6 * len(label)
        yield rectangle(middle - width / 2, y - 16, width, 12, "page")
        yield text(middle, y - 6, label, "small")


def call_label(operation: Operation) -> str:
    """Return the name of an operation with its bounds."""
    policy = OPERATIONS[operation]
    items = f"{DEFAULTS[policy.batch_cap]:,} items, " if policy.batch_cap else ""
    return f"{operation.value} ({items}{policy.limit.calls} in {policy.limit.seconds // 60} min)"


def calls() -> Iterator[str]:
    """Yield the picture of the calls."""
    lines = Lifelines((*CALLERS.values(), "OCMS", INTRANET), (80, 224, 368, 512, 872, 1050))
    yield from lines.drawn(len(OPERATIONS))
    for row, (operation, policy) in enumerate(OPERATIONS.items()):
        yield from lines.message(row, CALLERS[policy.role], "OCMS", call_label(operation))
        does = "changes" if policy.changes else "records" if policy.records else "reads"
        yield from lines.message(row, "OCMS", INTRANET, does)


def moment(job: Job) -> tuple[int, str]:
    """Return when a job runs by its table, to sort by and in words."""
    minute, hour, day, *_ = job.schedule.split()
    if minute == "*":
        return -1, "every minute"
    when = f"{int(hour):02}:{int(minute):02}"
    return int(hour) * 60 + int(minute), f"{when}, day {day}" if day != "*" else when


def jobs() -> Iterator[str]:
    """Yield the picture of a day of jobs."""
    names = ("CAS", "MHA", "DataHive", "Mail server", WORKER, API, INTRANET, INTERNET)
    lines = Lifelines(names, (180, 324, 468, 612, 812, 1012, 1156, 1300))
    yield from lines.drawn(len(JOBS))
    for row, job in enumerate(sorted(JOBS, key=lambda job: moment(job)[0])):
        yield text(16, TOP + ROW * row + 22, moment(job)[1], "left small")
        yield from lines.message(row, WORKER, REACHED[job.name], job.name)


def main(arguments: list[str]) -> int:
    """Write or check both pictures; return the exit status."""
    of_calls = drawing(1130, TOP + ROW * len(OPERATIONS) + 24, "Who calls OCMS", calls())
    of_jobs = drawing(1380, TOP + ROW * len(JOBS) + 24, "A day of jobs", jobs())
    return max(
        write_page(DOCS / "calls.svg", of_calls, arguments),
        write_page(DOCS / "jobs.svg", of_jobs, arguments),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
