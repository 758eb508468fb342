"""What `explain` says of a state beside what the calls themselves answer, put into the same words."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from attrs import evolve, frozen

from ocms_core.court import court_notices, payment_status, plus_query
from ocms_core.court import explaining as court
from ocms_core.court.facts import NoticePaymentStatus, PlusNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import applying, new_notices, renewing, reviving
from ocms_core.hst import explaining as hst
from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstRevival
from ocms_core.kernel.changes import SuspensionsClosed
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.explanations import Explanation
from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.suspensions import OpenSuspension
from ocms_core.offenders import explaining as offenders
from ocms_core.offenders import furnishing, redirecting
from ocms_core.offenders.effects import RoleAssignment
from ocms_core.stages import explaining as stages
from ocms_core.stages import officer_changes, search, toppan
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.facts import FoundNotice, day_of
from tests.spec.state_space.exploring import StateCheck
from tests.spec.state_space.operations import ENTRY, IDENTITY, OFFENDER, SUSPENSION, outcome
from tests.spec.state_space.states import PARTS, PEOPLE, State, stored
from tests.support.builders import NOW, SINCE
from tests.support.hst_facts import APPLICATION
from tests.support.offender_builders import NUMBER, OFFICER, assignment
from tests.support.stage_builders import item, requested
from tests.support.stored_notice import StoredNotice

Said = tuple[str, str]
"""What is said, and what is answered."""

ROLES = {"O": "OWNER", "H": "HIRER", "D": "DRIVER"}
LEFT_ALONE = "left alone"


def code_text(code: Code) -> str:
    """Write a code as callers are shown it."""
    return f"{code.code} {code.text}"


def only(texts: Iterable[str]) -> str:
    """Return the one text that all are; all of them, where they differ."""
    return " | ".join(sorted(set(texts)))


# Stages.


def said_of_stages(notice: StoredNotice) -> Sequence[Said]:
    """Compare the explanation of the search, of a submit without a target and of a print run."""
    facts = notice.stage_facts(day_of(NOW))
    found = FoundNotice(NUMBER, "O", SINCE, "SNC7392R", notice.stage, SINCE, suspensions=notice.suspensions)
    (listed,) = search.decide([found], 1).listed
    submitted = officer_changes.decide([item(NUMBER, change=requested(None))], facts, OFFICER, NOW)
    ((code, moved),) = ((each.code, each.detail) for each in submitted.answers)
    (printed,) = stages.explain_toppan(NUMBER, facts)
    return (
        (
            stages.explain_search(found).answer,
            code_text(listed.against) if listed.against else "eligible",
        ),
        (
            stages.explain_change(NUMBER, facts).answer,
            f"moved to {moved.new_stage}" if moved else code_text(code),
        ),
        (printed.answer, print_runs(notice)),
    )


def print_runs(notice: StoredNotice) -> str:
    """Say what the print runs of all stages do with a notice."""
    facts = notice.toppan_facts()
    results = {
        stage: outcome(toppan.decide([NUMBER], ToppanRun((NUMBER,), stage, NOW), facts, NOW))
        for stage in STAGES
    }
    moving = [stage for stage, (_, changes) in results.items() if changes]
    if moving:
        return only(f"moves on when {stage} is printed" for stage in moving)
    return results[notice.next_stage][0].text if notice.next_stage else "no letter is due"


# Offenders.


def said_of_offenders(notice: StoredNotice) -> Sequence[Said]:
    """Compare the explanation of furnish and redirect."""
    takers = {
        (role, name): (assignment(role, person), notice.offender_notice(person.id_no))
        for role in ROLES
        for name, person in PEOPLE.items()
    }
    found = notice.offender_notice("")
    return (
        (offenders.explain_furnish(found).answer, furnished(takers)),
        (offenders.explain_redirect(found).answer, redirected(takers)),
    )


Takers = dict[tuple[str, str], tuple[RoleAssignment, Any]]


def furnished(takers: Takers) -> str:
    """Say what furnishing anybody in any role is answered."""
    verdicts = {taker: furnishing.decide(*facts, NOW) for taker, facts in takers.items()}
    through = {role for (role, _), verdict in verdicts.items() if is_written(verdict)}
    refused = {role for (role, _), verdict in verdicts.items() if isinstance(verdict, Refusal)}
    again = [
        role for (role, _), each in verdicts.items() if isinstance(each, Decision) and not is_written(each)
    ]
    if through:
        said = f"can be furnished: {', '.join(word for role, word in ROLES.items() if role in through)}"
    else:
        said = only(verdict.code.text for verdict in verdicts.values() if isinstance(verdict, Refusal))
    assert not through & refused
    return said + "".join(f"; the same {ROLES[role]} sent again has the first answer" for role in again)


def redirected(takers: Takers) -> str:
    """Say what redirecting from any role to anybody in another is answered."""
    verdicts = {
        (from_role, role, name): redirecting.decide(from_role, *facts, NOW)
        for from_role in ROLES
        for (role, name), facts in takers.items()
        if role != from_role
    }
    through = dict.fromkeys(pair[:2] for pair, verdict in verdicts.items() if is_written(verdict))
    if not through:
        return only(outcome(verdict)[0].text for verdict in verdicts.values())
    origin = only(ROLES[from_role] for from_role, _ in through)
    return f"can go from {origin} to {', '.join(ROLES[role] for _, role in through)}"


def is_written(verdict: Decision[Any] | Refusal) -> bool:
    """Return whether a call changes something."""
    return isinstance(verdict, Decision) and bool(verdict.changes)


# Court and payment.


def said_of_court(notice: StoredNotice) -> Sequence[Said]:
    """Compare the explanation of the court update: nothing sent, each type alone, reasons and stages."""
    facts = notice.court_facts()

    def answer(*sent: str | None) -> str:
        verdict = court_notices.decide([CourtUpdate(NUMBER, *sent)], facts, NOW)
        return code_text(outcome(verdict)[0])

    plain = only(
        answer(kind, reason, stage)
        for kind, reason in ((None, None), (None, "WWP"), ("PS", "WWP"))
        for stage in (None, "CSD")
    )
    alone = [
        f"{kind} without a reason {text}"
        for kind in ("PS", "TS")
        if (text := answer(kind, None, None)) != plain
    ]
    return ((court.explain_court_update(NUMBER, facts).answer, "; ".join([plain, *alone])),)


def said_of_payment(notice: StoredNotice) -> Sequence[Said]:
    """Compare the explanation of the two queries for payment."""
    status = NoticePaymentStatus(
        NUMBER,
        notice.payment_status,
        notice.amount_payable,
        None,
        notice.accepts_payment,
        notice.row.type,
        notice.crs_reason,
        notice.row.reason,
    )
    plus = PlusNotice(NUMBER, SINCE, notice.accepts_payment, notice.amount_payable, False, None)
    found = {NUMBER: plus}
    (shown,) = payment_status.decide([NUMBER], {NUMBER: status})
    said: list[Said] = [
        (
            court.explain_payment_status(NUMBER, {NUMBER: status}).answer,
            f"payment {shown.payment_status or 'unknown'}, payable {shown.amount_payable}, "
            f"paid {shown.amount_paid}, allowed {shown.payment_acceptance_allowed}, suspension "
            f"{shown.suspension_type or 'none'} {shown.epr_reason or shown.crs_reason or ''}".rstrip(),
        )
    ]
    for moment in (SINCE, NOW):
        verdict = plus_query.decide([NUMBER], found, moment)
        assert isinstance(verdict, Decision)
        detail = verdict.answers[0].detail
        assert detail
        payable = f"allowed {detail.payment_acceptance_allowed}, payable {detail.amount_payable}"
        explained = court.explain_plus_query(NUMBER, found, moment).answer
        said.append((explained, f"{payable}, due {SINCE.isoformat()}"))
    return said


# HST.


def said_of_hst(notice: StoredNotice) -> Sequence[Said]:
    """Compare the explanation of an application, a revival and the nightly jobs for the current offender."""
    facts = notice.identity_facts(notice.offender)
    said = iter(hst.explain_facts(facts, NOW))
    if notice.offender:
        compared = [applied(next(said), facts), revived(next(said), facts)]
    else:
        compared = [(next(said).answer, hst.NOBODY)]
    if notice.offender in facts.listed:
        compared.append(taken_up(next(said), facts))
    records = facts.notices[0].suspensions.hst_records
    return [*compared, *(looped(each, record, facts) for each, record in zip(said, records, strict=True))]


def left_alone(said: str) -> str:
    """Return what is said of a notice that a decision does not speak of; why is in its own words."""
    return said if said.startswith(LEFT_ALONE) else LEFT_ALONE


def applied(said: Explanation, facts: IdentityFacts) -> Said:
    """Compare what is said of listing the current offender."""
    verdict = applying.decide(evolve(APPLICATION, id_no=facts.notices[0].id_no), facts, OFFICER, NOW)
    if isinstance(verdict, Refusal):
        return said.answer, code_text(verdict.code)
    return said.answer, "suspended under TS-HST" if verdict.answers else left_alone(said.answer)


def revived(said: Explanation, facts: IdentityFacts) -> Said:
    """Compare what is said of a revival."""
    (notice,) = facts.notices
    verdict = reviving.decide(HstRevival(notice.id_no, "reached"), facts, OFFICER, NOW)
    if isinstance(verdict, Refusal):
        held = ", ".join(map(hst.record_text, notice.suspensions.hst_records))
        return said.answer, f"{code_text(verdict.code)}; {f'held by {held}' if held else hst.NOT_HELD}"
    if not verdict.answers:
        return said.answer, hst.NOT_HELD
    keys = chain.from_iterable(each.keys for each in verdict.changes if isinstance(each, SuspensionsClosed))
    closed = {(since, number) for _, since, number in keys}
    lifted = [
        hst.record_text(each)
        for each in notice.suspensions.open_records
        if (each.since, each.sr_no) in closed
    ]
    held = ", ".join(lifted) or "TS-HST, of which there is no record"
    return said.answer, f"lifts {held}; then {verdict.answers[0].detail}"


def taken_up(said: Explanation, facts: IdentityFacts) -> Said:
    """Compare what is said of the job for new notices."""
    found = new_notices.decide(facts, NOW).answers
    return said.answer, "suspended under TS-HST" if found else left_alone(said.answer)


def looped(said: Explanation, record: OpenSuspension, facts: IdentityFacts) -> Said:
    """Compare what is said of the job for what falls due: tonight, else in the night that a record ends."""

    def becomes(moment: datetime | None) -> str | None:
        answers = renewing.decide(facts, moment).answers if moment else ()
        if not answers:
            return None
        return "expires" if answers[0].detail == renewing.EXPIRED else "goes round"

    now, later = becomes(NOW), becomes(record.due)
    if now:
        return said.answer, f"{now} now"
    return said.answer, f"{later} when {hst.record_text(record)} ends" if later else left_alone(said.answer)


@frozen(eq=False)
class Compared:
    """The explanations of one capability: the parts of a state they read, and what they are beside."""

    reads: tuple[str, ...]
    compare: Callable[[StoredNotice], Sequence[Said]]


COMPARED = (
    Compared(("stage", "next_stage", "offender", *SUSPENSION, *ENTRY), said_of_stages),
    Compared(OFFENDER, said_of_offenders),
    Compared(("stage", *SUSPENSION), said_of_court),
    Compared((*SUSPENSION, "amount", "accepts"), said_of_payment),
    Compared(IDENTITY, said_of_hst),
)


READ = tuple((each, itemgetter(*(PARTS[name] for name in each.reads))) for each in COMPARED)


def explained_as_answered() -> StateCheck:
    """
    Return the check that `explain` says of a state what each call answers.

    What is explained of the same parts is compared once.
    """
    known: dict[tuple[Compared, Any], str | None] = {}

    def check(state: State) -> str | None:
        for compared, read in READ:
            key = compared, read(state)
            if key not in known:
                known[key] = difference(compared, state)
            if found := known[key]:
                return found
        return None

    return check


def difference(compared: Compared, state: State) -> str | None:
    """Return where explanation and answer differ."""
    if "amount" in compared.reads and state.amount is None:
        return None
    for said, answered in compared.compare(stored(state, compared.reads)):
        if said != answered:
            return f"explain says {said!r}, the call answers {answered!r}"
    return None
