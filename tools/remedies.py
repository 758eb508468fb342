"""What a caller does about each code that is not a success, by its name in `ocms_core.kernel.codes`."""

from collections.abc import Iterator, Mapping

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code

REPEAT = "Wait a little and make the same call again; it is harmless."
REPORT = "Repeat it later; if it stays, give the operator the X-Request-ID of the answer."
FIX_FIELD = "Correct the field that is named."
OTHER_STAGE = "Look the notice up and choose another stage, or leave it."
NUMBER = "Check the notice number."
SUSPENDED = "Leave the notice, or have the permanent suspension revived first."
IN_COURT = "Leave the notice: it is in court, where CAS moves it."
CREDENTIAL = "Send a valid credential; `ocms token inspect` says what is wrong with a token."
ROLE = "Use a credential with the role of the operation (table of access)."
RATE = "Wait as many seconds as Retry-After says."
SMALLER = "Split the call into smaller ones."
RUNNING = "Wait for the answer of the first call; then this one gets the same answer."
KEY = "Send a UUID as the Idempotency-Key, a new one for each new call."
DRY_RUN = "Send OCMS-Dry-Run: 1 to try the call, or leave the header out."
NOT_TODAY = "Correct it by a new change: its day, or the days of the parameter REVERSAL, are over."
SINCE = "Take back first what has happened since, or correct it by a new change."
OFFICE = "The operator acts: an alert says what failed and what to do."

REMEDIES: Mapping[str, str] = {
    "COURT_NOTICES_PARTLY_UPDATED": "Read `errors`: each notice that failed has its own code there.",
    "INVALID_PAYLOAD": "Send JSON in the form the API description shows.",
    "INVALID_TIMESTAMP": "Send requestTimestamp in ISO 8601, such as 2025-01-14T10:30:00+08:00.",
    "INVALID_NOTICES": "Send at least one notice, and no more than the batch cap.",
    "INVALID_NOTICE_NO": "Send numbers of 1 to 10 letters and digits.",
    "DUPLICATE_NOTICE_NO": "Name each notice once in a call.",
    "INVALID_SUSPENSION_TYPE": "Send PS or TS, one that suits the reason the notice shows.",
    "INVALID_EPR_REASON": "Send PS-WWP, PS-OTH or PS-WWC, and with it PS or no type.",
    "INVALID_STAGE": "Send a stage of the stage map.",
    "NOT_A_COURT_NOTICE": f"{NUMBER} Before court only officers, PLUS and Toppan move a notice.",
    "NO_COURT_NOTICE": f"{NUMBER} Before court only officers, PLUS and Toppan move a notice.",
    "NOTICES_NOT_FOUND": f"{NUMBER} One unknown number refuses the whole query: leave it out.",
    "BATCH_TOO_LARGE": SMALLER,
    "BODY_TOO_LARGE": SMALLER,
    "INVALID_API_CREDENTIALS": "Send the API key as X-API-Key; ask for a new one when it has ended.",
    "INVALID_OAUTH_TOKEN": CREDENTIAL,
    "NOT_ALLOWED": ROLE,
    "RATE_LIMITED": RATE,
    "INTERNAL_ERROR": REPORT,
    "SERVICE_UNAVAILABLE": REPEAT,
    "INVALID_KEY": KEY,
    "CALL_RUNNING": RUNNING,
    "KEY_REUSED": KEY,
    "INVALID_DRY_RUN": DRY_RUN,
    "NO_SUCH_PATH": "Use a path of the API description.",
    "NO_SUCH_METHOD": "Use a method that the header Allow names.",
    "CPS_SEARCH_COURT_STAGE": IN_COURT,
    "CPS_SEARCH_PS_ACTIVE": SUSPENDED,
    "CPS_NOT_FOUND": NUMBER,
    "CPS_COURT_STAGE": IN_COURT,
    "CPS_PS_BLOCKED": SUSPENDED,
    "CPS_DUPLICATE_RECORD": "It was changed today. To change it once more send isConfirmation true.",
    "CPS_LEFT_SEEN_STAGE": "Look at the notice again, and decide anew.",
    "CPS_REPEATED": "Name each notice once in a call.",
    "CPS_NO_STAGE_RULE": "Name the new stage: none follows by itself here.",
    "CPS_ENA_NOT_ALLOWED": OTHER_STAGE,
    "CPS_INVALID_STAGE": OTHER_STAGE,
    "CPS_INVALID_TRANSITION": OTHER_STAGE,
    "CPS_REMARKS_REQUIRED": "Say in remark why.",
    "CPS_INVALID_REASON": "Send one of the reasons that are named.",
    "CPS_FEE_MISSING": "An administrator sets the fee; then the same move works.",
    "CPS_UNEXPECTED": REPORT,
    "CPS_NOTHING_TO_REVERSE": NOT_TODAY,
    "CPS_CHANGED_SINCE": SINCE,
    "CPS_EMPTY_ITEMS": "Send at least one item.",
    "CPS_EMPTY_NOTICES": "Send at least one notice.",
    "CPS_NOTICE_NO_REQUIRED": "Send noticeNo.",
    "CPS_STAGE_REQUIRED": "Send newProcessingStage.",
    "CPS_INVALID_FIELD": FIX_FIELD,
    "CPS_TOO_MANY": SMALLER,
    "CPS_NO_CRITERION": "Give one criterion at least.",
    "CPS_INVALID_DATE_RANGE": "Correct the range as the message says.",
    "CPS_REPORT_NOT_FOUND": "Take an id of the report list.",
    "CPS_EMPTY_REPORT_ID": "Take an id of the report list.",
    "CPS_INVALID_REPORT_ID": "Take an id of the report list.",
    "PLUS_REFUSED": FIX_FIELD,
    "PLUS_TRANSITION": OTHER_STAGE,
    "PLUS_NOTICES": "Leave out the notices that are named, or see by `ocms explain` why.",
    "TOPPAN_REFUSED": FIX_FIELD,
    "TOPPAN_NOT_FOUND": NUMBER,
    "TOPPAN_PS_BLOCKED": SUSPENDED,
    "TOPPAN_MANUAL": "Nothing to do: an officer has moved it, and that stands.",
    "TOPPAN_MISMATCH": "Print it again with the next run: its stage is no longer that of this one.",
    "FIELDS_INVALID": "Correct the fields in `violations`.",
    "NOTICE_NOT_FOUND": NUMBER,
    "PERMANENT_SUSPENSION": SUSPENDED,
    "LAST_STAGE_AFTER_CPC": IN_COURT,
    "NOT_FURNISHABLE": "Wait until the notice is at a stage in which it can be furnished, or redirect it.",
    "REDIRECT_SAME_ROLE": "Name another role, or update the particulars of this one.",
    "OFFENDER_NOT_FOUND": "Furnish the person first.",
    "NOT_CURRENT_OFFENDER": "Update the current offender, or redirect the notice to this person.",
    "OFFENDER_REPEATED": "Name each notice once in a call.",
    "NOTHING_TO_REVERSE": NOT_TODAY,
    "CHANGED_SINCE": SINCE,
    "JWT_INVALID": CREDENTIAL,
    "API_KEY_INVALID": "Officers' calls take a bearer token, not an API key.",
    "OFFICER_NOT_ALLOWED": ROLE,
    "OFFICER_RATE_LIMITED": RATE,
    "OFFENDER_CALL_RUNNING": RUNNING,
    "OFFENDER_KEY_REUSED": KEY,
    "DB_READ": REPEAT,
    "DB_UPDATE": REPORT,
    "SYNC_INTERNET": "Nothing to do: the change is made, and its copy is delivered later.",
    "UNEXPECTED_ERROR": REPORT,
    "FIELD_REQUIRED": FIX_FIELD,
    "FIELD_INVALID": FIX_FIELD,
    "HST_NOT_CREATED": REPORT,
    "HST_NOT_UPDATED": REPORT,
    "HST_NOT_REVIVED": REPORT,
    "HST_NOT_REVERSED": REPORT,
    "HST_NOTHING_TO_REVERSE": NOT_TODAY,
    "HST_CHANGED_SINCE": SINCE,
    "HST_BODY_INVALID": "Send JSON in the form the API description shows.",
    "HST_BODY_TOO_LARGE": "Send one identity, in the form the API description shows.",
    "HST_INVALID_KEY": KEY,
    "HST_INVALID_DRY_RUN": DRY_RUN,
    "HST_UNAUTHORIZED": CREDENTIAL,
    "HST_ID_NOT_FOUND": "Check the identity number, or apply first.",
    "HST_ID_EXISTS": "Nothing to do, or update it: the identity is on the list.",
    "HST_INTERNAL_ERROR": REPORT,
    "HST_REPORT_FAILED": OFFICE,
    "HST_REPORT_NOT_STORED": OFFICE,
    "HST_MAIL_FAILED": OFFICE,
    "HST_FILE_MISMATCH": OFFICE,
}


def refusals() -> Iterator[tuple[str, Code]]:
    """Yield the name and the code of everything a caller has to do something about."""
    for name, code in vars(codes).items():
        if isinstance(code, Code) and name in REMEDIES:
            yield name, code
