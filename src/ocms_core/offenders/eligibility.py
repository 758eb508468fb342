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
from ocms_core.offenders.facts import WORDS, OffenderNotice

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
    """Return a stage in contract 3's words: ENA is OW, a driver stage is DN, any other its own code (F1)."""
    return SHOWN_AS.get(stage, stage)


@rule("F2")
def is_final(stage: str) -> bool:
    """Return whether a stage is final: every one but the nine before court, CPC and CFC among them (F2)."""
    return stage not in BEFORE_COURT


def blocking_code(notice: OffenderNotice | None) -> Code | None:
    """Return what keeps any action from a notice: it is unknown, permanently suspended or final (F10)."""
    if notice is None:
        return NOTICE_NOT_FOUND
    if notice.suspension_type == PERMANENT:
        return PERMANENT_SUSPENSION
    if is_final(notice.stage):
        return LAST_STAGE_AFTER_CPC
    return None


@rule("F10")
def furnish_refusal(notice: OffenderNotice | None, role: str) -> Code | None:
    """Return the first of: no such notice, permanent suspension, final stage, role not furnishable (F10)."""
    refusal = blocking_code(notice)
    if refusal or notice is None:
        return refusal
    return None if is_furnishable(role, notice.stage) else NOT_FURNISHABLE


@rule("F11")
def is_furnishable(role: str, stage: str) -> bool:
    """Return whether a role can be furnished at a stage: at ENA, RD1, RD2 and RR3, and nowhere else (F11)."""
    return (role, stage) in NEW_STAGE


@rule("F12")
def is_redirectable(notice: OffenderNotice, role: str) -> bool:
    """
    Return whether a notice before court can go to a role: somebody in another role is its offender.

    A redirect names whom it comes from, and has words for owner, hirer and driver alone.
    """
    return blocking_code(notice) is None and notice.current_role in WORDS.keys() - {role}


@value_object
class Eligibility:
    """What can be done with a notice for one role; `reason` says why it cannot be furnished."""

    can_furnish: bool
    can_redirect: bool
    stage: str
    reason: Code | None


@rule("F13")
def eligibility(notice: OffenderNotice, role: str) -> Eligibility:
    """Return what can be done with a notice and enforce nothing; a temporary suspension does not block."""
    reason = furnish_refusal(notice, role)
    return Eligibility(reason is None, is_redirectable(notice, role), notice.stage, reason)


@value_object
class Buttons:
    """Which buttons an officer sees for one role of a notice."""

    furnish: bool
    redirect: bool
    update: bool


@rule("F14")
def buttons(*, exists: bool, is_current: bool) -> Buttons:
    """Show furnish for nobody in the role, update for the current offender, redirect for anybody else."""
    return Buttons(furnish=not exists, redirect=exists and not is_current, update=exists and is_current)
