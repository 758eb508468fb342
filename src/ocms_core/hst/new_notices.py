"""New notices of listed identities go under TS-HST by themselves."""

from datetime import datetime

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.suspending import AUTOMATIC_OFFICER, suspension_changes
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import HST, shown_suspension


@rule("H30")
def decide(facts: IdentityFacts, now: datetime) -> Decision[str]:
    """Suspend every new notice of a listed identity: being listed decides, no address is looked up (H30)."""
    notices = tuple(notice for notice in facts.notices if notice.id_no in facts.listed and is_new(notice))
    return Decision(
        answers=tuple(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in notices),
        changes=tuple(suspension_changes(notices, facts.reference, AUTOMATIC_OFFICER, now)),
    )


@rule("H30", "H31", "U3", "U8")
def is_new(notice: HstNotice) -> bool:
    """
    Return whether a notice at any of the eleven stages is unpaid and under no suspension (H30, U8).

    What an earlier rule left out, in court or suspended otherwise, is new when the reason has gone. One whose
    TS-HST has ended with its period is not: the loop let it go, and it stays free (H31).
    """
    return (
        notice.stage in OPEN_TO_CHANGE
        and not notice.paid
        and not notice.hst_expired
        and shown_suspension(notice.suspensions).type is None
        and not notice.suspensions.open_records
    )
