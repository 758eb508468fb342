"""Test data of stage changes: each builder returns a valid value, and takes by keyword what is to differ."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import NEXT_STAGE, SAMPLE_FEES, STAGE_DAYS, STAGE_MAP
from ocms_core.kernel.suspensions import ShownSuspension, Suspensions
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.facts import StageFacts, StageNotice
from ocms_core.stages.request_checks import ChangeItem
from tests.support.builders import SINCE

DEFAULTS = Reference(
    stage_map=frozenset((last, following) for last, moves in STAGE_MAP.items() for following in moves),
    parameters={
        **{("NEXT_STAGE", stage): following for stage, following in NEXT_STAGE.items()},
        **{("STAGEDAYS", stage): str(days) for stage, days in STAGE_DAYS.items()},
        **{(fee, "AMOUNT"): str(amount) for fee, amount in SAMPLE_FEES.items()},
    },
    days_of_suspension={},
)
WITHOUT_FEES = Reference(
    stage_map=DEFAULTS.stage_map,
    parameters={key: value for key, value in DEFAULTS.parameters.items() if key[1] != "AMOUNT"},
    days_of_suspension={},
)

WITHOUT_MOVES = Reference(stage_map=frozenset(), parameters=DEFAULTS.parameters, days_of_suspension={})


def stage_notice(
    notice_no: str,
    *,
    stage: str = "DN1",
    stage_date: datetime = SINCE,
    next_stage: str | None = None,
    suspension_type: str | None = None,
    composition_amount: Decimal = Decimal("70.00"),
    role: str | None = "D",
    paid: bool = False,
    suspensions: Suspensions | None = None,
) -> StageNotice:
    """Build a driver's unpaid notice in DN1."""
    held = suspensions or Suspensions(ShownSuspension(suspension_type, None, None, None))
    return StageNotice(notice_no, stage, stage_date, next_stage, composition_amount, role, held, paid)


def stage_facts(
    *notices: StageNotice, changed: Iterable[str] = (), reference: Reference = DEFAULTS
) -> StageFacts:
    """Build the facts of a stage change from its notices."""
    return StageFacts(reference, {found.notice_no: found for found in notices}, frozenset(changed))


def requested(
    target: str | None = "DN2",
    reason: str | None = "SUP",
    remarks: str | None = None,
    *,
    confirmed: bool = False,
) -> RequestedChange:
    """Build a change to DN2, to speed things up."""
    return RequestedChange(target, reason, remarks, confirmed)


def item(
    notice_no: str, *, check_addresses: bool = False, change: RequestedChange | None = None
) -> ChangeItem:
    """Build one item of a submit."""
    return ChangeItem(notice_no, change or requested(), check_addresses)
