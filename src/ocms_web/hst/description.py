"""Contract 4 in the API description: prose, and the contract's own examples as values of its shapes."""

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Refusal
from ocms_web.descriptions import BodyDescription, Description, errors_by_status, json_body
from ocms_web.hst.replies import error_body
from ocms_web.hst.shapes import (
    HstApplicationData,
    HstApplicationReply,
    HstApplicationRequest,
    HstEnquiry,
    HstListFilter,
    HstListLine,
    HstListReply,
    HstListRequest,
    HstReversalData,
    HstReversalReply,
    HstReversalRequest,
    HstRevivalData,
    HstRevivalReply,
    HstRevivalRequest,
    HstUpdateByPathRequest,
    HstUpdateData,
    HstUpdateReply,
    HstUpdateRequest,
    IdNo,
    LatestAddress,
    ListedIdentityData,
    ListedIdentityReply,
    ReversedNotice,
    RevivedNotice,
    SuspendedNotice,
    UnlistedIdentityData,
    UnlistedIdentityReply,
)
from ocms_web.problems import STATUS

TAG = "HST suspension"
ID_NO = "S1234567A"
FIRST_NOTICE, SECOND_NOTICE = "500500001A", "500500002B"

ALWAYS: tuple[tuple[Code, str], ...] = (
    (codes.HST_BODY_INVALID, ""),
    (codes.HST_BODY_TOO_LARGE, ""),
    (codes.HST_UNAUTHORIZED, ""),
    (codes.NOT_ALLOWED, ""),
    (codes.RATE_LIMITED, ""),
    (codes.HST_INTERNAL_ERROR, ""),
    (codes.SERVICE_UNAVAILABLE, ""),
)
IDENTITY_ERRORS: tuple[tuple[Code, str], ...] = (
    (codes.FIELD_REQUIRED, "idNo"),
    (codes.FIELD_INVALID, "idNo"),
)


def errors(*refusals: tuple[Code, str]) -> dict[int, BodyDescription]:
    """Return the errors of these codes by status, each with the field its text names."""
    bodies = (
        (code, error_body(Refusal(code, {"field": name, "what": name})))
        for code, name in (*refusals, *ALWAYS)
    )
    return errors_by_status((STATUS[code], body.data.message, body) for code, body in bodies)


EXISTS = Description(
    "Check an offender's HST status",
    "Whether an identity is on the HST list, and if not, what is known of it.",
    TAG,
    json_body("The identity.", contract=HstEnquiry(ID_NO)),
    {
        200: json_body(
            "Whether the identity is listed",
            unlisted=UnlistedIdentityReply(
                UnlistedIdentityData(
                    app_code="OCMS-2000",
                    is_hst_id=False,
                    offender_name="John Tan",
                    latest_address=LatestAddress(
                        postal_code="123456",
                        block_hse_no="123",
                        street_name="Example Street",
                        floor_unit_no="#01-01",
                        building_name="Example Building",
                    ),
                    notices_count=5,
                )
            ),
            listed=ListedIdentityReply(
                ListedIdentityData(
                    app_code="OCMS-2000",
                    is_hst_id=True,
                    hst_id_no=ID_NO,
                    message="ID is suspended under HST",
                )
            ),
        ),
        **errors(*IDENTITY_ERRORS),
    },
)

APPLY = Description(
    "Apply HST suspension",
    "Lists an identity and suspends its notices, all or nothing. Notices under a permanent suspension, in "
    "court or under TS-HST already are left alone.",
    TAG,
    json_body(
        "Building, floor and unit may be empty.",
        contract=HstApplicationRequest(
            id_no=ID_NO,
            id_type="N",
            name="John Tan",
            postal_code="123456",
            blk_hse_no="123",
            street_name="Example Street",
            floor_no="01",
            unit_no="01",
            bldg_name="Example Building",
        ),
    ),
    {
        200: json_body(
            "Listed",
            suspended=HstApplicationReply(
                HstApplicationData(
                    app_code="OCMS-2000",
                    message="HST ID created successfully",
                    hst_id_created=True,
                    notices_suspended=[
                        SuspendedNotice(notice_no=notice_no, status="SUSPENDED", suspension_type="TS-HST")
                        for notice_no in (FIRST_NOTICE, SECOND_NOTICE)
                    ],
                    total_suspended=2,
                )
            ),
            without_notices=HstApplicationReply(
                HstApplicationData(
                    app_code="OCMS-2000",
                    message="HST ID created successfully. There were no Notices to suspend.",
                    hst_id_created=True,
                    notices_suspended=[],
                    total_suspended=0,
                )
            ),
        ),
        **errors(*IDENTITY_ERRORS, (codes.HST_NOT_CREATED, ""), (codes.HST_ID_EXISTS, "")),
    },
)

UPDATE_TEXT = (
    "Gives a listed identity a new name and address, on the list and on the notices it is the current "
    "offender of. Suspensions stay."
)
UPDATE_REPLIES = {
    200: json_body(
        "Updated",
        contract=HstUpdateReply(
            HstUpdateData(app_code="OCMS-2000", message="HST record updated successfully", notices_updated=5)
        ),
    ),
    **errors(*IDENTITY_ERRORS, (codes.HST_NOT_UPDATED, ""), (codes.HST_ID_NOT_FOUND, "")),
}
UPDATE_BY_PATH = Description(
    "Update an HST record",
    UPDATE_TEXT,
    TAG,
    json_body(
        "Building, floor and unit may be empty.",
        contract=HstUpdateByPathRequest(
            name="John Tan Updated",
            postal_code="654321",
            blk_hse_no="456",
            street_name="New Street",
            floor_no="02",
            unit_no="02",
            bldg_name="New Building",
        ),
    ),
    UPDATE_REPLIES,
    url_params={"idNo": IdNo},
)
UPDATE = Description(
    "Update an HST record, the identity in the body",
    UPDATE_TEXT,
    TAG,
    json_body(
        "As the call with the identity in its path, with the identity here.",
        contract=HstUpdateRequest(
            id_no=ID_NO,
            name="John Tan Updated",
            postal_code="654321",
            blk_hse_no="456",
            street_name="New Street",
            floor_no="02",
            unit_no="02",
            bldg_name="New Building",
        ),
    ),
    UPDATE_REPLIES,
)

REVIVE = Description(
    "Revive HST suspension",
    "Lifts TS-HST from all notices of an identity and takes it off the list, all or nothing.",
    TAG,
    json_body(
        "Reason and remarks together have 198 characters at most, a reason alone 200.",
        contract=HstRevivalRequest(
            id_no=ID_NO,
            revival_reason="New address confirmed valid",
            remarks="Offender contacted successfully",
        ),
    ),
    {
        200: json_body(
            "Revived",
            contract=HstRevivalReply(
                HstRevivalData(
                    app_code="OCMS-2000",
                    message="HST suspensions revived successfully",
                    notices_revived=[
                        RevivedNotice(notice_no=notice_no, previous_status="TS-HST", new_status="ACTIVE")
                        for notice_no in (FIRST_NOTICE, SECOND_NOTICE)
                    ],
                    total_revived=2,
                    hst_deleted=True,
                )
            ),
        ),
        **errors(
            *IDENTITY_ERRORS,
            (codes.FIELD_REQUIRED, "revivalReason"),
            (codes.HST_NOT_REVIVED, ""),
            (codes.HST_ID_NOT_FOUND, ""),
        ),
    },
)

REVERSE = Description(
    "Reverse an apply or revive",
    "Puts an identity and its notices back to what they were before an apply or revive of today, all or "
    "nothing, while nothing else has happened to any of them since.",
    TAG,
    json_body("The identity.", first=HstReversalRequest(id_no=ID_NO)),
    {
        200: json_body(
            "Reversed",
            apply=HstReversalReply(
                HstReversalData(
                    app_code=codes.HST_REVERSED.code,
                    message=codes.HST_REVERSED.text,
                    notices_reversed=[ReversedNotice(notice_no=FIRST_NOTICE, new_status="ACTIVE")],
                    total_reversed=1,
                    hst_listed=False,
                )
            ),
        ),
        **errors(
            *IDENTITY_ERRORS,
            (codes.HST_NOTHING_TO_REVERSE, ""),
            (codes.HST_CHANGED_SINCE, "update-hst"),
            (codes.HST_NOT_REVERSED, ""),
        ),
    },
)

LIST = Description(
    "Get the HST list",
    "One page of the list, newest first; blank filters filter nothing.",
    TAG,
    json_body(
        "Dates bound the day of creation, both included.",
        contract=HstListRequest(
            skip=0, limit=10, filter=HstListFilter(id_no="", date_from="2025-01-01", date_to="2026-01-07")
        ),
    ),
    {
        200: json_body(
            "A page of the list",
            contract=HstListReply(
                total=100,
                limit=10,
                skip=0,
                data=[
                    HstListLine(
                        id_no=ID_NO,
                        id_type="N",
                        name="John Tan",
                        postal_code="123456",
                        blk_hse_no="123",
                        street_name="Example Street",
                        created_date="2025-11-01T00:00:00",
                        notices_count=5,
                        last_data_hive_check="2025-12-01T00:00:00",
                    )
                ],
            ),
        ),
        **errors((codes.FIELD_INVALID, "$limit")),
    },
)
