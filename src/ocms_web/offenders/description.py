"""Contract 3 in the API description: prose, and the contract's own examples as values of its shapes."""

from datetime import datetime

from msgspec import UnsetType

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.offenders.request_reader import PAGE
from ocms_web.descriptions import BodyDescription, Description, errors_by_status, json_body
from ocms_web.json_codec import Reply
from ocms_web.offenders.replies import (
    business_error,
    invalid_fields,
    not_on_internet,
    reading_problem,
    technical_error,
    writing_problem,
)
from ocms_web.offenders.shapes import (
    EligibilityReply,
    EligibilityRequest,
    FurnishedAddress,
    FurnishOffenderRequest,
    FurnishReply,
    Limit,
    NoticeRequest,
    OffenderBlock,
    OffenderDetailsReply,
    OffenderEventDetails,
    PostalAddress,
    RedirectReply,
    RedirectRequest,
    ReversalResult,
    ReverseOffenderReply,
    ReverseOffenderRequest,
    Skip,
    TimelineLine,
    TimelineReply,
    TimelineRequest,
    UpdateOffenderReply,
    UpdateOffenderRequest,
)
from ocms_web.problems import Problem
from ocms_web.shapes import NoticeNo

TAG = "Offenders"
NOTICE_NO = "500500303J"

ORCHARD = PostalAddress(
    block_no="123",
    street_name="ORCHARD ROAD",
    building_name="PLAZA TOWER",
    unit_no="01-01",
    postal_code="238888",
)
FURNISHED_ORCHARD = FurnishedAddress(
    block_no="123",
    street_name="ORCHARD ROAD",
    building_name="PLAZA TOWER",
    unit_no="01-01",
    postal_code="238888",
)

CREDENTIAL_CODES = (
    codes.JWT_INVALID,
    codes.API_KEY_INVALID,
    codes.OFFICER_NOT_ALLOWED,
    codes.OFFICER_RATE_LIMITED,
)


def errors(*refusals: Code, field: tuple[str, str], more: tuple[Reply, ...]) -> dict[int, BodyDescription]:
    """Return the errors of a call by status, each as it is answered; `field` is one that may be wrong."""
    replies = (
        invalid_fields([field]),
        *(business_error(code) for code in (*CREDENTIAL_CODES, *refusals)),
        technical_error(codes.UNEXPECTED_ERROR),
        reading_problem(Problem.TOO_LARGE),
        *more,
    )
    return errors_by_status((reply.status, reply.body.message, reply.body) for reply in replies)


def reading_errors(*refusals: Code, field: tuple[str, str]) -> dict[int, BodyDescription]:
    """Return the errors of a call that reads."""
    return errors(*refusals, field=field, more=(reading_problem(Problem.UNAVAILABLE),))


def writing_errors(*refusals: Code, field: tuple[str, str]) -> dict[int, BodyDescription]:
    """Return the errors of a call that writes."""
    more = (technical_error(codes.DB_UPDATE), not_on_internet(), writing_problem(Problem.UNAVAILABLE))
    return errors(*refusals, field=field, more=more)


NO_NOTICE_NO = ("noticeNo", "Notice number is required")
BLOCKING_CODES = (codes.NOTICE_NOT_FOUND, codes.PERMANENT_SUSPENSION, codes.LAST_STAGE_AFTER_CPC)

CHECK_ELIGIBILITY = Description(
    "Check furnish and redirect",
    "Whether a notice can be furnished or redirected, and if not, why. Writes nothing.",
    TAG,
    json_body("A notice and a role.", contract=EligibilityRequest(NOTICE_NO, "HIRER")),
    {
        200: json_body(
            "What can be done",
            can=EligibilityReply(
                success=True,
                can_furnish=True,
                can_redirect=True,
                current_stage="RD1",
                reason_code=None,
                reason_message=None,
            ),
            cannot=EligibilityReply(
                success=True,
                can_furnish=False,
                can_redirect=False,
                current_stage="CPC",
                reason_code="LAST_STAGE_AFTER_CPC",
                reason_message="Notice is at final processing stage",
            ),
        ),
        **reading_errors(codes.NOTICE_NOT_FOUND, field=NO_NOTICE_NO),
    },
)

FURNISH = Description(
    "Furnish an offender",
    "Makes an owner, hirer or driver the current offender. Whoever held the role before is overwritten and "
    "kept in the timeline. 500 SYNC_INTERNET means that the change was made and reaches the Internet side "
    "later.",
    TAG,
    json_body(
        "The notice, the role and the person.",
        contract=FurnishOffenderRequest(
            notice_no=NOTICE_NO,
            offender_type="HIRER",
            id_type="NRIC",
            id_no="S1234567A",
            name="JOHN LEE",
            email="john.lee@email.com",
            country_code="65",
            contact_no="91234567",
            address=ORCHARD,
            relationship="Employee",
            rental_period_from="2025-01-01",
            rental_period_to="2025-12-31",
            remarks="Furnished by OIC",
        ),
    ),
    {
        200: json_body(
            "Furnished",
            contract=FurnishReply(
                success=True,
                notice_no=NOTICE_NO,
                offender_type="HIRER",
                offender_record_created=True,
                offender_indicator_set=True,
                processing_stage_updated=True,
                new_processing_stage="RD2",
                message="Hirer furnished successfully",
            ),
        ),
        **writing_errors(*BLOCKING_CODES, codes.NOT_FURNISHABLE, field=("idNo", "ID number is required")),
    },
)

REDIRECT = Description(
    "Redirect a notice",
    "Passes a notice on from its current offender to a person in another role; its stages start anew.",
    TAG,
    json_body(
        "The notice, from which role to which, and the person.",
        contract=RedirectRequest(
            notice_no=NOTICE_NO,
            from_offender_type="OWNER",
            to_offender_type="HIRER",
            id_type="NRIC",
            id_no="S1234567A",
            name="JOHN LEE",
            email="john.lee@email.com",
            country_code="65",
            contact_no="91234567",
            address=ORCHARD,
            remarks="Redirected by OIC",
        ),
    ),
    {
        200: json_body(
            "Redirected",
            contract=RedirectReply(
                success=True,
                notice_no=NOTICE_NO,
                redirected_from="OWNER",
                redirected_to="HIRER",
                previous_offender_cleared=True,
                new_offender_created=True,
                offender_indicator_transferred=True,
                processing_stage_updated=True,
                new_processing_stage="RD1",
                message="Notice redirected successfully",
            ),
        ),
        **writing_errors(
            codes.REDIRECT_SAME_ROLE,
            *BLOCKING_CODES,
            codes.OFFENDER_NOT_FOUND,
            codes.NOT_CURRENT_OFFENDER,
            field=("fromOffenderType", "Invalid offender type"),
        ),
    },
)

REVERSE = Description(
    "Take back a furnish or redirect",
    "Puts each notice and the people in its roles back to what they were before a furnish or redirect of "
    "today, while nothing else has happened to the notice since. 500 SYNC_INTERNET means that they are put "
    "back and the Internet side follows later.",
    TAG,
    json_body("The notices.", first=ReverseOffenderRequest([NOTICE_NO])),
    {
        200: json_body(
            "What became of each notice",
            reversed=ReverseOffenderReply(
                success=True,
                results=[
                    ReversalResult(
                        notice_no=NOTICE_NO,
                        reversed=True,
                        operation="offender-furnish",
                        previous_processing_stage="RD2",
                        new_processing_stage="RD1",
                        code=codes.OFFENDER_REVERSED.code,
                        message=codes.OFFENDER_REVERSED.text,
                    )
                ],
            ),
            refused=ReverseOffenderReply(
                success=True,
                results=[
                    ReversalResult(
                        notice_no=NOTICE_NO,
                        reversed=False,
                        code=codes.NOTHING_TO_REVERSE.code,
                        message=codes.NOTHING_TO_REVERSE.text,
                    )
                ],
            ),
        ),
        **writing_errors(field=("noticeNos", "Notice numbers are required")),
    },
)

UPDATE = Description(
    "Update particulars",
    "Changes the fields given of the current offender; null clears one. Identity, indicator and stage stay.",
    TAG,
    json_body(
        "The notice, the role, and at least one field.",
        contract=UpdateOffenderRequest(
            notice_no=NOTICE_NO,
            offender_type="HIRER",
            name="JOHN LEE UPDATED",
            email="john.lee.new@email.com",
            country_code="65",
            contact_no="98765432",
            address=PostalAddress(
                block_no="456",
                street_name="MARINA BAY",
                building_name="TOWER A",
                unit_no="02-02",
                postal_code="018989",
            ),
            remarks="Address updated by OIC",
        ),
    ),
    {
        200: json_body(
            "Updated",
            contract=UpdateOffenderReply(
                success=True,
                notice_no=NOTICE_NO,
                offender_type="HIRER",
                particulars_updated=True,
                message="Offender particulars updated successfully",
            ),
        ),
        **writing_errors(
            codes.NOTICE_NOT_FOUND,
            codes.OFFENDER_NOT_FOUND,
            codes.NOT_CURRENT_OFFENDER,
            field=("name", "Name is required"),
        ),
    },
)

DETAILS_REPLIES = {
    200: json_body(
        "Owner, hirer and driver",
        contract=OffenderDetailsReply(
            success=True,
            notice_no=NOTICE_NO,
            vehicle_no="SNC7392R",
            current_processing_stage="RD1",
            owner=OffenderBlock(
                exists=True,
                is_current_offender=False,
                id_type="NRIC",
                id_no="S9876543B",
                name="VEHICLE OWNER PTE LTD",
                email="owner@company.com",
                contact_no="61234567",
                address=FURNISHED_ORCHARD,
            ),
            hirer=OffenderBlock(
                exists=True,
                is_current_offender=True,
                id_type="NRIC",
                id_no="S1234567A",
                name="JOHN LEE",
                email="john.lee@email.com",
                contact_no="91234567",
                address=FURNISHED_ORCHARD,
            ),
            driver=OffenderBlock(exists=False, is_current_offender=False),
        ),
    ),
    **reading_errors(codes.NOTICE_NOT_FOUND, field=NO_NOTICE_NO),
}
DETAILS_TEXT = "Who holds each role of a notice. Each read is recorded."
NOTICE = json_body("A notice.", contract=NoticeRequest(NOTICE_NO))

POST_DETAILS = Description("Get offender details", DETAILS_TEXT, TAG, NOTICE, DETAILS_REPLIES)
GET_DETAILS = Description(
    "Get offender details",
    DETAILS_TEXT,
    TAG,
    NOTICE,
    DETAILS_REPLIES,
    url_params={"noticeNo": NoticeNo},
)

TIMELINE_REPLIES = {
    200: json_body(
        "One page of events, newest first",
        furnish=TimelineReply(
            success=True,
            notice_no=NOTICE_NO,
            total=1,
            skip=0,
            limit=PAGE,
            events=[
                TimelineLine(
                    at=datetime(2026, 1, 14, 9, 30, tzinfo=SINGAPORE),
                    kind="OFFENDER",
                    officer="OIC001",
                    details=OffenderEventDetails(
                        action="FURNISH",
                        role="HIRER",
                        former_current="OWNER",
                        from_stage="RD1",
                        to_stage="RD2",
                        former=None,
                    ),
                )
            ],
        ),
    ),
    **reading_errors(codes.NOTICE_NOT_FOUND, field=NO_NOTICE_NO),
}
TIMELINE_TEXT = (
    "Stage changes, suspensions and revivals, offender changes, court and payment of a notice: who and when, "
    "newest first, with whoever held a role before. Each read is recorded."
)
TIMELINE_PAGE = json_body("A notice and a page.", first=TimelineRequest(NOTICE_NO, skip=0, limit=PAGE))

POST_TIMELINE = Description("Get the timeline", TIMELINE_TEXT, TAG, TIMELINE_PAGE, TIMELINE_REPLIES)
GET_TIMELINE = Description(
    "Get the timeline",
    TIMELINE_TEXT,
    TAG,
    TIMELINE_PAGE,
    TIMELINE_REPLIES,
    url_params={"noticeNo": NoticeNo, "skip": Skip | UnsetType, "limit": Limit | UnsetType},
)
