"""Whom a reversal makes the current offender again, and whether TS-HST may hold their notice (K4, H10)."""

from collections.abc import Collection, Mapping

from ocms_core.kernel.audit import AuditRow
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST
from ocms_core.reversals.facts import OFFENDERS, SUSPENSIONS, ReversibleNotice, Row, RowKey
from ocms_core.reversals.former_rows import changed_rows


@rule("K4", "H10")
def is_held_unlisted(last: AuditRow, notice: ReversibleNotice, listed: Collection[str]) -> bool:
    """Return whether TS-HST would hold a notice of somebody not listed once a change is taken back (H10)."""
    rows = rows_before(last, notice)
    return is_under_hst(rows) and current_id_no(rows) not in listed


def rows_before(last: AuditRow, notice: ReversibleNotice) -> Mapping[RowKey, Row]:
    """Return the rows of a notice once a change is taken back; a record that it opened counts as gone."""
    rows = dict(notice.rows)
    for row in changed_rows(last):
        if row.before is None:
            rows.pop(row.key, None)
        else:
            rows[row.key] = {**rows.get(row.key, {}), **row.before}
    return rows


def is_under_hst(rows: Mapping[RowKey, Row]) -> bool:
    """Return whether TS-HST is open."""
    return any(
        (row["suspension_type"], row["reason_of_suspension"]) == (HST.type, HST.code)
        and row["date_of_revival"] is None
        for (table, _), row in rows.items()
        if table == SUSPENSIONS
    )


@rule("U7")
def current_id_no(rows: Mapping[RowKey, Row]) -> str:
    """Return the identity of the current offender, the first by role of two; empty without one (U7)."""
    current = {
        key[1]: row["id_no"]
        for (table, key), row in rows.items()
        if table == OFFENDERS and row["offender_indicator"] == "Y"
    }
    return current[min(current, key=role_order)] if current else ""
