"""What a call of PLUS or Toppan must look like before anything is looked up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ocms_core.kernel import codes, lengths
from ocms_core.kernel.notice_numbers import normal_notice_no
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.request_fields import (
    NOT_A_NUMBER,
    InvalidRequest,
    fields,
    is_number,
    moment,
    text,
)


@value_object
class PlusChange:
    """A stage change PLUS asks for; `at` is when it happened there, if PLUS says so."""

    notice_nos: tuple[str, ...]
    last: str
    next: str
    at: datetime | None
    offence_type: str | None


PLUS_CODE = "005"


@rule("S60")
def plus_change(body: object, cap: int) -> PlusChange:
    """Read a PLUS call: notices, the stage they leave, the stage they enter, and PLUS itself (S60)."""
    given = fields(body)
    numbers = given.get("noticeNo")
    if not (isinstance(numbers, list) and numbers):
        raise plus_refused("Notice numbers are required")
    last, following = (plus_text(given, name) for name in ("lastStageName", "nextStageName"))
    if last is None:
        raise plus_refused("Last stage name is required")
    if following is None:
        raise plus_refused("Next stage name is required")
    if given.get("source") != PLUS_CODE:
        raise plus_refused("Invalid source code")
    if not all(isinstance(each, str) and is_number(normal_notice_no(each)) for each in numbers):
        raise plus_refused(f"Notice numbers {NOT_A_NUMBER}")
    dates = [given.get(name) for name in ("lastStageDate", "newStageDate")]
    if any(date is not None and moment(date) is None for date in dates):
        raise plus_refused("Invalid date format")
    offence_type = plus_text(given, "offenceType", lengths.OFFENCE_TYPE)
    if len(numbers) > cap:
        raise InvalidRequest(
            codes.PLUS_REFUSED.worded(problem=codes.CPS_TOO_MANY.worded(cap=cap).text), too_large=True
        )
    return PlusChange(tuple(map(normal_notice_no, numbers)), last, following, moment(dates[1]), offence_type)


def plus_refused(problem: str) -> InvalidRequest:
    """Return a refusal in PLUS's words."""
    return InvalidRequest(codes.PLUS_REFUSED.worded(problem=problem))


def plus_text(given: Mapping[str, Any], name: str, most: int = lengths.STAGE) -> str | None:
    """Read a text of a PLUS call, as long as its column at most."""
    try:
        return text(given, name, most)
    except InvalidRequest as refused:
        raise plus_refused(refused.code.text) from None


@value_object
class ToppanRun:
    """The letters of one print run: whose they are, at which stage, and when they were printed."""

    notice_nos: tuple[str, ...]
    stage: str
    printed_at: datetime


@rule("S70")
def toppan_run(body: object, cap: int) -> ToppanRun:
    """Read a Toppan call: notices, the stage printed for, and when (S70)."""
    given = fields(body)
    numbers = given.get("noticeNumbers")
    if not (isinstance(numbers, list) and numbers and all(isinstance(each, str) for each in numbers)):
        raise toppan_refused("Notice numbers required")
    stage = given.get("currentStage")
    if not (isinstance(stage, str) and stage.strip()) or len(stage) > lengths.STAGE or not stage.isascii():
        raise toppan_refused("Current stage required")
    printed_at = moment(given.get("processingDate"))
    if printed_at is None:
        raise toppan_refused("Invalid date format")
    if len(numbers) > cap:
        raise InvalidRequest(
            codes.TOPPAN_REFUSED.worded(problem=codes.CPS_TOO_MANY.worded(cap=cap).text), too_large=True
        )
    return ToppanRun(tuple(map(normal_notice_no, numbers)), stage, printed_at)


def toppan_refused(problem: str) -> InvalidRequest:
    """Return a refusal in Toppan's words."""
    return InvalidRequest(codes.TOPPAN_REFUSED.worded(problem=problem))
