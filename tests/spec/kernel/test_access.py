"""Who may call what, and how often."""

from itertools import product

from ocms_core.kernel.access import (
    OPERATIONS,
    CredentialKind,
    Limit,
    Operation,
    Principal,
    Role,
    accepts_kind,
    may,
)
from tests.support.cases import Case, parametrize_cases

GRANTED = {
    (Role.CAS, Operation.GET_PAYMENT_STATUS),
    (Role.CAS, Operation.UPDATE_COURT_NOTICES),
    (Role.PLUS, Operation.QUERY_NOTICE_INFO),
    (Role.OIC, Operation.SEARCH_STAGES),
    (Role.OIC, Operation.VALIDATE_STAGES),
    (Role.OIC, Operation.CHANGE_STAGES),
    (Role.OIC, Operation.LIST_STAGE_REPORTS),
    (Role.OIC, Operation.DOWNLOAD_STAGE_REPORT),
    (Role.PLUS, Operation.PLUS_CHANGE_STAGES),
    (Role.TOPPAN, Operation.UPDATE_TOPPAN_STAGES),
    (Role.OIC, Operation.CHECK_OFFENDER_ELIGIBILITY),
    (Role.OIC, Operation.FURNISH_OFFENDER),
    (Role.OIC, Operation.REDIRECT_NOTICE),
    (Role.OIC, Operation.UPDATE_OFFENDER),
    (Role.OIC, Operation.GET_OFFENDERS),
    (Role.OIC, Operation.GET_TIMELINE),
    (Role.OIC, Operation.HST_EXISTS),
    (Role.OIC, Operation.APPLY_HST),
    (Role.OIC, Operation.UPDATE_HST),
    (Role.OIC, Operation.REVIVE_HST),
    (Role.OIC, Operation.HST_LIST),
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
