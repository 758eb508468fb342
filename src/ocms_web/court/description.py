"""Contract 1 in the API description: prose, and the contract's own examples as values of its shapes."""

from datetime import datetime
from decimal import Decimal

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.reference import EMPTY
from ocms_web.court.shapes import (
    CourtError,
    CourtNoticeChange,
    CourtNoticeLine,
    CourtUpdateData,
    CourtUpdateReply,
    CourtUpdateRequest,
    FailedCourtNotice,
    NoticeAsked,
    NoticeInfoData,
    NoticeInfoLine,
    NoticeInfoReply,
    NoticeQuery,
    PartialCourtUpdateData,
    PartialCourtUpdateReply,
    PaymentStatusData,
    PaymentStatusLine,
    PaymentStatusReply,
)
from ocms_web.descriptions import BodyDescription, Description, errors_by_status, json_body
from ocms_web.problems import STATUS

TAG = "Court and payment"
REQUEST_ID = "550e8400-e29b-41d4-a716-446655440000"
NOTICE_NO, DUE_DATE = "1234567890", datetime(2025, 2, 14, tzinfo=SINGAPORE)
AMOUNT = Decimal("150.00")

ALWAYS = (
    codes.INVALID_PAYLOAD,
    codes.INVALID_TIMESTAMP,
    codes.INVALID_NOTICES,
    codes.INVALID_NOTICE_NO,
    codes.BATCH_TOO_LARGE,
    codes.NOT_ALLOWED,
    codes.RATE_LIMITED,
    codes.INTERNAL_ERROR,
    codes.SERVICE_UNAVAILABLE,
)


def errors(operation: Operation, *refusals: Code) -> dict[int, BodyDescription]:
    """Return the flat errors of these codes, by status."""
    cap = batch_cap_of(operation, EMPTY)
    return errors_by_status(
        (STATUS[code], code.text.format(cap=cap), CourtError(code.code, code.text.format(cap=cap)))
        for code in refusals
    )


def notice_query(timestamp: str) -> BodyDescription:
    """Return the request of a query about notices, with the contract's example."""
    return json_body(
        "The notices asked about.", contract=NoticeQuery(REQUEST_ID, timestamp, [NoticeAsked(NOTICE_NO)])
    )


PAYMENT_STATUS = Description(
    "Get payment status",
    "The payment and suspension status of notices, in the order asked. Unknown numbers are left out.",
    TAG,
    notice_query("2025-01-14T10:30:00+08:00"),
    {
        200: json_body(
            "The notices found",
            contract=PaymentStatusReply(
                total=1,
                limit=500,
                skip=0,
                data=PaymentStatusData(
                    "OCMS-2000",
                    "Successfully retrieved payment status",
                    [
                        PaymentStatusLine(
                            notice_no=NOTICE_NO,
                            payment_status="PP",
                            amount_payable=AMOUNT,
                            amount_paid=Decimal("0.00"),
                            payment_allowance_flag="Y",
                            suspension_type="PS",
                            crs_reason_of_suspension="FP",
                            epr_reason_of_suspension="PS-WWP",
                        )
                    ],
                ),
            ),
        ),
        **errors(Operation.GET_PAYMENT_STATUS, codes.INVALID_API_CREDENTIALS, *ALWAYS),
    },
)

UPDATED_LINE = CourtNoticeLine(
    notice_no=NOTICE_NO, amount_payable=AMOUNT, payment_allowance_flag="Y", court_payment_due_date=DUE_DATE
)

COURT_NOTICES = Description(
    "Update court notices",
    "Moves and suspends court notices, each for itself: good items are never lost to bad ones. "
    "A field left out or null keeps its value. Repeating a call changes nothing more.",
    TAG,
    json_body(
        "The notices to update.",
        contract=CourtUpdateRequest(
            REQUEST_ID,
            "2025-01-14T11:00:00+08:00",
            [
                CourtNoticeChange(
                    notice_no=NOTICE_NO,
                    suspension_type="PS",
                    epr_reason_of_suspension="PS-WWP",
                    processing_stage="WAR",
                )
            ],
        ),
    ),
    {
        200: json_body(
            "All updated",
            contract=CourtUpdateReply(
                CourtUpdateData("OCMS-2000", "Successfully updated 1 court notices", 1, [UPDATED_LINE])
            ),
        ),
        207: json_body(
            "Some updated, some failed",
            contract=PartialCourtUpdateReply(
                PartialCourtUpdateData(
                    "OCMS-2001",
                    "Partially updated: 1 succeeded, 1 failed",
                    updated_count=1,
                    failed_count=1,
                    notices=[UPDATED_LINE],
                    errors=[
                        FailedCourtNotice(
                            notice_no="9999999999",
                            app_code="OCMS-4008",
                            message="Notice does not exist or is not a court notice",
                        )
                    ],
                )
            ),
        ),
        **errors(
            Operation.UPDATE_COURT_NOTICES,
            codes.INVALID_API_CREDENTIALS,
            *ALWAYS,
            codes.INVALID_SUSPENSION_TYPE,
            codes.INVALID_EPR_REASON,
            codes.INVALID_STAGE,
            codes.NO_COURT_NOTICE,
        ),
    },
)

NOTICE_INFO = Description(
    "Query notice info",
    "Until when and how much notices can be paid. One unknown number refuses the whole query.",
    TAG,
    notice_query("2025-01-14T14:30:00+08:00"),
    {
        200: json_body(
            "The notices asked for",
            contract=NoticeInfoReply(
                total=1,
                data=NoticeInfoData(
                    "OCMS-2000",
                    "Successfully retrieved notice information",
                    [
                        NoticeInfoLine(
                            notice_no=NOTICE_NO,
                            court_payment_due_date=DUE_DATE,
                            payment_allowance_flag="N",
                            amount_payable=AMOUNT,
                        )
                    ],
                ),
            ),
        ),
        **errors(Operation.QUERY_NOTICE_INFO, codes.INVALID_OAUTH_TOKEN, *ALWAYS, codes.NOTICES_NOT_FOUND),
    },
)
