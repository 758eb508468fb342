"""An officer has reached the owner: the identity leaves the list and its notices go on."""

from datetime import datetime
from functools import cache

from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstRevival
from ocms_core.hst.suspending import lifting_changes
from ocms_core.kernel.changes import EnquiryWithdrawn, IdentityRemoved
from ocms_core.kernel.codes import HST_ID_NOT_FOUND, HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST, SuspensionReason, Suspensions, shown_suspension

ADDRESS_VERIFIED = "HAV"
ACTIVE = "ACTIVE"


@rule("H7")
def decide(revival: HstRevival, facts: IdentityFacts, officer: str, now: datetime) -> Decision[str] | Refusal:
    """
    Remove an identity from the list: all its TS-HST ends, and so do enquiries for its address (H7).

    One not listed, or no more, is refused. How a notice stands afterwards is decided once for all that are
    suspended alike.
    """
    if revival.id_no not in facts.listed:
        return Refusal(HST_ID_NOT_FOUND)
    is_under_hst, left = cache(lambda suspensions: suspensions.under_hst), cache(status_after)
    notices = tuple([notice for notice in facts.notices if is_under_hst(notice.suspensions)])
    return Decision(
        answers=tuple(
            [Answer(notice.notice_no, HST_SUCCESS, left(notice.suspensions)) for notice in notices]
        ),
        changes=(
            *lifting_changes(notices, ADDRESS_VERIFIED, officer, now, revival.remarks),
            IdentityRemoved(revival.id_no),
            EnquiryWithdrawn(revival.id_no),
        ),
    )


def status_after(suspensions: Suspensions) -> str:
    """Return how a notice stands without TS-HST: active, or under what else holds it."""
    shown = shown_suspension(suspensions.without(HST))
    if shown.type is None:
        return ACTIVE
    reason = suspensions.crs_reason or shown.reason
    return str(SuspensionReason(shown.type, reason)) if reason else shown.type
