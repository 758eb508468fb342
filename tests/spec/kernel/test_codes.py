"""The texts callers see, as the contract's worked answers and its code tables have them."""

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from tests.support.cases import Case, parametrize_cases

CODES: tuple[Case[None, Code, tuple[str, str]], ...] = (
    Case(
        rule="P2",
        name="the payment status was retrieved",
        ask=codes.PAYMENT_STATUS_RETRIEVED,
        says=("OCMS-2000", "Successfully retrieved payment status"),
    ),
    Case(
        rule="P23",
        name="every court notice was updated",
        ask=codes.COURT_NOTICES_UPDATED,
        says=("OCMS-2000", "Successfully updated {updated} court notices"),
    ),
    Case(
        rule="P23",
        name="some court notices were updated",
        ask=codes.COURT_NOTICES_PARTLY_UPDATED,
        says=("OCMS-2001", "Partially updated: {updated} succeeded, {failed} failed"),
    ),
    Case(
        rule="P2",
        name="notice information was retrieved",
        ask=codes.NOTICE_INFO_RETRIEVED,
        says=("OCMS-2000", "Successfully retrieved notice information"),
    ),
    Case(
        rule="P2",
        name="the payload is invalid",
        ask=codes.INVALID_PAYLOAD,
        says=("OCMS-4001", "Invalid request payload"),
    ),
    Case(
        rule="P2",
        name="the timestamp is invalid",
        ask=codes.INVALID_TIMESTAMP,
        says=("OCMS-4002", "Invalid request timestamp format"),
    ),
    Case(
        rule="P2",
        name="the notices array is empty",
        ask=codes.INVALID_NOTICES,
        says=("OCMS-4003", "Notices array is empty or exceeds limit"),
    ),
    Case(
        rule="P2",
        name="a notice number is invalid",
        ask=codes.INVALID_NOTICE_NO,
        says=("OCMS-4004", "Invalid notice number format"),
    ),
    Case(
        rule="P26",
        name="a notice number is repeated",
        ask=codes.DUPLICATE_NOTICE_NO,
        says=("OCMS-4004", "Duplicate notice number in request"),
    ),
    Case(
        rule="P20",
        name="a suspension type is invalid",
        ask=codes.INVALID_SUSPENSION_TYPE,
        says=("OCMS-4005", "Invalid suspension type"),
    ),
    Case(
        rule="P20",
        name="a reason of suspension is invalid",
        ask=codes.INVALID_EPR_REASON,
        says=("OCMS-4006", "Invalid EPR reason of suspension"),
    ),
    Case(
        rule="P20",
        name="a stage is invalid",
        ask=codes.INVALID_STAGE,
        says=("OCMS-4007", "Invalid processing stage"),
    ),
    Case(
        rule="P23",
        name="an item is no court notice",
        ask=codes.NOT_A_COURT_NOTICE,
        says=("OCMS-4008", "Notice does not exist or is not a court notice"),
    ),
    Case(
        rule="P23",
        name="no item is a court notice",
        ask=codes.NO_COURT_NOTICE,
        says=("OCMS-4008", "Notice not found or is not a court notice"),
    ),
    Case(
        rule="P30",
        name="PLUS asks for an unknown notice",
        ask=codes.NOTICES_NOT_FOUND,
        says=("OCMS-4008", "One or more notices not found"),
    ),
    Case(
        rule="P2",
        name="a batch is too large and the cap is named",
        ask=codes.BATCH_TOO_LARGE,
        says=("OCMS-4131", "Request exceeds maximum batch limit of {cap} notices"),
    ),
    Case(
        rule="P2",
        name="an API key is missing or wrong",
        ask=codes.INVALID_API_CREDENTIALS,
        says=("OCMS-4011", "Invalid or missing API credentials"),
    ),
    Case(
        rule="P2",
        name="an OAuth token is missing or wrong",
        ask=codes.INVALID_OAUTH_TOKEN,
        says=("OCMS-4011", "Invalid or missing OAuth token"),
    ),
    Case(
        rule="G15",
        name="a caller is not allowed",
        ask=codes.NOT_ALLOWED,
        says=("OCMS-4031", "Not allowed"),
    ),
    Case(
        rule=("P2", "P3"),
        name="a caller calls too often",
        ask=codes.RATE_LIMITED,
        says=("OCMS-4291", "Rate limit exceeded. Please try again later."),
    ),
    Case(
        rule="P4",
        name="something failed inside",
        ask=codes.INTERNAL_ERROR,
        says=("OCMS-5001", "Internal server error occurred while processing request"),
    ),
    Case(
        rule="P4",
        name="the database cannot be reached",
        ask=codes.SERVICE_UNAVAILABLE,
        says=("OCMS-5031", "Service unavailable"),
    ),
)


@parametrize_cases(CODES)
def test_codes(case: Case[None, Code, tuple[str, str]]) -> None:
    assert (case.ask.code, case.ask.text) == case.says
