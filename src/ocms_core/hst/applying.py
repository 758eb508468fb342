"""An officer puts an identity on the HST list, and its notices under TS-HST."""

from collections.abc import Callable
from datetime import datetime

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.request_checks import HstApplication
from ocms_core.hst.suspending import suspended
from ocms_core.kernel.changes import IdentityListed
from ocms_core.kernel.codes import HST_ID_EXISTS, HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import HST


@rule("H3", "H4")
def decide(
    application: HstApplication, facts: IdentityFacts, officer: str, now: datetime
) -> Decision[str] | Refusal:
    """Listing and suspending are one; an identity already listed is refused, a skipped notice is no error."""
    if application.id_no in facts.listed:
        return Refusal(HST_ID_EXISTS)
    notices = tuple(notice for notice in facts.notices if not skipped(notice))
    listed = IdentityListed(application.id_no, application.id_type, application.name, application.address)
    return Decision(
        answers=tuple(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in notices),
        changes=(listed, *suspended(notices, facts.reference, officer, now)),
    )


def under_permanent_suspension(notice: HstNotice) -> bool:
    """A permanent suspension is not put under a temporary one (H4)."""
    return notice.suspensions.permanent


def in_court_stage(notice: HstNotice) -> bool:
    """A notice in court, any stage outside the eleven, is the court's (H4)."""
    return notice.stage not in OPEN_TO_CHANGE


def under_hst_already(notice: HstNotice) -> bool:
    """A notice is not put under TS-HST twice (H4)."""
    return notice.suspensions.under_hst


SKIPPING: tuple[Callable[[HstNotice], bool], ...] = (
    under_permanent_suspension,
    in_court_stage,
    under_hst_already,
)


@rule("H4", "H5")
def skipped(notice: HstNotice) -> bool:
    """Only a permanent suspension, a court stage or TS-HST itself keeps a notice from being suspended."""
    return any(reason(notice) for reason in SKIPPING)
