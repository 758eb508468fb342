"""Contract 1 as the API description tells it: schemas, and the contract's own examples."""

from collections.abc import Mapping
from typing import Any

from ocms_core.court.request_checks import EPR_REASONS
from ocms_core.kernel import codes
from ocms_core.kernel.access import LIMITS, Limit, Operation
from ocms_core.kernel.batch_limits import DEFAULTS, BatchCap
from ocms_core.kernel.codes import Code
from ocms_core.kernel.suspensions import SUSPENSION_TYPES
from ocms_web.endpoints import BodyDescription, Description
from ocms_web.problems import STATUS

Schema = dict[str, Any]

TAG = "Court and payment"
REQUEST_ID = "550e8400-e29b-41d4-a716-446655440000"
NOTICE_NO: Schema = {"type": "string", "pattern": "^[0-9A-Za-z]{1,10}$"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
SUM_OR_NULL: Schema = {"type": ["number", "null"], "description": "Dollars with two decimals"}
MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time", "description": "Singapore time"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def record(**fields: Schema) -> Schema:
    """Describe an object all of whose fields are present."""
    return {"type": "object", "required": list(fields), "properties": fields}


def listed(item: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": item}


def in_data(**fields: Schema) -> Schema:
    """Describe a success: code and text with the content, in `data`."""
    return record(appCode={"type": "string"}, message={"type": "string"}, **fields)


ERROR = record(appCode={"type": "string"}, message={"type": "string"})


def request(cap: BatchCap, timestamp: str, item: Schema, example: Mapping[str, Any]) -> BodyDescription:
    """Describe a request: its id, its time and a capped list of notices."""
    most = DEFAULTS[cap]
    return BodyDescription(
        f"At most {most} notices.",
        record(
            requestId={"type": "string", "format": "uuid"},
            requestTimestamp={
                "type": "string",
                "format": "date-time",
                "description": "ISO 8601; Singapore time without an offset",
            },
            notices={"type": "array", "minItems": 1, "maxItems": most, "items": item},
        ),
        {"contract": {"requestId": REQUEST_ID, "requestTimestamp": timestamp, "notices": [example]}},
    )


def errors(*refusals: Code, cap: BatchCap | None = None) -> dict[int, BodyDescription]:
    """Describe the flat errors of these codes, by status."""
    by_status: dict[int, dict[str, Any]] = {}
    for code in refusals:
        text = code.text.format(cap=DEFAULTS[cap] if cap else "")
        by_status.setdefault(STATUS[code], {})[text] = {"appCode": code.code, "message": text}
    return {
        status: BodyDescription("; ".join(examples), ERROR, examples)
        for status, examples in by_status.items()
    }


def rate(limit: Limit) -> str:
    """Say how often one credential may call."""
    return f"One credential may call {limit.calls} times in any {limit.seconds // 60} minutes."


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

PAYMENT_STATUS = Description(
    "Get payment status",
    "The payment and suspension status of up to 500 notices, in the order asked. "
    "Unknown numbers are left out. " + rate(LIMITS[Operation.GET_PAYMENT_STATUS]),
    TAG,
    request(
        BatchCap.PAYMENT_STATUS,
        "2025-01-14T10:30:00+08:00",
        record(noticeNo=NOTICE_NO),
        {"noticeNo": "1234567890"},
    ),
    {
        200: BodyDescription(
            "The notices found",
            record(
                total=COUNT,
                limit=COUNT,
                skip=COUNT,
                data=in_data(
                    notices=listed(
                        record(
                            noticeNo=NOTICE_NO,
                            paymentStatus=TEXT_OR_NULL,
                            amountPayable=SUM_OR_NULL,
                            amountPaid=SUM_OR_NULL,
                            paymentAllowanceFlag={"type": "string"},
                            suspensionType=TEXT_OR_NULL,
                            crsReasonOfSuspension=TEXT_OR_NULL,
                            eprReasonOfSuspension=TEXT_OR_NULL,
                        )
                    )
                ),
            ),
            {
                "contract": {
                    "total": 1,
                    "limit": 500,
                    "skip": 0,
                    "data": {
                        "appCode": "OCMS-2000",
                        "message": "Successfully retrieved payment status",
                        "notices": [
                            {
                                "noticeNo": "1234567890",
                                "paymentStatus": "PP",
                                "amountPayable": 150.00,
                                "amountPaid": 0.00,
                                "paymentAllowanceFlag": "Y",
                                "suspensionType": "PS",
                                "crsReasonOfSuspension": "FP",
                                "eprReasonOfSuspension": "PS-WWP",
                            }
                        ],
                    },
                }
            },
        ),
        **errors(codes.INVALID_API_CREDENTIALS, *ALWAYS, cap=BatchCap.PAYMENT_STATUS),
    },
)

COURT_NOTICE = record(
    noticeNo=NOTICE_NO,
    amountPayable=SUM_OR_NULL,
    paymentAllowanceFlag={"type": "string"},
    courtPaymentDueDate=MOMENT_OR_NULL,
)
COURT_NOTICE_EXAMPLE = {
    "noticeNo": "1234567890",
    "amountPayable": 150.00,
    "paymentAllowanceFlag": "Y",
    "courtPaymentDueDate": "2025-02-14T00:00:00+08:00",
}


def provided(*words: str) -> Schema:
    """Describe a field that may be left out or null, and otherwise is one of these words."""
    return {"enum": [*words, None]}


COURT_NOTICES = Description(
    "Update court notices",
    "Moves and suspends up to 500 court notices, each for itself: good items are never lost to bad ones. "
    "A field left out or null keeps its value. Repeating a call changes nothing more. "
    + rate(LIMITS[Operation.UPDATE_COURT_NOTICES]),
    TAG,
    request(
        BatchCap.COURT_NOTICES,
        "2025-01-14T11:00:00+08:00",
        {
            "type": "object",
            "required": ["noticeNo"],
            "properties": {
                "noticeNo": NOTICE_NO,
                "suspensionType": provided(*sorted(SUSPENSION_TYPES)),
                "eprReasonOfSuspension": provided(*EPR_REASONS),
                "processingStage": {"type": ["string", "null"], "description": "A stage of the stage map"},
            },
        },
        {
            "noticeNo": "1234567890",
            "suspensionType": "PS",
            "eprReasonOfSuspension": "PS-WWP",
            "processingStage": "WAR",
        },
    ),
    {
        200: BodyDescription(
            "All updated",
            record(data=in_data(updatedCount=COUNT, notices=listed(COURT_NOTICE))),
            {
                "contract": {
                    "data": {
                        "appCode": "OCMS-2000",
                        "message": "Successfully updated 1 court notices",
                        "updatedCount": 1,
                        "notices": [COURT_NOTICE_EXAMPLE],
                    }
                }
            },
        ),
        207: BodyDescription(
            "Some updated, some failed",
            record(
                data=in_data(
                    updatedCount=COUNT,
                    failedCount=COUNT,
                    notices=listed(COURT_NOTICE),
                    errors=listed(
                        record(noticeNo=NOTICE_NO, appCode={"type": "string"}, message={"type": "string"})
                    ),
                )
            ),
            {
                "contract": {
                    "data": {
                        "appCode": "OCMS-2001",
                        "message": "Partially updated: 1 succeeded, 1 failed",
                        "updatedCount": 1,
                        "failedCount": 1,
                        "notices": [COURT_NOTICE_EXAMPLE],
                        "errors": [
                            {
                                "noticeNo": "9999999999",
                                "appCode": "OCMS-4008",
                                "message": "Notice does not exist or is not a court notice",
                            }
                        ],
                    }
                }
            },
        ),
        **errors(
            codes.INVALID_API_CREDENTIALS,
            *ALWAYS,
            codes.INVALID_SUSPENSION_TYPE,
            codes.INVALID_EPR_REASON,
            codes.INVALID_STAGE,
            codes.NO_COURT_NOTICE,
            cap=BatchCap.COURT_NOTICES,
        ),
    },
)

NOTICE_INFO = Description(
    "Query notice info",
    "Until when and how much up to 100 notices can be paid. One unknown number refuses the whole query. "
    + rate(LIMITS[Operation.QUERY_NOTICE_INFO]),
    TAG,
    request(
        BatchCap.PLUS_QUERY,
        "2025-01-14T14:30:00+08:00",
        record(noticeNo=NOTICE_NO),
        {"noticeNo": "1234567890"},
    ),
    {
        200: BodyDescription(
            "The notices asked for",
            record(
                total=COUNT,
                data=in_data(
                    notices=listed(
                        record(
                            noticeNo=NOTICE_NO,
                            courtPaymentDueDate=MOMENT_OR_NULL,
                            paymentAllowanceFlag={"type": "string"},
                            amountPayable=SUM_OR_NULL,
                        )
                    )
                ),
            ),
            {
                "contract": {
                    "total": 1,
                    "data": {
                        "appCode": "OCMS-2000",
                        "message": "Successfully retrieved notice information",
                        "notices": [
                            {
                                "noticeNo": "1234567890",
                                "courtPaymentDueDate": "2025-02-14T00:00:00+08:00",
                                "paymentAllowanceFlag": "N",
                                "amountPayable": 150.00,
                            }
                        ],
                    },
                }
            },
        ),
        **errors(codes.INVALID_OAUTH_TOKEN, *ALWAYS, codes.NOTICES_NOT_FOUND, cap=BatchCap.PLUS_QUERY),
    },
)
