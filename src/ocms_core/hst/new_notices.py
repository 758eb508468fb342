"""New notices of listed identities go under TS-HST by themselves."""

from datetime import datetime

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.suspending import AUTOMATIC_OFFICER, suspension_changes
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST

BEFORE_FIRST_REMINDER: frozenset[str] = frozenset({"NPA", "ROV", "ENA"})


@rule("H30")
def decide(facts: IdentityFacts, now: datetime) -> Decision[str]:
    """Suspend every new notice of a listed identity: being listed decides, no address is looked up (H30)."""
    notices = tuple(notice for notice in facts.notices if notice.id_no in facts.listed and is_new(notice))
    return Decision(
        answers=tuple(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in notices),
        changes=tuple(suspension_changes(notices, facts.reference, AUTOMATIC_OFFICER, now)),
    )


@rule("H30", "H31")
def is_new(notice: HstNotice) -> bool:
    """
    Return whether a notice stands before its first reminder, is unpaid and under no suspension (H30, H31).

    One whose TS-HST has ended with its period is not new: the loop let it go, and it stays free (H31).
    """
    return (
        notice.stage in BEFORE_FIRST_REMINDER
        and not notice.paid
        and not notice.hst_expired
        and notice.suspensions.shown.type is None
        and not notice.suspensions.open_records
    )
