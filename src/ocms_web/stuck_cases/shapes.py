"""The JSON bodies of the list of stuck cases."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ocms_core.jobs.stuck_case_list import DEFAULT_LIMIT, LARGEST_LIMIT, LARGEST_SKIP
from ocms_web.shapes import Count, LocalMoment, Shape

Kind = Literal["notice", "suspension", "delivery", "enquiry", "job_run"]
Skip = Annotated[int, Meta(ge=0, le=LARGEST_SKIP, description="0 when absent")]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_LIMIT, description=f"{DEFAULT_LIMIT} when absent")]


class StuckCaseError(Shape):
    """An error of the list: its code and its text."""

    app_code: str
    message: str


class StuckCaseListRequest(Shape):
    """A page of the list, of one kind or of all."""

    kind: Kind | UnsetType | None = UNSET
    skip: Skip | UnsetType | None = UNSET
    limit: Limit | UnsetType | None = UNSET


class StuckCaseLine(Shape):
    """A case that is stuck: since when, and why. Of an identity number the last four characters are shown."""

    kind: Kind
    case: str
    since: LocalMoment
    reason: str


class StuckCaseListReply(Shape):
    """A page of the list, kind by kind, the oldest of each first; `total` counts all pages."""

    total: Count
    skip: Count
    limit: Count
    cases: list[StuckCaseLine]
