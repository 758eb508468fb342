"""An officer puts an identity on the HST list, and its notices under TS-HST."""

from collections.abc import Callable
from datetime import datetime

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.request_checks import HstApplication
from ocms_core.hst.suspending import suspension_changes
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
    """List an identity and suspend its notices, or refuse one already listed; skipping is no error."""
    if application.id_no in facts.listed:
        return Refusal(HST_ID_EXISTS)
    notices = tuple(notice for notice in facts.notices if not is_skipped(notice))
    listed = IdentityListed(application.id_no, application.id_type, application.name, application.address)
    return Decision(
        answers=tuple(Answer(notice.notice_no, HST_SUCCESS, str(HST)) for notice in notices),
        changes=(listed, *suspension_changes(notices, facts.reference, officer, now)),
    )


def is_permanently_suspended(notice: HstNotice) -> bool:
    """Return whether a permanent suspension holds, which is not put under a temporary one (H4)."""
    return notice.suspensions.permanent


def is_in_court_stage(notice: HstNotice) -> bool:
    """Return whether a notice is in court: in any stage outside `OPEN_TO_CHANGE` (H4)."""
    return notice.stage not in OPEN_TO_CHANGE


def is_under_hst(notice: HstNotice) -> bool:
    """Return whether TS-HST holds already; a notice is not put under it twice (H4)."""
    return notice.suspensions.under_hst


SKIP_REASONS: tuple[Callable[[HstNotice], bool], ...] = (
    is_permanently_suspended,
    is_in_court_stage,
    is_under_hst,
)


@rule("H4", "H5")
def is_skipped(notice: HstNotice) -> bool:
    """Return whether a permanent suspension, a court stage or TS-HST itself keeps a notice as it is."""
    return any(reason(notice) for reason in SKIP_REASONS)
