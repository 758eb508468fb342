"""Whether one notice may be moved by hand, and to which stage."""

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
DERIVED: dict[OffenderType, dict[str, str]] = {
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
"""The stages a notice may be moved to by hand, by offender type."""

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
    """A change by hand as asked for; without a `target` the next stage is derived."""

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
    Tell where a notice may be moved, or the first thing that stands against it, in rule order.

    Validate and submit both decide by this; validate asks with `changed_today` false.
    """
    if notice is None:
        return not_found()
    standing = in_court(notice) or suspended(notice) or duplicate(requested, changed_today=changed_today)
    if standing:
        return standing
    offender = offender_type(notice.role)
    target = requested.target or derived(offender, notice.stage)
    if target is None:
        return codes.CPS_NO_STAGE_RULE
    against = (
        ena_asked(target)
        or wrong_for_offender(offender, target)
        or not_on_map(notice.stage, target, reference)
        or wrong_reason(requested)
        or fee_missing(notice.stage, target, reference)
    )
    return against or Eligible(notice, target)


@rule("S10")
def not_found() -> Code:
    """A number that no notice has cannot be moved."""
    return codes.CPS_NOT_FOUND


@rule("S11")
def in_court(notice: StageNotice) -> Code | None:
    """A notice in any stage but the eleven is in court and not moved by hand."""
    return None if notice.stage in OPEN_TO_CHANGE else codes.CPS_COURT_STAGE


@rule("S12")
def suspended(notice: StageNotice) -> Code | None:
    """A permanent suspension keeps a notice where it is; a temporary one does not."""
    return codes.CPS_PS_BLOCKED if notice.suspension_type == PERMANENT else None


@rule("S13", "S30")
def duplicate(requested: RequestedChange, *, changed_today: bool) -> Code | None:
    """A notice with any change row of today is moved again only when the caller confirms it."""
    return codes.CPS_DUPLICATE_RECORD if changed_today and not requested.confirmed else None


@rule("S14")
def offender_type(role: str | None) -> OffenderType:
    """The offender's type is that of the current offender; a notice without one is its owner's."""
    return TYPES.get(role or "", OWNER)


@rule("S15")
def derived(offender: OffenderType, stage: str) -> str | None:
    """A target that is not named is the next stage on the offender's own track."""
    return DERIVED[offender].get(stage)


@rule("S16")
def ena_asked(target: str) -> Code | None:
    """Nothing is moved to ENA by hand."""
    return codes.CPS_ENA_NOT_ALLOWED if target == ENA else None


@rule("S17")
def wrong_for_offender(offender: OffenderType, target: str) -> Code | None:
    """A driver's notice goes to driver stages, anyone else's to theirs."""
    if target in TARGETS[offender]:
        return None
    return codes.CPS_INVALID_STAGE.worded(stage=target, offender=offender.value)


@rule("S18")
def not_on_map(stage: str, target: str, reference: Reference) -> Code | None:
    """A move the stage map does not have, code for code, is refused."""
    if (stage, target) in reference.stage_map:
        return None
    return codes.CPS_INVALID_TRANSITION.worded(last=stage, next=target)


@rule("S19")
def wrong_reason(requested: RequestedChange) -> Code | None:
    """A reason is one of the six, and `OTH` says more in the remarks."""
    if requested.reason is None:
        return None
    if requested.reason not in REASONS:
        return codes.CPS_INVALID_REASON.worded(known=", ".join(REASONS))
    silent = requested.reason == OTHERS and not (requested.remarks or "").strip()
    return codes.CPS_REMARKS_REQUIRED if silent else None


def fee_missing(stage: str, target: str, reference: Reference) -> Code | None:
    """Refuse a move whose fee nobody has set (S41)."""
    fee = missing_fee(stage, target, reference)
    return codes.CPS_FEE_MISSING.worded(fee=fee) if fee else None
