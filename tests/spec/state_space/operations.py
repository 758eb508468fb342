"""The calls and jobs of every capability that can change a notice, each decided for real."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from attrs import evolve, frozen

from ocms_core.court import court_notices
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import applying, new_notices, renewing, reviving, updating
from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstRevival, HstUpdate
from ocms_core.kernel.changes import Change
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.stages import STAGES
from ocms_core.offenders import furnishing, redirecting
from ocms_core.offenders import updating as particulars
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.request_reader import ParticularsPatch
from ocms_core.stages import officer_changes, plus, toppan
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from tests.spec.state_space.states import PEOPLE, THIS_MOMENT, TODAY
from tests.support.builders import NOW
from tests.support.cases import written
from tests.support.hst_facts import APPLICATION, NEW_ADDRESS
from tests.support.offender_builders import NUMBER, OFFICER, assignment
from tests.support.stage_builders import item, requested
from tests.support.stored_notice import StoredNotice

Verdict: TypeAlias = Decision[Any] | Refusal
NOTHING_TO_DO = Code("", "nothing to do", "")


@frozen(eq=False)
class Source:
    """Where a capability's facts come from: which parts of a state it reads, and how they are put to it."""

    capability: str
    reads: tuple[str, ...]
    facts: Callable[[StoredNotice], Any]


@frozen(eq=False)
class Call:
    """
    One call or run of a job with everything that is sent with it.

    `name` says it in words; `about` is what is sent, as the builder of its capability below takes it.
    """

    name: str
    source: Source
    decide: Callable[[Any], Verdict]
    about: tuple[str | None, ...] = ()

    @property
    def capability(self) -> str:
        """Whose it is."""
        return self.source.capability


def offender_facts(id_no: str, notice: StoredNotice) -> OffenderNotice:
    """Return what furnish and redirect read for somebody who is to become the offender."""
    return notice.offender_notice(id_no)


def identity_facts(id_no: str, notice: StoredNotice) -> IdentityFacts:
    """Return what a call about an identity reads."""
    return notice.identity_facts(id_no)


SUSPENSION = ("row", "records", "paid")
ENTRY = ("changed_today", "by_hand")
OFFENDER = ("stage", "offender", "listed", *SUSPENSION)
IDENTITY = (*OFFENDER, "released")
PERSONS = {name: person.id_no for name, person in PEOPLE.items()}

OF_OFFICERS = Source(
    "officer", ("stage", "offender", *SUSPENSION, *ENTRY), lambda notice: notice.stage_facts(TODAY)
)
OF_PLUS = Source("PLUS", ("stage", "offender", *SUSPENSION), lambda notice: notice.stage_facts(THIS_MOMENT))
OF_TOPPAN = Source(
    "Toppan", ("stage", "next_stage", *SUSPENSION, *ENTRY), lambda notice: notice.toppan_facts()
)
OF_CAS = Source("CAS", ("stage", *SUSPENSION), lambda notice: notice.court_facts())
FOR_TAKER = {
    name: Source("offenders", OFFENDER, partial(offender_facts, id_no)) for name, id_no in PERSONS.items()
}
OF_PERSON = {name: Source("HST", IDENTITY, partial(identity_facts, id_no)) for name, id_no in PERSONS.items()}
OF_CURRENT_OFFENDER = Source("HST jobs", IDENTITY, lambda notice: notice.identity_facts(notice.offender))


def outcome(verdict: Verdict) -> tuple[Code, tuple[Change, ...]]:
    """Return the code a call is answered with for the notice, and what is to be written."""
    if isinstance(verdict, Refusal):
        return verdict.code, ()
    return verdict.answers[0].code if verdict.answers else NOTHING_TO_DO, written(verdict)


def officer(target: str | None, *, confirmed: bool) -> Call:
    """Let an officer move it."""
    items = [item(NUMBER, change=requested(target, confirmed=confirmed))]
    return Call(
        f"an officer moves it to {target or 'the next stage'}{', confirmed' if confirmed else ''}",
        OF_OFFICERS,
        lambda facts: officer_changes.decide(items, facts, OFFICER, NOW),
        (target, "confirmed" if confirmed else None),
    )


def of_plus(target: str, offence_type: str = "D") -> Call:
    """Let PLUS move it from where it stands."""
    changes = {stage: PlusChange((NUMBER,), stage, target, None, offence_type) for stage in STAGES}
    return Call(
        f"PLUS moves it to {target}" + ", an offence of type U" * (offence_type == "U"),
        OF_PLUS,
        lambda facts: plus.decide(changes[facts.notices[NUMBER].stage], facts, NOW),
        (target, offence_type),
    )


def print_run(stage: str) -> Call:
    """Let Toppan print the letter of a stage."""
    run = ToppanRun((NUMBER,), stage, NOW)
    return Call(
        f"Toppan prints its {stage} letter",
        OF_TOPPAN,
        lambda facts: toppan.decide([NUMBER], run, facts, NOW),
        (stage,),
    )


def of_cas(kind: str | None = None, epr_reason: str | None = None, stage: str | None = None) -> Call:
    """Let CAS update it."""
    updates = [CourtUpdate(NUMBER, kind, epr_reason, stage)]
    sent = [kind, epr_reason and f"PS-{epr_reason}", stage]
    return Call(
        f"CAS sends {' and '.join(filter(None, sent)) or 'nothing but its number'}",
        OF_CAS,
        lambda facts: court_notices.decide(updates, facts, NOW),
        (kind, epr_reason, stage),
    )


def furnish(role: str, name: str) -> Call:
    """Let an officer furnish somebody."""
    taker = assignment(role, PEOPLE[name])
    return Call(
        f"an officer furnishes {name} as {role}",
        FOR_TAKER[name],
        lambda facts: furnishing.decide(taker, facts, NOW),
        ("furnish", role, name),
    )


def redirect(role: str, name: str, from_role: str) -> Call:
    """Let an officer redirect it from one role to somebody in another."""
    taker = assignment(role, PEOPLE[name])
    return Call(
        f"an officer redirects it from {from_role} to {name} as {role}",
        FOR_TAKER[name],
        lambda facts: redirecting.decide(from_role, taker, facts, NOW),
        ("redirect", role, name, from_role),
    )


def update(role: str) -> Call:
    """Let an officer update the particulars of whoever is current."""
    patch = ParticularsPatch(NUMBER, role, person={"name": "ANOTHER NAME"}, address={}, detail={})
    return Call(
        f"an officer updates the particulars of {role}",
        FOR_TAKER["A"],
        lambda facts: particulars.decide(patch, facts, OFFICER, NOW),
        ("update", role),
    )


def apply_hst(name: str) -> Call:
    """Let an officer put somebody on the HST list."""
    application = evolve(APPLICATION, id_no=PERSONS[name])
    return Call(
        f"an officer puts {name} on the HST list",
        OF_PERSON[name],
        lambda facts: applying.decide(application, facts, OFFICER, NOW),
        ("apply", name),
    )


def update_hst(name: str) -> Call:
    """Let an officer correct the address of somebody on the HST list."""
    change = HstUpdate(PERSONS[name], "ANOTHER NAME", NEW_ADDRESS)
    return Call(
        f"an officer corrects {name}'s address on the HST list",
        OF_PERSON[name],
        lambda facts: updating.decide(change, facts, NOW),
        ("update", name),
    )


def revive(name: str) -> Call:
    """Let an officer revive somebody."""
    revival = HstRevival(PERSONS[name], "reached")
    return Call(
        f"an officer revives {name}",
        OF_PERSON[name],
        lambda facts: reviving.decide(revival, facts, OFFICER, NOW),
        ("revive", name),
    )


NEW_NOTICES = Call(
    "the nightly job takes up new notices",
    OF_CURRENT_OFFENDER,
    lambda facts: new_notices.decide(facts, NOW),
    ("new notices",),
)
RENEWAL = Call(
    "the nightly job renews TS-HST",
    OF_CURRENT_OFFENDER,
    lambda facts: renewing.decide(facts, NOW),
    ("renewal",),
)
