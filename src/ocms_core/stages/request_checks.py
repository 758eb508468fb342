"""What a call of the staff portal must look like before anything is looked up."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field, frozen

from ocms_core.kernel import codes
from ocms_core.kernel.spec import rule
from ocms_core.stages.eligibility import Wanted
from ocms_core.stages.request_fields import (
    NOT_A_DATE,
    Refused,
    calendar_day,
    capitals,
    fields,
    flag,
    listed,
    not_too_many,
    number,
    refuse,
    stripped,
    text,
    word,
)


@frozen
class Item:
    """One notice of a submit."""

    notice_no: str
    wanted: Wanted
    check_addresses: bool = False


@frozen
class Named:
    """One notice of a validate; what the caller believes of it is only echoed."""

    notice_no: str
    current_stage: str | None = None
    offender_type: str | None = None


@frozen
class Validation:
    """A validate call."""

    notices: tuple[Named, ...]
    wanted: Wanted


@frozen
class Criteria:
    """What a search is for; the day is that of the current stage."""

    notice_no: str | None = None
    id_no: str | None = field(default=None, repr=False)
    vehicle_no: str | None = None
    stage: str | None = None
    day: date | None = None


@rule("S1")
def criteria(body: object) -> Criteria:
    """A search names at least one criterion; blank ones do not count."""
    told = fields(body)
    stage, alias = (text(told, name, 3) for name in ("currentProcessingStage", "lastProcessingStage"))
    day = text(told, "dateOfCurrentProcessingStage", 10)
    found = Criteria(
        notice_no=stripped(text(told, "noticeNo", 10)),
        id_no=capitals(text(told, "idNo", 12)),
        vehicle_no=capitals(text(told, "vehicleNo", 14)),
        stage=capitals(stage or alias),
        day=None if day is None else calendar_day(day),
    )
    if day is not None and found.day is None:
        raise refuse("dateOfCurrentProcessingStage", NOT_A_DATE)
    if found == Criteria():
        raise Refused(codes.CPS_NO_CRITERION)
    return found


@rule("S20")
def submitted(body: object, cap: int) -> tuple[Item, ...]:
    """A submit has items, each with its number, and no more of them than the cap; the rest is per item."""
    items = tuple(map(item, listed(fields(body), "items", codes.CPS_EMPTY_ITEMS)))
    not_too_many(len(items), cap)
    return items


@rule("S20")
def item(told: Mapping[str, Any]) -> Item:
    """An item is malformed only in a type or a remark too long; any stage or reason gets its verdict."""
    notice_no = number(told)
    target, reason = (word(told, name, notice_no) for name in ("newStage", "reason"))
    remarks = text(told, "remark", 200, notice_no)
    word(told, "source", notice_no)
    check_addresses, confirmed = (flag(told, name, notice_no) for name in ("dhMhaCheck", "isConfirmation"))
    return Item(notice_no, Wanted(target, reason, remarks, confirmed), check_addresses)


@rule("S24")
def validation(body: object, cap: int) -> Validation:
    """A validation lists notices and names the stage they are to go to."""
    told = fields(body)
    notices = listed(told, "notices", codes.CPS_EMPTY_NOTICES)
    target = word(told, "newProcessingStage")
    if target is None:
        raise Refused(codes.CPS_STAGE_REQUIRED)
    asked = Validation(
        tuple(map(named, notices)),
        Wanted(target, word(told, "reasonOfChange"), text(told, "remarks", 200)),
    )
    not_too_many(len(notices), cap)
    return asked


def named(told: Mapping[str, Any]) -> Named:
    """Read one notice of a validate."""
    notice_no = number(told)
    stage, offender, _ = (
        word(told, name, notice_no) for name in ("currentStage", "offenderType", "entityType")
    )
    return Named(notice_no, stage, offender)


@frozen
class DateRange:
    """Both days of a report list, both in it."""

    start: date
    end: date


MOST_DAYS = 90


@rule("S51")
def date_range(start: object, end: object) -> DateRange:
    """A list has a first and a last day, in that order, at most ninety days apart."""
    days = [calendar_day(each) if isinstance(each, str) else None for each in (start, end)]
    if not all(isinstance(each, str) and each.strip() for each in (start, end)):
        raise range_refused("Start date and end date are required")
    first, last = days
    if first is None or last is None:
        raise range_refused("Start date and end date must be dates as yyyy-MM-dd")
    apart = (last - first).days
    if apart > MOST_DAYS:
        raise range_refused(f"Date range cannot exceed {MOST_DAYS} days. Current range: {apart} days")
    if apart < 0:
        raise range_refused("End date must be after start date")
    return DateRange(first, last)


def range_refused(problem: str) -> Refused:
    """Give a refusal of a date range."""
    return Refused(codes.CPS_INVALID_DATE_RANGE.worded(problem=problem))


REPORT_ID = re.compile(r"[0-9A-Za-z._-]{1,200}", re.ASCII)
SUFFIX = ".xlsx"


@rule("S52")
def report_id(value: object) -> str:
    """A report's id is letters, digits, dots, underscores and hyphens; its ending may be left out."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Refused(codes.CPS_EMPTY_REPORT_ID)
    if not isinstance(value, str) or not REPORT_ID.fullmatch(value) or value.startswith("."):
        raise Refused(codes.CPS_INVALID_REPORT_ID)
    return value if value.endswith(SUFFIX) else value + SUFFIX
