"""What has to hold in the city: during the year, and when it is over."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import and_, func, or_, select

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.lock_times import IN_UTC
from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_app.databases import internet_copy
from ocms_app.grace import grace
from ocms_app.job_table import job_named
from ocms_core.jobs.stuck_cases import StuckKind, stuck_cases
from ocms_core.kernel.dates import local, singapore
from ocms_core.suspensions import service as suspensions
from tests.campaigns.year.city import VON, City
from tests.campaigns.year.known_notices import Unexplained
from tests.campaigns.year.record_checks import check_audit, check_record, check_sealed

HOUSEKEEPING = {
    "outbox": (t.ocms_outbox, "delivered_at", "keep_outbox"),
    "idempotent answers": (t.ocms_idempotent_answer, "answered_at", "keep_answers"),
    "rate slots": (t.ocms_rate_counter, "used_at", "keep_rate_slots"),
    "access records": (t.ocms_access_record, "looked_up_at", "keep_access_records"),
    "job runs": (t.ocms_job_run, "ended_at", "keep_job_runs"),
    "alerts": (t.ocms_alert, "sent_at", "keep_alerts"),
}
"""The tables that are cleared, the moment a row's time counts from, and the setting that says how long."""

SLACK_DAYS = 2
"""The job runs once a day, and a row may be a day old when it runs."""


def sizes(city: City) -> dict[str, int]:
    """Return how many rows each table with a retention has, and how many workbooks there are."""
    with city.databases.intranet.connect() as connection:
        found = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, (table, _, _) in HOUSEKEEPING.items()
        }
    workbooks = Path(city.settings.reports) / "change-stage"
    return found | {"workbooks": sum(1 for _ in workbooks.glob("*.xlsx"))}


def note_last_ids(city: City) -> None:
    """Note the last number of each table, by which it is known later when a row that is gone was written."""
    with city.databases.intranet.connect() as connection:
        numbered = {name: table.c.id for name, (table, _, _) in HOUSEKEEPING.items() if "id" in table.c}
        ids = {
            name: connection.execute(select(func.max(column))).scalar() for name, column in numbered.items()
        }
    city.last_ids.append((city.clock.time, {name: last or 0 for name, last in ids.items()}))


def check_suspensions(city: City) -> None:
    """Raise `Unexplained` where a notice breaks a rule of suspensions (U1 to U8)."""
    stores = SqlSuspensionStores(city.databases.intranet)
    found = list(suspensions.check(stores=stores, now=city.clock.time, progress=lambda _: None))
    if found:
        raise Unexplained(f"{len(found)} notices contradict themselves, such as {found[0]}")


def check_retention(city: City) -> None:
    """
    Raise `Unexplained` where a row is past its time, or one that is not was removed.

    Numbers of rows are given in order and never again, so nothing may be missing between the first that is
    there and the last.
    """
    now = city.clock.time
    with city.databases.intranet.connect() as connection:
        for name, (table, moment, setting) in HOUSEKEEPING.items():
            days = getattr(city.settings, setting)
            ended = table.c[moment]
            oldest = connection.execute(select(func.min(ended))).scalar()
            if oldest and singapore(oldest) < now - timedelta(days=days + SLACK_DAYS):
                raise Unexplained(f"{name}: a row of {oldest} is still there after {days} days")
            # Runs of the jobs of every minute go between runs of others.
            if "id" not in table.c or table is t.ocms_job_run:
                continue
            first, last, count = connection.execute(
                select(func.min(table.c.id), func.max(table.c.id), func.count())
            ).one()
            if count and last - first + 1 != count:
                raise Unexplained(
                    f"{name}: {last - first + 1 - count} rows are missing from {first} to {last}"
                )
            written = next((time for time, ids in city.last_ids if ids.get(name, 0) >= (first or 1) - 1), now)
            if first and first > 1 and written > now - timedelta(days=days - SLACK_DAYS):
                raise Unexplained(f"{name}: rows written on {written} are gone, {days} days are kept")
    city.counts["checks of retention"] += 1


def check_notices(city: City) -> None:
    """Raise `Unexplained` where a notice stands otherwise than what was done to it has left it."""
    last, changes = "", t.ocms_change_of_processing
    with city.databases.intranet.connect() as connection:
        recorded: dict[str, list[tuple[datetime, str, str]]] = {}
        for row in connection.execute(
            select(
                changes.c.notice_no,
                changes.c.date_of_change,
                changes.c.new_processing_stage,
                changes.c.authorised_officer,
            ).order_by(changes.c.date_of_change)
        ):
            recorded.setdefault(row[0], []).append((singapore(row[1]), row[2], row[3]))
        assigned: dict[str, int] = dict(
            tuple(row)
            for row in connection.execute(
                select(t.ocms_offender_history.c.notice_no, func.count())
                .where(t.ocms_offender_history.c.new_processing_stage.is_not(None))
                .group_by(t.ocms_offender_history.c.notice_no)
            ).all()
        )
        rows = connection.execute(select(VON).order_by(VON.c.notice_no)).all()
    if len(rows) != len(city.known):
        raise Unexplained(f"{len(rows)} notices are stored, {len(city.known)} are known")
    for row in rows:
        entry = city.known[row.notice_no]
        stage, date = entry.stages[-1]
        before = entry.stages[-2][0] if len(entry.stages) > 1 else None
        found = (row.last_processing_stage, singapore(row.last_processing_date), row.prev_processing_stage)
        if found != (stage, date, before) or row.amount_payable != entry.amount:
            raise Unexplained(f"{found}, {row.amount_payable}; known: {entry}")
        if recorded.get(entry.number, []) != entry.changes:
            raise Unexplained(f"changes {recorded.get(entry.number)}; known: {entry}")
        if assigned.get(entry.number, 0) != entry.assignments:
            raise Unexplained(f"{assigned.get(entry.number)} assignments; known: {entry}")
        if (row.payment_status == "FP") != entry.paid:
            raise Unexplained(f"payment {row.payment_status}; known: {entry}")
        last = entry.number
    city.counts["notices explained"] = len(rows) if last else 0


def expected_stuck(city: City, kind: StuckKind) -> frozenset[str]:
    """Return which cases have to be stuck by what the city knows: forgotten ones, and TS-HST under PS."""
    now = city.clock.time
    if kind is StuckKind.SUSPENSION:
        suspended = t.ocms_suspended_notice.c
        returned = and_(
            suspended.reason_of_suspension == "UNC", suspended.notice_no.in_(city.stuck_suspensions)
        )
        # Of a listed identity's paid or permanently suspended notice only the revival closes it (H31).
        kept_by_payment = and_(suspended.reason_of_suspension == "HST", VON.c.suspension_type == "PS")
        query = select(suspended.notice_no).where(
            suspended.notice_no == VON.c.notice_no,
            suspended.date_of_revival.is_(None),
            suspended.due_date_of_revival < local(now),
            or_(returned, kept_by_payment),
        )
    elif kind is StuckKind.NOTICE:
        forgotten = [entry.number for entry in city.known.values() if entry.lost and not entry.paid]
        query = select(VON.c.notice_no).where(
            VON.c.notice_no.in_(forgotten),
            VON.c.next_processing_stage.is_not(None),
            VON.c.next_processing_date < local(now - timedelta(days=city.settings.stuck_notice_days)),
            VON.c.suspension_type.is_(None),
        )
    else:
        return frozenset()
    with city.databases.intranet.connect() as connection:
        return frozenset(connection.execute(query).scalars())


def check_stuck(city: City) -> Iterator[tuple[str, int]]:
    """Yield how many cases of each kind are stuck; raise `Unexplained` unless they are the forgotten ones."""
    cases = SqlWaitingCases(city.databases.intranet, IN_UTC)
    for kind in StuckKind:
        found = frozenset(
            each.case for each in stuck_cases(cases, kind, city.clock.time, grace(city.settings))
        )
        expected = expected_stuck(city, kind)
        if found != expected:
            raise Unexplained(
                f"stuck {kind.value}: {sorted(found ^ expected)[:5]} of {len(found)}, {len(expected)}"
            )
        yield kind.value, len(found)


def check_copies(city: City) -> None:
    """Deliver what other systems wrote too, and raise `Unexplained` where the copies differ after that."""
    with internet_copy(city.settings) as copy:
        reconciler = SqlReconciler(city.databases.intranet, copy)
        reconciler.reconcile(city.clock.time, repair=True)
        deliver(city)
        left = reconciler.reconcile(city.clock.time, repair=False)
    if left.found.total():
        raise Unexplained(f"the Internet copy differs: {left}")
    city.counts["rows compared with the Internet copy"] = left.compared


def deliver(city: City) -> None:
    """Deliver all that waits."""
    city.clock.tick(3600)
    city.runner.run(job_named("deliver_to_internet"))


MONTHLY: tuple[Callable[[City], object], ...] = (check_suspensions, check_retention, check_audit)
AT_THE_END: tuple[Callable[[City], object], ...] = (
    check_notices,
    check_record,
    check_sealed,
    check_copies,
    check_suspensions,
    check_retention,
)
