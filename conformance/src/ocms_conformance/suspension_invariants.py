"""The invariants of suspension and money: the U rules, after any calls."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from ocms_conformance.comparison import Difference
from ocms_conformance.observed import Invariant, Observed
from ocms_conformance.rows import Row
from ocms_conformance.sequence_steps import OFFENDER_MOVES, VON, Scene

PERMANENT, TEMPORARY = "PS", "TS"
SHOWN_COLUMNS = ("suspension_type", "epr_reason_of_suspension", "due_date_of_revival")
MOVES = ("officer_change", "officer_changes", "plus_change", "print_run")


def shown_suspension(seen: Observed) -> Iterator[Difference]:
    """Yield rows that show another suspension than the one U1 names of their open records."""
    for number in seen.numbers:
        row, records = seen.after.row(number), seen.after.open_records(number)
        place = f"{VON} {number}"
        if row["crs_reason_of_suspension"]:
            if row["suspension_type"] != PERMANENT:
                yield Difference(f"{place} suspension_type, paid", PERMANENT, row["suspension_type"])
            continue
        if row["suspension_type"] and not row["epr_reason_of_suspension"] and number in seen.type_alone:
            continue
        found = tuple(row[column] for column in SHOWN_COLUMNS)
        expected = one_of_records(records)
        if found not in expected:
            yield Difference(
                f"{place} ({', '.join(SHOWN_COLUMNS)})",
                expected[0] if len(expected) == 1 else expected,
                found,
            )


def one_of_records(records: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return what a row may show of some open records: more than one where two are equally new or late."""
    permanent = [each for each in records if each["suspension_type"] == PERMANENT]
    if permanent:
        last = max(str(each["date_of_suspension"]) for each in permanent)
        chosen = [each for each in permanent if str(each["date_of_suspension"]) == last]
        newest = max(each["sr_no"] for each in chosen)
        return [shown_as(each) for each in chosen if each["sr_no"] == newest]
    if not records:
        return [(None, None, None)]
    last = max(str(each["due_date_of_revival"]) for each in records)
    return [shown_as(each) for each in records if str(each["due_date_of_revival"]) == last]


def shown_as(record: Row) -> tuple[Any, ...]:
    """Return a record as a row shows it."""
    return record["suspension_type"], record["reason_of_suspension"], record["due_date_of_revival"]


def pairs_of_records(seen: Observed) -> Iterator[Difference]:
    """Yield open records that are no pair of the reason table, or temporary without an end."""
    for number in seen.numbers:
        for record in seen.after.open_records(number):
            pair = record["suspension_type"], record["reason_of_suspension"]
            place = f"ocms_suspended_notice {number} {record['sr_no']}"
            if pair not in seen.reference.pairs:
                yield Difference(place, "a pair of the reason table", pair)
            if pair[0] == TEMPORARY and record["due_date_of_revival"] is None:
                yield Difference(f"{place} due_date_of_revival", "an end", None)


def permanent_refuses(seen: Observed) -> Iterator[Difference]:
    """Yield notices under PS that a call has moved, given another offender, or put under TS-HST."""
    if seen.step.kind == "court_update":
        return
    for number in seen.numbers:
        before = seen.before.row(number)
        records = seen.before.open_records(number)
        if before["suspension_type"] != PERMANENT and not any(
            each["suspension_type"] == PERMANENT for each in records
        ):
            continue
        for name, old, new in (
            ("stage", before["last_processing_stage"], seen.after.row(number)["last_processing_stage"]),
            ("offender", offender_of(seen.before, number), offender_of(seen.after, number)),
            (
                "records",
                len(seen.before.of("ocms_suspended_notice", number)),
                len(seen.after.of("ocms_suspended_notice", number)),
            ),
        ):
            if old != new:
                yield Difference(f"{number} under PS: {name}", old, new)


def offender_of(scene: Scene, number: str) -> list[tuple[Any, ...]]:
    """Return role and identity of the current offender."""
    return sorted((row["owner_driver_indicator"], row["id_no"]) for row in scene.current(number))


def amounts(seen: Observed) -> Iterator[Difference]:
    """Yield notices whose amount payable is not what the way they came makes it."""
    for number in seen.numbers:
        if seen.step.kind == "reverse":
            continue
        before, after = seen.before.row(number), seen.after.row(number)
        composition = Decimal(str(before["composition_amount"]))
        expected = Decimal(str(before["amount_payable"]))
        stages = before["last_processing_stage"], after["last_processing_stage"]
        if seen.step.kind in OFFENDER_MOVES and offender_changed(seen, number):
            expected = composition
        elif seen.step.kind in MOVES and stages[0] != stages[1]:
            expected = seen.reference.amount_after(composition, *stages, expected)
        if Decimal(str(after["amount_payable"])) != expected:
            place = f"{VON} {number} amount_payable, {stages[0]} -> {stages[1]}"
            yield Difference(place, str(expected), after["amount_payable"])


def offender_changed(seen: Observed, number: str) -> bool:
    """Return whether a furnish or redirect has done something, so that the stage begins anew (F21)."""
    columns = ("last_processing_date", "last_processing_stage", "next_processing_date")
    before, after = seen.before.row(number), seen.after.row(number)
    return any(before[column] != after[column] for column in columns)


def acceptance(seen: Observed) -> Iterator[Difference]:
    """Yield notices that are owed and refuse payment of a sudden, though neither paid nor under PS."""
    for number in seen.numbers:
        before, after = seen.before.row(number), seen.after.row(number)
        if (
            after["payment_acceptance_allowed"] != "Y"
            and before["payment_acceptance_allowed"] == "Y"
            and Decimal(str(after["amount_payable"] or 0))
            and after["suspension_type"] != PERMANENT
        ):
            yield Difference(
                f"{VON} {number} payment_acceptance_allowed", "Y", after["payment_acceptance_allowed"]
            )


def paid_stays_paid(seen: Observed) -> Iterator[Difference]:
    """Yield paid notices that can be paid again, or whose amounts have changed."""
    columns = ("payment_status", "payment_acceptance_allowed", "amount_payable", "amount_paid")
    for number in seen.numbers:
        before, after = seen.before.row(number), seen.after.row(number)
        if before["crs_reason_of_suspension"]:
            for column in (*columns, "crs_reason_of_suspension"):
                if before[column] != after[column]:
                    yield Difference(f"{VON} {number}, paid: {column}", before[column], after[column])
    if seen.step.kind == "notice_info" and seen.answer.succeeded:
        for item in seen.answer.json["data"]["notices"]:
            paid = seen.after.row(item["noticeNo"])["crs_reason_of_suspension"]
            if paid and item["paymentAllowanceFlag"] != "N":
                yield Difference(
                    f"API 4 {item['noticeNo']}, paid: paymentAllowanceFlag", "N", item["paymentAllowanceFlag"]
                )


def closable(seen: Observed) -> Iterator[Difference]:
    """Yield open TS-HST whose offender no longer stands on the HST list, so that no revival closes it."""
    if seen.step.kind == "reverse":
        return
    listed = seen.after.listed()
    for number in seen.numbers:
        hst = [each for each in seen.after.open_records(number) if each["reason_of_suspension"] == "HST"]
        offenders = [str(row["id_no"]) for row in seen.after.current(number)]
        if hst and not set(offenders).intersection(listed):
            yield Difference(f"{number}: open TS-HST", "of a listed identity", f"of {offenders}")


SUSPENSION_INVARIANTS = (
    Invariant(
        ("U1", "H5"), "after any calls a row shows exactly one of its open suspensions", shown_suspension
    ),
    Invariant(
        ("U2",), "every open suspension is a pair of the reason table, and a TS has an end", pairs_of_records
    ),
    Invariant(
        ("U3", "S12", "F10", "H4"), "nothing moves or is furnished while a PS is open", permanent_refuses
    ),
    Invariant(("U4", "S40", "F21"), "what is payable follows from composition, fees and the move", amounts),
    Invariant(("U4", "S22"), "what is payable can be paid, unless under PS", acceptance),
    Invariant(("U4", "P31"), "a paid notice is never payable, and stays as it was paid", paid_stays_paid),
    Invariant(("U5", "H10"), "an open TS-HST is of an identity that can be revived", closable),
)
