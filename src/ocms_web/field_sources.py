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
CHANGES = "ocms_change_of_processing"
DETAIL = "ocms_furnish_detail"
HISTORY = "ocms_offender_history"

ANSWER = "calculated: the answer"
STAGE_WORD = f"calculated: {VON}.last_processing_stage in the contract's words (F1)"
SUCCESS = {"success": "calculated: always true"}
OFFENDER_ERROR = {"success": "calculated: always false", "errorType": "calculated: the kind of error"}
PERSON = {
    "isCurrentOffender": f"{ONOD}.offender_indicator",
    "idType": f"calculated: {ONOD}.id_type in the contract's words (F50)",
    "idNo": f"{ONOD}.id_no",
    "name": f"{ONOD}.name",
    "email": f"{ONOD}.email_addr",
    "contactNo": f"{ONOD}.offender_tel_no",
    "address": f"calculated: the row of type furnished_mail in {ADDRESS}",
}
PERSON_REQUEST = {
    "noticeNo": "API field",
    "idType": f"API field, kept in {ONOD}.id_type",
    "idNo": f"API field, kept in {ONOD}.id_no",
    "name": f"API field, kept in {ONOD}.name",
    "email": f"API field, kept in {ONOD}.email_addr",
    "countryCode": f"API field, kept in {ONOD}.offender_tel_code",
    "contactNo": f"API field, kept in {ONOD}.offender_tel_no",
    "address": "API field",
    "remarks": f"API field, kept in {DETAIL}.remarks",
}
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
    # Contract 3
    "OffenderError": OFFENDER_ERROR | {"reason": "calculated: the answer code of the refusal"},
    "FieldViolation": {
        "field": "calculated: the field that is wrong, null for the body as a whole",
        "message": "calculated: what is wrong with it",
    },
    "InvalidFieldsError": OFFENDER_ERROR
    | {
        "field": "calculated: the first field that is wrong",
        "violations": "calculated: all fields that are wrong, in the contract's order",
    },
    "TechnicalError": OFFENDER_ERROR
    | {
        "operation": "calculated: the operation that failed",
        "intranetUpdated": "calculated: true when the change itself is committed (F60)",
    },
    "PostalAddress": {
        "blockNo": f"API field, kept in {ADDRESS}.blk_hse_no",
        "streetName": f"API field, kept in {ADDRESS}.street_name",
        "buildingName": f"API field, kept in {ADDRESS}.bldg_name",
        "unitNo": f"API field, kept in {ADDRESS}.floor_no and {ADDRESS}.unit_no (F51)",
        "postalCode": f"API field, kept in {ADDRESS}.postal_code",
    },
    "FurnishedAddress": {
        "blockNo": f"{ADDRESS}.blk_hse_no",
        "streetName": f"{ADDRESS}.street_name",
        "buildingName": f"{ADDRESS}.bldg_name",
        "unitNo": f"calculated: {ADDRESS}.floor_no and {ADDRESS}.unit_no joined by a hyphen (F41)",
        "postalCode": f"{ADDRESS}.postal_code",
    },
    "EligibilityRequest": {"noticeNo": "API field", "offenderType": "API field"},
    "EligibilityReply": SUCCESS
    | {
        "canFurnish": "calculated: from stage, suspension and role (F10)",
        "canRedirect": "calculated: from stage, suspension and current offender (F12)",
        "currentStage": STAGE_WORD,
        "reasonCode": "calculated: the answer code of what stands against furnishing",
        "reasonMessage": "calculated: the text of that code",
    },
    "FurnishOffenderRequest": PERSON_REQUEST
    | {
        "offenderType": f"API field, kept in {ONOD}.owner_driver_indicator",
        "relationship": f"API field, kept in {DETAIL}.relationship",
        "rentalPeriodFrom": f"API field, kept in {DETAIL}.rental_period_from",
        "rentalPeriodTo": f"API field, kept in {DETAIL}.rental_period_to",
    },
    "FurnishReply": SUCCESS
    | {
        "offenderType": f"{ONOD}.owner_driver_indicator",
        "offenderRecordCreated": "calculated: whether nobody stood in the role before",
        "offenderIndicatorSet": "calculated: always true",
        "processingStageUpdated": "calculated: always true",
        "newProcessingStage": STAGE_WORD,
    },
    "RedirectRequest": PERSON_REQUEST
    | {
        "fromOffenderType": "API field",
        "toOffenderType": f"API field, kept in {ONOD}.owner_driver_indicator",
    },
    "RedirectReply": SUCCESS
    | {
        "redirectedFrom": "API field",
        "redirectedTo": f"{ONOD}.owner_driver_indicator",
        "previousOffenderCleared": "calculated: always true",
        "newOffenderCreated": "calculated: whether nobody stood in the role before",
        "offenderIndicatorTransferred": "calculated: always true",
        "processingStageUpdated": "calculated: always true",
        "newProcessingStage": STAGE_WORD,
    },
    "UpdateOffenderRequest": PERSON_REQUEST | {"offenderType": "API field"},
    "UpdateOffenderReply": SUCCESS
    | {
        "offenderType": f"{ONOD}.owner_driver_indicator",
        "particularsUpdated": "calculated: always true",
    },
    "NoticeRequest": {"noticeNo": "API field"},
    "OffenderBlock": PERSON | {"exists": f"calculated: whether {ONOD} has a row of the role"},
    "OffenderDetailsReply": SUCCESS
    | {
        "vehicleNo": f"{VON}.vehicle_no",
        "currentProcessingStage": STAGE_WORD,
        "owner": f"calculated: the row of role O in {ONOD}",
        "hirer": f"calculated: the row of role H in {ONOD}",
        "driver": f"calculated: the row of role D in {ONOD}",
    },
    "TimelineRequest": {"noticeNo": "API field", "skip": "API field", "limit": "API field"},
    "StageEventDetails": {
        "from": f"{CHANGES}.last_processing_stage",
        "to": f"{CHANGES}.new_processing_stage",
        "reason": f"{CHANGES}.reason_of_change",
        "source": f"{CHANGES}.source",
        "remarks": f"{CHANGES}.remarks",
    },
    "SuspensionEventDetails": {
        "type": f"{SUSPENDED}.suspension_type",
        "reason": f"{SUSPENDED}.reason_of_suspension",
        "source": f"{SUSPENDED}.suspension_source",
        "due": f"{SUSPENDED}.due_date_of_revival",
        "remarks": f"{SUSPENDED}.suspension_remarks",
    },
    "RevivalEventDetails": {
        "type": f"{SUSPENDED}.suspension_type",
        "reason": f"{SUSPENDED}.reason_of_suspension",
        "revivalReason": f"{SUSPENDED}.revival_reason",
        "remarks": f"{SUSPENDED}.revival_remarks",
    },
    "FormerOffender": {
        "isCurrentOffender": f"{HISTORY}.former_offender_indicator",
        "idType": f"calculated: {HISTORY}.former_id_type in the contract's words (F50)",
        "idNo": f"{HISTORY}.former_id_no",
        "name": f"{HISTORY}.former_name",
        "email": f"{HISTORY}.former_email_addr",
        "contactNo": f"{HISTORY}.former_tel_no",
        "address": f"calculated: the address in {HISTORY}, null where there was none",
        "relationship": f"{HISTORY}.former_relationship",
        "rentalPeriodFrom": f"{HISTORY}.former_rental_period_from",
        "rentalPeriodTo": f"{HISTORY}.former_rental_period_to",
        "remarks": f"{HISTORY}.former_remarks",
    },
    "OffenderEventDetails": {
        "action": f"{HISTORY}.action",
        "role": f"{HISTORY}.owner_driver_indicator",
        "formerCurrent": f"{HISTORY}.former_current_indicator",
        "from": f"{HISTORY}.prev_processing_stage",
        "to": f"{HISTORY}.new_processing_stage",
        "former": f"calculated: who stood in the role before, from {HISTORY}",
    },
    "CourtEventDetails": {
        "due": "ocms_court_case.court_payment_due_date",
        "reason": "ocms_court_case.reason",
    },
    "PaymentEventDetails": {
        "reason": f"{VON}.crs_reason_of_suspension",
        "status": f"{VON}.payment_status",
        "paid": f"{VON}.amount_paid",
    },
    "TimelineLine": {
        "at": "calculated: the moment of the row the event is from",
        "kind": "calculated: the table the event is from",
        "officer": "calculated: the officer of the row the event is from, null where it names none",
        "details": "calculated: the row the event is from",
    },
    "TimelineReply": SUCCESS
    | {
        "total": "calculated: the number of events",
        "skip": "API field",
        "limit": "API field",
        "events": "calculated: the events of the page",
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
        "limit": "API field",
        "skip": "API field",
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
