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
# An open record or a payment counts too, whatever the column says (U1, U3).
SHOWN = f"{VON}.suspension_type or, where they decide (U3), {SUSPENDED} and {VON}.crs_reason_of_suspension"
CHANGES = "ocms_change_of_processing"
DETAIL = "ocms_furnish_detail"
HISTORY = "ocms_offender_history"
ACCESS = "ocms_access_record"
COURT_CASE = "ocms_court_case"


def kept(*columns: str, how: str = "") -> str:
    """Return the source of a field of a request that OCMS keeps in columns, and in which form."""
    return f"API field, kept in {' and '.join(columns)}{how and f' {how}'}"


ANSWER = "calculated: the answer"
STAGE_WORD = f"calculated: {VON}.last_processing_stage in the contract's words (F1)"
ROLE_WORD = f"calculated: {ONOD}.owner_driver_indicator in the contract's words"
LOOKED_UP_NOTICE = kept(f"{ACCESS}.notice_no")
LOOKED_UP_IDENTITY = kept(f"{ACCESS}.identity_set", how="as a keyed hash (G2)")
SUCCESS = {"success": "calculated: always true"}
OFFENDER_ERROR = {"success": "calculated: always false", "errorType": "calculated: the kind of error"}
ALWAYS_EMPTY = "calculated: always empty"
ALL_ZERO = "calculated: zero counts"
COUNTS = "calculated: the counts"
STAGE_ERROR = {"error": "calculated: the code of what is wrong"}
FOUND_NOTICE = {
    "offenceType": f"calculated: {VON}.offence_type, {VON}.offence_notice_type where that is null",
    "offenceDateTime": f"{VON}.notice_date_and_time",
    "offenderName": f"{ONOD}.name",
    "offenderId": f"{ONOD}.id_no",
    "vehicleNo": f"{VON}.vehicle_no",
    "currentProcessingStage": f"{VON}.last_processing_stage",
    "currentProcessingStageDate": f"{VON}.last_processing_date",
}
PERSON = {
    "isCurrentOffender": f"calculated: whether {ONOD}.offender_indicator is Y, of two the first by role (U7)",
    "idType": f"calculated: {ONOD}.id_type in the contract's words (F50)",
    "idNo": f"{ONOD}.id_no",
    "name": f"{ONOD}.name",
    "email": f"{ONOD}.email_addr",
    "contactNo": f"{ONOD}.offender_tel_no",
    "address": f"calculated: the row of {ADDRESS} whose type_of_address is furnished_mail (F41)",
}
PARTICULARS_REQUEST = {
    "name": kept(f"{ONOD}.name"),
    "email": kept(f"{ONOD}.email_addr"),
    "countryCode": kept(f"{ONOD}.offender_tel_code"),
    "contactNo": kept(f"{ONOD}.offender_tel_no"),
    "address": f"API field, its parts kept in the row of {ADDRESS} of type furnished_mail (F20)",
    "remarks": kept(f"{DETAIL}.remarks"),
}
PERSON_REQUEST = PARTICULARS_REQUEST | {
    "noticeNo": kept(*(f"{table}.notice_no" for table in (ONOD, ADDRESS, DETAIL, HISTORY))),
    "idType": kept(f"{ONOD}.id_type", how="as one letter (F50)"),
    "idNo": kept(f"{ONOD}.id_no", how="in capitals (F50)"),
}
ROLE_REQUEST = kept(*(f"{table}.owner_driver_indicator" for table in (ONOD, ADDRESS, DETAIL, HISTORY)))
HST_ADDRESS = ("postal_code", "blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name")
HST_FIELDS = ("postalCode", "blkHseNo", "streetName", "floorNo", "unitNo", "bldgName")
HST_APPLICATION = {"name": kept("ocms_hst.name")} | {
    field: kept(f"ocms_hst.{column}") for field, column in zip(HST_FIELDS, HST_ADDRESS, strict=True)
}
HST_UPDATE = {"name": kept("ocms_hst.name", f"{ONOD}.name", how="(H6)")} | {
    field: kept(f"ocms_hst.{column}", f"{ADDRESS}.{column}", how="(H6)")
    for field, column in zip(HST_FIELDS, HST_ADDRESS, strict=True)
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
    "NoticeAsked": {"noticeNo": kept(f"{COURT_CASE}.notice_no", how="by API 4 (P32)")},
    "NoticeQuery": {
        "requestId": "API field",
        "requestTimestamp": "API field",
        "notices": "API field",
    },
    "CourtNoticeChange": {
        "noticeNo": kept(f"{SUSPENDED}.notice_no", how="where a suspension begins (P24)"),
        "suspensionType": kept(f"{VON}.suspension_type", f"{SUSPENDED}.suspension_type"),
        "eprReasonOfSuspension": kept(
            f"{VON}.epr_reason_of_suspension",
            f"{SUSPENDED}.reason_of_suspension",
            how="without its PS- (P21)",
        ),
        "processingStage": kept(f"{VON}.last_processing_stage"),
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
        "eprReasonOfSuspension": (
            f"calculated: {VON}.epr_reason_of_suspension, with {VON}.suspension_type in "
            "front, as PS-WWP, where it is WWP, OTH or WWC (P12)"
        ),
    },
    "PaymentStatusData": {"notices": "calculated: the notices found, in the order asked"},
    "PaymentStatusReply": {
        "total": "calculated: the number of notices found",
        "limit": "calculated: the batch cap, from ocms_parameter.value where it is set (G14)",
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
    # Contract 2
    "StageError": STAGE_ERROR,
    "StageSearchRequest": {
        "noticeNo": "API field, kept in ocms_access_record.notice_no",
        "idNo": "API field, kept in ocms_access_record.identity_set, as a keyed hash",
        "vehicleNo": "API field",
        "currentProcessingStage": "API field",
        "lastProcessingStage": "API field",
        "dateOfCurrentProcessingStage": "API field",
    },
    "EligibleNoticeLine": FOUND_NOTICE
    | {
        "suspensionType": f"calculated: the type of suspension by {SHOWN}; TS or null, as PS is not eligible",
        "suspensionStatus": f"calculated: ACTIVE where {SHOWN} is not null (S3)",
        "ownerDriverIndicator": f"{ONOD}.owner_driver_indicator",
        "entityType": f"{ONOD}.lta_entity_type",
    },
    "IneligibleNoticeLine": FOUND_NOTICE
    | {
        "reasonCode": (f"calculated: the answer code, from {VON}.last_processing_stage, then {SHOWN} (S2)"),
        "reasonMessage": "calculated: the text of that code",
    },
    "StageSearchSummary": {
        "total": "calculated: the number of notices found, also of those not listed (S4)",
        "eligible": "calculated: the number of eligible notices listed",
        "ineligible": "calculated: the number of ineligible notices listed",
        "truncated": "calculated: true where more were found than are listed, else absent (S4)",
    },
    "StageSearchReply": {
        "eligibleNotices": "calculated: the notices listed that may be moved (S2)",
        "ineligibleNotices": "calculated: the notices listed that may not be moved (S2)",
        "summary": COUNTS,
    },
    "StageSearchError": STAGE_ERROR
    | {"eligibleNotices": ALWAYS_EMPTY, "ineligibleNotices": ALWAYS_EMPTY, "summary": ALL_ZERO},
    "StageValidateItem": {
        "noticeNo": "API field",
        "currentStage": "API field",
        "offenderType": "API field",
        "entityType": "API field",
    },
    "StageValidateRequest": {
        "notices": "API field",
        "newProcessingStage": "API field",
        "reasonOfChange": "API field",
        "remarks": "API field",
    },
    "ChangeableNoticeLine": {
        "noticeNo": "API field",
        "currentStage": f"{VON}.last_processing_stage (S24)",
        "offenderType": f"calculated: {ONOD}.owner_driver_indicator of the current offender in words (S14)",
    },
    "NonChangeableNoticeLine": {
        "noticeNo": "API field",
        "code": "calculated: the answer code of the first rule against the move (S10 to S19)",
    },
    "StageValidateSummary": {
        "total": "calculated: the number of notices asked about, each counted once",
        "changeable": "calculated: the number of notices that would be moved",
        "nonChangeable": "calculated: the number of the others",
    },
    "StageValidateReply": {
        "changeableNotices": "calculated: the notices a submit would move (S24)",
        "nonChangeableNotices": "calculated: the others (S24)",
        "summary": COUNTS,
    },
    "StageValidateError": STAGE_ERROR
    | {"changeableNotices": ALWAYS_EMPTY, "nonChangeableNotices": ALWAYS_EMPTY, "summary": ALL_ZERO},
    "StageReverseItem": {"noticeNo": kept(f"{CHANGES}.notice_no")},
    "StageReverseRequest": {"items": "API field"},
    "StageSubmitItem": {
        "noticeNo": f"API field, kept in {CHANGES}.notice_no",
        "newStage": (
            f"API field, kept in {VON}.last_processing_stage and {CHANGES}.new_processing_stage (S22)"
        ),
        "reason": f"API field, kept in {CHANGES}.reason_of_change",
        "remark": f"API field, kept in {CHANGES}.remarks",
        "source": "API field",
        "dhMhaCheck": f"API field, kept in {ONOD}.mha_dh_check_allow, as Y or N",
        "isConfirmation": "API field",
    },
    "StageSubmitRequest": {"items": "API field"},
    "StageSubmitSummary": {
        "requested": "calculated: the number of items",
        "succeeded": "calculated: the number of items moved",
        "failed": "calculated: the number of items refused",
    },
    "StageSubmitResult": {
        "noticeNo": "API field",
        "outcome": "calculated: whether the item was moved",
        "previousStage": f"calculated: {VON}.last_processing_stage before the move",
        "newStage": (
            f"calculated: the stage asked for or, without one, the next (S15), kept in "
            f"{VON}.last_processing_stage and {CHANGES}.new_processing_stage"
        ),
        "code": ANSWER_CODE,
    },
    "SignedReportLink": {
        "url": "calculated: the signed link to the file named in ocms_report.report_name",
        "expiresAt": "calculated: now and the hours in ocms_parameter.value (S23)",
    },
    "StageSubmitReply": {
        "status": "calculated: from the outcomes (S21)",
        "summary": COUNTS,
        "results": "calculated: one for each item, in the order of the request",
        "report": "calculated: the link to the report, null if that failed, absent if none was moved (S23)",
    },
    "StageSubmitError": STAGE_ERROR
    | {
        "status": "calculated: always FAILED",
        "summary": ALL_ZERO,
        "results": "calculated: one failed result that says what is malformed, else empty (S20)",
    },
    "StageReportListRequest": {"startDate": "API field", "endDate": "API field"},
    "StageReportLine": {
        "reportDate": f"calculated: the day of {CHANGES}.date_of_change",
        "generatedBy": f"calculated: the officers of the day in {CHANGES}.authorised_officer (S51)",
        "noticeCount": f"calculated: the rows of the day in {CHANGES}",
        "reportUrl": f"calculated: from the day and its first {CHANGES}.authorised_officer (S51)",
    },
    "StageReportListReply": {
        "reports": "calculated: the days with changes",
        "totalReports": "calculated: the number of days listed",
        "totalNotices": f"calculated: the rows of the days listed in {CHANGES}",
    },
    "StageReportRequest": {"reportId": "API field"},
    "PlusChangeRequest": {
        "noticeNo": f"API field, kept in {CHANGES}.notice_no",
        "lastStageName": f"API field, kept in {CHANGES}.last_processing_stage",
        "nextStageName": (
            f"API field, kept in {VON}.last_processing_stage and {CHANGES}.new_processing_stage (S64)"
        ),
        "lastStageDate": "API field",
        "newStageDate": (f"API field, kept in {VON}.last_processing_date and {CHANGES}.date_of_change (S64)"),
        "offenceType": "API field",
        "source": "API field",
    },
    "PlusChangeReply": {
        "status": "calculated: always SUCCESS",
        "noticeCount": "calculated: the number of notice numbers in the request",
    },
    "PlusChangeError": {
        "status": "calculated: ERROR for a fault of OCMS, else FAILED (S65)",
        "code": ANSWER_CODE,
    },
    "ToppanRunRequest": {
        "noticeNumbers": "API field",
        "currentStage": "API field",
        "processingDate": "API field",
    },
    "ToppanRunReply": {
        "totalNotices": "calculated: the number of notice numbers in the request",
        "automaticUpdates": "calculated: the number of notices moved (S73)",
        "manualUpdates": "calculated: the number of notices moved by an officer before (S72)",
        "skipped": "calculated: the number of the others",
        "errors": "calculated: what is wrong with the call, or a line for each notice to be looked at (S75)",
        "success": "calculated: true where there are no errors",
    },
    # Contract 3
    "OffenderError": OFFENDER_ERROR | {"reason": "calculated: the answer code of the refusal"},
    "FieldViolation": {
        "field": "calculated: the field that is wrong, null for the body as a whole",
        "message": "calculated: what is wrong with it",
    },
    "InvalidFieldsError": OFFENDER_ERROR
    | {
        "field": "calculated: the first field that is wrong, null for the body as a whole",
        "message": "calculated: what is wrong with it",
        "violations": "calculated: all fields that are wrong, in the contract's order",
    },
    "TechnicalError": OFFENDER_ERROR
    | {
        "operation": "calculated: the operation that failed",
        "intranetUpdated": "calculated: true when the change is committed and only its delivery failed (F60)",
    },
    "PostalAddress": {
        "blockNo": kept(f"{ADDRESS}.blk_hse_no"),
        "streetName": kept(f"{ADDRESS}.street_name"),
        "buildingName": kept(f"{ADDRESS}.bldg_name"),
        "unitNo": kept(f"{ADDRESS}.floor_no", f"{ADDRESS}.unit_no", how="(F51)"),
        "postalCode": kept(f"{ADDRESS}.postal_code"),
    },
    "FurnishedAddress": {
        "blockNo": f"{ADDRESS}.blk_hse_no, of a former offender {HISTORY}.former_blk_hse_no",
        "streetName": f"{ADDRESS}.street_name, of a former offender {HISTORY}.former_street_name",
        "buildingName": f"{ADDRESS}.bldg_name, of a former offender {HISTORY}.former_bldg_name",
        "unitNo": (
            f"calculated: {ADDRESS}.floor_no and {ADDRESS}.unit_no joined by a hyphen (F41), "
            f"of a former offender {HISTORY}.former_floor_no and {HISTORY}.former_unit_no"
        ),
        "postalCode": f"{ADDRESS}.postal_code, of a former offender {HISTORY}.former_postal_code",
    },
    "EligibilityRequest": {"noticeNo": "API field", "offenderType": "API field"},
    "EligibilityReply": SUCCESS
    | {
        "canFurnish": (f"calculated: from {VON}.last_processing_stage, {SHOWN} and the role asked (F10)"),
        "canRedirect": (
            f"calculated: from {VON}.last_processing_stage, {SHOWN} and the role whose "
            f"{ONOD}.offender_indicator is Y (F12)"
        ),
        "currentStage": STAGE_WORD,
        "reasonCode": "calculated: the code of the reason it cannot be furnished, null where it can (F13)",
        "reasonMessage": "calculated: the text of that code",
    },
    "FurnishOffenderRequest": PERSON_REQUEST
    | {
        "offenderType": ROLE_REQUEST,
        "relationship": kept(f"{DETAIL}.relationship"),
        "rentalPeriodFrom": kept(f"{DETAIL}.rental_period_from"),
        "rentalPeriodTo": kept(f"{DETAIL}.rental_period_to"),
    },
    "FurnishReply": SUCCESS
    | {
        "offenderType": ROLE_WORD,
        "offenderRecordCreated": f"calculated: whether {ONOD} had no row of the role before",
        "offenderIndicatorSet": "calculated: always true",
        "processingStageUpdated": "calculated: always true",
        "newProcessingStage": STAGE_WORD,
    },
    "RedirectRequest": PERSON_REQUEST
    | {
        "fromOffenderType": "API field",
        "toOffenderType": ROLE_REQUEST,
    },
    "ReverseOffenderRequest": {"noticeNos": kept(f"{HISTORY}.notice_no")},
    "ReversalResult": {
        "reversed": ANSWER,
        "operation": "ocms_audit_row.operation",
        "previousProcessingStage": STAGE_WORD,
        "newProcessingStage": STAGE_WORD,
        "code": ANSWER_CODE,
    },
    "ReverseOffenderReply": SUCCESS | {"results": "calculated: the notices, in the order asked"},
    "RedirectReply": SUCCESS
    | {
        "redirectedFrom": "API field",
        "redirectedTo": ROLE_WORD,
        "previousOffenderCleared": "calculated: always true",
        "newOffenderCreated": f"calculated: whether {ONOD} had no row of the role before",
        "offenderIndicatorTransferred": "calculated: always true",
        "processingStageUpdated": "calculated: always true",
        "newProcessingStage": STAGE_WORD,
    },
    "UpdateOffenderRequest": PARTICULARS_REQUEST
    | {
        "noticeNo": kept(f"{ADDRESS}.notice_no", f"{DETAIL}.notice_no", f"{HISTORY}.notice_no"),
        "offenderType": kept(
            *(f"{table}.owner_driver_indicator" for table in (ADDRESS, DETAIL, HISTORY)),
        ),
    },
    "UpdateOffenderReply": SUCCESS
    | {
        "offenderType": ROLE_WORD,
        "particularsUpdated": "calculated: always true",
    },
    "NoticeRequest": {"noticeNo": LOOKED_UP_NOTICE},
    "OffenderBlock": PERSON | {"exists": f"calculated: whether {ONOD} has a row of the role"},
    "OffenderDetailsReply": SUCCESS
    | {
        "vehicleNo": f"{VON}.vehicle_no",
        "currentProcessingStage": STAGE_WORD,
        "owner": f"calculated: the row of {ONOD} whose owner_driver_indicator is O (F41)",
        "hirer": f"calculated: the row of {ONOD} whose owner_driver_indicator is H (F41)",
        "driver": f"calculated: the row of {ONOD} whose owner_driver_indicator is D (F41)",
    },
    "TimelineRequest": {"noticeNo": LOOKED_UP_NOTICE, "skip": "API field", "limit": "API field"},
    "StageEventDetails": {
        "from": f"{CHANGES}.last_processing_stage, or {VON}.prev_processing_stage",
        "to": (
            f"{CHANGES}.new_processing_stage, or {VON}.last_processing_stage or "
            f"{VON}.prev_processing_stage where no change is on record"
        ),
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
        "isCurrentOffender": f"calculated: whether {HISTORY}.former_offender_indicator is Y",
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
        "role": f"calculated: {HISTORY}.owner_driver_indicator in the contract's words",
        "formerCurrent": f"calculated: {HISTORY}.former_current_indicator in the contract's words",
        "from": f"{HISTORY}.prev_processing_stage",
        "to": f"{HISTORY}.new_processing_stage",
        "former": (
            f"calculated: who held the role before, from {HISTORY}; "
            f"null where {HISTORY}.former_offender_indicator is"
        ),
    },
    "CourtEventDetails": {
        "due": f"{COURT_CASE}.court_payment_due_date",
        "reason": f"{COURT_CASE}.reason",
    },
    "PaymentEventDetails": {
        "reason": f"{VON}.crs_reason_of_suspension",
        "status": f"{VON}.payment_status",
        "paid": f"{VON}.amount_paid",
    },
    "TimelineLine": {
        "at": (
            f"calculated: by kind {CHANGES}.date_of_change, {VON}.last_processing_date or "
            f"{VON}.prev_processing_date; {SUSPENDED}.date_of_suspension; {SUSPENDED}.date_of_revival; "
            f"{HISTORY}.changed_at; {COURT_CASE}.upd_date, else {COURT_CASE}.cre_date; "
            f"{VON}.crs_date_of_suspension"
        ),
        "kind": "calculated: the table the event is from",
        "officer": (
            f"calculated: by kind {CHANGES}.authorised_officer; {SUSPENDED}.officer_authorising_suspension; "
            f"{SUSPENDED}.officer_authorising_revival; {HISTORY}.officer; null for the others"
        ),
        "details": "calculated: the row the event is from",
    },
    "TimelineReply": SUCCESS
    | {
        "noticeNo": "API field",
        "total": "calculated: the number of events",
        "skip": "API field",
        "limit": "API field",
        "events": "calculated: the events of the page",
    },
    # Contract 4
    "HstError": {"data": "calculated: the error"},
    "HstEnquiry": {"idNo": LOOKED_UP_IDENTITY},
    "LatestAddress": {
        "postalCode": f"{ADDRESS}.postal_code",
        "blockHseNo": f"{ADDRESS}.blk_hse_no",
        "streetName": f"{ADDRESS}.street_name",
        "floorUnitNo": f"calculated: # with {ADDRESS}.floor_no and {ADDRESS}.unit_no joined by a hyphen (H2)",
        "buildingName": f"{ADDRESS}.bldg_name",
    },
    "UnlistedIdentityData": {
        "isHstId": "calculated: false, no row in ocms_hst has the identity",
        "offenderName": f"{ONOD}.name",
        "latestAddress": (
            f"calculated: the row of {ADDRESS} of the identity with the newest {ADDRESS}.effective_date, "
            f"then {ADDRESS}.processing_date_time (H2)"
        ),
        "noticesCount": f"calculated: the rows of {ONOD} of the identity with offender_indicator Y (H2)",
    },
    "UnlistedIdentityReply": {"data": ANSWER},
    "ListedIdentityData": {
        "isHstId": "calculated: true, a row in ocms_hst has the identity",
        "hstIdNo": "API field, in capitals (F50)",
    },
    "ListedIdentityReply": {"data": ANSWER},
    "HstApplicationRequest": HST_APPLICATION
    | {
        "idNo": kept("ocms_hst.id_no", f"{ACCESS}.identity_set", how="as a keyed hash (G2)"),
        "idType": kept("ocms_hst.id_type", how="with B as U (H1)"),
    },
    "SuspendedNotice": {
        "status": "calculated: always SUSPENDED",
        "suspensionType": (
            f"calculated: always TS-HST, {SUSPENDED}.suspension_type and "
            f"{SUSPENDED}.reason_of_suspension joined (H4)"
        ),
    },
    "HstApplicationData": {
        "hstIdCreated": "calculated: always true",
        "noticesSuspended": "calculated: the notices suspended",
        "totalSuspended": "calculated: the number of notices suspended",
    },
    "HstApplicationReply": {"data": ANSWER},
    "HstUpdateByPathRequest": HST_UPDATE,
    "HstUpdateRequest": HST_UPDATE | {"idNo": LOOKED_UP_IDENTITY},
    "HstUpdateData": {
        "noticesUpdated": f"calculated: the rows of {ONOD} of the identity with offender_indicator Y (H6)"
    },
    "HstUpdateReply": {"data": ANSWER},
    "HstReversalRequest": {"idNo": LOOKED_UP_IDENTITY},
    "ReversedNotice": {
        "newStatus": f"calculated: ACTIVE, or {VON}.suspension_type and {VON}.epr_reason_of_suspension",
    },
    "HstReversalData": {
        "noticesReversed": "calculated: the notices put back",
        "totalReversed": "calculated: the number of notices put back",
        "hstListed": "calculated: whether ocms_hst has the identity now",
    },
    "HstReversalReply": {"data": ANSWER},
    "HstRevivalRequest": {
        "idNo": LOOKED_UP_IDENTITY,
        "revivalReason": kept(f"{SUSPENDED}.revival_remarks", how="before the remarks (H7)"),
        "remarks": kept(f"{SUSPENDED}.revival_remarks", how="after the reason (H7)"),
    },
    "RevivedNotice": {
        "previousStatus": "calculated: always TS-HST",
        "newStatus": (
            f"calculated: ACTIVE, or what still suspends the notice: {VON}.suspension_type with "
            f"{VON}.crs_reason_of_suspension or {VON}.epr_reason_of_suspension, else the open record "
            f"of {SUSPENDED} due last (H7)"
        ),
    },
    "HstRevivalData": {
        "noticesRevived": "calculated: the notices revived",
        "totalRevived": "calculated: the number of notices revived",
        "hstDeleted": "calculated: always true",
    },
    "HstRevivalReply": {"data": ANSWER},
    "HstListFilter": {"idNo": LOOKED_UP_IDENTITY, "dateFrom": "API field", "dateTo": "API field"},
    "HstListRequest": {"$skip": "API field", "$limit": "API field", "filter": "API field"},
    "HstListLine": {
        "idNo": "ocms_hst.id_no",
        "idType": "ocms_hst.id_type",
        "name": "ocms_hst.name",
        "postalCode": "ocms_hst.postal_code",
        "blkHseNo": "ocms_hst.blk_hse_no",
        "streetName": "ocms_hst.street_name",
        "createdDate": "ocms_hst.cre_date",
        "noticesCount": (
            f"calculated: the notices with an open TS-HST in {SUSPENDED} whose current offender in {ONOD} "
            "is the identity (H8)"
        ),
        "lastDataHiveCheck": (
            "calculated: the newest ocms_temp_unc_hst_addr.response_date_time since ocms_hst.cre_date (H8)"
        ),
    },
    "HstListReply": {
        "total": "calculated: the number of identities the filter leaves",
        "limit": "API field",
        "skip": "API field",
        "data": "calculated: the identities of the page",
    },
    # What no contract defines
    "StuckCaseListRequest": {"kind": "API field", "skip": "API field", "limit": "API field"},
    "StuckCaseLine": {
        "kind": "calculated: which rule calls the case stuck (K5)",
        "case": (
            f"calculated: {VON}.notice_no, {SUSPENDED}.notice_no, ocms_outbox.notice_no, ocms_job_run.job, "
            "or the end of ocms_adhoc_nro_queue.id_no (K5)"
        ),
        "since": (
            f"calculated: {VON}.next_processing_date, {SUSPENDED}.due_date_of_revival, ocms_outbox.cre_date, "
            "ocms_adhoc_nro_queue.cre_date or ocms_job_run.started_at (K5)"
        ),
        "reason": "calculated: what the case waits for (K5)",
    },
    "StuckCaseListReply": {
        "total": "calculated: the number of stuck cases, of the kind where one is asked for",
        "skip": "API field",
        "limit": "API field",
        "cases": "calculated: the stuck cases of the page",
    },
}
"""The sources that are a shape's own, by shape and JSON name."""


def source_of(shape: str, field: str) -> str:
    """Return the source of a field by its JSON name. Raises `LookupError` for one that is not on record."""
    try:
        return SOURCES.get(shape, {}).get(field) or EVERYWHERE[field]
    except KeyError:
        raise LookupError(f"{shape}.{field} has no source in ocms_web.field_sources") from None
