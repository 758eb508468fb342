"""Whether an officer may move one notice, and to which stage."""

from collections.abc import Hashable
from enum import Enum, unique

from ocms_core.kernel import codes, offender_details
from ocms_core.kernel.codes import Code
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.amounts import missing_fee
from ocms_core.stages.facts import StageNotice


@unique
class OffenderType(Enum):
    """What the current offender is to the vehicle."""

    DRIVER = "DRIVER"
    OWNER = "OWNER"
    HIRER = "HIRER"
    DIRECTOR = "DIRECTOR"


DRIVER, OWNER, HIRER, DIRECTOR = OffenderType

TYPES: dict[str, OffenderType] = {
    offender_details.DRIVER: DRIVER,
    offender_details.OWNER: OWNER,
    offender_details.HIRER: HIRER,
    offender_details.DIRECTOR: DIRECTOR,
    "DIR": DIRECTOR,
}
"""The offender type of each indicator; another system writes DIR for a director."""

DRIVER_NEXT: dict[str, str] = {"NPA": "DN1", "ENA": "DN1", "DN1": "DN2", "DN2": "DR3"}
OTHERS_NEXT: dict[str, str] = {"NPA": "ROV", "ROV": "RD1", "ENA": "RD1", "RD1": "RD2", "RD2": "RR3"}
DEFAULT_TARGETS: dict[OffenderType, dict[str, str]] = {
    DRIVER: DRIVER_NEXT,
    OWNER: OTHERS_NEXT,
    HIRER: OTHERS_NEXT,
    DIRECTOR: OTHERS_NEXT,
}
"""The target of a change that names none, by offender type and present stage."""

DRIVER_TARGETS = frozenset({"DN1", "DN2", "DR3"})
OTHERS_TARGETS = frozenset({"ROV", "RD1", "RD2", "RR3"})
TARGETS: dict[OffenderType, frozenset[str]] = {
    DRIVER: DRIVER_TARGETS,
    OWNER: OTHERS_TARGETS,
    HIRER: OTHERS_TARGETS,
    DIRECTOR: OTHERS_TARGETS,
}
"""The stages an officer may move a notice to, by offender type."""

ENA = "ENA"
OTHERS = "OTH"
REASONS: dict[str, str] = {
    "REC": "recheck with vault",
    "RSN": "resend",
    "SUP": "speed up",
    "OTH": "others",
    "WOD": "wrong owner, hirer or driver",
    "PLS": "set by PLUS",
}
"""The reasons of a change."""


@value_object
class RequestedChange:
    """An officer's change as requested; without a `target` the next stage is derived."""

    target: str | None
    reason: str | None
    remarks: str | None
    confirmed: bool = False


@value_object
class Eligible:
    """A notice that may be moved to `target`."""

    notice: StageNotice
    target: str


def eligibility(
    requested: RequestedChange,
    notice: StageNotice | None,
    reference: Reference,
    *,
    changed_today: bool,
) -> Eligible | Code:
    """
    Return where a notice may be moved, or the first code that refuses it, in rule order.

    Validate and submit both decide by this; validate asks with `changed_today` false.
    """
    if notice is None:
        return unknown_notice()
    refusal = (
        court_stage(notice)
        or permanent_suspension(notice)
        or duplicate_change(requested, changed_today=changed_today)
    )
    if refusal:
        return refusal
    offender = offender_type(notice.role)
    target = requested.target or default_target(offender, notice.stage)
    if target is None:
        return codes.CPS_NO_STAGE_RULE
    refusal = (
        ena_target(target)
        or target_of_other_offender(offender, target)
        or unknown_transition(notice.stage, target, reference)
        or invalid_reason(requested)
        or missing_fee_code(notice.stage, target, reference)
    )
    return refusal or Eligible(notice, target)


def decisive_facts(notice: StageNotice | None) -> Hashable:
    """Return all of a notice that its eligibility and its move depend on."""
    return notice and (notice.stage, notice.role, notice.suspension_type, notice.composition_amount)


@rule("S10")
def unknown_notice() -> Code:
    """Return the refusal of a number that no notice has (S10)."""
    return codes.CPS_NOT_FOUND


@rule("S11")
def court_stage(notice: StageNotice) -> Code | None:
    """Refuse a notice outside `OPEN_TO_CHANGE`: it is in court and not moved by officers (S11)."""
    return None if notice.stage in OPEN_TO_CHANGE else codes.CPS_COURT_STAGE


@rule("S12")
def permanent_suspension(notice: StageNotice) -> Code | None:
    """Refuse a notice under a permanent suspension; a temporary one does not hold it (S12)."""
    return codes.CPS_PS_BLOCKED if notice.suspension_type == PERMANENT else None


@rule("S13", "S30")
def duplicate_change(requested: RequestedChange, *, changed_today: bool) -> Code | None:
    """Refuse a notice with any change row of today, unless the caller confirms it (S13, S30)."""
    return codes.CPS_DUPLICATE_RECORD if changed_today and not requested.confirmed else None


@rule("S14")
def offender_type(role: str | None) -> OffenderType:
    """Return the type of the current offender; a notice without one is its owner's (S14)."""
    return TYPES.get(role or "", OWNER)


@rule("S15")
def default_target(offender: OffenderType, stage: str) -> str | None:
    """Return the next stage on the offender's own track, for a change that names no target (S15)."""
    return DEFAULT_TARGETS[offender].get(stage)


@rule("S16")
def ena_target(target: str) -> Code | None:
    """Refuse ENA as a target: officers move nothing there (S16)."""
    return codes.CPS_ENA_NOT_ALLOWED if target == ENA else None


@rule("S17")
def target_of_other_offender(offender: OffenderType, target: str) -> Code | None:
    """Refuse anything but driver stages for a driver's notice, and anything but theirs for others (S17)."""
    if target in TARGETS[offender]:
        return None
    return codes.CPS_INVALID_STAGE.worded(stage=target, offender=offender.value)


@rule("S18")
def unknown_transition(stage: str, target: str, reference: Reference) -> Code | None:
    """Refuse a move the stage map does not have, code for code (S18)."""
    if (stage, target) in reference.stage_map:
        return None
    return codes.CPS_INVALID_TRANSITION.worded(last=stage, next=target)


@rule("S19")
def invalid_reason(requested: RequestedChange) -> Code | None:
    """Refuse an unknown reason, and `OTH` without remarks (S19)."""
    if requested.reason is None:
        return None
    if requested.reason not in REASONS:
        return codes.CPS_INVALID_REASON.worded(known=", ".join(REASONS))
    silent = requested.reason == OTHERS and not (requested.remarks or "").strip()
    return codes.CPS_REMARKS_REQUIRED if silent else None


def missing_fee_code(stage: str, target: str, reference: Reference) -> Code | None:
    """Refuse a move whose fee nobody has set (S41)."""
    fee = missing_fee(stage, target, reference)
    return codes.CPS_FEE_MISSING.worded(fee=fee) if fee else None
