"""What OCMS keeps about its own calls and jobs, for how long, and the job that removes what is past it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import Protocol

from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.rule_tags import rule

CHUNK = 1_000
"""Rows removed in one transaction at most."""

SMALLEST_CHUNK = 50
"""Rows removed in one transaction however slow the database is."""

LONGEST = timedelta(milliseconds=25)
"""How long a transaction may take, half of what a lock may be held; after a longer one chunks are halved."""

LONGEST_CATCH_UP = timedelta(days=27)
"""How late a job is made up for at most, so that no month goes without an address check; runs stay longer."""


@unique
class RowKind(Enum):
    """
    A kind of row or file that is kept for a time; the value names it in counts and settings.

    Runs of jobs of every minute that ended well go sooner than the others, which are all job runs.
    """

    ANSWERS = "answers"
    OUTBOX = "outbox"
    RATE_SLOTS = "rate_slots"
    ACCESS_RECORDS = "access_records"
    FREQUENT_RUNS = "frequent_runs"
    JOB_RUNS = "job_runs"
    ALERTS = "alerts"
    REPORTS = "reports"
    SESSIONS = "sessions"
    SYNC_PROGRESS = "sync_progress"


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

    A kind of 0 days is kept for ever. Stops after the present chunk once `is_ending`. A chunk may be smaller
    than asked for, where a row was used anew in between, so only an empty one is the last.
    """
    counts = dict.fromkeys((kind.value for kind in RowKind), 0)
    for kind in RowKind:
        before = clock() - timedelta(days=days[kind])
        most = CHUNK
        while days[kind] and not is_ending():
            begun = clock()
            removed = rows.remove(kind, before, most)
            most = next_chunk(most, clock() - begun)
            counts[kind.value] += removed
            if not removed:
                break
    return counts


@rule("K3")
def next_chunk(most: int, took: timedelta) -> int:
    """Return how many rows to remove next: half as many after a slow one, more after a quick one (K3)."""
    if took > LONGEST:
        return max(most // 2, SMALLEST_CHUNK)
    return min(most * 2, CHUNK) if took < LONGEST / 4 else most
