"""When a job is due: which time of its schedule is to be run now, and when to look again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ocms_core.jobs.ports import Schedule
from ocms_core.jobs.runs import RunOutcome, RunResult, SkipReason
from ocms_core.kernel.value_objects import value_object

# While another worker holds the lock of a due job, it is attempted all the while: when that one dies, its
# work is taken over within a second of the end of its lock.
HELD_RETRY_DELAY = timedelta(seconds=0.5)
# A lock of another clock stays as it is until its node or the setting is changed.
MISDATED_RETRY_DELAY = timedelta(minutes=1)
LONGEST_SLEEP = timedelta(seconds=30)


@value_object
class PendingSlot:
    """A time of the schedule that is still to be run, and when the next attempt is."""

    slot: datetime
    retry_at: datetime


def last_slot(schedule: Schedule, after: datetime, until: datetime) -> datetime | None:
    """Return the last time of a schedule in (`after`, `until`]: of several missed, one is made up for."""
    last, slot = None, schedule.next_after(after)
    while slot and slot <= until:
        last, slot = slot, schedule.next_after(slot)
    return last


def due_slot(
    schedule: Schedule, *, after: datetime, pending: PendingSlot | None, now: datetime
) -> datetime | None:
    """
    Return the time of the schedule to run now; None when none is due.

    `after` is the last time that was begun, or at the start of a worker how far back it makes up for what
    was missed. A newer time replaces one that is pending.
    """
    slot = last_slot(schedule, after, now)
    if slot is None and pending and pending.retry_at <= now:
        return pending.slot
    return slot


def retry_delay(result: RunOutcome | SkipReason, *, tries: int, pause: timedelta) -> timedelta | None:
    """Return the delay before a due slot is attempted again; None if it needs no further attempt."""
    if isinstance(result, SkipReason):
        return {
            SkipReason.HELD: HELD_RETRY_DELAY,
            SkipReason.MISDATED: MISDATED_RETRY_DELAY,
            SkipReason.PAUSED: pause,
        }.get(result)
    return {RunResult.LOST: HELD_RETRY_DELAY, RunResult.FAILED: pause if tries > 1 else None}.get(
        result.result
    )


def sleep_time(moments: Iterable[datetime | None], *, running: bool, now: datetime) -> timedelta:
    """
    Return how long a worker may sleep: until the first of the moments, 30 seconds at most.

    While a job is running the end of its thread is watched, and the sleep is half a second at most.
    """
    longest = HELD_RETRY_DELAY if running else LONGEST_SLEEP
    return max(timedelta(0), min([longest, *(moment - now for moment in moments if moment)]))
