"""Rules broken on purpose: the exploration finds each of them, and says which it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve, frozen

from ocms_core.court import court_notices
from ocms_core.hst import renewing
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    PERMANENT,
    OpenSuspension,
    ShownSuspension,
    Suspensions,
    shown_as,
    shown_suspension,
)
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.stages.facts import EntryChange, StageNotice
from tests.spec.state_space.checking import checked
from tests.spec.state_space.explained import explained_as_answered
from tests.spec.state_space.exploring import Broken, NoClosure, Space, explore
from tests.spec.state_space.invariants import ELEVEN
from tests.spec.state_space.operations import of_cas
from tests.spec.state_space.spaces import (
    CONTRADICTIONS,
    PRINT_RUNS,
    STAGES_AND_MONEY,
    SUSPENSIONS,
    TWO_CURRENT_OFFENDERS,
)
from tests.spec.state_space.states import EARLIER, State, stored

FALLS_DUE = renewing.falls_due


@frozen
class Mutation:
    """A rule broken on purpose: what is put in place of what, and the rule by which a space breaks then."""

    rule: str
    name: str
    place: str
    instead: Any
    space: Space
    breaks: str


def nothing_shown(_suspensions: Suspensions) -> ShownSuspension:
    return NOT_SUSPENDED


def newest_shown(suspensions: Suspensions) -> ShownSuspension:
    newest = max(suspensions.open_records, key=lambda each: each.sr_no, default=None)
    return shown_as(newest) if newest else shown_suspension(suspensions)


def hst_shown(_suspensions: Suspensions, hst: OpenSuspension) -> ShownSuspension:
    return shown_as(hst)


def type_of_row(notice: StageNotice | OffenderNotice) -> str | None:
    return notice.suspensions.shown.type


def permanent_row(suspensions: Suspensions) -> bool:
    return suspensions.shown.type == PERMANENT


def falls_due_while_listed(notice: HstNotice, facts: IdentityFacts, now: datetime) -> bool:
    return notice.id_no in facts.listed and FALLS_DUE(notice, facts, now)


def last_by_role(role: str) -> tuple[int, str]:
    place, letter = role_order(role)
    return -place, letter


def never(*_: object) -> bool:
    return False


def always(*_: object) -> bool:
    return True


def none(*_: object) -> None:
    return None


def composition_alone(composition: Any, *_: object) -> Any:
    return composition


def no_hst_changes(*_: object) -> tuple[Sequence[Any], None]:
    return (), None


REASONS_OF_CAS = (of_cas(None, "WWP"), of_cas(None, "OTH"))
ROW_TYPE = property(type_of_row)
ROWS = (
    ("U1", "a revival shows nothing", "hst.suspending.shown_suspension", nothing_shown, "U1"),
    ("U1", "CAS shows the newest", "court.court_notices.shown_suspension", newest_shown, "P21"),
    ("U1", "TS-HST always shows", "hst.suspending.shown_with_hst", hst_shown, "U1"),
    ("U1", "TS-HST of a taker always shows", "kernel.hst_suspension.shown_with_hst", hst_shown, "U1"),
    ("U1", "the row of a taker shows nothing", "offenders.effects.shown_suspension", nothing_shown, "U1"),
    ("U2", "TS with a reason of CAS", "court.court_notices.is_reason_of_other_type", never, "P21"),
    ("U2", "any type with any reason", "court.court_notices.is_type_allowed", always, "U2"),
    ("U5", "TS-HST stays with a taker", "offenders.effects.hst_changes", no_hst_changes, "U5"),
    ("U8", "the job leaves out CPC", "hst.new_notices.OPEN_TO_CHANGE", BEFORE_COURT, "U8"),
    ("H9", "CAS lifts TS-HST", "court.court_notices.may_lift", always, "H9"),
    ("H30", "the job takes what is paid", "hst.new_notices.shown_suspension", nothing_shown, "H30"),
)
CONTRADICTING = (
    ("U3", "stages look at the row", "stages.facts.StageNotice.suspension_type", ROW_TYPE, "U3"),
    (
        "U3",
        "takers look at the row",
        "offenders.facts.OffenderNotice.suspension_type",
        property(type_of_row),
        "U3",
    ),
    ("U3", "HST looks at the row", "kernel.suspensions.Suspensions.permanent", property(permanent_row), "H4"),
    ("U5", "only what is listed falls due", "hst.renewing.falls_due", falls_due_while_listed, "H10"),
)
MONEY = (
    ("U4", "a move owes no fee", "stages.stage_transition.amount_payable", composition_alone, "S40"),
    ("U4", "a taker cannot pay", "offenders.effects.PAYABLE", None, "U4"),
    ("U4", "a move leaves payment refused", "stages.officer_changes.PAYABLE", None, "U4"),
    ("S72", "no change by hand counts", "stages.toppan.is_changed_by_hand", never, "S72"),
    ("S76", "a print run moves anything", "stages.toppan.print_run_refusal", none, "S76"),
    ("F24", "no furnish is a repeat", "offenders.furnishing.is_repeat", never, "F24"),
    ("P24", "the old plan stays", "court.court_notices.next_stage", none, "P24"),
)
MUTATIONS = tuple(
    Mutation(rule, name, f"ocms_core.{place}", instead, space, breaks)
    for space, mutations in ((SUSPENSIONS, ROWS), (CONTRADICTIONS, CONTRADICTING), (STAGES_AND_MONEY, MONEY))
    for rule, name, place, instead, breaks in mutations
) + tuple(
    Mutation("U7", f"{who} takes the last by role", place, last_by_role, TWO_CURRENT_OFFENDERS, "U7")
    for who, place in (
        ("a redirect", "ocms_core.offenders.facts.role_order"),
        ("a stage change", "tests.support.stored_notice.role_order"),
    )
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.rule} {mutation.name}")
def test_a_rule_broken_on_purpose_is_found(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation.place, mutation.instead)
    with pytest.raises(Broken, match=mutation.breaks):
        checked(mutation.space)


WRONG_EXPLANATIONS: tuple[tuple[str, str, Any], ...] = (
    ("court.explaining.court_notices", "is_court_notice first_refusal update_outcome", none),
    ("court.explaining.plus_query", "payment_allowance", none),
    ("stages.explaining.search", "search_refusal", none),
    ("stages.explaining.toppan", "print_run_refusal moves_on", none),
    ("offenders.explaining.eligibility", "furnish_refusal", none),
    ("offenders.explaining.redirecting", "redirect_refusal", none),
    ("offenders.explaining.furnishing", "furnished_offender", none),
    ("hst.explaining.new_notices", "is_new", never),
    ("hst.explaining.reviving", "decide status_after", none),
    ("hst.explaining.renewing", "falls_due renews", always),
)
"""What an explanation asks, and what that answers it instead; the calls are decided as ever."""


@pytest.mark.parametrize("place, names, instead", WRONG_EXPLANATIONS)
def test_an_explanation_that_differs_from_the_answer_is_found(
    place: str, names: str, instead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = SimpleNamespace(**dict.fromkeys(names.split(), instead))
    monkeypatch.setattr(f"ocms_core.{place}", answers)
    space = SUSPENSIONS if place.startswith("hst") else STAGES_AND_MONEY
    with pytest.raises(Broken, match="explain says"):
        explore(space, of_a_state=(explained_as_answered(),), keep_steps=False)


def test_an_exploration_without_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Suspensions, "records_of", lambda *_: ())
    with pytest.raises(NoClosure):
        explore(evolve(SUSPENSIONS, starts=(State("CPC"),), calls=REASONS_OF_CAS, events=(), most=100))


def test_a_decision_that_reads_more_than_it_is_given_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(court_notices, "is_court_notice", lambda notice: notice.amount_payable > 0)
    with pytest.raises(AssertionError, match="said not to read"):
        explore(evolve(SUSPENSIONS, calls=(of_cas("PS", "WWP"),)))


@pytest.mark.parametrize("stage", sorted(ELEVEN))
def test_an_older_change_row_is_as_none_to_a_print_run(stage: str) -> None:
    for state in (State(stage, next_stage) for next_stage in (*sorted(ELEVEN), None)):
        without = stored(state)
        older = EntryChange("OCMS", stage, EARLIER - timedelta(days=1))
        with_older = evolve(without, stage_changes=(older,))
        for run in PRINT_RUNS:
            assert run.decide(without.toppan_facts()) == run.decide(with_older.toppan_facts())
