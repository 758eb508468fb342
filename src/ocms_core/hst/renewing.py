"""TS-HST that falls due goes round again while the identity stays listed."""

from datetime import datetime

from ocms_core.hst import answers
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.suspending import AUTOMATIC_OFFICER, closed, lifted, suspended
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST

PERIOD_EXPIRED = "SPO"
EXPIRED = "EXPIRED"


@rule("H31")
def decide(facts: IdentityFacts, now: datetime) -> Decision[str]:
    """What is due is closed as over, and opened anew at once while the identity is still to be found."""
    due = [notice for notice in facts.notices if falls_due(notice, now)]
    again = [notice for notice in due if renews(notice, facts)]
    over = [notice for notice in due if not renews(notice, facts)]
    return Decision(
        answers=(
            *(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in again),
            *(Answer(notice.notice_no, HST_SUCCESS, EXPIRED) for notice in over),
        ),
        changes=(
            *closed(again, PERIOD_EXPIRED, AUTOMATIC_OFFICER, now),
            *suspended(again, facts.reference, AUTOMATIC_OFFICER, now),
            *lifted(over, PERIOD_EXPIRED, AUTOMATIC_OFFICER, now),
        ),
    )


@rule("H31")
def falls_due(notice: HstNotice, now: datetime) -> bool:
    """TS-HST falls due on its due day, whatever the hour; a paid notice is left alone."""
    if notice.paid or notice.suspensions.permanent:
        return False
    return any(
        record.due is not None and singapore(record.due).date() <= singapore(now).date()
        for record in notice.suspensions.hst_records
    )


@rule("H31")
def renews(notice: HstNotice, facts: IdentityFacts) -> bool:
    """It goes round while the identity is listed and no check has brought a valid new address."""
    listed = facts.listed.get(notice.id_no)
    answer = facts.answers.get(notice.id_no)
    return listed is not None and not (answer and answers.found_valid_new_address(listed, answer))
