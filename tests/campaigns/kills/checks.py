"""What has to hold after every kill, and once everything has been delivered."""

import subprocess
import time
from collections.abc import Sequence

from ocms_adapters.sql.audit_check import AuditCheck, AuditReport
from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_adapters.sql.transactions import streaming
from ocms_app.databases import internet_copy
from ocms_app.keys import audit_cipher, head_checker
from ocms_app.settings import Settings
from ocms_core.suspensions import service as suspensions
from tests.campaigns.kills.processes import AUDIT_KEYS
from tests.campaigns.kills.subjects import Effect, Subject
from tests.campaigns.kills.system import RECOVERY_SECONDS, NotRecovered, System, retried
from tests.support.http_server import OCMS, now

# One statement sees the database as of one moment, so a call under way is there whole or not at all. Each
# notice has had one row in the outbox before the first call.
STANDING = """
SELECT n.notice_no, n.prev_processing_stage,
  (SELECT count(*) FROM ocms_change_of_processing c WHERE c.notice_no = n.notice_no),
  (SELECT count(*) FROM ocms_offender_history h WHERE h.notice_no = n.notice_no),
  coalesce(o.rows, 0) - 1,
  (SELECT count(*) FROM ocms_suspended_notice s
    WHERE s.notice_no = n.notice_no AND s.date_of_revival IS NULL),
  (SELECT count(*) FROM ocms_suspended_notice s
    WHERE s.notice_no = n.notice_no AND s.date_of_revival IS NOT NULL)
FROM ocms_valid_offence_notice n
LEFT JOIN (
  SELECT notice_no, count(*) AS rows FROM ocms_outbox
  WHERE kind = 'NOTICE' AND notice_no = ANY(:numbers) GROUP BY notice_no
) o ON o.notice_no = n.notice_no
WHERE n.notice_no = ANY(:numbers)
"""
RECORDED = """
SELECT request_id, count(*) FROM ocms_audit_row WHERE request_id = ANY(:keys) GROUP BY request_id
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
    """
    Raise `Broken` unless each acknowledged call has its effect once, and a call under way all or none.

    A call that has its effect has one audit row, and another none (K1, K2).
    """
    acknowledged = [(subject, subject.answered) for subject in subjects]
    keys = [step.key for subject in subjects for step in subject.steps]
    numbers = sorted(number for subject in subjects for number in subject.numbers)
    rows, recorded, answers = system.queries([STANDING, RECORDED, ANSWERS], numbers=numbers, keys=keys)
    standing = {str(number): Effect(*effect) for number, *effect in rows}  # type: ignore[arg-type]
    audit_rows: dict[object, object] = dict(recorded)  # type: ignore[arg-type]
    kept = {key for (key,) in answers}
    for subject, answered in acknowledged:
        found = {standing[number] for number in subject.numbers}
        possible = subject.effects(since=answered)
        if len(found) > 1 or not found <= set(possible):
            raise Broken(f"{subject.steps[0].path} {subject.numbers}: {found}, {answered} of {subject}")
        done = answered + possible.index(found.pop())
        for place, step in enumerate(subject.steps):
            if audit_rows.get(step.key, 0) != (place < done):
                raise Broken(f"{audit_rows.get(step.key, 0)} audit rows of {step.path}, {done} of {subject}")
            if place < answered and step.key not in kept:
                raise Broken(f"no answer is kept of {step.path}, {answered} of {subject}")


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


def check_audit(system: System) -> AuditReport:
    """Raise `Broken` where an audit row, an access record or a head is not as it was written (K2)."""

    def checked() -> AuditReport:
        with streaming(system.deployment.engine) as connection:
            return AuditCheck(head_checker(settings), cipher=audit_cipher(settings)).report(connection)

    settings = settings_of(system)
    report = retried(checked)
    if report.problems:
        raise Broken(f"{len(report.problems)} problems of the audit record: {report.problems[:3]}")
    return report


def check_sealed(system: System) -> int:
    """Have every audit row and access record sealed, which a killed worker may still hold up; count them."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    environment = system.deployment.environment(audit_keys=AUDIT_KEYS)
    while (report := check_audit(system)).waiting:
        if time.monotonic() > deadline:
            raise NotRecovered(f"{report.waiting} rows are not sealed")
        subprocess.run(
            [OCMS, "jobs", "run", "seal_audit_rows"], env=environment, capture_output=True, check=False
        )
    return report.sealed


def check_copies(system: System) -> int:
    """Wait until all is delivered, and raise `Broken` where the copies differ; return the rows compared."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while system.query("SELECT id FROM ocms_outbox WHERE delivered_at IS NULL LIMIT 1"):
        if time.monotonic() > deadline:
            raise NotRecovered("the relay does not deliver what waits")
        time.sleep(0.2)
    with internet_copy(settings_of(system)) as copy:
        result = SqlReconciler(system.deployment.engine, copy).reconcile(now(), repair=False)
    touched = system.query("SELECT count(DISTINCT notice_no) FROM ocms_outbox")
    if result.found.total():
        raise Broken(f"the Internet copy differs: {result}")
    if not touched:
        raise Broken("nothing was delivered")
    return result.compared


def settings_of(system: System) -> Settings:
    """Return the settings of the system's processes, so far as checks need them."""
    databases, folder = system.deployment.databases, system.deployment.folder
    return Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        dev_issuer=True,
        dev_keys=str(folder / "dev"),
        audit_keys=AUDIT_KEYS,
    )
