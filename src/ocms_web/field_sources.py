"""
Where the value of every field of every JSON body comes from: one table.

A source is a `table.column`, `calculated: ...`, `API field` (what the caller sends and OCMS only reads), or
`API field, kept in table.column`, as contract 1 asks for (Data Source Attribution). The API description and
`docs/data-dictionary.md` are printed from this table; a field without a source fails the build.
"""

from collections.abc import Mapping

VON = "ocms_valid_offence_notice"
ONOD = "ocms_offence_notice_owner_driver"
ADDRESS = "ocms_offence_notice_owner_driver_addr"
SUSPENDED = "ocms_suspended_notice"

ANSWER = "calculated: the answer"
HST_REQUEST: dict[str, str] = {
    "name": "API field, kept in ocms_hst.name",
    "postalCode": "API field, kept in ocms_hst.postal_code",
    "blkHseNo": "API field, kept in ocms_hst.blk_hse_no",
    "streetName": "API field, kept in ocms_hst.street_name",
    "floorNo": "API field, kept in ocms_hst.floor_no",
    "unitNo": "API field, kept in ocms_hst.unit_no",
    "bldgName": "API field, kept in ocms_hst.bldg_name",
}

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
        "data": ANSWER,
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
    "CourtUpdateReply": {"data": ANSWER},
    "PartialCourtUpdateData": {
        "updatedCount": "calculated: the number of notices updated",
        "failedCount": "calculated: the number of items that failed",
        "notices": "calculated: the notices updated",
        "errors": "calculated: the items that failed",
    },
    "PartialCourtUpdateReply": {"data": ANSWER},
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
        "data": ANSWER,
    },
    # Contract 4
    "HstError": {"data": "calculated: the error"},
    "HstEnquiry": {"idNo": "API field"},
    "LatestAddress": {
        "postalCode": f"{ADDRESS}.postal_code",
        "blockHseNo": f"{ADDRESS}.blk_hse_no",
        "streetName": f"{ADDRESS}.street_name",
        "floorUnitNo": f"calculated: # with {ADDRESS}.floor_no and unit_no joined by a hyphen (H2)",
        "buildingName": f"{ADDRESS}.bldg_name",
    },
    "UnlistedIdentityData": {
        "isHstId": "calculated: false, no row in ocms_hst has the identity",
        "offenderName": f"{ONOD}.name",
        "latestAddress": f"calculated: the newest row of {ADDRESS} of the identity (H2)",
        "noticesCount": f"calculated: the notices whose current offender in {ONOD} is the identity",
    },
    "UnlistedIdentityReply": {"data": ANSWER},
    "ListedIdentityData": {
        "isHstId": "calculated: true, a row in ocms_hst has the identity",
        "hstIdNo": "API field",
    },
    "ListedIdentityReply": {"data": ANSWER},
    "HstApplicationRequest": HST_REQUEST
    | {"idNo": "API field, kept in ocms_hst.id_no", "idType": "API field, kept in ocms_hst.id_type"},
    "SuspendedNotice": {
        "status": "calculated: always SUSPENDED",
        "suspensionType": f"calculated: {SUSPENDED}.suspension_type and reason_of_suspension, joined",
    },
    "HstApplicationData": {
        "hstIdCreated": "calculated: always true",
        "noticesSuspended": "calculated: the notices suspended",
        "totalSuspended": "calculated: the number of notices suspended",
    },
    "HstApplicationReply": {"data": ANSWER},
    "HstUpdateByPathRequest": HST_REQUEST,
    "HstUpdateRequest": HST_REQUEST | {"idNo": "API field"},
    "HstUpdateData": {"noticesUpdated": "calculated: the notices whose current offender is the identity"},
    "HstUpdateReply": {"data": ANSWER},
    "HstRevivalRequest": {
        "idNo": "API field",
        "revivalReason": f"API field, kept in {SUSPENDED}.revival_remarks",
        "remarks": f"API field, kept in {SUSPENDED}.revival_remarks",
    },
    "RevivedNotice": {
        "previousStatus": "calculated: always TS-HST",
        "newStatus": "calculated: ACTIVE, or the suspension the notice row still shows (H7)",
    },
    "HstRevivalData": {
        "noticesRevived": "calculated: the notices revived",
        "totalRevived": "calculated: the number of notices revived",
        "hstDeleted": "calculated: always true",
    },
    "HstRevivalReply": {"data": ANSWER},
    "HstListFilter": {"idNo": "API field", "dateFrom": "API field", "dateTo": "API field"},
    "HstListRequest": {"$skip": "API field", "$limit": "API field", "filter": "API field"},
    "HstListLine": {
        "idNo": "ocms_hst.id_no",
        "idType": "ocms_hst.id_type",
        "name": "ocms_hst.name",
        "postalCode": "ocms_hst.postal_code",
        "blkHseNo": "ocms_hst.blk_hse_no",
        "streetName": "ocms_hst.street_name",
        "createdDate": "ocms_hst.cre_date",
        "noticesCount": f"calculated: the notices whose current offender in {ONOD} is the identity",
        "lastDataHiveCheck": "ocms_temp_unc_hst_addr.response_date_time",
    },
    "HstListReply": {
        "total": "calculated: the number of identities the filter leaves",
        "limit": "API field, 10 when absent",
        "skip": "API field, 0 when absent",
        "data": "calculated: the identities of the page",
    },
}
"""The sources that are a shape's own, by shape and JSON name."""


def source_of(shape: str, field: str) -> str:
    """Return the source of a field by its JSON name. Raises `LookupError` for one that is not on record."""
    try:
        return SOURCES.get(shape, {}).get(field) or EVERYWHERE[field]
    except KeyError:
        raise LookupError(f"{shape}.{field} has no source in ocms_web.field_sources") from None
