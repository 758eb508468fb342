"""The JSON bodies of contract 3 and the timeline: `success` with its fields, or false with the error."""

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from ocms_core.kernel.addresses import POSTAL_CODE
from ocms_core.kernel.identity_numbers import IdTypeWord
from ocms_core.offenders.facts import RoleWord
from ocms_core.offenders.request_reader import CONTACT_NO, COUNTRY_CODE, LENGTHS, LONGEST_PAGE, PAGE
from ocms_web.shapes import Count, Day, Dollars, Moment, NoticeNo, Shape, any_of

IdNo = Annotated[str, Meta(min_length=1, max_length=LENGTHS["idNo"])]
Name = Annotated[str, Meta(min_length=1, max_length=LENGTHS["name"])]
Email = Annotated[str, Meta(max_length=LENGTHS["email"])]
CountryCode = Annotated[str, Meta(pattern=f"^{COUNTRY_CODE.pattern}$")]
ContactNo = Annotated[str, Meta(pattern=f"^{CONTACT_NO.pattern}$")]
BlockNo = Annotated[str, Meta(max_length=LENGTHS["blockNo"])]
StreetName = Annotated[str, Meta(max_length=LENGTHS["streetName"])]
BuildingName = Annotated[str, Meta(max_length=LENGTHS["buildingName"])]
FloorAndUnit = Annotated[str, Meta(description="Floor and unit, as 01-01")]
PostalCode = Annotated[str, Meta(pattern=f"^{POSTAL_CODE.pattern}$")]
Relationship = Annotated[str, Meta(max_length=LENGTHS["relationship"])]
Remarks = Annotated[str, Meta(max_length=LENGTHS["remarks"])]
Skip = Annotated[int, Meta(ge=0, description="0 when absent")]
Limit = Annotated[int, Meta(ge=1, le=LONGEST_PAGE, description=f"{PAGE} when absent")]


class OffenderError(Shape):
    """A refusal of contract 3: the kind of error, its reason and the contract's text."""

    success: Literal[False]
    error_type: str
    reason: str
    message: str


class FieldViolation(Shape):
    """One field that is wrong; null where no single field is to blame."""

    field: str | None
    message: str


class InvalidFieldsError(Shape):
    """The fields that are wrong, all at once; the first, in the contract's order, is repeated before them."""

    success: Literal[False]
    error_type: Literal["VALIDATION_ERROR"]
    field: str | None
    message: str
    violations: list[FieldViolation]


class TechnicalError(Shape):
    """A fault: the operation that failed; `intranetUpdated` when the change itself stands."""

    success: Literal[False]
    error_type: Literal["TECHNICAL_ERROR"]
    operation: str
    message: str
    intranet_updated: Literal[True] | UnsetType = UNSET


class PostalAddress(Shape):
    """A mailing address in its parts; a part that is absent stays, one that is null is none."""

    block_no: BlockNo | UnsetType | None = UNSET
    street_name: StreetName | UnsetType | None = UNSET
    building_name: BuildingName | UnsetType | None = UNSET
    unit_no: FloorAndUnit | UnsetType | None = UNSET
    postal_code: PostalCode | UnsetType | None = UNSET


class FurnishedAddress(Shape):
    """The furnished mailing address, in the request's own shape; a part that is not known is null."""

    block_no: str | None
    street_name: str | None
    building_name: str | None
    unit_no: FloorAndUnit | None
    postal_code: str | None


class EligibilityRequest(Shape):
    """A notice and a role."""

    notice_no: NoticeNo
    offender_type: RoleWord


class EligibilityReply(Shape):
    """Whether the role can be furnished or redirected to, and why it cannot be furnished."""

    success: Literal[True]
    can_furnish: bool
    can_redirect: bool
    current_stage: str
    reason_code: str | None
    reason_message: str | None


class FurnishOffenderRequest(Shape):
    """The notice, the role and the person."""

    notice_no: NoticeNo
    offender_type: RoleWord
    id_type: IdTypeWord
    id_no: IdNo
    name: Name
    email: Email | UnsetType | None = UNSET
    country_code: CountryCode | UnsetType | None = UNSET
    contact_no: ContactNo | UnsetType | None = UNSET
    address: PostalAddress | UnsetType | None = UNSET
    relationship: Relationship | UnsetType | None = UNSET
    rental_period_from: Day | UnsetType | None = UNSET
    rental_period_to: Day | UnsetType | None = UNSET
    remarks: Remarks | UnsetType | None = UNSET


class FurnishReply(Shape):
    """The person is the current offender."""

    success: Literal[True]
    notice_no: NoticeNo
    offender_type: RoleWord
    offender_record_created: bool
    offender_indicator_set: Literal[True]
    processing_stage_updated: Literal[True]
    new_processing_stage: str
    message: str


class ReverseOffenderRequest(Shape):
    """The notices whose furnish or redirect is taken back."""

    notice_nos: Annotated[list[NoticeNo], Meta(min_length=1)]


class ReversalResult(Shape, kw_only=True):
    """What became of one notice: with what was taken back and both stages where it was put back."""

    notice_no: str
    reversed: bool
    operation: str | UnsetType = UNSET
    previous_processing_stage: str | UnsetType = UNSET
    new_processing_stage: str | UnsetType = UNSET
    code: str
    message: str


class ReverseOffenderReply(Shape):
    """What became of each notice."""

    success: Literal[True]
    results: list[ReversalResult]


class RedirectRequest(Shape):
    """The notice, from which role to which, and the person."""

    notice_no: NoticeNo
    from_offender_type: RoleWord
    to_offender_type: RoleWord
    id_type: IdTypeWord
    id_no: IdNo
    name: Name
    email: Email | UnsetType | None = UNSET
    country_code: CountryCode | UnsetType | None = UNSET
    contact_no: ContactNo | UnsetType | None = UNSET
    address: PostalAddress | UnsetType | None = UNSET
    remarks: Remarks | UnsetType | None = UNSET


class RedirectReply(Shape):
    """The notice has passed to the person."""

    success: Literal[True]
    notice_no: NoticeNo
    redirected_from: RoleWord
    redirected_to: RoleWord
    previous_offender_cleared: Literal[True]
    new_offender_created: bool
    offender_indicator_transferred: Literal[True]
    processing_stage_updated: Literal[True]
    new_processing_stage: str
    message: str


class UpdateOffenderRequest(Shape):
    """The notice, the role, and at least one field; a field that is absent stays, null clears it."""

    notice_no: NoticeNo
    offender_type: RoleWord
    name: Name | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    country_code: CountryCode | UnsetType | None = UNSET
    contact_no: ContactNo | UnsetType | None = UNSET
    address: PostalAddress | UnsetType | None = UNSET
    remarks: Remarks | UnsetType | None = UNSET


class UpdateOffenderReply(Shape):
    """The particulars are updated."""

    success: Literal[True]
    notice_no: NoticeNo
    offender_type: RoleWord
    particulars_updated: Literal[True]
    message: str


class NoticeRequest(Shape):
    """A notice."""

    notice_no: NoticeNo


class OffenderBlock(Shape):
    """Who holds one role; where nobody does, only the first two fields are there."""

    exists: bool
    is_current_offender: bool
    id_type: str | UnsetType | None = UNSET
    id_no: str | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    contact_no: str | UnsetType | None = UNSET
    address: FurnishedAddress | UnsetType | None = UNSET


class OffenderDetailsReply(Shape):
    """Who holds each role of a notice."""

    success: Literal[True]
    notice_no: NoticeNo
    vehicle_no: str
    current_processing_stage: str
    owner: OffenderBlock
    hirer: OffenderBlock
    driver: OffenderBlock


class TimelineRequest(Shape):
    """A notice and a page of its timeline."""

    notice_no: NoticeNo
    skip: Skip | UnsetType | None = UNSET
    limit: Limit | UnsetType | None = UNSET


class StageEventDetails(Shape):
    """A stage change."""

    from_stage: str | None = field(name="from")
    to_stage: str = field(name="to")
    reason: str | None
    source: str | None
    remarks: str | None


class SuspensionEventDetails(Shape):
    """A suspension."""

    type: str
    reason: str
    source: str
    due: Moment | None
    remarks: str | None


class RevivalEventDetails(Shape):
    """A revival of a suspension."""

    type: str
    reason: str
    revival_reason: str | None
    remarks: str | None


class FormerOffender(Shape):
    """Who held the role before."""

    is_current_offender: bool
    id_type: str | None
    id_no: str
    name: str | None
    email: str | None
    contact_no: str | None
    address: FurnishedAddress | None
    relationship: str | None
    rental_period_from: Day | None
    rental_period_to: Day | None
    remarks: str | None


class OffenderEventDetails(Shape):
    """A furnish, redirect or update of an offender; the stages are null where none changed."""

    action: str
    role: str
    former_current: str | None
    from_stage: str | None = field(name="from")
    to_stage: str | None = field(name="to")
    former: FormerOffender | None


class CourtEventDetails(Shape):
    """A court case."""

    due: Moment | None
    reason: str | None


class PaymentEventDetails(Shape):
    """A payment."""

    reason: str | None
    status: str | None
    paid: Dollars | None


if TYPE_CHECKING:
    EventDetails = (
        StageEventDetails
        | SuspensionEventDetails
        | RevivalEventDetails
        | OffenderEventDetails
        | CourtEventDetails
        | PaymentEventDetails
    )
else:
    EventDetails = any_of(
        StageEventDetails,
        SuspensionEventDetails,
        RevivalEventDetails,
        OffenderEventDetails,
        CourtEventDetails,
        PaymentEventDetails,
    )


class TimelineLine(Shape):
    """One event of a notice; its details have the shape of its kind."""

    at: Moment
    kind: Literal["STAGE", "SUSPENSION", "REVIVAL", "OFFENDER", "COURT", "PAYMENT"]
    officer: str | None
    details: EventDetails


class TimelineReply(Shape):
    """One page of events, newest first; `total` counts all pages."""

    success: Literal[True]
    notice_no: NoticeNo
    total: Count
    skip: Count
    limit: Count
    events: list[TimelineLine]
