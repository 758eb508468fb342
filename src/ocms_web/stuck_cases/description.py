"""The list of stuck cases in the API description: prose, and examples as values of its shapes."""

from msgspec import UnsetType

from ocms_core.kernel.codes import FIELD_INVALID
from ocms_core.kernel.decisions import Refusal
from ocms_web.descriptions import Description, errors_by_status, json_body
from ocms_web.json_codec import Reply
from ocms_web.stuck_cases.replies import STUCK_CASE_PROBLEMS, error_reply, problem_reply
from ocms_web.stuck_cases.shapes import (
    Kind,
    Limit,
    Skip,
    StuckCaseError,
    StuckCaseLine,
    StuckCaseListReply,
    StuckCaseListRequest,
)

TAG = "Stuck cases"
SUMMARY = "List the stuck cases"
TEXT = (
    "The cases to which nothing will happen any more, kind by kind, the oldest first: notices past the day "
    "of their next stage, suspensions past their last day, deliveries older than an hour, identities "
    "unanswered for 45 days, runs of jobs that never ended. Of an identity number only the last four "
    "characters are shown."
)
REPLIES = (error_reply(Refusal(FIELD_INVALID, {"field": "kind"})), *map(problem_reply, STUCK_CASE_PROBLEMS))


def error_of(reply: Reply) -> tuple[int, str, StuckCaseError]:
    """Return status, text and body of an error."""
    return reply.status, reply.body.message, reply.body


PAGE = json_body("A kind and a page; without a kind all.", first=StuckCaseListRequest("notice", 0, 20))
ANSWERS = {
    200: json_body(
        "A page of the list",
        first=StuckCaseListReply(
            total=2,
            skip=0,
            limit=20,
            cases=[
                StuckCaseLine(
                    kind="notice",
                    case="500500001A",
                    since="2025-11-02T00:00:00",
                    reason="RD1 since 2025-10-12; RD2 is due",
                ),
                StuckCaseLine(
                    kind="enquiry",
                    case="*567A",
                    since="2025-09-01T00:00:12",
                    reason="no answer: MHA asked 2025-09-01, DataHive not asked",
                ),
            ],
        ),
    ),
    **errors_by_status(map(error_of, REPLIES)),
}

GET = Description(
    SUMMARY,
    TEXT,
    TAG,
    PAGE,
    ANSWERS,
    url_params={"kind": Kind | UnsetType, "skip": Skip | UnsetType, "limit": Limit | UnsetType},
)
POST = Description(SUMMARY, TEXT, TAG, PAGE, ANSWERS)
