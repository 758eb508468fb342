"""The JSON bodies of contract 2: bare, and a refusal has the empty lists of its call."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ocms_core.kernel import lengths
from ocms_core.kernel.notice_numbers import HYPHENATED
from ocms_core.stages.officer_changes import BatchStatus
from ocms_core.stages.request_checks import REPORT_ID
from ocms_web.shapes import Count, Day, LocalMoment, Moment, Shape

# Unlike those of the other contracts, notice numbers may have a hyphen.
StageNoticeNo = Annotated[str, Meta(pattern=f"^{HYPHENATED.pattern}$", description="Notice number")]
# An officer's item may name anything but blanks: what no notice can have for its number is unknown (S10).
AnyNoticeNo = Annotated[str, Meta(pattern=r"\S", description="Notice number")]
StageNoticeNos = Annotated[list[StageNoticeNo], Meta(min_length=1)]
NoticeNoCriterion = Annotated[str, Meta(max_length=lengths.NOTICE_NO)]
IdNoCriterion = Annotated[str, Meta(max_length=lengths.ID_NO)]
VehicleNoCriterion = Annotated[
    str, Meta(description=f"Plate, in which at most {lengths.VEHICLE_NO} letters and digits count")
]
StageCriterion = Annotated[str, Meta(max_length=lengths.STAGE)]
StageAlias = Annotated[
    str, Meta(max_length=lengths.STAGE, description="Another name of currentProcessingStage")
]
Stage = Annotated[str, Meta(min_length=1, max_length=lengths.STAGE, description="Processing stage")]
TargetStage = Annotated[str, Meta(max_length=lengths.STAGE, description="The next stage when absent")]
OffenceType = Annotated[str, Meta(max_length=lengths.OFFENCE_TYPE)]
Reason = Literal["REC", "RSN", "SUP", "OTH", "WOD", "PLS"]
Remarks = Annotated[str, Meta(max_length=lengths.REMARKS)]
Flag = Annotated[bool, Meta(description="False when absent")]
Instant = Annotated[str, Meta(description="ISO 8601; Singapore time without an offset")]
ReportId = Annotated[
    str, Meta(pattern=f"^{REPORT_ID.pattern}$", description="The name of a report; .xlsx may be left out")
]


class StageError(Shape):
    """A report call that is refused."""

    error: str
    message: str


class StageSearchRequest(Shape):
    """The criteria of a search: at least one; blank ones do not count."""

    notice_no: NoticeNoCriterion | UnsetType | None = UNSET
    id_no: IdNoCriterion | UnsetType | None = UNSET
    vehicle_no: VehicleNoCriterion | UnsetType | None = UNSET
    current_processing_stage: StageCriterion | UnsetType | None = UNSET
    last_processing_stage: StageAlias | UnsetType | None = UNSET
    date_of_current_processing_stage: Day | UnsetType | None = UNSET


class EligibleNoticeLine(Shape):
    """A notice found that may be moved."""

    notice_no: StageNoticeNo
    offence_type: str
    offence_date_time: LocalMoment
    offender_name: str | None
    offender_id: str | None
    vehicle_no: str
    current_processing_stage: str
    current_processing_stage_date: LocalMoment
    suspension_type: str | None
    suspension_status: Literal["ACTIVE"] | None
    owner_driver_indicator: str | None
    entity_type: str | None


class IneligibleNoticeLine(Shape):
    """A notice found that may not be moved, and why."""

    notice_no: StageNoticeNo
    offence_type: str
    offence_date_time: LocalMoment
    offender_name: str | None
    offender_id: str | None
    vehicle_no: str
    current_processing_stage: str
    current_processing_stage_date: LocalMoment
    reason_code: str
    reason_message: str


class StageSearchSummary(Shape):
    """How many notices were found and listed; `truncated` where more were found than are listed."""

    total: Count
    eligible: Count
    ineligible: Count
    truncated: Literal[True] | UnsetType = UNSET


class StageSearchReply(Shape):
    """The notices found, those that may be moved apart from those that may not."""

    eligible_notices: list[EligibleNoticeLine]
    ineligible_notices: list[IneligibleNoticeLine]
    summary: StageSearchSummary


class StageSearchError(Shape):
    """A search that is refused: empty lists, and the error unless no criterion was given."""

    eligible_notices: Annotated[list[EligibleNoticeLine], Meta(max_length=0)]
    ineligible_notices: Annotated[list[IneligibleNoticeLine], Meta(max_length=0)]
    summary: StageSearchSummary
    error: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class StageValidateItem(Shape):
    """A notice to validate; nothing but its number is used."""

    notice_no: AnyNoticeNo
    current_stage: str | UnsetType | None = UNSET
    offender_type: str | UnsetType | None = UNSET
    entity_type: str | UnsetType | None = UNSET


class StageValidateRequest(Shape):
    """Notices and the stage they are to go to."""

    notices: Annotated[list[StageValidateItem], Meta(min_length=1)]
    new_processing_stage: Stage
    reason_of_change: Reason | UnsetType | None = UNSET
    remarks: Remarks | UnsetType | None = UNSET


class ChangeableNoticeLine(Shape):
    """A notice that would be moved, with its own stage and offender type."""

    notice_no: StageNoticeNo
    current_stage: str
    offender_type: str
    message: str


class NonChangeableNoticeLine(Shape):
    """A notice that would not be moved, and why."""

    notice_no: AnyNoticeNo
    code: str
    message: str


class StageValidateSummary(Shape):
    """How many notices would be moved."""

    total: Count
    changeable: Count
    non_changeable: Count


class StageValidateReply(Shape):
    """The decision on each notice."""

    changeable_notices: list[ChangeableNoticeLine]
    non_changeable_notices: list[NonChangeableNoticeLine]
    summary: StageValidateSummary


class StageValidateError(Shape):
    """A validation that is refused: empty lists and the error."""

    changeable_notices: Annotated[list[ChangeableNoticeLine], Meta(max_length=0)]
    non_changeable_notices: Annotated[list[NonChangeableNoticeLine], Meta(max_length=0)]
    summary: StageValidateSummary
    error: str
    message: str


class StageSubmitItem(Shape):
    """A notice to move."""

    notice_no: AnyNoticeNo
    new_stage: TargetStage | UnsetType | None = UNSET
    reason: Reason | UnsetType | None = UNSET
    remark: Remarks | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    dh_mha_check: Flag | UnsetType | None = UNSET
    is_confirmation: Flag | UnsetType | None = UNSET


class StageSubmitRequest(Shape):
    """The notices to move."""

    items: Annotated[list[StageSubmitItem], Meta(min_length=1)]


class StageReverseItem(Shape):
    """A notice whose change of stage is taken back."""

    notice_no: AnyNoticeNo


class StageReverseRequest(Shape):
    """The notices whose change of stage is taken back."""

    items: Annotated[list[StageReverseItem], Meta(min_length=1)]


class StageSubmitSummary(Shape):
    """How many notices were moved."""

    requested: Count
    succeeded: Count
    failed: Count


class StageSubmitResult(Shape, kw_only=True):
    """What became of one item: with both stages where it was moved; no item to blame has an empty number."""

    notice_no: str
    outcome: Literal["UPDATED", "FAILED"]
    previous_stage: str | UnsetType = UNSET
    new_stage: str | UnsetType = UNSET
    code: str
    message: str


class SignedReportLink(Shape):
    """Where the report of a submit can be fetched, and until when."""

    url: str
    expires_at: Moment


class StageSubmitReply(Shape):
    """What became of each item; the report is there where one was moved, null if it failed."""

    status: BatchStatus
    summary: StageSubmitSummary
    results: list[StageSubmitResult]
    report: SignedReportLink | UnsetType | None = UNSET


class StageSubmitError(Shape):
    """A submit that is refused: one failed result where it is malformed, the error for any other cause."""

    status: Literal["FAILED"]
    summary: StageSubmitSummary
    results: Annotated[list[StageSubmitResult], Meta(max_length=1)]
    error: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class StageReportListRequest(Shape):
    """The first and the last day of a report list."""

    start_date: Day
    end_date: Day


class StageReportLine(Shape):
    """The changes of one day, and where their workbook is."""

    report_date: Day
    generated_by: str
    notice_count: Count
    report_url: str


class StageReportListReply(Shape):
    """The days with changes, the newest first."""

    reports: list[StageReportLine]
    total_reports: Count
    total_notices: Count


class StageReportRequest(Shape):
    """A report."""

    report_id: ReportId


class PlusChangeRequest(Shape, kw_only=True):
    """The notices PLUS moves from one stage to the next."""

    notice_no: StageNoticeNos
    last_stage_name: Stage
    next_stage_name: Stage
    last_stage_date: Instant | UnsetType | None = UNSET
    new_stage_date: Instant | UnsetType | None = UNSET
    offence_type: OffenceType | UnsetType | None = UNSET
    source: Literal["005"]


class PlusChangeReply(Shape):
    """All notices were moved."""

    status: Literal["SUCCESS"]
    message: str
    notice_count: Count


class PlusChangeError(Shape):
    """No notice was moved; `ERROR` where the fault is not the caller's."""

    status: Literal["FAILED", "ERROR"]
    code: str
    message: str


class ToppanRunRequest(Shape):
    """The notices of a print run, the stage printed for, and when."""

    notice_numbers: Annotated[list[str], Meta(min_length=1)]
    current_stage: Stage
    processing_date: Instant


class ToppanRunReply(Shape):
    """What became of a print run, also of one that is refused; `errors` is null where there are none."""

    total_notices: Count
    automatic_updates: Count
    manual_updates: Count
    skipped: Count
    errors: list[str] | None
    success: bool
