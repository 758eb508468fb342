"""An officer puts an identity on the HST list, and its notices under TS-HST."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstApplication
from ocms_core.hst.suspending import suspension_changes
from ocms_core.kernel.changes import IdentityListed
from ocms_core.kernel.codes import HST_ID_EXISTS, HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import HST, Suspensions


@rule("H3", "H4")
def decide(
    application: HstApplication, facts: IdentityFacts, officer: str, now: datetime
) -> Decision[str] | Refusal:
    """
    List an identity and suspend its notices, or refuse one already listed; skipping is no error.

    Whether it is skipped is decided once for all notices of a stage that are suspended alike.
    """
    if application.id_no in facts.listed:
        return Refusal(HST_ID_EXISTS)
    skips = cache(is_skipped)
    notices = tuple([each for each in facts.notices if not skips(each.stage, each.suspensions)])
    suspended = str(HST)
    listed = IdentityListed(application.id_no, application.id_type, application.name, application.address)
    return Decision(
        answers=tuple([Answer(notice.notice_no, HST_SUCCESS, suspended) for notice in notices]),
        changes=(listed, *suspension_changes(notices, facts.reference, officer, now)),
    )


def is_permanently_suspended(_stage: str, suspensions: Suspensions) -> bool:
    """Return whether a permanent suspension holds, which is not put under a temporary one (H4)."""
    return suspensions.permanent


def is_in_court_stage(stage: str, _suspensions: Suspensions) -> bool:
    """Return whether a notice is in court: in any stage outside `OPEN_TO_CHANGE` (H4)."""
    return stage not in OPEN_TO_CHANGE


def is_under_hst(_stage: str, suspensions: Suspensions) -> bool:
    """Return whether TS-HST holds already; a notice is not put under it twice (H4)."""
    return suspensions.under_hst


SKIP_REASONS: tuple[Callable[[str, Suspensions], bool], ...] = (
    is_permanently_suspended,
    is_in_court_stage,
    is_under_hst,
)


@rule("H4", "H5")
def is_skipped(stage: str, suspensions: Suspensions) -> bool:
    """Return whether a permanent suspension, a court stage or TS-HST itself keeps a notice as it is."""
    return any(reason(stage, suspensions) for reason in SKIP_REASONS)
