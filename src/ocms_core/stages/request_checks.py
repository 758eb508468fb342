"""What a call of the staff portal must look like before anything is looked up."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field

from ocms_core.kernel import codes, lengths
from ocms_core.kernel.dates import calendar_day
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.texts import stripped
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_fields import (
    NOT_A_DATE,
    TOO_LONG,
    InvalidRequest,
    check_count,
    fields,
    flag,
    in_capitals,
    invalid_field,
    number,
    objects_in,
    plate,
    text,
    word,
)


@value_object
class ChangeItem:
    """One notice of a submit; `seen_stage` is where the officer was shown it, and None where nothing was."""

    notice_no: str
    requested: RequestedChange
    check_addresses: bool = False
    seen_stage: str | None = None


@value_object
class Validation:
    """A validate call; what the caller believes of its notices is read and not kept."""

    notice_nos: tuple[str, ...]
    requested: RequestedChange


@value_object
class Criteria:
    """What a search is for; the day is that of the current stage."""

    notice_no: str | None = None
    id_no: str | None = field(default=None, repr=False)
    vehicle_no: str | None = None
    stage: str | None = None
    day: date | None = None


@rule("S1")
def criteria(body: object) -> Criteria:
    """Read a search, which names at least one criterion; blanks do not count (S1)."""
    given = {name: stripped(each) if isinstance(each, str) else each for name, each in fields(body).items()}
    stage, alias = (
        text(given, name, lengths.STAGE) for name in ("currentProcessingStage", "lastProcessingStage")
    )
    day = text(given, "dateOfCurrentProcessingStage", 10)
    found = Criteria(
        notice_no=in_capitals(text(given, "noticeNo", lengths.NOTICE_NO)),
        id_no=in_capitals(text(given, "idNo", lengths.ID_NO)),
        vehicle_no=plate_criterion(given),
        stage=in_capitals(stage or alias),
        day=None if day is None else calendar_day(day),
    )
    if day is not None and found.day is None:
        raise invalid_field("dateOfCurrentProcessingStage", NOT_A_DATE)
    if found == Criteria():
        raise InvalidRequest(codes.CPS_NO_CRITERION)
    return found


@rule("S27", "G10")
def plate_criterion(given: Mapping[str, Any]) -> str | None:
    """Read a plate, whose normal form a column must be able to hold, however it is typed (S27)."""
    found = plate(word(given, "vehicleNo"))
    if found and len(found) > lengths.VEHICLE_NO:
        raise invalid_field("vehicleNo", TOO_LONG.format(most=lengths.VEHICLE_NO))
    return found


@rule("S20")
def change_items(body: object, cap: int) -> tuple[ChangeItem, ...]:
    """Read a submit: items, each with its number, no more than the cap; the rest is decided per item."""
    items = tuple(map(change_item, objects_in(fields(body), "items", codes.CPS_EMPTY_ITEMS)))
    check_count(len(items), cap)
    return items


@rule("S20")
def change_item(given: Mapping[str, Any]) -> ChangeItem:
    """Read an item, malformed only in a type or a remark too long; any stage or reason gets its verdict."""
    notice_no = number(given)
    target, reason = (word(given, name, notice_no) for name in ("newStage", "reason"))
    remarks = text(given, "remark", lengths.REMARKS, notice_no)
    word(given, "source", notice_no)
    check_addresses, confirmed = (flag(given, name, notice_no) for name in ("dhMhaCheck", "isConfirmation"))
    return ChangeItem(notice_no, RequestedChange(target, reason, remarks, confirmed), check_addresses)


@rule("K4")
def notices_to_reverse(body: object, cap: int) -> tuple[str, ...]:
    """Read a reversal: items, each with its number, no more than the cap (K4)."""
    numbers = tuple(map(number, objects_in(fields(body), "items", codes.CPS_EMPTY_ITEMS)))
    check_count(len(numbers), cap)
    return numbers


@rule("S24")
def validation(body: object, cap: int) -> Validation:
    """Read a validation: notices and the stage they are to go to (S24)."""
    given = fields(body)
    notices = objects_in(given, "notices", codes.CPS_EMPTY_NOTICES)
    target = word(given, "newProcessingStage")
    if target is None:
        raise InvalidRequest(codes.CPS_STAGE_REQUIRED)
    validated = Validation(
        tuple(map(notice_to_validate, notices)),
        RequestedChange(target, word(given, "reasonOfChange"), text(given, "remarks", lengths.REMARKS)),
    )
    check_count(len(notices), cap)
    return validated


def notice_to_validate(given: Mapping[str, Any]) -> str:
    """Read the number of one notice of a validate; what else is said of it must be text (G7)."""
    notice_no = number(given)
    for name in ("currentStage", "offenderType", "entityType"):
        word(given, name, notice_no)
    return notice_no


@value_object
class DateRange:
    """Both days of a report list, both in it."""

    start: date
    end: date


MOST_DAYS = 90


@rule("S51")
def date_range(start: object, end: object) -> DateRange:
    """Read the first and last day of a list, in that order, at most ninety days apart (S51)."""
    days = [calendar_day(each) if isinstance(each, str) else None for each in (start, end)]
    if not all(isinstance(each, str) and each.strip() for each in (start, end)):
        raise invalid_range("Start date and end date are required")
    first, last = days
    if first is None or last is None:
        raise invalid_range("Start date and end date must be dates as yyyy-MM-dd")
    apart = (last - first).days
    if apart > MOST_DAYS:
        raise invalid_range(f"Date range cannot exceed {MOST_DAYS} days. Current range: {apart} days")
    if apart < 0:
        raise invalid_range("End date must be after start date")
    return DateRange(first, last)


def invalid_range(problem: str) -> InvalidRequest:
    """Return a refusal of a date range."""
    return InvalidRequest(codes.CPS_INVALID_DATE_RANGE.worded(problem=problem))


# No name begins with a dot.
REPORT_ID = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,199}")
SUFFIX = ".xlsx"


@rule("S52")
def report_id(value: object) -> str:
    """Read a report's id: letters, digits, dots, underscores, hyphens; its ending may be left out (S52)."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InvalidRequest(codes.CPS_EMPTY_REPORT_ID)
    if not isinstance(value, str) or not REPORT_ID.fullmatch(value):
        raise InvalidRequest(codes.CPS_INVALID_REPORT_ID)
    return value if value.endswith(SUFFIX) else value + SUFFIX
