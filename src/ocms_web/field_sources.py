"""
Where the value of every field of every JSON body comes from: one table.

A source is a `table.column`, `calculated: ...`, `API field` (what the caller sends and OCMS only reads), or
`API field, kept in table.column`, as contract 1 asks for (Data Source Attribution). The API description and
`docs/data-dictionary.md` are printed from this table; a field without a source fails the build.
"""

from collections.abc import Mapping

VON = "ocms_valid_offence_notice"

ANSWER_CODE = "calculated: the answer code of the outcome (docs/reference.md)"
ANSWER_TEXT = "calculated: the text of the answer code"

EVERYWHERE: Mapping[str, str] = {
    "appCode": ANSWER_CODE,
    "message": ANSWER_TEXT,
    "noticeNo": f"{VON}.notice_no",
    "amountPayable": f"{VON}.amount_payable",
    "suspensionType": f"{VON}.suspension_type",
}
"""The source of a field that is the same in every shape not named below."""

SOURCES: Mapping[str, Mapping[str, str]] = {
    # Contract 1
    "NoticeAsked": {"noticeNo": "API field"},
    "NoticeQuery": {
        "requestId": "API field",
        "requestTimestamp": "API field",
        "notices": "API field",
    },
    "CourtNoticeChange": {
        "noticeNo": "API field",
        "suspensionType": f"API field, kept in {VON}.suspension_type",
        "eprReasonOfSuspension": f"API field, kept in {VON}.epr_reason_of_suspension",
        "processingStage": f"API field, kept in {VON}.last_processing_stage",
    },
    "CourtUpdateRequest": {
        "requestId": "API field",
        "requestTimestamp": "API field",
        "notices": "API field",
    },
    "PaymentStatusLine": {
        "paymentStatus": f"{VON}.payment_status",
        "amountPaid": f"{VON}.amount_paid",
        "paymentAllowanceFlag": f"{VON}.payment_acceptance_allowed",
        "crsReasonOfSuspension": f"{VON}.crs_reason_of_suspension",
        "eprReasonOfSuspension": f"{VON}.epr_reason_of_suspension",
    },
    "PaymentStatusData": {"notices": "calculated: the notices found, in the order asked"},
    "PaymentStatusReply": {
        "total": "calculated: the number of notices found",
        "limit": "ocms_parameter.value",
        "skip": "calculated: always 0",
        "data": "calculated: the answer",
    },
    "CourtNoticeLine": {
        "paymentAllowanceFlag": f"{VON}.payment_acceptance_allowed",
        "courtPaymentDueDate": f"{VON}.payment_due_date",
    },
    "FailedCourtNotice": {"noticeNo": "API field"},
    "CourtUpdateData": {
        "updatedCount": "calculated: the number of notices updated",
        "notices": "calculated: the notices updated",
    },
    "CourtUpdateReply": {"data": "calculated: the answer"},
    "PartialCourtUpdateData": {
        "updatedCount": "calculated: the number of notices updated",
        "failedCount": "calculated: the number of items that failed",
        "notices": "calculated: the notices updated",
        "errors": "calculated: the items that failed",
    },
    "PartialCourtUpdateReply": {"data": "calculated: the answer"},
    "NoticeInfoLine": {
        "courtPaymentDueDate": f"{VON}.payment_due_date",
        "paymentAllowanceFlag": (
            f"calculated: N once {VON}.payment_due_date has passed, "
            f"else {VON}.payment_acceptance_allowed (P31)"
        ),
    },
    "NoticeInfoData": {"notices": "calculated: the notices asked for"},
    "NoticeInfoReply": {
        "total": "calculated: the number of notices asked for",
        "data": "calculated: the answer",
    },
}
"""The sources that are a shape's own, by shape and JSON name."""


def source_of(shape: str, field: str) -> str:
    """Return the source of a field by its JSON name. Raises `LookupError` for one that is not on record."""
    try:
        return SOURCES.get(shape, {}).get(field) or EVERYWHERE[field]
    except KeyError:
        raise LookupError(f"{shape}.{field} has no source in ocms_web.field_sources") from None
