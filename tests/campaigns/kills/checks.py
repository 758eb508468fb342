"""What has to hold after every kill, and once everything has been delivered."""

import time
from collections.abc import Sequence

from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_app.databases import internet_copy
from ocms_app.settings import Settings
from ocms_core.suspensions import service as suspensions
from tests.campaigns.kills.subjects import Effect, Subject
from tests.campaigns.kills.system import RECOVERY_SECONDS, NotRecovered, System, retried
from tests.support.http_server import now

# One statement sees the database as of one moment, so a call under way is there whole or not at all. Each
# notice has had one row in the outbox before the first call.
STANDING = """
SELECT n.notice_no, n.prev_processing_stage,
  (SELECT count(*) FROM ocms_change_of_processing c WHERE c.notice_no = n.notice_no),
  (SELECT count(*) FROM ocms_offender_history h WHERE h.notice_no = n.notice_no),
  (SELECT count(*) FROM ocms_outbox o WHERE o.notice_no = n.notice_no AND o.kind = 'NOTICE') - 1,
  (SELECT count(*) FROM ocms_suspended_notice s
    WHERE s.notice_no = n.notice_no AND s.date_of_revival IS NULL),
  (SELECT count(*) FROM ocms_suspended_notice s
    WHERE s.notice_no = n.notice_no AND s.date_of_revival IS NOT NULL)
FROM ocms_valid_offence_notice n WHERE n.notice_no = ANY(:numbers)
"""
ANSWERS = "SELECT idempotency_key FROM ocms_idempotent_answer WHERE idempotency_key = ANY(:keys)"
HELD = """
SELECT pid, state, query FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < clock_timestamp() - interval '60 seconds'
"""
LOCKED = """
SELECT name, lock_until FROM ocms_shedlock
WHERE lock_until > (clock_timestamp() AT TIME ZONE 'UTC') + interval '61 minutes'
"""


class Broken(AssertionError):
    """Something does not hold after a kill."""


def check_effects(system: System, subjects: Sequence[Subject]) -> None:
    """Raise `Broken` unless each acknowledged call has its effect once, and a call under way all or none."""
    acknowledged = [(subject, subject.answered) for subject in subjects]
    numbers = sorted(number for subject in subjects for number in subject.numbers)
    rows = system.query(STANDING, numbers=numbers)
    standing = {str(number): Effect(*effect) for number, *effect in rows}  # type: ignore[arg-type]
    for subject, answered in acknowledged:
        found = {standing[number] for number in subject.numbers}
        if len(found) > 1 or not found <= set(subject.effects(since=answered)):
            raise Broken(f"{subject.steps[0].path} {subject.numbers}: {found}, {answered} of {subject}")
    keys = [step.key for subject, answered in acknowledged for step in subject.steps[:answered]]
    kept = {key for (key,) in system.query(ANSWERS, keys=keys)}
    if missing := set(keys) - kept:
        raise Broken(f"{len(missing)} acknowledged calls have no kept answer: {sorted(missing)[:3]}")


def check_suspensions(system: System) -> None:
    """
    Raise `Broken` where a notice breaks a rule of suspensions, and still does when it is read again.

    The check reads rows, records and the HST list one after the other, so a call that ends meanwhile is seen
    in part; what a kill has left half written stays.
    """
    first = contradicting(system)
    if first and (left := first & contradicting(system)) and (left := left & contradicting(system)):
        raise Broken(f"{len(left)} notices contradict themselves: {sorted(left)[:3]}")


def contradicting(system: System) -> frozenset[str]:
    """Return the notices that break a rule of suspensions."""
    stores = SqlSuspensionStores(system.deployment.engine)
    found = retried(lambda: list(suspensions.check(stores=stores, now=now(), progress=lambda _: None)))
    return frozenset(each.contradiction.notice.notice_no for each in found)


def check_locks(system: System) -> None:
    """Raise `Broken` where a transaction or the lock of a job is held for longer than any may."""
    if held := system.query(HELD) + system.query(LOCKED):
        raise Broken(f"held: {held}")


def check_copies(system: System) -> int:
    """Wait until all is delivered, and raise `Broken` where the copies differ; return the rows compared."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while system.query("SELECT id FROM ocms_outbox WHERE delivered_at IS NULL LIMIT 1"):
        if time.monotonic() > deadline:
            raise NotRecovered("the relay does not deliver what waits")
        time.sleep(0.2)
    databases, folder = system.deployment.databases, system.deployment.folder
    settings = Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        dev_issuer=True,
        dev_keys=str(folder / "dev"),
    )
    with internet_copy(settings) as copy:
        result = SqlReconciler(system.deployment.engine, copy).reconcile(now(), repair=False)
    touched = system.query("SELECT count(DISTINCT notice_no) FROM ocms_outbox")
    if result.found.total():
        raise Broken(f"the Internet copy differs: {result}")
    if not touched:
        raise Broken("nothing was delivered")
    return result.compared
