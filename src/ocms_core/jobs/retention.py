"""What OCMS keeps about its own calls and jobs, for how long, and the job that removes what is past it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import Protocol

from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.rule_tags import rule

CHUNK = 1_000
"""Rows removed in one transaction: few enough that nobody waits for their locks."""


@unique
class RowKind(Enum):
    """A kind of row or file that is kept for a time; the value names it in counts and settings."""

    ANSWERS = "answers"
    OUTBOX = "outbox"
    RATE_SLOTS = "rate_slots"
    ACCESS_RECORDS = "access_records"
    JOB_RUNS = "job_runs"
    ALERTS = "alerts"
    REPORTS = "reports"
    SESSIONS = "sessions"


class OldRows(Protocol):
    """Rows and files that may be past their time."""

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """
        Remove the oldest rows of a kind that ended before a moment, about `most`; return how many.

        What is not ended, such as a row that waits for delivery, stays whatever its age.
        """


@rule("K3")
def remove_old_rows(
    rows: OldRows, days: Mapping[RowKind, int], clock: Clock, is_ending: Callable[[], bool]
) -> JobCounts:
    """
    Remove in chunks what was kept for its number of `days`, and count it by kind (K3).

    A kind of 0 days is kept for ever. Stops after the present chunk once `is_ending`.
    """
    counts = dict.fromkeys((kind.value for kind in RowKind), 0)
    for kind in RowKind:
        before = clock() - timedelta(days=days[kind])
        while days[kind] and not is_ending():
            removed = rows.remove(kind, before, CHUNK)
            counts[kind.value] += removed
            if removed < CHUNK:
                break
    return counts
