"""The two workbooks of a month: what the checks brought, and how the list stands."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from ocms_core.hst.answers import (
    has_invalid_address,
    has_other_address,
    has_valid_address,
    has_valid_new_address,
)
from ocms_core.hst.facts import CheckedIdentity, Statistics
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import CellKind, Column, Sheet
from ocms_core.kernel.value_objects import value_object

DATA_REPORT = "hst/MonthlyHSTDataReport_{month:%Y%m}.xlsx"
WORK_ITEMS_REPORT = "hst/MonthlyHSTWorkItemsReport_{month:%Y%m}.xlsx"


@value_object
class Figures:
    """What the checks of a month brought."""

    checked: int
    changed: int
    invalid: int
    valid: int
    eligible: int


def month_of(moment: datetime) -> date:
    """Return the first day of a moment's month."""
    return singapore(moment).date().replace(day=1)


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """Return the beginning of a month and of the next."""
    after = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return datetime.combine(month, time(), SINGAPORE), datetime.combine(after, time(), SINGAPORE)


def names(month: date) -> tuple[str, str]:
    """Name the two workbooks of a month (H35)."""
    return DATA_REPORT.format(month=month), WORK_ITEMS_REPORT.format(month=month)


@rule("H35")
def data_report(checked: Sequence[CheckedIdentity]) -> Sheet:
    """Draw up the data report: a row for each identity checked in the month (H35)."""
    return Sheet(
        "HST Data",
        (
            Column("S/N", CellKind.WHOLE, 9),
            Column("HST ID", width=14),
            Column("Name", width=30),
            Column("Old Address (HST)", width=50),
            Column("New Address (MHA/DataHive)", width=50),
            Column("Address Changed", width=10),
            Column("Invalid Address", width=10),
            Column("MHA/DataHive Response Date", CellKind.MOMENT, 20),
        ),
        (data_row(number, each) for number, each in enumerate(checked, 1)),
    )


def data_row(number: int, checked: CheckedIdentity) -> tuple[Any, ...]:
    """Return the row of one identity."""
    answer, listed = checked.answer, checked.listed
    return (
        number,
        answer.id_no,
        listed.name if listed else None,
        one_line(listed.address) if listed else None,
        one_line(answer.address),
        yes_no(has_other_address(listed, answer)),
        yes_no(has_invalid_address(listed, answer)),
        answer.answered_at,
    )


@rule("H35")
def work_items_report(figures: Figures, standing: Statistics) -> Sheet:
    """Draw up the work-items report: one list of figures of the month (H35)."""
    rows = (
        ("Total HST IDs", standing.listed),
        ("HST IDs Checked This Month", figures.checked),
        ("Addresses Changed", figures.changed),
        ("Addresses Marked Invalid", figures.invalid),
        ("Addresses Now Valid", figures.valid),
        ("Total Active TS-HST Suspensions", standing.active_suspensions),
        ("New TS-HST Suspensions This Month", standing.new_suspensions),
        ("TS-HST Reapplied (Looping)", standing.reapplied),
        ("Total Notices Under TS-HST", standing.notices),
        ("HST IDs Eligible for Revival", figures.eligible),
        ("HST IDs Still Suspended", standing.identities_suspended),
    )
    return Sheet("HST Work Items", (Column("Item", width=40), Column("Count", CellKind.WHOLE, 12)), rows)


def figures(checked: Iterable[CheckedIdentity]) -> Figures:
    """
    Count what the checks brought to those on the list; eligible is who was found at a valid new address.

    An answer without an address has changed nothing and is not valid, and who was revived is not counted.
    """
    checked = tuple(each for each in checked if each.listed)
    return Figures(
        checked=len(checked),
        changed=sum(has_other_address(each.listed, each.answer) for each in checked),
        invalid=sum(has_invalid_address(each.listed, each.answer) for each in checked),
        valid=sum(has_valid_address(each.listed, each.answer) for each in checked),
        eligible=sum(has_valid_new_address(each.listed, each.answer) for each in checked),
    )


def one_line(address: RegisteredAddress) -> str:
    """Write an address as an envelope bears it."""
    floor_unit = "-".join(part for part in (address.floor_no, address.unit_no) if part)
    parts = (
        f"{address.blk_hse_no} {address.street_name}".strip(),
        f"#{floor_unit}" if floor_unit else "",
        address.bldg_name,
        f"Singapore {address.postal_code}" if address.postal_code else "",
    )
    return ", ".join(part for part in parts if part)


def yes_no(fact: bool) -> str:  # noqa: FBT001  # the fact is the only thing it is about
    """Write a fact as officers read it."""
    return "Yes" if fact else "No"
