"""Who may call what, and how often: the two tables every door reads."""

from enum import Enum, unique

from attrs import field, frozen
from attrs.validators import ge

from ocms_core.kernel.spec import rule


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
