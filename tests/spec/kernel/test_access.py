"""Who may call what, and how often."""

from itertools import product

import pytest

from ocms_core.kernel.access import (
    OPERATIONS,
    CredentialKind,
    Limit,
    Operation,
    Principal,
    Role,
    accepts_kind,
    batch_cap_of,
    may,
)
from ocms_core.kernel.reference import EMPTY
from tests.support.cases import Case, parametrize_cases

GRANTED = {
    (Role.CAS, Operation.GET_PAYMENT_STATUS),
    (Role.CAS, Operation.UPDATE_COURT_NOTICES),
    (Role.PLUS, Operation.QUERY_NOTICE_INFO),
    (Role.OIC, Operation.SEARCH_STAGES),
    (Role.OIC, Operation.VALIDATE_STAGES),
    (Role.OIC, Operation.CHANGE_STAGES),
    (Role.OIC, Operation.REVERSE_STAGES),
    (Role.OIC, Operation.LIST_STAGE_REPORTS),
    (Role.OIC, Operation.DOWNLOAD_STAGE_REPORT),
    (Role.PLUS, Operation.PLUS_CHANGE_STAGES),
    (Role.TOPPAN, Operation.UPDATE_TOPPAN_STAGES),
    (Role.OIC, Operation.CHECK_OFFENDER_ELIGIBILITY),
    (Role.OIC, Operation.FURNISH_OFFENDER),
    (Role.OIC, Operation.REDIRECT_NOTICE),
    (Role.OIC, Operation.UPDATE_OFFENDER),
    (Role.OIC, Operation.REVERSE_OFFENDER),
    (Role.OIC, Operation.GET_OFFENDERS),
    (Role.OIC, Operation.GET_TIMELINE),
    (Role.OIC, Operation.HST_EXISTS),
    (Role.OIC, Operation.APPLY_HST),
    (Role.OIC, Operation.UPDATE_HST),
    (Role.OIC, Operation.REVIVE_HST),
    (Role.OIC, Operation.REVERSE_HST),
    (Role.OIC, Operation.HST_LIST),
    (Role.OIC, Operation.LIST_STUCK_CASES),
}

CELLS: tuple[Case[Role, Operation, bool], ...] = tuple(
    Case(
        rule="G16",
        name=f"{role.value} {'may' if (role, operation) in GRANTED else 'may not'} call {operation.value}",
        given=role,
        ask=operation,
        says=(role, operation) in GRANTED,
    )
    for role, operation in product(Role, Operation)
)

KEY_CALLS = {Operation.GET_PAYMENT_STATUS, Operation.UPDATE_COURT_NOTICES}

KINDS: tuple[Case[CredentialKind, Operation, bool], ...] = tuple(
    Case(
        rule="G16",
        name=f"{operation.value} {'takes' if accepted else 'does not take'} {kind.value}",
        given=kind,
        ask=operation,
        says=accepted,
    )
    for kind, operation in product(CredentialKind, Operation)
    for accepted in [(kind is CredentialKind.API_KEY) is (operation in KEY_CALLS)]
)

RATES: tuple[Case[None, Operation, Limit], ...] = (
    Case(
        rule="P3",
        name="the payment status can be asked ten times an hour",
        ask=Operation.GET_PAYMENT_STATUS,
        says=Limit(calls=10, seconds=3600),
    ),
    Case(
        rule="P3",
        name="court notices can be updated ten times an hour",
        ask=Operation.UPDATE_COURT_NOTICES,
        says=Limit(calls=10, seconds=3600),
    ),
    Case(
        rule="P3",
        name="PLUS can query a hundred times a minute",
        ask=Operation.QUERY_NOTICE_INFO,
        says=Limit(calls=100, seconds=60),
    ),
)


@parametrize_cases(CELLS)
def test_may(case: Case[Role, Operation, bool]) -> None:
    caller = Principal(name="a caller", role=case.given, credential="a credential")
    assert may(caller, case.ask) is case.says


@parametrize_cases(KINDS)
def test_accepts_kind(case: Case[CredentialKind, Operation, bool]) -> None:
    assert accepts_kind(case.ask, case.given) is case.says


@parametrize_cases(RATES)
def test_limits(case: Case[None, Operation, Limit]) -> None:
    assert OPERATIONS[case.ask].limit == case.says


def test_every_operation_has_its_callers() -> None:
    assert set(OPERATIONS) == set(Operation)


WORDS = """
    cas-getPaymentStatus cas-updateCourtNotices plus-queryNoticeInfo searchChangeProcessingStage
    validateChangeProcessingStage changeProcessingStage reverseChangeProcessingStage
    getChangeStageReports downloadChangeStageReport
    plusChangeProcessingStage updateToppanStages offender-checkEligibility offender-furnish
    offender-redirect offender-update offender-reverse offender-getDetails notice-getTimeline
    hstexists apply-hst update-hst revive-hst reverse-hst hstlist stuck-cases
"""


@pytest.mark.rule("G16")
def test_operations_roles_and_credentials_have_the_contracts_words() -> None:
    assert [operation.value for operation in Operation] == WORDS.split()
    assert [role.value for role in Role] == ["cas", "plus", "toppan", "oic"]
    assert [kind.value for kind in CredentialKind] == ["apiKey", "bearer"]


@pytest.mark.rule("P3", "G14")
def test_callers_without_a_rate_in_the_contract_are_slowed_only_when_a_program_runs_wild() -> None:
    contracted = {case.ask for case in RATES}
    others = {
        (policy.role, policy.limit.calls, policy.limit.seconds)
        for operation, policy in OPERATIONS.items()
        if operation not in contracted
    }
    assert others == {(Role.OIC, 300, 60), (Role.PLUS, 600, 60), (Role.TOPPAN, 60, 60)}


@pytest.mark.rule("P1", "P30", "S20", "S75", "G14")
def test_the_calls_that_carry_a_list_have_a_cap() -> None:
    caps = {
        Operation.GET_PAYMENT_STATUS: 500,
        Operation.UPDATE_COURT_NOTICES: 500,
        Operation.QUERY_NOTICE_INFO: 100,
        Operation.VALIDATE_STAGES: 500,
        Operation.CHANGE_STAGES: 500,
        Operation.REVERSE_STAGES: 500,
        Operation.REVERSE_OFFENDER: 500,
        Operation.PLUS_CHANGE_STAGES: 500,
        Operation.UPDATE_TOPPAN_STAGES: 100_000,
    }
    for operation in Operation:
        if operation in caps:
            assert batch_cap_of(operation, EMPTY) == caps[operation]
        else:
            with pytest.raises(ValueError, match=f"^{operation.value} carries no list of items$"):
                batch_cap_of(operation, EMPTY)


@pytest.mark.rule("K1")
def test_the_calls_that_change_something_take_a_key() -> None:
    assert {operation for operation, policy in OPERATIONS.items() if policy.changes} == {
        Operation.UPDATE_COURT_NOTICES,
        Operation.CHANGE_STAGES,
        Operation.REVERSE_STAGES,
        Operation.PLUS_CHANGE_STAGES,
        Operation.UPDATE_TOPPAN_STAGES,
        Operation.FURNISH_OFFENDER,
        Operation.REDIRECT_NOTICE,
        Operation.UPDATE_OFFENDER,
        Operation.REVERSE_OFFENDER,
        Operation.APPLY_HST,
        Operation.UPDATE_HST,
        Operation.REVIVE_HST,
        Operation.REVERSE_HST,
    }


@pytest.mark.rule("K6")
def test_the_calls_that_change_something_and_the_query_that_records_a_due_date_can_be_tried() -> None:
    changing = {operation for operation, policy in OPERATIONS.items() if policy.changes}
    writing = {operation for operation, policy in OPERATIONS.items() if policy.writes}
    assert writing == changing | {Operation.QUERY_NOTICE_INFO}


@pytest.mark.parametrize("calls, seconds", [(0, 1), (1, 0)])
def test_a_limit_is_at_least_one_call_in_a_second(calls: int, seconds: int) -> None:
    assert (Limit(1, 1).calls, Limit(1, 1).seconds) == (1, 1)
    with pytest.raises(ValueError, match="must be >= 1"):
        Limit(calls, seconds)
