"""The table of answer codes: code, text and the rule that names them, for each API family."""

from ocms_core.kernel.value_objects import value_object


@value_object
class Code:
    """One answer code as callers see it; `rule` is where its text comes from."""

    code: str
    text: str
    rule: str

    def worded(self, **words: str | int | None) -> "Code":
        """Return the code with the gaps of its text filled."""
        return Code(self.code, self.text.format(**words), self.rule)


# Contract 1: court and payment
SUCCESS = Code("OCMS-2000", "Success", "P2")
PAYMENT_STATUS_RETRIEVED = Code("OCMS-2000", "Successfully retrieved payment status", "P2")
COURT_NOTICES_UPDATED = Code("OCMS-2000", "Successfully updated {updated} court notices", "P23")
COURT_NOTICES_PARTLY_UPDATED = Code(
    "OCMS-2001", "Partially updated: {updated} succeeded, {failed} failed", "P23"
)
NOTICE_INFO_RETRIEVED = Code("OCMS-2000", "Successfully retrieved notice information", "P2")

INVALID_PAYLOAD = Code("OCMS-4001", "Invalid request payload", "P1")
INVALID_TIMESTAMP = Code("OCMS-4002", "Invalid request timestamp format", "P1")
INVALID_NOTICES = Code("OCMS-4003", "Notices array is empty or exceeds limit", "P1")
INVALID_NOTICE_NO = Code("OCMS-4004", "Invalid notice number format", "P1")
DUPLICATE_NOTICE_NO = Code("OCMS-4004", "Duplicate notice number in request", "P26")
INVALID_SUSPENSION_TYPE = Code("OCMS-4005", "Invalid suspension type", "P20")
INVALID_EPR_REASON = Code("OCMS-4006", "Invalid EPR reason of suspension", "P20")
INVALID_STAGE = Code("OCMS-4007", "Invalid processing stage", "P20")
NOT_A_COURT_NOTICE = Code("OCMS-4008", "Notice does not exist or is not a court notice", "P23")
NO_COURT_NOTICE = Code("OCMS-4008", "Notice not found or is not a court notice", "P23")
NOTICES_NOT_FOUND = Code("OCMS-4008", "One or more notices not found", "P30")
BATCH_TOO_LARGE = Code("OCMS-4131", "Request exceeds maximum batch limit of {cap} notices", "P2")
BODY_TOO_LARGE = Code("OCMS-4131", "Request exceeds maximum batch limit", "P2")

INVALID_API_CREDENTIALS = Code("OCMS-4011", "Invalid or missing API credentials", "P2")
INVALID_OAUTH_TOKEN = Code("OCMS-4011", "Invalid or missing OAuth token", "P2")
NOT_ALLOWED = Code("OCMS-4031", "Not allowed", "G15")
RATE_LIMITED = Code("OCMS-4291", "Rate limit exceeded. Please try again later.", "P2")
INTERNAL_ERROR = Code("OCMS-5001", "Internal server error occurred while processing request", "P4")
SERVICE_UNAVAILABLE = Code("OCMS-5031", "Service unavailable", "P4")
INVALID_KEY_TEXT = "Idempotency-Key must be a single value of 1 to 255 visible ASCII characters"
CALL_RUNNING_TEXT = "The same call is still being answered. Please try again later."
KEY_REUSED_TEXT = "Idempotency-Key was used for another call"
INVALID_KEY = Code("OCMS-4001", INVALID_KEY_TEXT, "K1")
INVALID_DRY_RUN_TEXT = "OCMS-Dry-Run must be 1"
INVALID_DRY_RUN = Code("OCMS-4001", INVALID_DRY_RUN_TEXT, "K6")
CALL_RUNNING = Code("OCMS-4091", CALL_RUNNING_TEXT, "K1")
KEY_REUSED = Code("OCMS-4221", KEY_REUSED_TEXT, "K1")
NO_SUCH_PATH = Code("OCMS-4041", "No such path", "G7")
NO_SUCH_METHOD = Code("OCMS-4051", "Method not allowed on this path", "G7")

# Contract 2: change of processing stage
CPS_SUCCESS = Code("OCMS-2000", "Success", "S22")
CPS_ELIGIBLE = Code("OCMS-2000", "Eligible for stage change", "S19")
CPS_SEARCH_COURT_STAGE = Code("OCMS.CPS.SEARCH.COURT_STAGE", "Notice is in court stage", "S2")
CPS_SEARCH_PS_ACTIVE = Code("OCMS.CPS.SEARCH.PS_ACTIVE", "Notice has permanent suspension", "S2")
CPS_NOT_FOUND = Code("OCMS.CPS.NOT_FOUND", "VON not found", "S10")
CPS_COURT_STAGE = Code("OCMS.CPS.COURT_STAGE", "Notice is in court stage", "S11")
CPS_PS_BLOCKED = Code("OCMS.CPS.ELIG.PS_BLOCKED", "Notice has permanent suspension", "S12")
CPS_DUPLICATE_RECORD = Code(
    "OCMS.CPS.DUPLICATE_RECORD",
    "Existing change record found for this notice today. Set isConfirmation=true to proceed.",
    "S30",
)
CPS_LEFT_SEEN_STAGE = Code(
    "OCMS.CPS.LEFT_SEEN_STAGE",
    "Notice has changed since you looked: it is in {stage} now, not in {seen}",
    "S30",
)
CPS_REPEATED = Code("OCMS.CPS.DUPLICATE_RECORD", "Duplicate notice number in request", "G9")
CPS_NO_STAGE_RULE = Code("OCMS.CPS.ELIG.NO_STAGE_RULE", "Cannot derive next stage", "S15")
CPS_ENA_NOT_ALLOWED = Code("OCMS.CPS.ENA_NOT_ALLOWED", "ENA stage change is not allowed", "S16")
CPS_INVALID_STAGE = Code(
    "OCMS.CPS.INVALID_STAGE_FOR_OFFENDER", "Stage {stage} not allowed for offender type {offender}", "S17"
)
CPS_INVALID_TRANSITION = Code(
    "OCMS.CPS.INVALID_TRANSITION", "Stage transition not allowed: {last} -> {next}", "S18"
)
CPS_REMARKS_REQUIRED = Code(
    "OCMS.CPS.REMARKS_REQUIRED", "Remarks are mandatory when reason for change is 'OTH' (Others)", "S19"
)
CPS_INVALID_REASON = Code("OCMS.CPS.INVALID_FORMAT", "Reason for change must be one of {known}", "S19")
CPS_FEE_MISSING = Code("OCMS.CPS.UNEXPECTED", "Unexpected error: fee parameter {fee} is not set", "S41")
CPS_UNEXPECTED = Code("OCMS.CPS.UNEXPECTED", "Unexpected error: the notice could not be changed", "S22")
CPS_NOTHING_TO_REVERSE = Code(
    "OCMS.CPS.REVERSE.NOTHING", "There is no stage change of today that can be taken back", "K4"
)
CPS_CHANGED_SINCE = Code(
    "OCMS.CPS.REVERSE.CHANGED_SINCE", "Something else has happened to the notice since: {what}", "K4"
)

CPS_EMPTY_ITEMS = Code("OCMS.CPS.INVALID_FORMAT", "Items list cannot be empty", "S20")
CPS_EMPTY_NOTICES = Code("OCMS.CPS.INVALID_FORMAT", "Notices list cannot be empty", "S24")
CPS_NOTICE_NO_REQUIRED = Code("OCMS.CPS.MISSING_DATA", "noticeNo is required", "S20")
CPS_STAGE_REQUIRED = Code("OCMS.CPS.MISSING_DATA", "newProcessingStage is required", "S24")
CPS_INVALID_FIELD = Code("OCMS.CPS.INVALID_FORMAT", "{field} {problem}", "G10")
CPS_TOO_MANY = Code("OCMS.CPS.INVALID_FORMAT", "Request exceeds maximum batch limit of {cap} notices", "S20")
CPS_NO_CRITERION = Code("OCMS.CPS.INVALID_FORMAT", "At least one search criterion is required", "S1")

CPS_INVALID_DATE_RANGE = Code("INVALID_DATE_RANGE", "{problem}", "S51")
CPS_REPORT_NOT_FOUND = Code("REPORT_NOT_FOUND", "Report not found: {report}", "S52")
CPS_EMPTY_REPORT_ID = Code("INVALID_REPORT_ID", "Report ID cannot be empty", "S52")
CPS_INVALID_REPORT_ID = Code("INVALID_REPORT_ID", "Report ID contains invalid characters", "S52")

PLUS_STAGE_CHANGED = Code("SUCCESS", "Stage change processed successfully", "S64")
PLUS_REFUSED = Code("OCMS-4000", "{problem}", "S60")
PLUS_TRANSITION = Code("OCMS-4000", "Stage transition not allowed: {last} -> {next}", "S61")
PLUS_NOTICES = Code("OCMS-4000", "Stage change not allowed for: {notices}", "S63")

TOPPAN_REFUSED = Code("TOPPAN", "{problem}", "S70")
TOPPAN_NOT_FOUND = Code("TOPPAN", "VON not found", "S71")
TOPPAN_PS_BLOCKED = Code("TOPPAN", "Notice has permanent suspension", "S76")
TOPPAN_MANUAL = Code("TOPPAN", "Changed by hand before", "S72")
TOPPAN_AUTOMATIC = Code("TOPPAN", "Moved on", "S73")
TOPPAN_DELIVERED = Code("TOPPAN", "Moved on by an earlier delivery", "S74")
TOPPAN_MISMATCH = Code("TOPPAN", "Stage mismatch (expected {expected}, actual {actual})", "S74")
# Contract 3: offenders
OFFENDER_FURNISHED = Code("FURNISHED", "{role} furnished successfully", "F20")
NOTICE_REDIRECTED = Code("REDIRECTED", "Notice redirected successfully", "F31")
PARTICULARS_UPDATED = Code("UPDATED", "Offender particulars updated successfully", "F40")
FIELDS_INVALID = Code("VALIDATION_ERROR", "Invalid request", "F52")
NOTICE_NOT_FOUND = Code("NOTICE_NOT_FOUND", "Notice not found", "F10")
PERMANENT_SUSPENSION = Code("PERMANENT_SUSPENSION", "Notice has active permanent suspension", "F10")
LAST_STAGE_AFTER_CPC = Code("LAST_STAGE_AFTER_CPC", "Notice is at final processing stage", "F10")
NOT_FURNISHABLE = Code("NOT_FURNISHABLE", "Notice is not at furnishable stage", "F11")
REDIRECT_SAME_ROLE = Code("REDIRECT_SAME_ROLE", "Cannot redirect to the same role", "F30")
OFFENDER_NOT_FOUND = Code("OFFENDER_NOT_FOUND", "Offender record not found", "F30")
NOT_CURRENT_OFFENDER = Code("NOT_CURRENT_OFFENDER", "Cannot update - not the current offender", "F30")
JWT_INVALID = Code("JWT_INVALID", "Invalid JWT token", "F53")
API_KEY_INVALID = Code("API_KEY_INVALID", "Invalid Auth Token", "F53")
OFFICER_NOT_ALLOWED = Code("FORBIDDEN", "Not allowed", "G15")
OFFICER_RATE_LIMITED = Code("RATE_LIMITED", "Rate limit exceeded. Please try again later.", "G15")
OFFENDER_CALL_RUNNING = Code("CALL_RUNNING", CALL_RUNNING_TEXT, "K1")
OFFENDER_KEY_REUSED = Code("KEY_REUSED", KEY_REUSED_TEXT, "K1")
OFFENDER_REVERSED = Code("REVERSED", "Reversed successfully", "K4")
OFFENDER_REPEATED = Code("DUPLICATE_NOTICE", "Duplicate notice number in request", "G9")
NOTHING_TO_REVERSE = Code(
    "NOTHING_TO_REVERSE", "There is no furnish or redirect of today that can be taken back", "K4"
)
CHANGED_SINCE = Code("CHANGED_SINCE", "Something else has happened to the notice since: {what}", "K4")
DB_READ = Code("DB_READ", "Failed to read database", "G15")
DB_UPDATE = Code("DB_UPDATE", "Failed to update database", "F61")
SYNC_INTERNET = Code("SYNC_INTERNET", "Failed to sync to Internet DB", "F60")
UNEXPECTED_ERROR = Code("UNEXPECTED", "Something went wrong. Please try again later.", "G15")
# Contract 4: HST suspension
HST_SUCCESS = Code("OCMS-2000", "Success", "H2")
HST_ID_IS_LISTED = Code("OCMS-2000", "ID is suspended under HST", "H2")
HST_ID_CREATED = Code("OCMS-2000", "HST ID created successfully", "H4")
HST_ID_CREATED_ALONE = Code(
    "OCMS-2000", "HST ID created successfully. There were no Notices to suspend.", "H4"
)
HST_UPDATED = Code("OCMS-2000", "HST record updated successfully", "H6")
HST_REVIVED = Code("OCMS-2000", "HST suspensions revived successfully", "H7")
HST_REVERSED = Code("OCMS-2000", "HST change reversed successfully", "K4")
HST_NOTHING_TO_REVERSE = Code(
    "OCMS-4005", "There is no HST apply or revive of today that can be taken back", "K4"
)
HST_CHANGED_SINCE = Code("OCMS-4006", "Something else has happened since: {what}", "K4")
HST_NOT_REVERSED = Code("OCMS-4000", "Unable to reverse HST change.", "K4")

FIELD_REQUIRED = Code("OCMS-4000", "{field} is required", "H1")
FIELD_INVALID = Code("OCMS-4000", "{field} is invalid", "H1")
HST_NOT_CREATED = Code("OCMS-4000", "Unable to create HST ID. Notices were not suspended.", "H3")
HST_NOT_UPDATED = Code("OCMS-4000", "Unable to update HST record.", "H6")
HST_NOT_REVIVED = Code("OCMS-4000", "Unable to revive HST suspensions.", "H7")
HST_BODY_INVALID = Code("OCMS-4000", "Request body is invalid", "G7")
HST_BODY_TOO_LARGE = Code("OCMS-4000", "Request body is too large", "G8")
HST_INVALID_KEY = Code("OCMS-4000", INVALID_KEY_TEXT, "K1")
HST_INVALID_DRY_RUN = Code("OCMS-4000", INVALID_DRY_RUN_TEXT, "K6")
HST_UNAUTHORIZED = Code("OCMS-4001", "API authentication failed", "H1")
HST_ID_NOT_FOUND = Code("OCMS-4003", "HST ID not found", "H6")
HST_ID_EXISTS = Code("OCMS-4004", "HST ID already exists", "H3")
HST_INTERNAL_ERROR = Code("OCMS-5000", "Something went wrong. Please try again later.", "G15")
HST_REPORT_FAILED = Code("OCMS-5001", "Report generation failed", "H35")
HST_REPORT_NOT_STORED = Code("OCMS-5004", "Blob upload failed", "H35")
HST_MAIL_FAILED = Code("OCMS-5002", "Report not mailed", "H35")
HST_FILE_MISMATCH = Code("OCMS-5003", "MHA file not applied", "H42")
