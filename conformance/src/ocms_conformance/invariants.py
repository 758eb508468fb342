"""What holds after every call of a random sequence, whatever the calls."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ocms_conformance.comparison import Difference
from ocms_conformance.observed import Invariant, Observed
from ocms_conformance.reference_data import OPEN_TO_CHANGE
from ocms_conformance.sequence_steps import Scene
from ocms_conformance.suspension_invariants import PERMANENT, SUSPENSION_INVARIANTS

SERVER_ERROR = 500


def one_offender(seen: Observed) -> Iterator[Difference]:
    """Yield notices with two current offenders, or none after they have had one."""
    for number in seen.numbers:
        had, has = len(seen.before.current(number)), len(seen.after.current(number))
        least = 1 if had and seen.step.kind != "reverse" else 0
        if not least <= has <= 1:
            yield Difference(f"{number}: current offenders", 1, has)


def search_shows(seen: Observed) -> Iterator[Difference]:
    """Yield where the search of the vehicle shows other notices, stages or suspensions than its rows."""
    if seen.search is None:  # the call before was a read itself
        return
    found = {
        item["noticeNo"]: (eligible, item)
        for name, eligible in (("eligibleNotices", True), ("ineligibleNotices", False))
        for item in seen.search.get(name, ())
    }
    if set(found) != set(seen.numbers):
        yield Difference("search by vehicle", sorted(seen.numbers), sorted(found))
        return
    for number, (eligible, item) in found.items():
        row = seen.after.row(number)
        court = row["last_processing_stage"] not in OPEN_TO_CHANGE
        permanent = row["suspension_type"] == PERMANENT
        reason = (
            "OCMS.CPS.SEARCH.COURT_STAGE" if court else "OCMS.CPS.SEARCH.PS_ACTIVE" if permanent else None
        )
        expected = {
            "eligible": reason is None,
            "reasonCode": reason,
            "currentProcessingStage": row["last_processing_stage"],
            "suspensionType": row["suspension_type"] if reason is None else item.get("suspensionType"),
        }
        if len(seen.after.current(number)) == 1:
            expected["offenderId"] = seen.after.current(number)[0]["id_no"]
        for name, value in expected.items():
            shown = eligible if name == "eligible" else item.get(name)
            if shown != value:
                yield Difference(f"search {number} {name}", value, shown)


def details_show(seen: Observed) -> Iterator[Difference]:
    """Yield where the details of a notice show other people than its rows."""
    for number, shown in (seen.details or {}).items():
        for role, name in (("O", "owner"), ("H", "hirer"), ("D", "driver")):
            rows = [
                row
                for row in seen.after.of("ocms_offence_notice_owner_driver", number)
                if row["owner_driver_indicator"] == role
            ]
            block = (shown or {}).get(name) or {}
            expected: dict[str, Any] = {"exists": bool(rows), "isCurrentOffender": False}
            if rows:
                (row,) = rows
                expected = {"exists": True, "isCurrentOffender": row["offender_indicator"] == "Y"}
                expected |= {"idNo": row["id_no"], "name": row["name"]}
            for field, value in expected.items():
                if block.get(field) != value:
                    yield Difference(f"details {number} {name}.{field}", value, block.get(field))


def money_shown(seen: Observed) -> Iterator[Difference]:
    """Yield where API 1 or 4 shows another amount, flag or suspension than the row."""
    if seen.step.kind not in ("payment_status", "notice_info") or not seen.answer.succeeded:
        return
    items = seen.answer.json["data"]["notices"]
    if [item["noticeNo"] for item in items] != list(seen.numbers):
        yield Difference("notices", list(seen.numbers), [item["noticeNo"] for item in items])
        return
    for item in items:
        row = seen.after.row(item["noticeNo"])
        expected = {"amountPayable": Decimal(str(row["amount_payable"]))}
        if seen.step.kind == "payment_status":
            expected |= {
                "paymentStatus": row["payment_status"],
                "paymentAllowanceFlag": row["payment_acceptance_allowed"],
                "suspensionType": row["suspension_type"],
                "crsReasonOfSuspension": row["crs_reason_of_suspension"],
            }
        for name, value in expected.items():
            if item.get(name) != value:
                yield Difference(f"{item['noticeNo']} {name}", value, item.get(name))


def refused_changes_nothing(seen: Observed) -> Iterator[Difference]:
    """Yield rows that a refused call has changed, and calls that no answer came to."""
    if seen.answer.status == 0 or seen.answer.status >= SERVER_ERROR:
        yield Difference(seen.step.kind, "an answer", f"{seen.answer.status} {seen.answer.content[:200]!r}")
    if not seen.answer.succeeded and seen.before.rows != seen.after.rows:
        yield from changed_rows(seen.before, seen.after, "refused, and yet")


def others_untouched(seen: Observed) -> Iterator[Difference]:
    """Yield rows of notices that a call has changed without naming them."""
    others = set(seen.numbers) - set(seen.step.about(seen.before))
    for number in others:
        for table in seen.after.rows:
            if "notice_no" in next(iter(seen.after.rows[table].values()), {}):
                old, new = seen.before.of(table, number), seen.after.of(table, number)
                if sorted(old, key=repr) != sorted(new, key=repr) and not (
                    table == "ocms_court_case" and seen.step.kind == "notice_info"
                ):
                    yield Difference(f"{table} {number}, not named in the call", old, new)


def changed_rows(before: Scene, after: Scene, what: str) -> Iterator[Difference]:
    """Yield the tables whose rows have changed."""
    for table in after.rows:
        if before.rows.get(table) != after.rows[table]:
            yield Difference(
                f"{what} {table}", list(before.rows.get(table, {}).values()), list(after.rows[table].values())
            )


INVARIANTS = (
    *SUSPENSION_INVARIANTS,
    Invariant(("F23",), "at most one current offender, and always one from the first on", one_offender),
    Invariant(
        ("S2", "S3"),
        "the search shows stage, suspension and offender of the rows",
        search_shows,
        of_reads=True,
    ),
    Invariant(("F41",), "the details show the people of the rows", details_show, of_reads=True),
    Invariant(("P10", "P11", "P30"), "APIs 1 and 4 show the money of the rows", money_shown),
    Invariant(("G7", "S63", "F10", "H3"), "a refused call changes nothing", refused_changes_nothing),
    Invariant(("P25", "S22"), "a call changes no other notice than it names", others_untouched),
)
