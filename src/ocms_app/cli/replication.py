"""`ocms replication`: replication to the Internet database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from sqlalchemy import Engine

from ocms_adapters.clock import SystemClock
from ocms_adapters.encryption import KEY_ID
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_adapters.sql.replication import BATCH, RelayResult, SqlReplication
from ocms_app.cli.jobs import HELD
from ocms_app.cli.listing import AsJson, show_list
from ocms_app.cli.stopping import set_when_stopped
from ocms_app.databases import internet_copy, open_databases
from ocms_app.distributed_reconciliation import queue_of, whole
from ocms_app.job_runner import JobRunner
from ocms_app.keys import new_key
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.jobs.runs import RunResult, SkipReason
from ocms_core.kernel.errors import Conflict, OcmsError, Unavailable
from ocms_core.replication.comparison import Difference

app = App(name="replication", help="Deliver to the Internet database, compare and repair it.")


@contextmanager
def both_sides(settings: Settings) -> Iterator[tuple[Engine, InternetCopy]]:
    """Open the Intranet database and the Internet copies, for work that nobody waits for."""
    databases = open_databases(settings)
    try:
        with internet_copy(settings) as copy:
            yield databases.intranet, copy
    finally:
        databases.dispose()


@app.command
def status(*, as_json: AsJson = False) -> int:
    """Show what waits to be delivered; the exit status is 1 when some of it has failed before."""
    with both_sides(startup()) as sides:
        standing = SqlReconciler(*sides).outbox_status()
        queue = queue_of(sides[0])
        chunks = queue.status() if queue and queue.exists() else None
    show_list(("kind", "waiting"), sorted(standing.waiting.items()), as_json=as_json)
    if chunks:
        given = f"waiting {chunks.waiting}, at work {chunks.at_work}, done {chunks.done}"
        print(f"chunks: {given}, given up {chunks.given_up}", file=sys.stderr)
    if standing.oldest:
        waited = SystemClock().now() - standing.oldest
        print(f"oldest: {timedelta(seconds=int(waited.total_seconds()))} ago", file=sys.stderr)
    if standing.failing:
        print(f"failed at least once: {standing.failing}; last: {standing.last_error}", file=sys.stderr)
    return 1 if standing.failing else 0


@app.command
def run(
    *, once: bool = False, pause: Annotated[float, Parameter(validator=Number(gt=0, lte=60))] = 1.0
) -> int:
    """
    Deliver what waits, until SIGTERM; any number of these may run at once.

    Parameters
    ----------
    once
        Stop as soon as nothing is due; the exit status is 1 when a delivery failed.
    pause
        Seconds to wait when nothing is due.
    """
    stop = Event()
    if not once:
        set_when_stopped(stop)
    with both_sides(startup()) as sides:
        return 1 if relay(SqlReplication(*sides), stop, once=once, pause=pause) else 0


def relay(replication: SqlReplication, stop: Event, *, once: bool, pause: float) -> int:
    """Deliver until `stop` is set, or with `once` until nothing is due; return how many rows failed."""
    failed = 0
    while not stop.is_set():
        result = one_round(replication, SystemClock().now(), patient=not once)
        failed += result.failed
        if result == RelayResult():
            if once:
                break
            stop.wait(pause)
    return failed


def one_round(replication: SqlReplication, now: datetime, *, patient: bool) -> RelayResult:
    """Deliver one round; with `patient` an unreachable database is reported instead of raised."""
    try:
        result = replication.run_once(now, BATCH)
    except (Unavailable, Conflict) as fault:
        if not patient:
            raise
        print(fault, file=sys.stderr)
        return RelayResult()
    if result != RelayResult():
        print(f"delivered {result.delivered}, failed {result.failed}", file=sys.stderr)
    return result


@app.command
def reconcile(
    *,
    repair: bool = False,
    queued: bool = False,
    chunk: Annotated[int, Parameter(validator=Number(gte=1))] = 50_000,
) -> int:
    """
    Compare both sides by checksum, row by row where they differ; the exit status is 1 when they do.

    Parameters
    ----------
    repair
        Queue what differs for delivery again, and deliver it.
    queued
        Cut it into chunks for all who run `ocms work --chunks`; without a queue they are done here.
    chunk
        How many notices a chunk has.
    """
    if queued:
        return reconcile_queued(chunk, repair=repair)
    with both_sides(startup()) as sides:
        found = SqlReconciler(*sides).reconcile(SystemClock().now(), repair=repair)
    for how, count in sorted(found.found.items(), key=lambda each: each[0].value):
        print(f"{how.value}: {count}")
    print(f"compared {found.compared} rows, {found.on_their_way} on their way", file=sys.stderr)
    if not found.found:
        return 0
    return run(once=True) if repair else 1


def reconcile_queued(size: int, *, repair: bool) -> int:
    """Compare both sides in chunks and print the result; return 3 when another is comparing them."""
    settings = startup()
    databases = open_databases(settings)
    runner = JobRunner(settings, databases)
    set_when_stopped(runner.stopping)
    try:
        ended = runner.run(whole(size, repair=repair))
    finally:
        databases.dispose()
    if isinstance(ended, SkipReason):
        print(f"Not begun: {ended.value}.", file=sys.stderr)
        return HELD
    if ended.result is not RunResult.DONE:
        raise OcmsError(f"run {ended.number} {ended.result.value}: {ended.error}")
    found = {how.value for how in Difference} & ended.counts.keys()
    for how in sorted(found):
        print(f"{how}: {ended.counts[how]}")
    counts = {"compared": 0, "on_their_way": 0, **ended.counts}
    print(
        f"compared {counts['compared']} rows in {counts['chunks']} chunks, "
        f"{counts['on_their_way']} on their way",
        file=sys.stderr,
    )
    if not found:
        return 0
    return run(once=True) if repair else 1


@app.command
def rotate() -> None:
    """Encrypt anew, with the first of OCMS_INTERNET_KEYS, what an older key encrypted; readers read on."""
    with both_sides(startup()) as (_, copy):
        count = copy.rotate(SystemClock().now())
    print(f"encrypted anew: {count} rows", file=sys.stderr)


@app.command
def key(key_id: str) -> None:
    """
    Print a new key for OCMS_INTERNET_KEYS; put it before the others, then `ocms replication rotate`.

    Parameters
    ----------
    key_id
        Its id, 1 to 3 letters and digits, not used before.
    """
    if not KEY_ID.fullmatch(key_id):
        raise ValueError("A key id has 1 to 3 letters and digits.")
    print(f"{key_id}={new_key()}")
