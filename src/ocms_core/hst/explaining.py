"""What the HST operations would do with a notice now, and what holds it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from ocms_core.hst import applying, new_notices, renewing, reviving
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import HST_ID_EXISTS, HST_ID_NOT_FOUND, Code
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.suspensions import OpenSuspension, Suspensions

NEW_NOTICES, LOOP = "suspend_hst_new_notices", "loop_hst_suspensions"
UNKNOWN = "no such notice"
NOBODY = "left alone: nobody is its current offender"
NOT_HELD = "not under TS-HST"

LEFT_ALONE: Mapping[Callable[[str, Suspensions], bool], str] = {
    applying.is_permanently_suspended: "left alone: permanently suspended",
    applying.is_in_court_stage: "left alone: its stage is the court's",
    applying.is_under_hst: "left alone: under TS-HST already",
}


def explain(notice_no: str, *, stores: HstStores, now: datetime) -> tuple[Explanation, ...]:
    """
    Explain whether an application would suspend one notice, and which record suspends it now.

    Reads only, and names nobody. Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        return explain_facts(facts_on(now, reader.notice_facts(notice_no)), now)


def explain_facts(facts: IdentityFacts, now: datetime) -> tuple[Explanation, ...]:
    """Explain the one notice of the facts."""
    if not facts.notices:
        return (because(Operation.APPLY_HST.value, UNKNOWN, applying.is_skipped),)
    (notice,) = facts.notices
    if notice.id_no:
        calls = (explain_apply(notice, facts), explain_revive(notice, facts), *explain_new(notice, facts))
    else:
        calls = (because(Operation.APPLY_HST.value, NOBODY, applying.is_skipped),)
    loop = (explain_loop(notice, record, facts, now) for record in notice.suspensions.hst_records)
    return (*calls, *loop)


def explain_apply(notice: HstNotice, facts: IdentityFacts) -> Explanation:
    """Explain whether listing its current offender would suspend the notice."""
    if notice.id_no in facts.listed:
        return because(Operation.APPLY_HST.value, refusal_text(HST_ID_EXISTS), applying.decide)
    of_notice = (notice.stage, notice.suspensions)
    reason = next(
        (LEFT_ALONE[each] for each in applying.SKIP_REASONS if each(*of_notice)), "suspended under TS-HST"
    )
    return because(Operation.APPLY_HST.value, reason, applying.is_skipped)


def explain_revive(notice: HstNotice, facts: IdentityFacts) -> Explanation:
    """Explain which records a revival would close."""
    held = ", ".join(map(record_text, notice.suspensions.hst_records))
    if notice.id_no not in facts.listed:
        answer = f"{refusal_text(HST_ID_NOT_FOUND)}; {f'held by {held}' if held else NOT_HELD}"
    elif notice.suspensions.under_hst:
        left = reviving.status_after(notice.suspensions)
        answer = f"lifts {held or 'TS-HST, of which there is no record'}; then {left}"
    else:
        answer = NOT_HELD
    return because(Operation.REVIVE_HST.value, answer, reviving.decide)


def explain_new(notice: HstNotice, facts: IdentityFacts) -> tuple[Explanation, ...]:
    """Explain whether the nightly job puts a notice of somebody listed under TS-HST."""
    if notice.id_no not in facts.listed:
        return ()
    answer = "suspended under TS-HST" if new_notices.is_new(notice) else "left alone: not new"
    return (because(NEW_NOTICES, answer, new_notices.is_new),)


def explain_loop(
    notice: HstNotice, record: OpenSuspension, facts: IdentityFacts, now: datetime
) -> Explanation:
    """Explain what becomes of a record when it falls due."""
    if notice.id_no in facts.listed and (notice.paid or notice.suspensions.permanent):
        return because(LOOP, "left alone: paid or permanently suspended", renewing.falls_due)
    if record.due is None:
        return because(LOOP, f"left alone: {record_text(record)} has no day it ends", renewing.falls_due)
    when = "now" if renewing.falls_due(notice, facts, now) else f"when {record_text(record)} ends"
    answer = "goes round" if renewing.renews(notice, facts) else "expires"
    return because(LOOP, f"{answer} {when}", renewing.renews)


def record_text(record: OpenSuspension) -> str:
    """Name a record by its number and its days."""
    due = f" due {singapore(record.due):%Y-%m-%d}" if record.due else ""
    return f"record {record.sr_no} of {singapore(record.since):%Y-%m-%d}{due}"


def refusal_text(code: Code) -> str:
    """Write a code as callers are shown it."""
    return f"{code.code} {code.text}"
