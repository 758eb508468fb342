"""What the audit record of the city has to say: every change and look, once and in order (K1, K2)."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.audit_check import AuditCheck, AuditReport
from ocms_adapters.sql.audit_rows import audit_row
from ocms_adapters.sql.transactions import streaming
from ocms_app.job_table import job_named
from ocms_app.keys import audit_cipher, head_checker
from ocms_core.kernel.audit import RowChange
from ocms_core.kernel.dates import local
from tests.campaigns.year.city import City
from tests.campaigns.year.known_notices import Unexplained

STAGE, MOMENT = "last_processing_stage", "last_processing_date"


def check_audit(city: City) -> AuditReport:
    """Raise `Unexplained` where an audit row, an access record or a head is not as it was written."""
    kept_from = city.clock.time - timedelta(days=city.settings.keep_access_records)
    check = AuditCheck(head_checker(city.settings), kept_from, audit_cipher(city.settings))
    with streaming(city.databases.intranet) as connection:
        report = check.report(connection)
    if report.problems:
        raise Unexplained(f"{len(report.problems)} problems of the audit record: {report.problems[:3]}")
    return report


def check_sealed(city: City) -> None:
    """Seal what the last day has added, and raise `Unexplained` unless everything is in the tree then."""
    city.clock.tick(60)
    city.runner.run(job_named("seal_audit_rows"))
    report, rows = check_audit(city), {"audit rows": t.ocms_audit_row, "access records": t.ocms_access_record}
    with city.databases.intranet.connect() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in rows.items()
        }
    if report.waiting or report.sealed != sum(counts.values()):
        raise Unexplained(f"{report.sealed} rows are sealed of {counts}, {report.waiting} wait")
    looks = city.counts["looks at particulars"]
    if counts["access records"] != looks:
        raise Unexplained(f"{counts['access records']} access records, {looks} looks at particulars")
    city.counts |= Counter({f"sealed {name}": count for name, count in counts.items()})
    city.counts["signed heads"] = report.heads


def check_record(city: City) -> None:
    """
    Raise `Unexplained` where a call has not left its one audit row, or a repeat one, or stages differ.

    The stages of each notice by its audit rows have to be those it has entered, in order and without a gap.
    """
    rows, stages = Counter[str](), dict[str, list[tuple[object, object]]]()
    cipher, table = audit_cipher(city.settings), t.ocms_audit_row
    with streaming(city.databases.intranet) as connection:
        for stored in connection.execute(select(table).order_by(table.c.id)).mappings():
            row = audit_row(stored, cipher)
            if row.actor.role != "job":
                rows[row.actor.request_id or row.actor.operation] += 1
            for change in row.changes:
                if change.table == t.ocms_valid_offence_notice.name:
                    add_stage(stages, change)
    if rows != city.audit_rows:
        wrong = sorted(rows.items() ^ city.audit_rows.items())
        raise Unexplained(f"audit rows of {len(wrong)} calls are not as many as they have to be: {wrong[:5]}")
    for entry in city.known.values():
        expected = [("NPA", local(entry.since)), *((stage, local(date)) for stage, date in entry.record)]
        if (found := stages.get(entry.number, expected[:1])) != expected:
            raise Unexplained(f"{entry.number}: stages by its audit rows {found}; known: {expected}")
    city.counts["notices whose audit rows say every stage"] = len(city.known)


def add_stage(stages: dict[str, list[tuple[object, object]]], change: RowChange) -> None:
    """Add the stage that a change of a notice has set, after the one that it found."""
    before, after = change.before or {}, change.after or {}
    if STAGE not in after or (before[STAGE], before[MOMENT]) == (after[STAGE], after[MOMENT]):
        return
    known = stages.setdefault(change.key["notice_no"], [(before[STAGE], before[MOMENT])])
    if known[-1] != (before[STAGE], before[MOMENT]):
        raise Unexplained(f"{change.key}: {before[STAGE]} follows {known}")
    known.append((after[STAGE], after[MOMENT]))
