"""The JSON bodies of contract 4: everything in `data`, errors too; the list alone stands bare."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from ocms_core.hst.request_checks import (
    ADDRESS_FIELDS,
    DEFAULT_LIMIT,
    LARGEST_LIMIT,
    LARGEST_SKIP,
)
from ocms_core.kernel import lengths
from ocms_core.kernel.addresses import POSTAL_CODE
from ocms_core.kernel.identity_numbers import FORMS, PASSPORT
from ocms_web.shapes import Count, LocalMoment, Shape

LONGEST = {name: longest for name, (_, longest, _) in ADDRESS_FIELDS.items()}

# Identity numbers are kept in capitals and accepted in either case (F50).
IdNo = Annotated[str, Meta(pattern=f"^{FORMS[PASSPORT].pattern}$")]
Name = Annotated[str, Meta(min_length=1, max_length=lengths.NAME)]
PostalCode = Annotated[str, Meta(pattern=f"^{POSTAL_CODE.pattern}$")]
BlkHseNo = Annotated[str, Meta(min_length=1, max_length=LONGEST["blkHseNo"])]
StreetName = Annotated[str, Meta(min_length=1, max_length=LONGEST["streetName"])]
FloorNo = Annotated[str, Meta(max_length=LONGEST["floorNo"])]
UnitNo = Annotated[str, Meta(max_length=LONGEST["unitNo"])]
BldgName = Annotated[str, Meta(max_length=LONGEST["bldgName"])]
Reason = Annotated[str, Meta(min_length=1, max_length=lengths.REMARKS)]
Remarks = Annotated[str, Meta(max_length=lengths.REMARKS)]
Skip = Annotated[int, Meta(ge=0, le=LARGEST_SKIP, description="0 when absent")]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_LIMIT, description=f"{DEFAULT_LIMIT} when absent")]


class HstErrorData(Shape):
    """The code and text of an error."""

    app_code: str
    message: str


class HstError(Shape):
    """An error of contract 4."""

    data: HstErrorData


class HstEnquiry(Shape):
    """The identity asked about."""

    id_no: IdNo


class LatestAddress(Shape):
    """The latest address known of an identity; a part there is none of is null."""

    postal_code: str | None
    block_hse_no: str | None
    street_name: str | None
    floor_unit_no: str | None
    building_name: str | None


class UnlistedIdentityData(Shape):
    """What is known of an identity that is not on the HST list."""

    app_code: str
    is_hst_id: Literal[False]
    offender_name: str | None
    latest_address: LatestAddress | None
    notices_count: Count


class UnlistedIdentityReply(Shape):
    """The answer about an identity that is not on the HST list."""

    data: UnlistedIdentityData


class ListedIdentityData(Shape):
    """That an identity is on the HST list."""

    app_code: str
    is_hst_id: Literal[True]
    hst_id_no: str
    message: str


class ListedIdentityReply(Shape):
    """The answer about an identity on the HST list."""

    data: ListedIdentityData


class HstApplicationRequest(Shape):
    """An identity to be put on the HST list; floor, unit and building may be empty or absent."""

    id_no: IdNo
    id_type: Literal["N", "F", "U", "B", "P"]
    name: Name
    postal_code: PostalCode
    blk_hse_no: BlkHseNo
    street_name: StreetName
    floor_no: FloorNo | UnsetType | None = UNSET
    unit_no: UnitNo | UnsetType | None = UNSET
    bldg_name: BldgName | UnsetType | None = UNSET


class SuspendedNotice(Shape):
    """A notice that was suspended."""

    notice_no: str
    status: str
    suspension_type: str


class HstApplicationData(Shape):
    """The notices suspended; the message says when there were none."""

    app_code: str
    message: str
    hst_id_created: Literal[True]
    notices_suspended: list[SuspendedNotice]
    total_suspended: Count


class HstApplicationReply(Shape):
    """The answer when an identity was listed."""

    data: HstApplicationData


class HstUpdateByPathRequest(Shape):
    """The new name and address of the identity in the path; floor, unit and building may be absent."""

    name: Name
    postal_code: PostalCode
    blk_hse_no: BlkHseNo
    street_name: StreetName
    floor_no: FloorNo | UnsetType | None = UNSET
    unit_no: UnitNo | UnsetType | None = UNSET
    bldg_name: BldgName | UnsetType | None = UNSET


class HstUpdateRequest(Shape):
    """A listed identity with its new name and address; floor, unit and building may be empty or absent."""

    id_no: IdNo
    name: Name
    postal_code: PostalCode
    blk_hse_no: BlkHseNo
    street_name: StreetName
    floor_no: FloorNo | UnsetType | None = UNSET
    unit_no: UnitNo | UnsetType | None = UNSET
    bldg_name: BldgName | UnsetType | None = UNSET


class HstUpdateData(Shape):
    """How many notices took over the new name and address."""

    app_code: str
    message: str
    notices_updated: Count


class HstUpdateReply(Shape):
    """The answer when a listed identity was updated."""

    data: HstUpdateData


class HstRevivalRequest(Shape):
    """An identity to be revived; both together have 198 characters at most, a reason alone 200."""

    id_no: IdNo
    revival_reason: Reason
    remarks: Remarks | UnsetType | None = UNSET


class RevivedNotice(Shape):
    """A notice whose TS-HST was lifted, with what suspends it now, if anything."""

    notice_no: str
    previous_status: str
    new_status: str


class HstReversalRequest(Shape):
    """An identity whose apply or revive is taken back."""

    id_no: IdNo


class ReversedNotice(Shape):
    """A notice that was put back, with what suspends it now, if anything."""

    notice_no: str
    new_status: str


class HstReversalData(Shape):
    """The notices put back, and whether the identity is on the list now."""

    app_code: str
    message: str
    notices_reversed: list[ReversedNotice]
    total_reversed: Count
    hst_listed: bool


class HstReversalReply(Shape):
    """The answer when an apply or revive was taken back."""

    data: HstReversalData


class HstRevivalData(Shape):
    """The notices revived."""

    app_code: str
    message: str
    notices_revived: list[RevivedNotice]
    total_revived: Count
    hst_deleted: Literal[True]


class HstRevivalReply(Shape):
    """The answer when an identity was revived."""

    data: HstRevivalData


class HstListFilter(Shape):
    """Which rows to list; a blank filter filters nothing, the days bound the day of creation."""

    id_no: str | UnsetType | None = UNSET
    date_from: str | UnsetType | None = UNSET
    date_to: str | UnsetType | None = UNSET


class HstListRequest(Shape):
    """A page of the list."""

    skip: Skip | UnsetType | None = field(name="$skip", default=UNSET)
    limit: Limit | UnsetType | None = field(name="$limit", default=UNSET)
    filter: HstListFilter | UnsetType | None = UNSET


class HstListLine(Shape):
    """An identity on the HST list."""

    id_no: str
    id_type: str
    name: str
    postal_code: str
    blk_hse_no: str
    street_name: str
    created_date: LocalMoment
    notices_count: Count
    last_data_hive_check: LocalMoment | None


class HstListReply(Shape):
    """A page of the list, newest first; `total` counts all rows the filter leaves."""

    total: Count
    limit: Count
    skip: Count
    data: list[HstListLine]
