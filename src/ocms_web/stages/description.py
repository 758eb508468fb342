"""Contract 2 in the API description: prose, and the contract's own examples as values of its shapes."""

from collections.abc import Callable, Iterable
from datetime import datetime

from structlog.contextvars import bound_contextvars

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.reference import EMPTY
from ocms_core.stages.request_checks import MOST_DAYS
from ocms_core.stages.request_fields import InvalidRequest
from ocms_core.stages.search import MOST_LISTED
from ocms_web.descriptions import BodyDescription, Description, errors_by_status, json_body
from ocms_web.json_codec import Reply
from ocms_web.problems import WRITE_PROBLEMS, Problem
from ocms_web.shapes import Day
from ocms_web.stages.replies import (
    PROBLEMS,
    WORKBOOK,
    plus_error,
    plus_problem,
    report_error,
    report_not_found,
    report_problem,
    search_error,
    search_problem,
    submit_error,
    submit_problem,
    toppan_error,
    toppan_problem,
    validate_error,
    validate_problem,
)
from ocms_web.stages.shapes import (
    ChangeableNoticeLine,
    EligibleNoticeLine,
    IneligibleNoticeLine,
    NonChangeableNoticeLine,
    PlusChangeReply,
    PlusChangeRequest,
    ReportId,
    SignedReportLink,
    StageReportLine,
    StageReportListReply,
    StageReportListRequest,
    StageReportRequest,
    StageReverseItem,
    StageReverseRequest,
    StageSearchReply,
    StageSearchRequest,
    StageSearchSummary,
    StageSubmitItem,
    StageSubmitReply,
    StageSubmitRequest,
    StageSubmitResult,
    StageSubmitSummary,
    StageValidateItem,
    StageValidateReply,
    StageValidateRequest,
    StageValidateSummary,
    ToppanRunReply,
    ToppanRunRequest,
)

TAG = "Change of processing stage"
REQUEST_ID = "550e8400-e29b-41d4-a716-446655440000"
FIRST_NOTICE, SECOND_NOTICE, THIRD_NOTICE = "N-001", "N-002", "N-003"
REPORT_NAME = "ChangeStageReport_20251220_143022_USER01.xlsx"


def errors(problem_reply: Callable[[Problem], Reply], *own: tuple[str, Reply]) -> dict[int, BodyDescription]:
    """Return the errors of a call by status: its own refusals, and every problem in its family's words."""
    with bound_contextvars(request_id=REQUEST_ID):
        problems = [
            (PROBLEMS[problem][2], problem_reply(problem))
            for problem in Problem
            if problem not in WRITE_PROBLEMS  # described for every call that writes
        ]
    return errors_by_status((reply.status, sentence, reply.body) for sentence, reply in (*own, *problems))


def refusals(reply_of: Callable[[InvalidRequest], Reply], *causes: Code) -> Iterable[tuple[str, Reply]]:
    """Return the refusals of a malformed call, by their text."""
    return [(code.text, reply_of(InvalidRequest(code))) for code in causes]


def too_large(operation: Operation, reply_of: Callable[[InvalidRequest], Reply]) -> tuple[str, Reply]:
    """Return the refusal of more items than the cap of an operation."""
    code = codes.CPS_TOO_MANY.worded(cap=batch_cap_of(operation, EMPTY))
    return code.text, reply_of(InvalidRequest(code, too_large=True))


INVALID_FIELD = codes.CPS_INVALID_FIELD.worded(field="noticeNo", problem="must be text")
INVALID_DAYS = codes.CPS_INVALID_DATE_RANGE.worded(
    problem=f"Date range cannot exceed {MOST_DAYS} days. Current range: 120 days"
)

SEARCH = Description(
    "Search notices",
    "Notices that meet every criterion given, those that may be moved apart from those that may not. "
    f"At most {MOST_LISTED:,} are listed; `summary.total` counts them all.",
    TAG,
    json_body(
        "At least one criterion; blank ones do not count.",
        contract=StageSearchRequest(
            notice_no=FIRST_NOTICE,
            id_no="S1234567A",
            vehicle_no="SBA1234A",
            current_processing_stage="DN1",
            date_of_current_processing_stage="2025-12-20",
        ),
    ),
    {
        200: json_body(
            "The notices found",
            contract=StageSearchReply(
                eligible_notices=[
                    EligibleNoticeLine(
                        notice_no=FIRST_NOTICE,
                        offence_type="SP",
                        offence_date_time="2025-12-01T10:30:00",
                        offender_name="John Doe",
                        offender_id="S1234567A",
                        vehicle_no="SBA1234A",
                        current_processing_stage="DN1",
                        current_processing_stage_date="2025-12-15T09:00:00",
                        suspension_type=None,
                        suspension_status=None,
                        owner_driver_indicator="D",
                        entity_type=None,
                    )
                ],
                ineligible_notices=[
                    IneligibleNoticeLine(
                        notice_no=SECOND_NOTICE,
                        offence_type="SP",
                        offence_date_time="2025-12-01T11:00:00",
                        offender_name="Jane Smith",
                        offender_id="S9876543B",
                        vehicle_no="SBA5678B",
                        current_processing_stage="CRT",
                        current_processing_stage_date="2025-12-18T14:00:00",
                        reason_code="OCMS.CPS.SEARCH.COURT_STAGE",
                        reason_message="Notice is in court stage",
                    )
                ],
                summary=StageSearchSummary(total=2, eligible=1, ineligible=1),
            ),
            nothing=StageSearchReply([], [], StageSearchSummary(total=0, eligible=0, ineligible=0)),
        ),
        **errors(search_problem, *refusals(search_error, codes.CPS_NO_CRITERION, INVALID_FIELD)),
    },
)

VALIDATE = Description(
    "Validate a change",
    "Whether each notice would be moved; the same decision as the submit's, without its search for "
    "duplicates.",
    TAG,
    json_body(
        "The notices and the stage they are to go to.",
        contract=StageValidateRequest(
            notices=[
                StageValidateItem(
                    notice_no=FIRST_NOTICE, current_stage="DN1", offender_type="DRIVER", entity_type=None
                )
            ],
            new_processing_stage="DN2",
            reason_of_change="SUP",
            remarks="Speed up processing",
        ),
    ),
    {
        200: json_body(
            "The decision on each notice",
            contract=StageValidateReply(
                changeable_notices=[
                    ChangeableNoticeLine(
                        notice_no=FIRST_NOTICE,
                        current_stage="DN1",
                        offender_type="DRIVER",
                        message="Eligible for stage change",
                    )
                ],
                non_changeable_notices=[
                    NonChangeableNoticeLine(
                        notice_no=SECOND_NOTICE,
                        code="OCMS.CPS.COURT_STAGE",
                        message="Notice is in court stage",
                    )
                ],
                summary=StageValidateSummary(total=2, changeable=1, non_changeable=1),
            ),
            remarks_required=StageValidateReply(
                changeable_notices=[],
                non_changeable_notices=[
                    NonChangeableNoticeLine(
                        notice_no=FIRST_NOTICE,
                        code="OCMS.CPS.REMARKS_REQUIRED",
                        message="Remarks are mandatory when reason for change is 'OTH' (Others)",
                    )
                ],
                summary=StageValidateSummary(total=1, changeable=0, non_changeable=1),
            ),
        ),
        **errors(
            validate_problem,
            *refusals(
                validate_error,
                codes.CPS_EMPTY_NOTICES,
                codes.CPS_STAGE_REQUIRED,
                codes.CPS_NOTICE_NO_REQUIRED,
                INVALID_FIELD,
            ),
            too_large(Operation.VALIDATE_STAGES, validate_error),
        ),
    },
)

UPDATED_RESULT = StageSubmitResult(
    notice_no=FIRST_NOTICE,
    outcome="UPDATED",
    previous_stage="DN1",
    new_stage="DN2",
    code="OCMS-2000",
    message="Success",
)
LINK_EXPIRES = datetime(2025, 10, 28, 16, tzinfo=SINGAPORE)
REPORT_LINK = SignedReportLink(url="https://signed-url.xlsx", expires_at=LINK_EXPIRES)

SUBMIT = Description(
    "Change processing stage",
    "Moves notices, each for itself, and writes a report of those moved. Without `newStage` the next stage "
    "is derived. The officer is whom the token names.",
    TAG,
    json_body(
        "The notices to move.",
        contract=StageSubmitRequest(
            [
                StageSubmitItem(
                    notice_no=FIRST_NOTICE,
                    new_stage="DN2",
                    reason="SUP",
                    remark="Manual adjustment",
                    source="PORTAL",
                    dh_mha_check=False,
                    is_confirmation=False,
                )
            ]
        ),
    ),
    {
        200: json_body(
            "The outcome of each item",
            contract=StageSubmitReply(
                status="SUCCESS",
                summary=StageSubmitSummary(requested=1, succeeded=1, failed=0),
                results=[UPDATED_RESULT],
                report=REPORT_LINK,
            ),
            partial=StageSubmitReply(
                status="PARTIAL",
                summary=StageSubmitSummary(requested=2, succeeded=1, failed=1),
                results=[
                    UPDATED_RESULT,
                    StageSubmitResult(
                        notice_no=SECOND_NOTICE,
                        outcome="FAILED",
                        code="OCMS.CPS.NOT_FOUND",
                        message="VON not found",
                    ),
                ],
                report=REPORT_LINK,
            ),
            duplicate=StageSubmitReply(
                status="PARTIAL",
                summary=StageSubmitSummary(requested=1, succeeded=0, failed=1),
                results=[
                    StageSubmitResult(
                        notice_no=FIRST_NOTICE,
                        outcome="FAILED",
                        code="OCMS.CPS.DUPLICATE_RECORD",
                        message=(
                            "Existing change record found for this notice today. "
                            "Set isConfirmation=true to proceed."
                        ),
                    )
                ],
            ),
        ),
        **errors(
            submit_problem,
            *refusals(submit_error, codes.CPS_EMPTY_ITEMS, codes.CPS_NOTICE_NO_REQUIRED, INVALID_FIELD),
            too_large(Operation.CHANGE_STAGES, submit_error),
        ),
    },
)

REPORTS_TEXT = f"The reports between two days, at most {MOST_DAYS} days apart."
REPORTS_REQUEST = json_body(
    "Both days.", contract=StageReportListRequest(start_date="2025-01-01", end_date="2025-01-31")
)
REPORTS_REPLIES = {
    200: json_body(
        "One line for each day with changes, the newest first",
        contract=StageReportListReply(
            reports=[
                StageReportLine(
                    report_date="2025-01-15",
                    generated_by="USER01, USER02",
                    notice_count=25,
                    report_url="reports/change-stage/ChangeStageReport_20250115_USER01.xlsx",
                ),
                StageReportLine(
                    report_date="2025-01-10",
                    generated_by="USER03",
                    notice_count=10,
                    report_url="reports/change-stage/ChangeStageReport_20250110_USER03.xlsx",
                ),
            ],
            total_reports=2,
            total_notices=35,
        ),
    ),
    **errors(report_problem, *refusals(report_error, INVALID_DAYS)),
}
REVERSE = Description(
    "Take back a submit",
    "Puts each notice back to what it was before an officer's change of stage of today, while nothing else "
    "has happened to it since. Whoever may submit may take back, also what another officer has submitted.",
    TAG,
    json_body("The notices.", first=StageReverseRequest([StageReverseItem(FIRST_NOTICE)])),
    {
        200: json_body(
            "What became of each notice",
            reversed=StageSubmitReply(
                status="PARTIAL",
                summary=StageSubmitSummary(requested=2, succeeded=1, failed=1),
                results=[
                    StageSubmitResult(
                        notice_no=FIRST_NOTICE,
                        outcome="UPDATED",
                        previous_stage="DN2",
                        new_stage="DN1",
                        code=codes.CPS_SUCCESS.code,
                        message=codes.CPS_SUCCESS.text,
                    ),
                    StageSubmitResult(
                        notice_no=SECOND_NOTICE,
                        outcome="FAILED",
                        code=codes.CPS_NOTHING_TO_REVERSE.code,
                        message=codes.CPS_NOTHING_TO_REVERSE.text,
                    ),
                ],
            ),
        ),
        **errors(
            submit_problem,
            *refusals(submit_error, codes.CPS_EMPTY_ITEMS, codes.CPS_NOTICE_NO_REQUIRED, INVALID_FIELD),
            too_large(Operation.REVERSE_STAGES, submit_error),
        ),
    },
)

GET_REPORTS = Description(
    "List reports",
    REPORTS_TEXT,
    TAG,
    REPORTS_REQUEST,
    REPORTS_REPLIES,
    url_params={"startDate": Day, "endDate": Day},
)
POST_REPORTS = Description("List reports", REPORTS_TEXT, TAG, REPORTS_REQUEST, REPORTS_REPLIES)

REPORT_TEXT = "One report as an Excel workbook."
REPORT_REQUEST = json_body("The report's name.", contract=StageReportRequest(REPORT_NAME))
REPORT_REPLIES = {
    200: BodyDescription("The workbook", (), media_type=WORKBOOK),
    **errors(
        report_problem,
        *refusals(report_error, codes.CPS_INVALID_REPORT_ID, codes.CPS_EMPTY_REPORT_ID),
        ("There is no such report", report_not_found(REPORT_NAME)),
    ),
}
GET_REPORT = Description(
    "Download a report",
    REPORT_TEXT,
    TAG,
    REPORT_REQUEST,
    REPORT_REPLIES,
    url_params={"reportId": ReportId},
)
POST_REPORT = Description("Download a report", REPORT_TEXT, TAG, REPORT_REQUEST, REPORT_REPLIES)

PLUS_TRANSITION = codes.PLUS_TRANSITION.worded(last="DN1", next="CFC")
PLUS_TOO_MANY = codes.PLUS_REFUSED.worded(
    problem=codes.CPS_TOO_MANY.worded(cap=batch_cap_of(Operation.PLUS_CHANGE_STAGES, EMPTY)).text
)

PLUS = Description(
    "Change stages for PLUS",
    "Moves notices from one stage to the next, all of them or none.",
    TAG,
    json_body(
        "The notices, the stage they leave and the stage they enter.",
        contract=PlusChangeRequest(
            notice_no=[FIRST_NOTICE, SECOND_NOTICE],
            last_stage_name="DN1",
            next_stage_name="DN2",
            last_stage_date="2025-09-25T06:58:42",
            new_stage_date="2025-09-30T06:58:42",
            offence_type="D",
            source="005",
        ),
    ),
    {
        200: json_body(
            "All moved",
            contract=PlusChangeReply(
                status="SUCCESS", message="Stage change processed successfully", notice_count=2
            ),
        ),
        **errors(
            plus_problem,
            (PLUS_TRANSITION.text, plus_error(PLUS_TRANSITION)),
            (PLUS_TOO_MANY.text, plus_error(PLUS_TOO_MANY, too_large=True)),
        ),
    },
)

TOPPAN = Description(
    "Update stages after printing",
    "Moves notices on to the stage they were printed for, in chunks that are each committed. A call may be "
    "repeated at any time.",
    TAG,
    json_body(
        "The notices printed, their stage and when they were printed.",
        contract=ToppanRunRequest(
            notice_numbers=[FIRST_NOTICE, SECOND_NOTICE, THIRD_NOTICE],
            current_stage="DN1",
            processing_date="2025-12-19T00:30:00",
        ),
    ),
    {
        200: json_body(
            "What became of the notices",
            contract=ToppanRunReply(
                total_notices=3,
                automatic_updates=2,
                manual_updates=1,
                skipped=0,
                errors=None,
                success=True,
            ),
        ),
        **errors(
            toppan_problem,
            *refusals(toppan_error, codes.TOPPAN_REFUSED.worded(problem="Notice numbers required")),
            too_large(Operation.UPDATE_TOPPAN_STAGES, toppan_error),
        ),
    },
)
