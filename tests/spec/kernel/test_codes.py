"""The texts callers see, as the contract's worked answers and its code tables have them."""

import re
from pathlib import Path

import pytest

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
        rule="P2",
        name="a body is too large",
        ask=codes.BODY_TOO_LARGE,
        says=("OCMS-4131", "Request exceeds maximum batch limit"),
    ),
    Case(rule="P2", name="all went well", ask=codes.SUCCESS, says=("OCMS-2000", "Success")),
    Case(
        rule="G7",
        name="no operation has such a path",
        ask=codes.NO_SUCH_PATH,
        says=("OCMS-4041", "No such path"),
    ),
    Case(
        rule="G7",
        name="no operation of the path has such a method",
        ask=codes.NO_SUCH_METHOD,
        says=("OCMS-4051", "Method not allowed on this path"),
    ),
    Case(
        rule="K1",
        name="the key of a call is none",
        ask=codes.INVALID_KEY,
        says=("OCMS-4001", "Idempotency-Key must be a single value of 1 to 255 visible ASCII characters"),
    ),
    Case(
        rule="K6",
        name="the header of a dry run says something else",
        ask=codes.INVALID_DRY_RUN,
        says=("OCMS-4001", "OCMS-Dry-Run must be 1"),
    ),
    Case(
        rule="K1",
        name="the same call is still running",
        ask=codes.CALL_RUNNING,
        says=("OCMS-4091", "The same call is still being answered. Please try again later."),
    ),
    Case(
        rule="K1",
        name="a key was used for another call",
        ask=codes.KEY_REUSED,
        says=("OCMS-4221", "Idempotency-Key was used for another call"),
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


STAGE_CODES: tuple[tuple[Code, str, str], ...] = (
    (codes.CPS_SUCCESS, "OCMS-2000", "Success"),
    (codes.CPS_ELIGIBLE, "OCMS-2000", "Eligible for stage change"),
    (codes.CPS_SEARCH_COURT_STAGE, "OCMS.CPS.SEARCH.COURT_STAGE", "Notice is in court stage"),
    (codes.CPS_SEARCH_PS_ACTIVE, "OCMS.CPS.SEARCH.PS_ACTIVE", "Notice has permanent suspension"),
    (codes.CPS_NOT_FOUND, "OCMS.CPS.NOT_FOUND", "VON not found"),
    (codes.CPS_COURT_STAGE, "OCMS.CPS.COURT_STAGE", "Notice is in court stage"),
    (codes.CPS_PS_BLOCKED, "OCMS.CPS.ELIG.PS_BLOCKED", "Notice has permanent suspension"),
    (
        codes.CPS_DUPLICATE_RECORD,
        "OCMS.CPS.DUPLICATE_RECORD",
        "Existing change record found for this notice today. Set isConfirmation=true to proceed.",
    ),
    (codes.CPS_REPEATED, "OCMS.CPS.DUPLICATE_RECORD", "Duplicate notice number in request"),
    (codes.CPS_NO_STAGE_RULE, "OCMS.CPS.ELIG.NO_STAGE_RULE", "Cannot derive next stage"),
    (codes.CPS_ENA_NOT_ALLOWED, "OCMS.CPS.ENA_NOT_ALLOWED", "ENA stage change is not allowed"),
    (
        codes.CPS_INVALID_STAGE,
        "OCMS.CPS.INVALID_STAGE_FOR_OFFENDER",
        "Stage {stage} not allowed for offender type {offender}",
    ),
    (
        codes.CPS_INVALID_TRANSITION,
        "OCMS.CPS.INVALID_TRANSITION",
        "Stage transition not allowed: {last} -> {next}",
    ),
    (
        codes.CPS_REMARKS_REQUIRED,
        "OCMS.CPS.REMARKS_REQUIRED",
        "Remarks are mandatory when reason for change is 'OTH' (Others)",
    ),
    (codes.CPS_INVALID_REASON, "OCMS.CPS.INVALID_FORMAT", "Reason for change must be one of {known}"),
    (codes.CPS_FEE_MISSING, "OCMS.CPS.UNEXPECTED", "Unexpected error: fee parameter {fee} is not set"),
    (codes.CPS_UNEXPECTED, "OCMS.CPS.UNEXPECTED", "Unexpected error: the notice could not be changed"),
    (codes.CPS_EMPTY_ITEMS, "OCMS.CPS.INVALID_FORMAT", "Items list cannot be empty"),
    (codes.CPS_EMPTY_NOTICES, "OCMS.CPS.INVALID_FORMAT", "Notices list cannot be empty"),
    (codes.CPS_NOTICE_NO_REQUIRED, "OCMS.CPS.MISSING_DATA", "noticeNo is required"),
    (codes.CPS_STAGE_REQUIRED, "OCMS.CPS.MISSING_DATA", "newProcessingStage is required"),
    (codes.CPS_INVALID_FIELD, "OCMS.CPS.INVALID_FORMAT", "{field} {problem}"),
    (
        codes.CPS_TOO_MANY,
        "OCMS.CPS.INVALID_FORMAT",
        "Request exceeds maximum batch limit of {cap} notices",
    ),
    (codes.CPS_NO_CRITERION, "OCMS.CPS.INVALID_FORMAT", "At least one search criterion is required"),
    (codes.CPS_INVALID_DATE_RANGE, "INVALID_DATE_RANGE", "{problem}"),
    (codes.CPS_REPORT_NOT_FOUND, "REPORT_NOT_FOUND", "Report not found: {report}"),
    (codes.CPS_EMPTY_REPORT_ID, "INVALID_REPORT_ID", "Report ID cannot be empty"),
    (codes.CPS_INVALID_REPORT_ID, "INVALID_REPORT_ID", "Report ID contains invalid characters"),
    (codes.PLUS_STAGE_CHANGED, "SUCCESS", "Stage change processed successfully"),
    (codes.PLUS_REFUSED, "OCMS-4000", "{problem}"),
    (codes.PLUS_TRANSITION, "OCMS-4000", "Stage transition not allowed: {last} -> {next}"),
    (codes.PLUS_NOTICES, "OCMS-4000", "Stage change not allowed for: {notices}"),
    (codes.TOPPAN_REFUSED, "TOPPAN", "{problem}"),
    (codes.TOPPAN_NOT_FOUND, "TOPPAN", "VON not found"),
    (codes.TOPPAN_PS_BLOCKED, "TOPPAN", "Notice has permanent suspension"),
    (codes.TOPPAN_MANUAL, "TOPPAN", "Changed by hand before"),
    (codes.TOPPAN_AUTOMATIC, "TOPPAN", "Moved on"),
    (codes.TOPPAN_DELIVERED, "TOPPAN", "Moved on by an earlier delivery"),
    (codes.TOPPAN_MISMATCH, "TOPPAN", "Stage mismatch (expected {expected}, actual {actual})"),
    (
        codes.CPS_NOTHING_TO_REVERSE,
        "OCMS.CPS.REVERSE.NOTHING",
        "There is no stage change of today that can be taken back",
    ),
    (
        codes.CPS_LEFT_SEEN_STAGE,
        "OCMS.CPS.LEFT_SEEN_STAGE",
        "Notice has changed since you looked: it is in {stage} now, not in {seen}",
    ),
    (
        codes.CPS_CHANGED_SINCE,
        "OCMS.CPS.REVERSE.CHANGED_SINCE",
        "Something else has happened to the notice since: {what}",
    ),
)
OFFENDER_CODES: tuple[tuple[Code, str, str], ...] = (
    (codes.OFFENDER_FURNISHED, "FURNISHED", "{role} furnished successfully"),
    (codes.NOTICE_REDIRECTED, "REDIRECTED", "Notice redirected successfully"),
    (codes.PARTICULARS_UPDATED, "UPDATED", "Offender particulars updated successfully"),
    (codes.FIELDS_INVALID, "VALIDATION_ERROR", "Invalid request"),
    (codes.NOTICE_NOT_FOUND, "NOTICE_NOT_FOUND", "Notice not found"),
    (codes.PERMANENT_SUSPENSION, "PERMANENT_SUSPENSION", "Notice has active permanent suspension"),
    (codes.LAST_STAGE_AFTER_CPC, "LAST_STAGE_AFTER_CPC", "Notice is at final processing stage"),
    (codes.NOT_FURNISHABLE, "NOT_FURNISHABLE", "Notice is not at furnishable stage"),
    (codes.REDIRECT_SAME_ROLE, "REDIRECT_SAME_ROLE", "Cannot redirect to the same role"),
    (codes.OFFENDER_NOT_FOUND, "OFFENDER_NOT_FOUND", "Offender record not found"),
    (codes.NOT_CURRENT_OFFENDER, "NOT_CURRENT_OFFENDER", "Cannot update - not the current offender"),
    (codes.JWT_INVALID, "JWT_INVALID", "Invalid JWT token"),
    (codes.API_KEY_INVALID, "API_KEY_INVALID", "Invalid Auth Token"),
    (codes.OFFICER_NOT_ALLOWED, "FORBIDDEN", "Not allowed"),
    (codes.OFFICER_RATE_LIMITED, "RATE_LIMITED", "Rate limit exceeded. Please try again later."),
    (
        codes.OFFENDER_CALL_RUNNING,
        "CALL_RUNNING",
        "The same call is still being answered. Please try again later.",
    ),
    (codes.OFFENDER_KEY_REUSED, "KEY_REUSED", "Idempotency-Key was used for another call"),
    (codes.OFFENDER_REVERSED, "REVERSED", "Reversed successfully"),
    (codes.OFFENDER_REPEATED, "DUPLICATE_NOTICE", "Duplicate notice number in request"),
    (
        codes.NOTHING_TO_REVERSE,
        "NOTHING_TO_REVERSE",
        "There is no furnish or redirect of today that can be taken back",
    ),
    (codes.CHANGED_SINCE, "CHANGED_SINCE", "Something else has happened to the notice since: {what}"),
    (codes.DB_READ, "DB_READ", "Failed to read database"),
    (codes.DB_UPDATE, "DB_UPDATE", "Failed to update database"),
    (codes.SYNC_INTERNET, "SYNC_INTERNET", "Failed to sync to Internet DB"),
    (codes.UNEXPECTED_ERROR, "UNEXPECTED", "Something went wrong. Please try again later."),
)
HST_CODES: tuple[tuple[Code, str, str], ...] = (
    (codes.HST_SUCCESS, "OCMS-2000", "Success"),
    (codes.HST_ID_IS_LISTED, "OCMS-2000", "ID is suspended under HST"),
    (codes.HST_ID_CREATED, "OCMS-2000", "HST ID created successfully"),
    (
        codes.HST_ID_CREATED_ALONE,
        "OCMS-2000",
        "HST ID created successfully. There were no Notices to suspend.",
    ),
    (codes.HST_UPDATED, "OCMS-2000", "HST record updated successfully"),
    (codes.HST_REVIVED, "OCMS-2000", "HST suspensions revived successfully"),
    (codes.HST_REVERSED, "OCMS-2000", "HST change reversed successfully"),
    (
        codes.HST_NOTHING_TO_REVERSE,
        "OCMS-4005",
        "There is no HST apply or revive of today that can be taken back",
    ),
    (codes.HST_CHANGED_SINCE, "OCMS-4006", "Something else has happened since: {what}"),
    (codes.HST_NOT_REVERSED, "OCMS-4000", "Unable to reverse HST change."),
    (codes.FIELD_REQUIRED, "OCMS-4000", "{field} is required"),
    (codes.FIELD_INVALID, "OCMS-4000", "{field} is invalid"),
    (codes.HST_NOT_CREATED, "OCMS-4000", "Unable to create HST ID. Notices were not suspended."),
    (codes.HST_NOT_UPDATED, "OCMS-4000", "Unable to update HST record."),
    (codes.HST_NOT_REVIVED, "OCMS-4000", "Unable to revive HST suspensions."),
    (codes.HST_BODY_INVALID, "OCMS-4000", "Request body is invalid"),
    (codes.HST_BODY_TOO_LARGE, "OCMS-4000", "Request body is too large"),
    (
        codes.HST_INVALID_KEY,
        "OCMS-4000",
        "Idempotency-Key must be a single value of 1 to 255 visible ASCII characters",
    ),
    (codes.HST_INVALID_DRY_RUN, "OCMS-4000", "OCMS-Dry-Run must be 1"),
    (codes.HST_UNAUTHORIZED, "OCMS-4001", "API authentication failed"),
    (codes.HST_ID_NOT_FOUND, "OCMS-4003", "HST ID not found"),
    (codes.HST_ID_EXISTS, "OCMS-4004", "HST ID already exists"),
    (codes.HST_INTERNAL_ERROR, "OCMS-5000", "Something went wrong. Please try again later."),
    (codes.HST_REPORT_FAILED, "OCMS-5001", "Report generation failed"),
    (codes.HST_REPORT_NOT_STORED, "OCMS-5004", "Blob upload failed"),
    (codes.HST_MAIL_FAILED, "OCMS-5002", "Report not mailed"),
    (codes.HST_FILE_MISMATCH, "OCMS-5003", "MHA file not applied"),
)


@pytest.mark.rule("S2", "S17", "S18", "S19", "S20", "S24", "S41", "S52", "S63", "S74")
@pytest.mark.parametrize("code, word, text", STAGE_CODES)
def test_the_codes_of_contract_2(code: Code, word: str, text: str) -> None:
    assert (code.code, code.text) == (word, text)


@pytest.mark.rule("F10", "F11", "F20", "F30", "F31", "F40", "F53", "F60", "F61", "G15")
@pytest.mark.parametrize("code, word, text", OFFENDER_CODES)
def test_the_codes_of_contract_3(code: Code, word: str, text: str) -> None:
    assert (code.code, code.text) == (word, text)


@pytest.mark.rule("H1", "H2", "H3", "H4", "H6", "H7", "H35", "H42", "G7", "G8", "G15")
@pytest.mark.parametrize("code, word, text", HST_CODES)
def test_the_codes_of_contract_4(code: Code, word: str, text: str) -> None:
    assert (code.code, code.text) == (word, text)


def test_every_code_is_in_a_table_and_names_a_rule() -> None:
    tabled = [case.ask for case in CODES]
    tabled += [code for table in (STAGE_CODES, OFFENDER_CODES, HST_CODES) for code, _, _ in table]
    headings = re.compile(r"^### (\w+)$", re.MULTILINE)
    rules = (Path(__file__).parents[3] / "docs" / "rules").glob("*.md")
    known = {found for file in rules for found in headings.findall(file.read_text())}
    every = [found for found in vars(codes).values() if isinstance(found, Code)]
    assert len(every) == len(tabled)
    assert all(code in tabled for code in every)
    assert {code.rule for code in every} <= known


def test_the_gaps_of_a_text_are_filled() -> None:
    filled = codes.CPS_INVALID_TRANSITION.worded(last="RD1", next="DN9")
    assert filled == Code("OCMS.CPS.INVALID_TRANSITION", "Stage transition not allowed: RD1 -> DN9", "S18")
