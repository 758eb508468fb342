"""TS-HST that falls due is renewed while the identity stays listed."""

from datetime import datetime

from ocms_core.hst import answers
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.suspending import AUTOMATIC_OFFICER, closing_changes, lifting_changes, suspension_changes
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST

PERIOD_EXPIRED = "SPO"
EXPIRED = "EXPIRED"


@rule("H31")
def decide(facts: IdentityFacts, now: datetime) -> Decision[str]:
    """Close TS-HST that is due, and open it anew while the identity has no new valid address (H31)."""
    due = [notice for notice in facts.notices if falls_due(notice, facts, now)]
    renewed_notices = [notice for notice in due if renews(notice, facts)]
    expired_notices = [notice for notice in due if not renews(notice, facts)]
    return Decision(
        answers=(
            *(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in renewed_notices),
            *(Answer(notice.notice_no, HST_SUCCESS, EXPIRED) for notice in expired_notices),
        ),
        changes=(
            *closing_changes(renewed_notices, PERIOD_EXPIRED, AUTOMATIC_OFFICER, now),
            *suspension_changes(renewed_notices, facts.reference, AUTOMATIC_OFFICER, now),
            *lifting_changes(expired_notices, PERIOD_EXPIRED, AUTOMATIC_OFFICER, now),
        ),
    )


@rule("H31", "H10", "U5")
def falls_due(notice: HstNotice, facts: IdentityFacts, now: datetime) -> bool:
    """
    Return whether TS-HST has reached its due day, whatever the hour (H31).

    That of a notice paid or permanently suspended is left to the revival, unless its identity is not listed:
    no revival would ever close it (H10, U5).
    """
    if notice.id_no in facts.listed and (notice.paid or notice.suspensions.permanent):
        return False
    return any(
        record.due is not None and singapore(record.due).date() <= singapore(now).date()
        for record in notice.suspensions.hst_records
    )


@rule("H31")
def renews(notice: HstNotice, facts: IdentityFacts) -> bool:
    """Return whether the identity is still listed and no check has brought a valid new address (H31)."""
    listed = facts.listed.get(notice.id_no)
    answer = facts.answers.get(notice.id_no)
    return listed is not None and not (answer and answers.has_valid_new_address(listed, answer))
