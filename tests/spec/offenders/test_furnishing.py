"""What furnishing writes."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.changes import (
    AddressFurnished,
    CurrentOffenderSet,
    DetailFurnished,
    NoticeChanged,
    OffenderCleared,
    OffenderHistoryKept,
)
from ocms_core.kernel.codes import NOT_FURNISHABLE, NOTICE_NOT_FOUND, Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.offenders.effects import RoleAssigned, RoleAssignment
from ocms_core.offenders.facts import OffenderNotice, PastAssignment
from ocms_core.offenders.furnishing import decide
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases, written
from tests.support.offender_builders import (
    COMPOSITION,
    EMPLOYEE,
    JOHN,
    NUMBER,
    OFFICER,
    ORCHARD,
    OWNER,
    assignment,
    notice,
    stands,
)

TOMORROW = at("2025-01-15T00:00:00")


def moved(from_stage: str, to_stage: str, now: datetime = NOW) -> NoticeChanged:
    return NoticeChanged(
        NUMBER,
        move=StageMove(from_stage, SINCE, to_stage, now),
        next=NextStage(to_stage, TOMORROW),
        amount_payable=COMPOSITION,
        payment_acceptance_allowed="Y",
    )


def kept(role: str = "H", **parts: object) -> OffenderHistoryKept:
    plain = OffenderHistoryKept(NUMBER, role, "FURNISH", OFFICER, NOW, prev_stage="RD1", new_stage="RD2")
    return evolve(plain, **parts)  # type: ignore[arg-type]  # parts by name


FURNISHED = stands("H", JOHN, current=True, address=ORCHARD, detail=EMPLOYEE)


def furnished_before(found: OffenderNotice, new_stage: str, *, created: bool) -> OffenderNotice:
    roles = found.holders
    return evolve(found, assigned=dict.fromkeys(roles, PastAssignment(created, new_stage)))


CASES: tuple[Case[OffenderNotice | None, RoleAssignment, RoleAssigned | Code], ...] = (
    Case(
        rule=("F20", "F21", "F22", "G1"),
        name="the contract's furnish: the owner is cleared, the hirer made, the notice goes to RD2",
        given=notice(stands("O", current=True)),
        ask=assignment(),
        says=RoleAssigned("H", created=True, new_stage="RD2"),
        writes=(
            moved("RD1", "RD2"),
            OffenderCleared(NUMBER, "O"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            AddressFurnished(NUMBER, "H", ORCHARD),
            DetailFurnished(NUMBER, "H", EMPLOYEE),
            kept(former_current="O"),
        ),
    ),
    Case(
        rule="F20",
        name="who stood in the role is overwritten and kept in the history; no address stays of them",
        given=notice(stands("O", current=True), stands("H", OWNER, address=ORCHARD, detail=EMPLOYEE)),
        ask=assignment(address=None, detail=FurnishDetail()),
        says=RoleAssigned("H", created=False, new_stage="RD2"),
        writes=(
            moved("RD1", "RD2"),
            OffenderCleared(NUMBER, "O"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            AddressFurnished(NUMBER, "H", MailingAddress()),
            DetailFurnished(NUMBER, "H", FurnishDetail()),
            kept(former_current="O", former=stands("H", OWNER, address=ORCHARD, detail=EMPLOYEE)),
        ),
    ),
    Case(
        rule="F20",
        name="the same person furnished again without an address keeps the one there is",
        given=notice(stands("H", JOHN, current=True, address=ORCHARD)),
        ask=assignment(address=None),
        says=RoleAssigned("H", created=False, new_stage="RD2"),
        writes=(
            moved("RD1", "RD2"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            DetailFurnished(NUMBER, "H", EMPLOYEE),
            kept(former_current="H", former=stands("H", JOHN, current=True, address=ORCHARD)),
        ),
    ),
    Case(
        rule=("F20", "F23"),
        name="two current offenders that another system has left are both cleared, a director too",
        given=notice(stands("O", current=True), stands("R", current=True), stage="RD2"),
        ask=assignment(),
        says=RoleAssigned("H", created=True, new_stage="RD1"),
        writes=(
            moved("RD2", "RD1"),
            OffenderCleared(NUMBER, "O"),
            OffenderCleared(NUMBER, "R"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            AddressFurnished(NUMBER, "H", ORCHARD),
            DetailFurnished(NUMBER, "H", EMPLOYEE),
            kept(former_current="O", prev_stage="RD2", new_stage="RD1"),
        ),
    ),
    Case(
        rule=("F20", "F60"),
        name="a role that was not current is not cleared, so nothing of it is copied again",
        given=notice(stands("D"), stands("O", current=True), stands("R")),
        ask=assignment(),
        says=RoleAssigned("H", created=True, new_stage="RD2"),
        writes=(
            moved("RD1", "RD2"),
            OffenderCleared(NUMBER, "O"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            AddressFurnished(NUMBER, "H", ORCHARD),
            DetailFurnished(NUMBER, "H", EMPLOYEE),
            kept(former_current="O"),
        ),
    ),
    Case(
        rule="F21",
        name="an owner furnished at RD1 starts RD1 anew",
        given=notice(),
        ask=assignment("O"),
        says=RoleAssigned("O", created=True, new_stage="RD1"),
        writes=(
            moved("RD1", "RD1"),
            CurrentOffenderSet(NUMBER, "O", JOHN),
            AddressFurnished(NUMBER, "O", ORCHARD),
            DetailFurnished(NUMBER, "O", EMPLOYEE),
            kept("O", new_stage="RD1"),
        ),
    ),
    Case(
        rule="F24",
        name="the same furnish again has the first answer, and the stage stays",
        given=furnished_before(notice(stands("O"), FURNISHED, stage="RD2"), "RD2", created=True),
        ask=assignment(),
        says=RoleAssigned("H", created=True, new_stage="RD2"),
    ),
    Case(
        rule=("F24", "F11"),
        name="also at a stage where nobody is furnished, to which the first has led",
        given=furnished_before(notice(evolve(FURNISHED, role="D"), stage="DN1"), "DN1", created=False),
        ask=assignment("D"),
        says=RoleAssigned("D", created=False, new_stage="DN1"),
    ),
    Case(
        rule="F24",
        name="and when a print run has moved the notice on since",
        given=furnished_before(notice(FURNISHED, stage="RR3"), "RD1", created=False),
        ask=assignment(),
        says=RoleAssigned("H", created=False, new_stage="RD1"),
    ),
    Case(
        rule=("F24", "F20"),
        name="an address that is not sent again is no difference",
        given=furnished_before(notice(FURNISHED), "RD1", created=False),
        ask=assignment(address=None),
        says=RoleAssigned("H", created=False, new_stage="RD1"),
    ),
    Case(rule="F10", name="no such notice", given=None, ask=assignment(), says=NOTICE_NOT_FOUND),
    Case(
        rule="F11",
        name="a notice in a stage where nobody is furnished",
        given=notice(stage="ROV"),
        ask=assignment(),
        says=NOT_FURNISHABLE,
    ),
)


@parametrize_cases(CASES)
def test_furnishing(case: Case[OffenderNotice | None, RoleAssignment, RoleAssigned | Code]) -> None:
    verdict = decide(case.ask, case.given, NOW)
    if isinstance(case.says, Code):
        assert verdict == Refusal(case.says)
    else:
        assert isinstance(verdict, Decision)
        assert [(answer.key, answer.detail) for answer in verdict.answers] == [(NUMBER, case.says)]
    assert written(verdict) == case.writes


def john(**parts: Any) -> Person:
    return evolve(JOHN, **parts)


OTHER_FIELDS: tuple[tuple[str, RoleAssignment], ...] = (
    *(
        (f"another {part}", assignment(person=john(**{part: "another"})))
        for part in ("id_type", "id_no", "name", "email", "tel_code", "tel_no")
    ),
    *((f"no {part}", assignment(person=john(**{part: None}))) for part in ("email", "tel_code", "tel_no")),
    *(
        (f"another {part}", assignment(address=evolve(ORCHARD, **{part: "another"})))
        for part in ("block_no", "street_name", "building_name", "floor_no", "unit_no", "postal_code")
    ),
    ("another relationship", assignment(detail=evolve(EMPLOYEE, relationship="Other"))),
    ("no remarks", assignment(detail=evolve(EMPLOYEE, remarks=None))),
    ("no rental period", assignment(detail=evolve(EMPLOYEE, rental_period_to=None))),
    ("another role", assignment("O")),
)


@pytest.mark.rule("F24", "F20")
@pytest.mark.parametrize("ask", [ask for _, ask in OTHER_FIELDS], ids=[name for name, _ in OTHER_FIELDS])
def test_whatever_differs_makes_it_another_furnish(ask: RoleAssignment) -> None:
    assert written(decide(ask, furnished_before(notice(FURNISHED), "RD1", created=True), NOW))


@pytest.mark.rule("F24", "F23")
@pytest.mark.parametrize(
    "holders",
    [
        (evolve(FURNISHED, is_current=False), stands("O", current=True)),
        (FURNISHED, stands("O", current=True)),
    ],
    ids=["somebody else is current", "two are current"],
)
def test_whoever_is_not_the_one_offender_is_furnished_anew(holders: tuple[RoleHolder, ...]) -> None:
    found = furnished_before(notice(*holders), "RD1", created=False)
    assert written(decide(assignment(), found, NOW))


@pytest.mark.rule("F24", "F20")
def test_whoever_was_never_furnished_is_furnished_though_all_of_it_is_stored() -> None:
    assert written(decide(assignment(), notice(FURNISHED), NOW))


@pytest.mark.rule("F23")
@given(
    current=st.sets(st.sampled_from("OHDR")),
    there=st.sets(st.sampled_from("OHDR")),
    role=st.sampled_from("OHD"),
)
def test_whoever_stood_there_the_furnished_role_is_the_one_offender_afterwards(
    current: set[str], there: set[str], role: str
) -> None:
    before = notice(*(stands(each, current=each in current) for each in sorted(there)))
    after = there & current
    for change in written(decide(assignment(role), before, NOW)):
        after -= {change.role} if isinstance(change, OffenderCleared) else set()
        after |= {change.role} if isinstance(change, CurrentOffenderSet) else set()
    assert after == {role}


@pytest.mark.rule("F21", "F20", "U4")
@pytest.mark.parametrize("role, stage", list(product("OHD", ("ENA", "RD1", "RD2", "RR3"))))
def test_the_next_print_run_writes_to_the_new_offender(role: str, stage: str) -> None:
    late = at("2025-01-14T23:59:59") + timedelta(microseconds=999_999)
    changed = written(decide(assignment(role), notice(stage=stage), late))[0]
    assert isinstance(changed, NoticeChanged)
    assert changed.move
    assert changed.next == NextStage(changed.move.stage, TOMORROW)
    assert (changed.move.prev_stage, changed.move.prev_date, changed.move.date) == (stage, SINCE, late)
    assert (changed.amount_payable, changed.payment_acceptance_allowed) == (COMPOSITION, "Y")
