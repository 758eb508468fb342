"""An officer takes back what an officer did to the HST list: an apply or a revive, all or nothing (K4)."""

from collections.abc import Iterator
from datetime import datetime

from ocms_core.kernel import codes
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import (
    Change,
    EnquiryWithdrawn,
    IdentityPutBack,
    IdentityRemoved,
    NoticePutBack,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason
from ocms_core.reversals.facts import LIST, IdentityReversalFacts, ReversibleNotice, Row, by_notice
from ocms_core.reversals.former_rows import Reversal, former_rows
from ocms_core.reversals.reversing import (
    ANOTHER_PROGRAM,
    HST_REVERSAL,
    is_changed_elsewhere,
    remarks_on,
)

ACTIVE = "ACTIVE"


def decide(id_no: str, facts: IdentityReversalFacts, officer: str, now: datetime) -> Decision[str] | Refusal:
    """Put an identity and its notices back, all or nothing; each answer is how the notice stands then."""
    verdict = verdict_on_identity(facts)
    if isinstance(verdict, Refusal):
        return verdict
    reversal = Reversal(officer, now, remarks_on(verdict))
    answers: list[Answer[str]] = []
    changes: list[Change] = []
    for notice_no, part in by_notice(verdict).items():
        put_back = tuple(former_rows(part, facts.notices[notice_no], reversal))
        answers.append(Answer(notice_no, codes.HST_SUCCESS, status_after(put_back, facts.notices[notice_no])))
        changes.extend(put_back)
    before = change_of_list(verdict).before
    if before is None:
        # Nobody who is not on the list is asked about: an enquiry made since would wait without end.
        changes += [IdentityRemoved(id_no), EnquiryWithdrawn(id_no)]
    else:
        changes.append(IdentityPutBack(id_no, before))
    return Decision(tuple(answers), tuple(changes))


@rule("K4")
def verdict_on_identity(facts: IdentityReversalFacts) -> AuditRow | Refusal:
    """Return the apply or revive that can be taken back, or the refusal: it must be the last change (K4)."""
    if not any(group.actor.operation in HST_REVERSAL.reversible for group in facts.groups):
        return Refusal(HST_REVERSAL.nothing)
    last = facts.groups[-1]
    since = next(happened_since(last, facts), None)
    return Refusal(HST_REVERSAL.changed_since, {"what": since}) if since else last


def happened_since(last: AuditRow, facts: IdentityReversalFacts) -> Iterator[str]:
    """Yield what has happened to an identity or one of its notices since, in words."""
    if last.actor.operation not in HST_REVERSAL.reversible:
        yield last.actor.operation
    if not is_listed_as_left(change_of_list(last).after, facts.listed):
        yield ANOTHER_PROGRAM
    parts = by_notice(last)
    for notice_no, part in parts.items():
        notice = facts.notices.get(notice_no)
        if notice is None or not notice.groups or is_changed_elsewhere(part, notice):
            yield f"{ANOTHER_PROGRAM} ({notice_no})"
        elif notice.groups[-1].number != last.number:
            yield f"{notice.groups[-1].actor.operation} ({notice_no})"
    for notice_no, since in sorted(facts.under_hst.items()):
        if notice_no not in parts and since >= last.changed_at:
            yield f"TS-HST ({notice_no})"


def change_of_list(group: AuditRow) -> RowChange:
    """Return what a transaction changed of the HST list."""
    return next(change for change in group.changes if change.table == LIST)


def is_listed_as_left(after: Row | None, listed: Row | None) -> bool:
    """Return whether the list has what a transaction left there."""
    if after is None or listed is None:
        return after is listed
    return all(listed[name] == value for name, value in after.items())


def status_after(changes: tuple[Change, ...], notice: ReversibleNotice) -> str:
    """Return how a notice stands once it is put back: active, or under what its row shows."""
    row = next((change.row for change in changes if isinstance(change, NoticePutBack)), notice.row)
    kind, reason = row["suspension_type"], row["epr_reason_of_suspension"]
    if not kind:
        return ACTIVE
    return str(SuspensionReason(kind, reason)) if reason else str(kind)
