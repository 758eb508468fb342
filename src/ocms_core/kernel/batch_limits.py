"""How many items one call may carry."""

from enum import Enum, unique

from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule

PARAMETER = "BATCH_CAP"


@unique
class BatchCap(Enum):
    """What has a cap, by the code of its parameter."""

    PAYMENT_STATUS = "PAYMENT_STATUS"
    COURT_NOTICES = "COURT_NOTICES"
    PLUS_QUERY = "PLUS_QUERY"
    STAGE_CHANGE = "STAGE_CHANGE"
    TOPPAN = "TOPPAN"


DEFAULTS: dict[BatchCap, int] = {
    BatchCap.PAYMENT_STATUS: 500,
    BatchCap.COURT_NOTICES: 500,
    BatchCap.PLUS_QUERY: 100,
    BatchCap.STAGE_CHANGE: 500,
    BatchCap.TOPPAN: 100_000,
}


@rule("G14")
def batch_cap(cap: BatchCap, reference: Reference) -> int:
    """Return the cap of the parameter table, or the contract's where that says nothing readable (G14)."""
    return reference.whole_number(PARAMETER, cap.value, DEFAULTS[cap])
