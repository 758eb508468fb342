"""What redirecting refuses and writes."""

from ocms_core.kernel.changes import (
    AddressFurnished,
    CurrentOffenderSet,
    DetailFurnished,
    NoticeChanged,
    OffenderCleared,
    OffenderHistoryKept,
)
from ocms_core.kernel.codes import (
    LAST_STAGE_AFTER_CPC,
    NOT_CURRENT_OFFENDER,
    NOTICE_NOT_FOUND,
    OFFENDER_NOT_FOUND,
    PERMANENT_SUSPENSION,
    REDIRECT_SAME_ROLE,
    Code,
)
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.redirecting import decide
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases, written
from tests.support.offender_builders import (
    COMPOSITION,
    EMPLOYEE,
    JOHN,
    NUMBER,
    OFFICER,
    ORCHARD,
    assignment,
    notice,
    stands,
)

CASES: tuple[Case[OffenderNotice | None, tuple[str, str], RoleAssigned | Code], ...] = (
    Case(
        rule=("F31", "G1"),
        name="the contract's redirect: from the owner to a hirer who is new, starting at RD1",
        given=notice(stands("O", current=True), stage="RD2"),
        ask=("O", "H"),
        says=RoleAssigned("H", created=True, new_stage="RD1", redirected_from="O"),
        writes=(
            NoticeChanged(
                NUMBER,
                move=StageMove("RD2", SINCE, "RD1", NOW),
                next=NextStage("RD1", at("2025-01-15T00:00:00")),
                amount_payable=COMPOSITION,
                payment_acceptance_allowed="Y",
            ),
            OffenderCleared(NUMBER, "O"),
            CurrentOffenderSet(NUMBER, "H", JOHN),
            AddressFurnished(NUMBER, "H", ORCHARD),
            DetailFurnished(NUMBER, "H", EMPLOYEE),
            OffenderHistoryKept(NUMBER, "H", "REDIRECT", OFFICER, NOW, "O", "RD2", "RD1"),
        ),
    ),
    Case(
        rule="F30",
        name="the same role is refused before anything is looked up",
        given=None,
        ask=("H", "H"),
        says=REDIRECT_SAME_ROLE,
    ),
    Case(rule="F30", name="no such notice", given=None, ask=("O", "H"), says=NOTICE_NOT_FOUND),
    Case(
        rule="F30",
        name="a permanent suspension comes before the offender",
        given=notice(suspension_type="PS"),
        ask=("O", "H"),
        says=PERMANENT_SUSPENSION,
    ),
    Case(
        rule="F30",
        name="the final stage comes before the offender",
        given=notice(stage="CFC"),
        ask=("O", "H"),
        says=LAST_STAGE_AFTER_CPC,
    ),
    Case(
        rule="F30",
        name="nobody is the current offender",
        given=notice(stands("O"), stands("H")),
        ask=("O", "H"),
        says=OFFENDER_NOT_FOUND,
    ),
    Case(
        rule="F30",
        name="somebody else is the current offender",
        given=notice(stands("O"), stands("D", current=True)),
        ask=("O", "H"),
        says=NOT_CURRENT_OFFENDER,
    ),
)

TARGETS: tuple[Case[OffenderNotice, tuple[str, str], RoleAssigned], ...] = tuple(
    Case(
        rule=("F12", "F31"),
        name=f"from {stage}, {current} to {target}, whose row {'is there' if there else 'is new'}",
        given=notice(stands(current, current=True), *([stands(target)] if there else []), stage=stage),
        ask=(current, target),
        says=RoleAssigned(
            target, created=not there, new_stage="DN1" if target == "D" else "RD1", redirected_from=current
        ),
    )
    for stage in ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3")
    for current in "OHD"
    for target in "OHD"
    if current != target
    for there in (False, True)
)


@parametrize_cases(CASES)
def test_redirecting(case: Case[OffenderNotice | None, tuple[str, str], RoleAssigned | Code]) -> None:
    from_role, to_role = case.ask
    verdict = decide(from_role, assignment(to_role), case.given, NOW)
    if isinstance(case.says, Code):
        assert verdict == Refusal(case.says)
    else:
        assert isinstance(verdict, Decision)
        assert [answer.detail for answer in verdict.answers] == [case.says]
    assert written(verdict) == case.writes


@parametrize_cases(TARGETS)
def test_redirecting_from_and_to_every_role_at_every_stage(
    case: Case[OffenderNotice, tuple[str, str], RoleAssigned],
) -> None:
    from_role, to_role = case.ask
    verdict = decide(from_role, assignment(to_role), case.given, NOW)
    assert isinstance(verdict, Decision)
    assert [answer.detail for answer in verdict.answers] == [case.says]
    assert OffenderCleared(NUMBER, from_role) in verdict.changes
    assert CurrentOffenderSet(NUMBER, to_role, JOHN) in verdict.changes
