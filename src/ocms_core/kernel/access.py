"""Who may call what, how often, with which credential and how many items: one table, a row per operation."""

from collections.abc import Mapping
from enum import Enum, unique

from attrs import field
from attrs.validators import ge

from ocms_core.kernel.batch_limits import BatchCap, batch_cap
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object


@unique
class Role(Enum):
    """What a caller is to OCMS."""

    CAS = "cas"
    PLUS = "plus"
    TOPPAN = "toppan"
    OIC = "oic"


@unique
class Operation(Enum):
    """Everything a caller can ask for, by the contract's name for it."""

    GET_PAYMENT_STATUS = "cas-getPaymentStatus"
    UPDATE_COURT_NOTICES = "cas-updateCourtNotices"
    QUERY_NOTICE_INFO = "plus-queryNoticeInfo"
    SEARCH_STAGES = "searchChangeProcessingStage"
    VALIDATE_STAGES = "validateChangeProcessingStage"
    CHANGE_STAGES = "changeProcessingStage"
    REVERSE_STAGES = "reverseChangeProcessingStage"
    LIST_STAGE_REPORTS = "getChangeStageReports"
    DOWNLOAD_STAGE_REPORT = "downloadChangeStageReport"
    PLUS_CHANGE_STAGES = "plusChangeProcessingStage"
    UPDATE_TOPPAN_STAGES = "updateToppanStages"
    CHECK_OFFENDER_ELIGIBILITY = "offender-checkEligibility"
    FURNISH_OFFENDER = "offender-furnish"
    REDIRECT_NOTICE = "offender-redirect"
    UPDATE_OFFENDER = "offender-update"
    REVERSE_OFFENDER = "offender-reverse"
    GET_OFFENDERS = "offender-getDetails"
    GET_TIMELINE = "notice-getTimeline"
    HST_EXISTS = "hstexists"
    APPLY_HST = "apply-hst"
    UPDATE_HST = "update-hst"
    REVIVE_HST = "revive-hst"
    REVERSE_HST = "reverse-hst"
    HST_LIST = "hstlist"
    LIST_STUCK_CASES = "stuck-cases"


@value_object
class Principal:
    """
    A caller whose credential was accepted.

    `name` is the client or the officer as audit columns and answers show it; `credential` is what
    rate limits are counted by (an API key's id, a token's client id), never a secret.
    """

    name: str
    role: Role
    credential: str


@unique
class CredentialKind(Enum):
    """How a caller proves who it is; the value is the scheme's name in the API description."""

    API_KEY = "apiKey"
    BEARER = "bearer"


@value_object
class Limit:
    """At most `calls` calls of one credential in any period of `seconds` seconds."""

    calls: int = field(validator=ge(1))
    seconds: int = field(validator=ge(1))


@value_object
class OperationPolicy:
    """
    Who may call an operation, with which credential, how often, and with how many items at most.

    `batch_cap` is None for a call that carries no list of items. A call that `changes` something takes an
    `Idempotency-Key` (K1); the due date that a PLUS query `records` is no change: its repeat records it once.
    """

    role: Role
    credential: CredentialKind
    limit: Limit
    batch_cap: BatchCap | None = None
    changes: bool = False
    records: bool = False

    @property
    def writes(self) -> bool:
        """Whether a call writes anything about notices or people, so that it can be tried first (K6)."""
        return self.changes or self.records


API_KEY, BEARER = CredentialKind

HOURLY = Limit(calls=10, seconds=3600)
PLUS_QUERIES = Limit(calls=100, seconds=60)
# No contract limits the others; these limits only stop a program that runs without end.
OFFICER_CALLS = Limit(calls=300, seconds=60)
PLUS_CHANGES = Limit(calls=600, seconds=60)
PRINT_RUNS = Limit(calls=60, seconds=60)

OFFICER = OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS)
OFFICER_CHANGE = OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS, changes=True)
STAGE_CHANGES = BatchCap.STAGE_CHANGE

OPERATIONS: Mapping[Operation, OperationPolicy] = {
    Operation.GET_PAYMENT_STATUS: OperationPolicy(Role.CAS, API_KEY, HOURLY, BatchCap.PAYMENT_STATUS),
    Operation.UPDATE_COURT_NOTICES: OperationPolicy(
        Role.CAS, API_KEY, HOURLY, BatchCap.COURT_NOTICES, changes=True
    ),
    Operation.QUERY_NOTICE_INFO: OperationPolicy(
        Role.PLUS, BEARER, PLUS_QUERIES, BatchCap.PLUS_QUERY, records=True
    ),
    Operation.SEARCH_STAGES: OFFICER,
    Operation.VALIDATE_STAGES: OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS, STAGE_CHANGES),
    Operation.CHANGE_STAGES: OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS, STAGE_CHANGES, changes=True),
    Operation.REVERSE_STAGES: OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS, STAGE_CHANGES, changes=True),
    Operation.LIST_STAGE_REPORTS: OFFICER,
    Operation.DOWNLOAD_STAGE_REPORT: OFFICER,
    Operation.PLUS_CHANGE_STAGES: OperationPolicy(
        Role.PLUS, BEARER, PLUS_CHANGES, STAGE_CHANGES, changes=True
    ),
    Operation.UPDATE_TOPPAN_STAGES: OperationPolicy(
        Role.TOPPAN, BEARER, PRINT_RUNS, BatchCap.TOPPAN, changes=True
    ),
    Operation.CHECK_OFFENDER_ELIGIBILITY: OFFICER,
    Operation.FURNISH_OFFENDER: OFFICER_CHANGE,
    Operation.REDIRECT_NOTICE: OFFICER_CHANGE,
    Operation.UPDATE_OFFENDER: OFFICER_CHANGE,
    Operation.REVERSE_OFFENDER: OperationPolicy(Role.OIC, BEARER, OFFICER_CALLS, STAGE_CHANGES, changes=True),
    Operation.GET_OFFENDERS: OFFICER,
    Operation.GET_TIMELINE: OFFICER,
    Operation.HST_EXISTS: OFFICER,
    Operation.APPLY_HST: OFFICER_CHANGE,
    Operation.UPDATE_HST: OFFICER_CHANGE,
    Operation.REVIVE_HST: OFFICER_CHANGE,
    Operation.REVERSE_HST: OFFICER_CHANGE,
    Operation.HST_LIST: OFFICER,
    Operation.LIST_STUCK_CASES: OFFICER,
}
"""One row for each operation; an operation without a row cannot be called."""


@rule("G16")
def may(principal: Principal, operation: Operation) -> bool:
    """Return whether the row of the operation names the caller's role; every other role is refused (G16)."""
    return principal.role is OPERATIONS[operation].role


@rule("G16")
def roles_with_keys() -> frozenset[Role]:
    """Return the roles that call some operation with an API key (G16)."""
    return frozenset(each.role for each in OPERATIONS.values() if each.credential is API_KEY)


@rule("G16")
def accepts_kind(operation: Operation, kind: CredentialKind) -> bool:
    """Return whether the row of the operation names this kind of credential; another is as none (G16)."""
    return OPERATIONS[operation].credential is kind


def batch_cap_of(operation: Operation, reference: Reference) -> int:
    """Return how many items a call may carry now (G14). Raises ValueError for one that carries no list."""
    cap = OPERATIONS[operation].batch_cap
    if cap is None:
        raise ValueError(f"{operation.value} carries no list of items")
    return batch_cap(cap, reference)
