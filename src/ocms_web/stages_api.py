"""Contract 2 as the API description tells it: schemas, and the contract's own examples."""

from collections.abc import Callable
from typing import Any

from ocms_core.kernel.access import Operation
from ocms_core.kernel.batch_limits import DEFAULTS, BatchCap
from ocms_core.stages.eligibility import REASONS
from ocms_web.court_api import LIMITS, Schema, listed, rate, record
from ocms_web.descriptions import BodyDescription, Description
from ocms_web.envelopes import stages as envelope
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem

TAG = "Change of processing stage"
NOTICE_NO: Schema = {"type": "string", "pattern": "^[0-9A-Za-z-]{1,10}$"}
TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
STAGE: Schema = {"type": "string", "maxLength": 3}
STAGE_OR_NULL: Schema = {"type": ["string", "null"], "maxLength": 3}
REASON: Schema = {"enum": [*REASONS, None]}
REMARKS: Schema = {"type": ["string", "null"], "maxLength": 200}
TRUTH: Schema = {"type": ["boolean", "null"], "default": False}
MOMENT: Schema = {"type": "string", "description": "Singapore time without an offset"}
DAY: Schema = {"type": "string", "format": "date"}
COUNT: Schema = {"type": "integer", "minimum": 0}
REPORT_NAME = "ChangeStageReport_20251220_143022_USER01.xlsx"
REPORT_ID: Schema = {"type": "string", "pattern": "^[0-9A-Za-z_-][0-9A-Za-z._-]{0,199}$"}
MOST = DEFAULTS[BatchCap.STAGE_CHANGE]


def counts(*names: str, **more: Schema) -> Schema:
    """Describe a summary: whole numbers, and what only some answers have."""
    described = record(**dict.fromkeys(names, COUNT))
    return {**described, "properties": {**described["properties"], **more}}


def some(schema: Schema, *optional: str) -> Schema:
    """Describe an object some of whose fields may be missing."""
    return {**schema, "required": [name for name in schema["required"] if name not in optional]}


def problems(problem: Callable[[Problem], Reply]) -> dict[int, BodyDescription]:
    """Describe what keeps a call from being answered, in the words of its family."""
    shown: dict[int, BodyDescription] = {}
    for why in Problem:
        reply = problem(why)
        if reply.status != 400:  # noqa: PLR2004  # each call has its own examples of malformed input
            name = why.name.lower()
            shown[reply.status] = BodyDescription(
                name.replace("_", " "), {"type": "object"}, {name: reply.body}
            )
    return shown


def refusal(status: int, sentence: str, **examples: Any) -> dict[int, BodyDescription]:
    """Describe a refusal by its examples."""
    return {status: BodyDescription(sentence, {"type": "object"}, examples)}


SHOWN_NOTICE: dict[str, Schema] = {
    "noticeNo": NOTICE_NO,
    "offenceType": TEXT,
    "offenceDateTime": MOMENT,
    "offenderName": TEXT_OR_NULL,
    "offenderId": TEXT_OR_NULL,
    "vehicleNo": TEXT,
    "currentProcessingStage": TEXT,
    "currentProcessingStageDate": MOMENT,
}
NOTHING = dict(envelope.NOTHING_FOUND)

SEARCH = Description(
    "Search notices",
    "Notices that meet every criterion given, those that may be moved apart from those that may not. "
    "At most 1,000 are listed; `summary.total` counts them all. " + rate(LIMITS[Operation.SEARCH_STAGES]),
    TAG,
    BodyDescription(
        "At least one criterion; blank ones do not count.",
        {
            "type": "object",
            "properties": {
                "noticeNo": {"type": ["string", "null"], "maxLength": 10},
                "idNo": {"type": ["string", "null"], "maxLength": 12},
                "vehicleNo": {"type": ["string", "null"], "maxLength": 14},
                "currentProcessingStage": STAGE_OR_NULL,
                "dateOfCurrentProcessingStage": {"type": ["string", "null"], "format": "date"},
            },
        },
        {
            "contract": {
                "noticeNo": "N-001",
                "idNo": "S1234567A",
                "vehicleNo": "SBA1234A",
                "currentProcessingStage": "DN1",
                "dateOfCurrentProcessingStage": "2025-12-20",
            }
        },
    ),
    {
        200: BodyDescription(
            "What was found",
            record(
                eligibleNotices=listed(
                    record(
                        **SHOWN_NOTICE,
                        suspensionType=TEXT_OR_NULL,
                        suspensionStatus=TEXT_OR_NULL,
                        ownerDriverIndicator=TEXT_OR_NULL,
                        entityType=TEXT_OR_NULL,
                    )
                ),
                ineligibleNotices=listed(record(**SHOWN_NOTICE, reasonCode=TEXT, reasonMessage=TEXT)),
                summary=counts("total", "eligible", "ineligible", truncated={"const": True}),
            ),
            {
                "contract": {
                    "eligibleNotices": [
                        {
                            "noticeNo": "N-001",
                            "offenceType": "SP",
                            "offenceDateTime": "2025-12-01T10:30:00",
                            "offenderName": "John Doe",
                            "offenderId": "S1234567A",
                            "vehicleNo": "SBA1234A",
                            "currentProcessingStage": "DN1",
                            "currentProcessingStageDate": "2025-12-15T09:00:00",
                            "suspensionType": None,
                            "suspensionStatus": None,
                            "ownerDriverIndicator": "D",
                            "entityType": None,
                        }
                    ],
                    "ineligibleNotices": [],
                    "summary": {"total": 1, "eligible": 1, "ineligible": 0},
                },
                "nothing": NOTHING,
            },
        ),
        **refusal(400, "No criterion, or a malformed one", contract=NOTHING),
        **problems(envelope.search_problem),
    },
)

VALIDATE = Description(
    "Validate a change",
    f"Whether each of up to {MOST} notices would be moved; the same decision as the submit's, without its "
    "search for duplicates. " + rate(LIMITS[Operation.VALIDATE_STAGES]),
    TAG,
    BodyDescription(
        f"At most {MOST} notices.",
        some(
            record(
                notices={
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST,
                    "items": some(
                        record(
                            noticeNo=NOTICE_NO,
                            currentStage=TEXT_OR_NULL,
                            offenderType=TEXT_OR_NULL,
                            entityType=TEXT_OR_NULL,
                        ),
                        "currentStage",
                        "offenderType",
                        "entityType",
                    ),
                },
                newProcessingStage=STAGE,
                reasonOfChange=REASON,
                remarks=REMARKS,
            ),
            "reasonOfChange",
            "remarks",
        ),
        {
            "contract": {
                "notices": [
                    {
                        "noticeNo": "N-001",
                        "currentStage": "DN1",
                        "offenderType": "DRIVER",
                        "entityType": None,
                    }
                ],
                "newProcessingStage": "DN2",
                "reasonOfChange": "SUP",
                "remarks": "Speed up processing",
            }
        },
    ),
    {
        200: BodyDescription(
            "The verdict on each notice",
            record(
                changeableNotices=listed(
                    record(
                        noticeNo=NOTICE_NO,
                        currentStage=TEXT_OR_NULL,
                        offenderType=TEXT_OR_NULL,
                        message=TEXT,
                    )
                ),
                nonChangeableNotices=listed(record(noticeNo=NOTICE_NO, code=TEXT, message=TEXT)),
                summary=counts("total", "changeable", "nonChangeable"),
            ),
            {
                "contract": {
                    "changeableNotices": [
                        {
                            "noticeNo": "N-001",
                            "currentStage": "DN1",
                            "offenderType": "DRIVER",
                            "message": "Eligible for stage change",
                        }
                    ],
                    "nonChangeableNotices": [
                        {
                            "noticeNo": "N-002",
                            "code": "OCMS.CPS.COURT_STAGE",
                            "message": "Notice is in court stage",
                        }
                    ],
                    "summary": {"total": 2, "changeable": 1, "nonChangeable": 1},
                }
            },
        ),
        **refusal(
            400,
            "No notices, no stage, or a malformed field",
            empty={
                **envelope.NOTHING_VALIDATED,
                "error": "OCMS.CPS.INVALID_FORMAT",
                "message": "Notices list cannot be empty",
            },
        ),
        **problems(envelope.validate_problem),
    },
)

SUBMIT = Description(
    "Change processing stage",
    f"Moves up to {MOST} notices, each for itself, and writes a report of those moved. Without `newStage` "
    "the next stage is derived. The officer is whom the token names. "
    + rate(LIMITS[Operation.CHANGE_STAGES]),
    TAG,
    BodyDescription(
        f"At most {MOST} items.",
        record(
            items={
                "type": "array",
                "minItems": 1,
                "maxItems": MOST,
                "items": {
                    "type": "object",
                    "required": ["noticeNo"],
                    "properties": {
                        "noticeNo": NOTICE_NO,
                        "newStage": STAGE_OR_NULL,
                        "reason": REASON,
                        "remark": REMARKS,
                        "source": TEXT_OR_NULL,
                        "dhMhaCheck": TRUTH,
                        "isConfirmation": TRUTH,
                    },
                },
            }
        ),
        {
            "contract": {
                "items": [
                    {
                        "noticeNo": "N-001",
                        "newStage": "DN2",
                        "reason": "SUP",
                        "remark": "Manual adjustment",
                        "source": "PORTAL",
                        "dhMhaCheck": False,
                        "isConfirmation": False,
                    }
                ]
            }
        },
    ),
    {
        200: BodyDescription(
            "The outcome of each item",
            some(
                record(
                    status={"enum": ["SUCCESS", "PARTIAL", "FAILED"]},
                    summary=counts("requested", "succeeded", "failed"),
                    results=listed(
                        some(
                            record(
                                noticeNo=NOTICE_NO,
                                outcome={"enum": ["UPDATED", "FAILED"]},
                                previousStage=TEXT,
                                newStage=TEXT,
                                code=TEXT,
                                message=TEXT,
                            ),
                            "previousStage",
                            "newStage",
                        )
                    ),
                    report={"type": ["object", "null"], "properties": {"url": TEXT, "expiresAt": TEXT}},
                ),
                "report",
            ),
            {
                "contract": {
                    "status": "SUCCESS",
                    "summary": {"requested": 1, "succeeded": 1, "failed": 0},
                    "results": [
                        {
                            "noticeNo": "N-001",
                            "outcome": "UPDATED",
                            "previousStage": "DN1",
                            "newStage": "DN2",
                            "code": "OCMS-2000",
                            "message": "Success",
                        }
                    ],
                    "report": {
                        "url": "https://signed-url.xlsx",
                        "expiresAt": "2025-10-28T16:00:00+08:00",
                    },
                }
            },
        ),
        **refusal(
            400,
            "No items, or a malformed one",
            contract={
                **envelope.NOTHING_SUBMITTED,
                "results": [
                    {
                        "noticeNo": "",
                        "outcome": "FAILED",
                        "code": "OCMS.CPS.INVALID_FORMAT",
                        "message": "Items list cannot be empty",
                    }
                ],
            },
        ),
        **problems(envelope.submit_problem),
    },
)

REPORT_REPLIES: dict[int, BodyDescription] = {
    200: BodyDescription(
        "One line for each day with changes, the newest first",
        record(
            reports=listed(record(reportDate=DAY, generatedBy=TEXT, noticeCount=COUNT, reportUrl=TEXT)),
            totalReports=COUNT,
            totalNotices=COUNT,
        ),
        {
            "contract": {
                "reports": [
                    {
                        "reportDate": "2025-01-15",
                        "generatedBy": "USER01, USER02",
                        "noticeCount": 25,
                        "reportUrl": "reports/change-stage/ChangeStageReport_20250115_USER01.xlsx",
                    }
                ],
                "totalReports": 1,
                "totalNotices": 25,
            }
        },
    ),
    **refusal(
        400,
        "Dates that are missing, too far apart or the wrong way round",
        contract={
            "error": "INVALID_DATE_RANGE",
            "message": "Date range cannot exceed 90 days. Current range: 120 days",
        },
    ),
    **problems(envelope.report_problem),
}
DAYS: dict[str, Schema] = {"startDate": DAY, "endDate": DAY}
REPORTS_TEXT = "The reports of at most 90 days. " + rate(LIMITS[Operation.LIST_STAGE_REPORTS])
DAYS_ASKED = BodyDescription(
    "Both days", record(**DAYS), {"days": {"startDate": "2025-01-01", "endDate": "2025-01-31"}}
)
REPORTS = Description("List reports", REPORTS_TEXT, TAG, DAYS_ASKED, REPORT_REPLIES)
REPORTS_BY_ADDRESS = Description(
    "List reports", REPORTS_TEXT, TAG, DAYS_ASKED, REPORT_REPLIES, url_params=DAYS
)

DOWNLOAD_REPLIES: dict[int, BodyDescription] = {
    200: BodyDescription("The workbook", {"type": "string", "format": "binary"}, {}, envelope.WORKBOOK),
    **refusal(
        400,
        "No report has such an id",
        contract={"error": "INVALID_REPORT_ID", "message": "Report ID contains invalid characters"},
    ),
    **refusal(
        404,
        "There is no such report",
        contract={"error": "REPORT_NOT_FOUND", "message": f"Report not found: {REPORT_NAME}"},
    ),
    **problems(envelope.report_problem),
}
DOWNLOAD_TEXT = "One report as an Excel workbook. " + rate(LIMITS[Operation.DOWNLOAD_STAGE_REPORT])
NAME_ASKED = BodyDescription(
    "The report's name", record(reportId=REPORT_ID), {"name": {"reportId": REPORT_NAME}}
)
DOWNLOAD = Description("Download a report", DOWNLOAD_TEXT, TAG, NAME_ASKED, DOWNLOAD_REPLIES)
DOWNLOAD_BY_ADDRESS = Description(
    "Download a report", DOWNLOAD_TEXT, TAG, NAME_ASKED, DOWNLOAD_REPLIES, url_params={"reportId": REPORT_ID}
)

PLUS = Description(
    "Change stages for PLUS",
    f"Moves up to {MOST} notices from one stage to the next, all of them or none. "
    + rate(LIMITS[Operation.PLUS_CHANGE_STAGES]),
    TAG,
    BodyDescription(
        f"At most {MOST} notices.",
        some(
            record(
                noticeNo={"type": "array", "minItems": 1, "maxItems": MOST, "items": NOTICE_NO},
                lastStageName=STAGE,
                nextStageName=STAGE,
                lastStageDate=TEXT_OR_NULL,
                newStageDate=TEXT_OR_NULL,
                offenceType=TEXT_OR_NULL,
                source={"const": "005"},
            ),
            "lastStageDate",
            "newStageDate",
            "offenceType",
        ),
        {
            "contract": {
                "noticeNo": ["N-001", "N-002"],
                "lastStageName": "DN1",
                "nextStageName": "DN2",
                "lastStageDate": "2025-09-25T06:58:42",
                "newStageDate": "2025-09-30T06:58:42",
                "offenceType": "D",
                "source": "005",
            }
        },
    ),
    {
        200: BodyDescription(
            "All moved",
            record(status={"const": "SUCCESS"}, message=TEXT, noticeCount=COUNT),
            {
                "contract": {
                    "status": "SUCCESS",
                    "message": "Stage change processed successfully",
                    "noticeCount": 2,
                }
            },
        ),
        **refusal(
            400,
            "Nothing moved",
            contract={
                "status": "FAILED",
                "code": "OCMS-4000",
                "message": "Stage transition not allowed: DN1 -> CFC",
            },
        ),
        **problems(envelope.plus_problem),
    },
)

TOPPAN = Description(
    "Update stages after printing",
    "Moves up to 100,000 notices on to the stage they were printed for, in chunks that are each committed. "
    "A call may be repeated at any time. " + rate(LIMITS[Operation.UPDATE_TOPPAN_STAGES]),
    TAG,
    BodyDescription(
        "At most 100,000 notices.",
        record(
            noticeNumbers={
                "type": "array",
                "minItems": 1,
                "maxItems": DEFAULTS[BatchCap.TOPPAN],
                "items": TEXT,
            },
            currentStage=STAGE,
            processingDate={"type": "string", "description": "ISO 8601; Singapore time without an offset"},
        ),
        {
            "contract": {
                "noticeNumbers": ["N-001", "N-002", "N-003"],
                "currentStage": "DN1",
                "processingDate": "2025-12-19T00:30:00",
            }
        },
    ),
    {
        200: BodyDescription(
            "What became of the notices",
            record(
                totalNotices=COUNT,
                automaticUpdates=COUNT,
                manualUpdates=COUNT,
                skipped=COUNT,
                errors={"type": ["array", "null"], "items": TEXT},
                success={"type": "boolean"},
            ),
            {
                "contract": {
                    "totalNotices": 3,
                    "automaticUpdates": 2,
                    "manualUpdates": 1,
                    "skipped": 0,
                    "errors": None,
                    "success": True,
                }
            },
        ),
        **refusal(
            400,
            "Nothing to work on",
            empty={
                "totalNotices": 0,
                "automaticUpdates": 0,
                "manualUpdates": 0,
                "skipped": 0,
                "errors": ["Notice numbers required"],
                "success": False,
            },
        ),
        **problems(envelope.toppan_problem),
    },
)
