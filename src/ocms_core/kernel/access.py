"""Who may call what, and how often: the two tables every door reads."""

from enum import Enum, unique

from attrs import field, frozen
from attrs.validators import ge

from ocms_core.kernel.rule_tags import rule


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
    LIST_STAGE_REPORTS = "getChangeStageReports"
    DOWNLOAD_STAGE_REPORT = "downloadChangeStageReport"
    PLUS_CHANGE_STAGES = "plusChangeProcessingStage"
    UPDATE_TOPPAN_STAGES = "updateToppanStages"
    CHECK_OFFENDER_ELIGIBILITY = "offender-checkEligibility"
    FURNISH_OFFENDER = "offender-furnish"
    REDIRECT_NOTICE = "offender-redirect"
    UPDATE_OFFENDER = "offender-update"
    GET_OFFENDERS = "offender-getDetails"
    GET_TIMELINE = "notice-getTimeline"
    HST_EXISTS = "hstexists"
    APPLY_HST = "apply-hst"
    UPDATE_HST = "update-hst"
    REVIVE_HST = "revive-hst"
    HST_LIST = "hstlist"


@frozen
class Principal:
    """
    A caller whose credential was accepted.

    `name` is the client or the officer as audit columns and answers show it; `credential` is what
    rate limits are counted by (an API key's id, a token's client id), never a secret.
    """

    name: str
    role: Role
    credential: str


@frozen
class Limit:
    """So many calls in any stretch of so many seconds."""

    calls: int = field(validator=ge(1))
    seconds: int = field(validator=ge(1))


ACCESS: dict[Operation, frozenset[Role]] = {
    Operation.GET_PAYMENT_STATUS: frozenset({Role.CAS}),
    Operation.UPDATE_COURT_NOTICES: frozenset({Role.CAS}),
    Operation.QUERY_NOTICE_INFO: frozenset({Role.PLUS}),
    Operation.SEARCH_STAGES: frozenset({Role.OIC}),
    Operation.VALIDATE_STAGES: frozenset({Role.OIC}),
    Operation.CHANGE_STAGES: frozenset({Role.OIC}),
    Operation.LIST_STAGE_REPORTS: frozenset({Role.OIC}),
    Operation.DOWNLOAD_STAGE_REPORT: frozenset({Role.OIC}),
    Operation.PLUS_CHANGE_STAGES: frozenset({Role.PLUS}),
    Operation.UPDATE_TOPPAN_STAGES: frozenset({Role.TOPPAN}),
    Operation.CHECK_OFFENDER_ELIGIBILITY: frozenset({Role.OIC}),
    Operation.FURNISH_OFFENDER: frozenset({Role.OIC}),
    Operation.REDIRECT_NOTICE: frozenset({Role.OIC}),
    Operation.UPDATE_OFFENDER: frozenset({Role.OIC}),
    Operation.GET_OFFENDERS: frozenset({Role.OIC}),
    Operation.GET_TIMELINE: frozenset({Role.OIC}),
    Operation.HST_EXISTS: frozenset({Role.OIC}),
    Operation.APPLY_HST: frozenset({Role.OIC}),
    Operation.UPDATE_HST: frozenset({Role.OIC}),
    Operation.REVIVE_HST: frozenset({Role.OIC}),
    Operation.HST_LIST: frozenset({Role.OIC}),
}

LIMITS: dict[Operation, Limit] = {
    Operation.GET_PAYMENT_STATUS: Limit(calls=10, seconds=3600),
    Operation.UPDATE_COURT_NOTICES: Limit(calls=10, seconds=3600),
    Operation.QUERY_NOTICE_INFO: Limit(calls=100, seconds=60),
    # No contract limits these; the limits only stop a program that has run wild.
    Operation.SEARCH_STAGES: Limit(calls=300, seconds=60),
    Operation.VALIDATE_STAGES: Limit(calls=300, seconds=60),
    Operation.CHANGE_STAGES: Limit(calls=300, seconds=60),
    Operation.LIST_STAGE_REPORTS: Limit(calls=300, seconds=60),
    Operation.DOWNLOAD_STAGE_REPORT: Limit(calls=300, seconds=60),
    Operation.PLUS_CHANGE_STAGES: Limit(calls=600, seconds=60),
    Operation.UPDATE_TOPPAN_STAGES: Limit(calls=60, seconds=60),
    # An officer at work never comes near these; a runaway script does.
    Operation.CHECK_OFFENDER_ELIGIBILITY: Limit(calls=300, seconds=60),
    Operation.FURNISH_OFFENDER: Limit(calls=300, seconds=60),
    Operation.REDIRECT_NOTICE: Limit(calls=300, seconds=60),
    Operation.UPDATE_OFFENDER: Limit(calls=300, seconds=60),
    Operation.GET_OFFENDERS: Limit(calls=300, seconds=60),
    Operation.GET_TIMELINE: Limit(calls=300, seconds=60),
    Operation.HST_EXISTS: Limit(calls=300, seconds=60),
    Operation.APPLY_HST: Limit(calls=300, seconds=60),
    Operation.UPDATE_HST: Limit(calls=300, seconds=60),
    Operation.REVIVE_HST: Limit(calls=300, seconds=60),
    Operation.HST_LIST: Limit(calls=300, seconds=60),
}


@rule("G16")
def may(principal: Principal, operation: Operation) -> bool:
    """A caller may ask only for what the access table grants its role; every other cell is refused."""
    return principal.role in ACCESS[operation]
