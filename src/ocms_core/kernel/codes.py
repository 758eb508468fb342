"""The table of answer codes: code, text and the rule that names them, for each API family."""

from attrs import frozen


@frozen
class Code:
    """One answer code as callers see it; `rule` is where its text is laid down."""

    code: str
    text: str
    rule: str


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
NO_SUCH_PATH = Code("OCMS-4041", "No such path", "G7")
NO_SUCH_METHOD = Code("OCMS-4051", "Method not allowed on this path", "G7")

# Contract 4: HST suspension
HST_SUCCESS = Code("OCMS-2000", "Success", "H2")
HST_ID_IS_LISTED = Code("OCMS-2000", "ID is suspended under HST", "H2")
HST_ID_CREATED = Code("OCMS-2000", "HST ID created successfully", "H4")
HST_ID_CREATED_ALONE = Code(
    "OCMS-2000", "HST ID created successfully. There were no Notices to suspend.", "H4"
)
HST_UPDATED = Code("OCMS-2000", "HST record updated successfully", "H6")
HST_REVIVED = Code("OCMS-2000", "HST suspensions revived successfully", "H7")

FIELD_REQUIRED = Code("OCMS-4000", "{field} is required", "H1")
FIELD_INVALID = Code("OCMS-4000", "{field} is invalid", "H1")
HST_NOT_CREATED = Code("OCMS-4000", "Unable to create HST ID. Notices were not suspended.", "H3")
HST_NOT_UPDATED = Code("OCMS-4000", "Unable to update HST record.", "H6")
HST_NOT_REVIVED = Code("OCMS-4000", "Unable to revive HST suspensions.", "H7")
HST_BODY_INVALID = Code("OCMS-4000", "Request body is invalid", "G7")
HST_BODY_TOO_LARGE = Code("OCMS-4000", "Request body is too large", "G8")
HST_UNAUTHORIZED = Code("OCMS-4001", "API authentication failed", "H1")
HST_ID_NOT_FOUND = Code("OCMS-4003", "HST ID not found", "H6")
HST_ID_EXISTS = Code("OCMS-4004", "HST ID already exists", "H3")
HST_INTERNAL_ERROR = Code("OCMS-5000", "Something went wrong. Please try again later.", "G15")
HST_REPORT_FAILED = Code("OCMS-5001", "Report generation failed", "H35")
HST_REPORT_NOT_STORED = Code("OCMS-5004", "Blob upload failed", "H35")
HST_MAIL_FAILED = Code("OCMS-5002", "Report not mailed", "H35")
HST_FILE_MISMATCH = Code("OCMS-5003", "MHA file not applied", "H42")
