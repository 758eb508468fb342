"""Rules broken on purpose: the exploration finds each of them, and says which it is."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve, frozen

from ocms_core.court import court_notices
from ocms_core.hst import new_notices, renewing
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.kernel.hst_suspension import OpenSuspension
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    PERMANENT,
    ShownSuspension,
    Suspensions,
    shown_as,
    shown_suspension,
)
from ocms_core.offenders import furnishing
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.stages import toppan
from ocms_core.stages.facts import StageNotice
from tests.spec.state_space.checking import checked
from tests.spec.state_space.exploring import Broken, NoClosure, Space, explore
from tests.spec.state_space.operations import of_cas
from tests.spec.state_space.spaces import (
    CONTRADICTIONS,
    REASON_OF_BOTH_TYPES,
    STAGES_AND_MONEY,
    SUSPENSIONS,
    TWO_CURRENT_OFFENDERS,
)
from tests.spec.state_space.states import State


@frozen
class Mutation:
    """A rule broken on purpose: what is put in whose place, and the rules by which the space breaks then."""

    rule: str
    name: str
    where: tuple[str, ...]
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


def falls_due_while_listed(notice: HstNotice, facts: IdentityFacts, now: Any) -> bool:
    return notice.id_no in facts.listed and REAL_FALLS_DUE(notice, facts, now)


def by_hand_whatever_its_date(notice: StageNotice, run: Any, latest: Any) -> bool:
    return notice.stage == run.stage and latest is not None and latest.stage == run.stage


def others_first(role: str) -> tuple[int, str]:
    place, letter = role_order(role)
    return -place, letter


REAL_FALLS_DUE = renewing.falls_due
CORE = "ocms_core."
ROW_IN_COURT = (f"{CORE}court.court_notices.shown_suspension",)

MUTATIONS = (
    Mutation("U1", "a revival shows nothing", (f"{CORE}hst.suspending.shown_suspension",), nothing_shown,
             SUSPENSIONS, "U1"),
    Mutation("U1", "CAS shows the newest record", ROW_IN_COURT, newest_shown, SUSPENSIONS, "P21"),
    Mutation("U1", "TS-HST always shows", (f"{CORE}hst.suspending.shown_with_hst",), hst_shown, SUSPENSIONS, "U1"),
    Mutation("U1", "a new offender's TS-HST always shows", (f"{CORE}kernel.hst_suspension.shown_with_hst",),
             hst_shown, SUSPENSIONS, "U1"),
    Mutation("U1", "a new offender's row shows nothing", (f"{CORE}offenders.effects.shown_suspension",),
             nothing_shown, SUSPENSIONS, "U1"),
    Mutation("U2", "TS with a reason of CAS", (f"{CORE}court.court_notices.is_reason_of_other_type",),
             lambda _: False, SUSPENSIONS, "P21"),
    Mutation("U2", "any type with any reason", (f"{CORE}court.court_notices.is_type_allowed",),
             lambda *_: True, SUSPENSIONS, "U2"),
    Mutation("U3", "stage changes look at the row", (f"{CORE}stages.facts.StageNotice.suspension_type",),
             property(type_of_row), CONTRADICTIONS, "U3"),
    Mutation("U3", "furnish and redirect look at the row",
             (f"{CORE}offenders.facts.OffenderNotice.suspension_type",), property(type_of_row),
             CONTRADICTIONS, "U3"),
    Mutation("U3", "HST looks at the row", (f"{CORE}kernel.suspensions.Suspensions.permanent",),
             property(permanent_row), CONTRADICTIONS, "H4"),
    Mutation("U4", "a move owes the composition alone", (f"{CORE}stages.stage_transition.amount_payable",),
             lambda composition, *_: composition, STAGES_AND_MONEY, "S40"),
    Mutation("U4", "a new offender's payment is not accepted", (f"{CORE}offenders.effects.PAYABLE",), None,
             STAGES_AND_MONEY, "U4"),
    Mutation("U4", "an officer's move leaves payment refused", (f"{CORE}stages.officer_changes.PAYABLE",), None,
             STAGES_AND_MONEY, "U4"),
    Mutation("U5", "TS-HST stays with whoever is not listed", (f"{CORE}offenders.effects.hst_changes",),
             lambda *_: ((), None), SUSPENSIONS, "H10, U5"),
    Mutation("U5", "only listed TS-HST falls due", (f"{CORE}hst.renewing.falls_due",), falls_due_while_listed,
             CONTRADICTIONS, "H31"),
    Mutation("U7", "furnish and redirect take the last by role", (f"{CORE}offenders.facts.role_order",),
             others_first, TWO_CURRENT_OFFENDERS, "U7"),
    Mutation("U7", "stages and HST take the last by role", ("tests.support.stored_notice.role_order",),
             others_first, TWO_CURRENT_OFFENDERS, "U7"),
    Mutation("U8", "the job leaves out what stands at CPC", (f"{CORE}hst.new_notices.OPEN_TO_CHANGE",),
             BEFORE_COURT, SUSPENSIONS, "U8"),
    Mutation("S72", "by hand, whenever it was", (f"{CORE}stages.toppan.is_changed_by_hand",),
             by_hand_whatever_its_date, STAGES_AND_MONEY, "S72"),
    Mutation("S76", "a print run moves anything", (f"{CORE}stages.toppan.print_run_refusal",),
             lambda *_: None, STAGES_AND_MONEY, "S76"),
    Mutation("F24", "no furnish is a repeat", (f"{CORE}offenders.furnishing.is_repeat",), lambda *_: False,
             STAGES_AND_MONEY, "F24"),
    Mutation("P24", "the old plan stays", (f"{CORE}court.court_notices.next_stage",),
             lambda *_: None, STAGES_AND_MONEY, "P24"),
    Mutation("H9", "CAS lifts TS-HST", (f"{CORE}court.court_notices.may_lift",), lambda *_: True,
             SUSPENSIONS, "H9"),
    Mutation("H30", "the job looks at no payment", (f"{CORE}hst.new_notices.shown_suspension",), nothing_shown,
             SUSPENSIONS, "H30"),
)  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.rule} {mutation.name}")
def test_a_rule_broken_on_purpose_is_found(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in mutation.where:
        monkeypatch.setattr(where, mutation.instead)
    with pytest.raises(Broken, match=mutation.breaks) as broken:
        checked(mutation.space)
    print(broken.value)
