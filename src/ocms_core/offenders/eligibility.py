"""Whether a notice can be furnished or redirected: the role and stage table, and the checks in order."""

from collections.abc import Mapping

from ocms_core.kernel.codes import (
    LAST_STAGE_AFTER_CPC,
    NOT_FURNISHABLE,
    NOTICE_NOT_FOUND,
    PERMANENT_SUSPENSION,
    Code,
)
from ocms_core.kernel.offender_details import DRIVER, HIRER, OWNER
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders.facts import OffenderNotice

# Where a notice goes when a role is furnished at a stage; a pair that is not here is not furnishable.
NEW_STAGE: Mapping[tuple[str, str], str] = {
    (OWNER, "ENA"): "RD1",
    (OWNER, "RD1"): "RD1",
    (OWNER, "RD2"): "RD1",
    (OWNER, "RR3"): "RD1",
    (HIRER, "ENA"): "RD1",
    (HIRER, "RD1"): "RD2",
    (HIRER, "RD2"): "RD1",
    (HIRER, "RR3"): "RD1",
    (DRIVER, "ENA"): "DN1",
    (DRIVER, "RD1"): "DN1",
    (DRIVER, "RD2"): "DN1",
    (DRIVER, "RR3"): "DN1",
}

FIRST_STAGE: Mapping[str, str] = {OWNER: "RD1", HIRER: "RD1", DRIVER: "DN1"}
"""Where a notice starts anew when it is redirected to a role (F31)."""

SHOWN_AS: Mapping[str, str] = {"ENA": "OW", "DN1": "DN", "DN2": "DN", "DR3": "DN"}


@rule("F1")
def shown_stage(stage: str) -> str:
    """On this family's wire ENA is OW and every driver stage is DN; any other stage is its own code."""
    return SHOWN_AS.get(stage, stage)


@rule("F2")
def is_final(stage: str) -> bool:
    """Every stage but the nine before court is final, CPC and CFC among them."""
    return stage not in BEFORE_COURT


def blocked(notice: OffenderNotice | None) -> Code | None:
    """Give what keeps any action from a notice: it is unknown, permanently suspended or final (F10)."""
    if notice is None:
        return NOTICE_NOT_FOUND
    if notice.suspension_type == PERMANENT:
        return PERMANENT_SUSPENSION
    if is_final(notice.stage):
        return LAST_STAGE_AFTER_CPC
    return None


@rule("F10")
def furnish_refusal(notice: OffenderNotice | None, role: str) -> Code | None:
    """Furnishing is refused for the first of: no such notice, permanent suspension, final stage, role."""
    refusal = blocked(notice)
    if refusal or notice is None:
        return refusal
    return None if furnishable(role, notice.stage) else NOT_FURNISHABLE


@rule("F11")
def furnishable(role: str, stage: str) -> bool:
    """Owner, hirer and driver can be furnished at ENA, RD1, RD2 and RR3, and nowhere else."""
    return (role, stage) in NEW_STAGE


@rule("F12")
def redirectable(notice: OffenderNotice, role: str) -> bool:
    """A notice can be redirected to a role before court, when somebody in another role is its offender."""
    return blocked(notice) is None and notice.current is not None and notice.current.role != role


@value_object
class Eligibility:
    """What can be done with a notice for one role; `reason` says why it cannot be furnished."""

    can_furnish: bool
    can_redirect: bool
    stage: str
    reason: Code | None


@rule("F13")
def eligibility(notice: OffenderNotice, role: str) -> Eligibility:
    """The eligibility of an existing notice is told, not enforced; a temporary suspension does not block."""
    reason = furnish_refusal(notice, role)
    return Eligibility(reason is None, redirectable(notice, role), notice.stage, reason)


@value_object
class Buttons:
    """Which buttons an officer sees for one role of a notice."""

    furnish: bool
    redirect: bool
    update: bool


@rule("F14")
def buttons(*, exists: bool, is_current: bool) -> Buttons:
    """Nobody in the role: furnish; somebody who is the current offender: update; anybody else: redirect."""
    return Buttons(furnish=not exists, redirect=exists and not is_current, update=exists and is_current)
