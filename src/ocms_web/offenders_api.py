"""Contract 3 as the API description tells it: schemas, and the contract's own examples."""

from typing import Any

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import Code
from ocms_core.offenders.facts import ROLES
from ocms_core.offenders.field_checks import LONGEST_PAGE, PAGE
from ocms_core.offenders.fields import ID_TYPES
from ocms_web.court_api import LIMITS, Schema, rate, record
from ocms_web.descriptions import BodyDescription, Description
from ocms_web.envelopes import offenders as envelope
from ocms_web.json_codec import Reply

TAG = "Offenders"
TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TRUTH: Schema = {"type": "boolean"}
NOTICE_NO: Schema = {"type": "string", "pattern": "^[0-9A-Za-z]{1,10}$"}
ROLE: Schema = {"enum": list(ROLES)}
DAY: Schema = {"type": ["string", "null"], "format": "date"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER = "500500303J"

ADDRESS: Schema = {
    "type": ["object", "null"],
    "properties": {
        "blockNo": {"type": ["string", "null"], "maxLength": 10},
        "streetName": {"type": ["string", "null"], "maxLength": 32},
        "buildingName": {"type": ["string", "null"], "maxLength": 65},
        "unitNo": {"type": ["string", "null"], "description": "Floor and unit, as 01-01"},
        "postalCode": {"type": ["string", "null"], "pattern": "^[0-9]{6}$"},
    },
}
CONTACT: dict[str, Schema] = {
    "email": {"type": ["string", "null"], "maxLength": 320},
    "countryCode": {"type": ["string", "null"], "pattern": "^[0-9]{1,3}$"},
    "contactNo": {"type": ["string", "null"], "pattern": "^[0-9]{1,12}$"},
    "address": ADDRESS,
}
PERSON: dict[str, Schema] = {
    "idType": {"enum": list(ID_TYPES)},
    "idNo": {"type": "string", "maxLength": 12},
    "name": {"type": "string", "maxLength": 66},
}
REMARKS: Schema = {"type": ["string", "null"], "maxLength": 200}

ORCHARD = {
    "blockNo": "123",
    "streetName": "ORCHARD ROAD",
    "buildingName": "PLAZA TOWER",
    "unitNo": "01-01",
    "postalCode": "238888",
}
JOHN = {
    "idType": "NRIC",
    "idNo": "S1234567A",
    "name": "JOHN LEE",
    "email": "john.lee@email.com",
    "countryCode": "65",
    "contactNo": "91234567",
    "address": ORCHARD,
}


def some(required: tuple[str, ...], **properties: Schema) -> Schema:
    """Describe an object some of whose fields may be left out."""
    return {"type": "object", "required": list(required), "properties": properties}


def asks(description: str, schema: Schema, example: dict[str, Any]) -> BodyDescription:
    """Describe a request with the contract's own."""
    return BodyDescription(description, schema, {"contract": example})


def answers(description: str, example: dict[str, Any]) -> BodyDescription:
    """Describe a success with the contract's own; every field of it is always there."""
    return BodyDescription(
        description,
        record(**{name: schema_of(value) for name, value in example.items()}),
        {"contract": example},
    )


def schema_of(value: object) -> Schema:
    """Describe a field by its example."""
    if isinstance(value, bool):
        return TRUTH
    return TEXT if isinstance(value, str) else TEXT_OR_NULL if value is None else {"type": "object"}


ERROR = some(("success", "errorType", "message"), success={"const": False}, errorType=TEXT, message=TEXT)


def errors(reason_codes: tuple[Code, ...], *, field: tuple[str, str]) -> dict[int, BodyDescription]:
    """Describe the errors of a call by status, each as it is answered."""
    by_status: dict[int, dict[str, Any]] = {}
    everybody = (
        codes.JWT_INVALID,
        codes.API_KEY_INVALID,
        codes.OFFICER_NOT_ALLOWED,
        codes.OFFICER_RATE_LIMITED,
    )
    replies: list[tuple[str, Reply]] = [(field[1], envelope.invalid([field]))]
    replies += [(code.text, envelope.failed(code)) for code in (*everybody, *reason_codes)]
    replies.append((codes.UNEXPECTED_ERROR.text, envelope.technical(codes.UNEXPECTED_ERROR)))
    for name, reply in replies:
        by_status.setdefault(reply.status, {})[name] = reply.body
    return {
        status: BodyDescription("; ".join(examples), ERROR, examples)
        for status, examples in by_status.items()
    }


def reads(*reason_codes: Code, field: tuple[str, str]) -> dict[int, BodyDescription]:
    """Describe the errors of a call that reads."""
    unreachable = envelope.technical(codes.DB_READ)
    return {
        **errors(reason_codes, field=field),
        413: BodyDescription("Too large", ERROR, {}),
        503: BodyDescription(codes.DB_READ.text, ERROR, {codes.DB_READ.text: unreachable.body}),
    }


def writes(*reason_codes: Code, field: tuple[str, str]) -> dict[int, BodyDescription]:
    """Describe the errors of a call that writes."""
    update, sync = envelope.technical(codes.DB_UPDATE), envelope.not_shown()
    faults = {codes.DB_UPDATE.text: update.body, codes.SYNC_INTERNET.text: sync.body}
    return {
        **errors(reason_codes, field=field),
        413: BodyDescription("Too large", ERROR, {}),
        500: BodyDescription(f"{codes.DB_UPDATE.text}; {codes.SYNC_INTERNET.text}", ERROR, faults),
        503: BodyDescription(codes.DB_UPDATE.text, ERROR, {codes.DB_UPDATE.text: update.body}),
    }


NO_NUMBER = ("noticeNo", "Notice number is required")
IN_THE_WAY = (codes.NOTICE_NOT_FOUND, codes.PERMANENT_SUSPENSION, codes.LAST_STAGE_AFTER_CPC)

CHECK_ELIGIBILITY = Description(
    "Check furnish and redirect",
    "Tells whether a notice can be furnished or redirected, and what is in the way of furnishing. Writes "
    "nothing. " + rate(LIMITS[Operation.CHECK_OFFENDER_ELIGIBILITY]),
    TAG,
    asks(
        "A notice and a role.",
        record(noticeNo=NOTICE_NO, offenderType=ROLE),
        {"noticeNo": NUMBER, "offenderType": "HIRER"},
    ),
    {
        200: BodyDescription(
            "What can be done",
            record(
                success=TRUTH,
                canFurnish=TRUTH,
                canRedirect=TRUTH,
                currentStage=TEXT,
                reasonCode=TEXT_OR_NULL,
                reasonMessage=TEXT_OR_NULL,
            ),
            {
                "can": {
                    "success": True,
                    "canFurnish": True,
                    "canRedirect": True,
                    "currentStage": "RD1",
                    "reasonCode": None,
                    "reasonMessage": None,
                },
                "cannot": {
                    "success": True,
                    "canFurnish": False,
                    "canRedirect": False,
                    "currentStage": "CPC",
                    "reasonCode": "LAST_STAGE_AFTER_CPC",
                    "reasonMessage": "Notice is at final processing stage",
                },
            },
        ),
        **reads(codes.NOTICE_NOT_FOUND, field=NO_NUMBER),
    },
)

FURNISH = Description(
    "Furnish an offender",
    "Makes an owner, hirer or driver the current offender. Whoever stood in the role is overwritten and "
    "kept in the timeline. 500 SYNC_INTERNET means the change stands and reaches the Internet side later. "
    + rate(LIMITS[Operation.FURNISH_OFFENDER]),
    TAG,
    asks(
        "The notice, the role and the person.",
        some(
            ("noticeNo", "offenderType", "idType", "idNo", "name"),
            noticeNo=NOTICE_NO,
            offenderType=ROLE,
            **PERSON,
            **CONTACT,
            relationship={"type": ["string", "null"], "maxLength": 50},
            rentalPeriodFrom=DAY,
            rentalPeriodTo=DAY,
            remarks=REMARKS,
        ),
        {
            "noticeNo": NUMBER,
            "offenderType": "HIRER",
            **JOHN,
            "relationship": "Employee",
            "rentalPeriodFrom": "2025-01-01",
            "rentalPeriodTo": "2025-12-31",
            "remarks": "Furnished by OIC",
        },
    ),
    {
        200: answers(
            "Furnished",
            {
                "success": True,
                "noticeNo": NUMBER,
                "offenderType": "HIRER",
                "offenderRecordCreated": True,
                "offenderIndicatorSet": True,
                "processingStageUpdated": True,
                "newProcessingStage": "RD2",
                "message": "Hirer furnished successfully",
            },
        ),
        **writes(*IN_THE_WAY, codes.NOT_FURNISHABLE, field=("idNo", "ID number is required")),
    },
)

REDIRECT = Description(
    "Redirect a notice",
    "Passes a notice on from its current offender to somebody in another role; its road starts anew. "
    + rate(LIMITS[Operation.REDIRECT_NOTICE]),
    TAG,
    asks(
        "The notice, from which role to which, and the person.",
        some(
            ("noticeNo", "fromOffenderType", "toOffenderType", "idType", "idNo", "name"),
            noticeNo=NOTICE_NO,
            fromOffenderType=ROLE,
            toOffenderType=ROLE,
            **PERSON,
            **CONTACT,
            remarks=REMARKS,
        ),
        {
            "noticeNo": NUMBER,
            "fromOffenderType": "OWNER",
            "toOffenderType": "HIRER",
            **JOHN,
            "remarks": "Redirected by OIC",
        },
    ),
    {
        200: answers(
            "Redirected",
            {
                "success": True,
                "noticeNo": NUMBER,
                "redirectedFrom": "OWNER",
                "redirectedTo": "HIRER",
                "previousOffenderCleared": True,
                "newOffenderCreated": True,
                "offenderIndicatorTransferred": True,
                "processingStageUpdated": True,
                "newProcessingStage": "RD1",
                "message": "Notice redirected successfully",
            },
        ),
        **writes(
            codes.REDIRECT_SAME_ROLE,
            *IN_THE_WAY,
            codes.OFFENDER_NOT_FOUND,
            codes.NOT_CURRENT_OFFENDER,
            field=("fromOffenderType", "Invalid offender type"),
        ),
    },
)

UPDATE = Description(
    "Update particulars",
    "Changes the fields given of the current offender; null clears one. Identity, indicator and stage stay. "
    + rate(LIMITS[Operation.UPDATE_OFFENDER]),
    TAG,
    asks(
        "The notice, the role, and at least one field.",
        some(
            ("noticeNo", "offenderType"),
            noticeNo=NOTICE_NO,
            offenderType=ROLE,
            name={"type": ["string", "null"], "maxLength": 66},
            **CONTACT,
            remarks=REMARKS,
        ),
        {
            "noticeNo": NUMBER,
            "offenderType": "HIRER",
            "name": "JOHN LEE UPDATED",
            "email": "john.lee.new@email.com",
            "countryCode": "65",
            "contactNo": "98765432",
            "address": {
                "blockNo": "456",
                "streetName": "MARINA BAY",
                "buildingName": "TOWER A",
                "unitNo": "02-02",
                "postalCode": "018989",
            },
            "remarks": "Address updated by OIC",
        },
    ),
    {
        200: answers(
            "Updated",
            {
                "success": True,
                "noticeNo": NUMBER,
                "offenderType": "HIRER",
                "particularsUpdated": True,
                "message": "Offender particulars updated successfully",
            },
        ),
        **writes(
            codes.NOTICE_NOT_FOUND,
            codes.OFFENDER_NOT_FOUND,
            codes.NOT_CURRENT_OFFENDER,
            field=("name", "Name is required"),
        ),
    },
)

BLOCK = some(
    ("exists", "isCurrentOffender"),
    exists=TRUTH,
    isCurrentOffender=TRUTH,
    idType=TEXT_OR_NULL,
    idNo=TEXT,
    name=TEXT_OR_NULL,
    email=TEXT_OR_NULL,
    contactNo=TEXT_OR_NULL,
    url_params=ADDRESS,
)
DETAILS = {
    200: BodyDescription(
        "Owner, hirer and driver",
        record(
            success=TRUTH,
            noticeNo=NOTICE_NO,
            vehicleNo=TEXT,
            currentProcessingStage=TEXT,
            owner=BLOCK,
            hirer=BLOCK,
            driver=BLOCK,
        ),
        {
            "contract": {
                "success": True,
                "noticeNo": NUMBER,
                "vehicleNo": "SNC7392R",
                "currentProcessingStage": "RD1",
                "owner": {
                    "exists": True,
                    "isCurrentOffender": False,
                    "idType": "NRIC",
                    "idNo": "S9876543B",
                    "name": "VEHICLE OWNER PTE LTD",
                    "email": "owner@company.com",
                    "contactNo": "61234567",
                    "address": ORCHARD,
                },
                "hirer": {
                    "exists": True,
                    "isCurrentOffender": True,
                    "idType": "NRIC",
                    "idNo": "S1234567A",
                    "name": "JOHN LEE",
                    "email": "john.lee@email.com",
                    "contactNo": "91234567",
                    "address": ORCHARD,
                },
                "driver": {"exists": False, "isCurrentOffender": False},
            }
        },
    ),
    **reads(codes.NOTICE_NOT_FOUND, field=NO_NUMBER),
}
DETAILS_TEXT = "Who stands in the roles of a notice. Every look is recorded. " + rate(
    LIMITS[Operation.GET_OFFENDERS]
)
A_NOTICE = asks("A notice.", record(noticeNo=NOTICE_NO), {"noticeNo": NUMBER})

POST_DETAILS = Description("Get offender details", DETAILS_TEXT, TAG, A_NOTICE, DETAILS)
GET_DETAILS = Description(
    "Get offender details", DETAILS_TEXT, TAG, A_NOTICE, DETAILS, url_params={"noticeNo": NOTICE_NO}
)

LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
SKIP: Schema = {"type": "integer", "minimum": 0, "default": 0}
TIMELINE = {
    200: BodyDescription(
        "One page of events, newest first",
        record(
            success=TRUTH,
            noticeNo=NOTICE_NO,
            total=COUNT,
            skip=COUNT,
            limit=COUNT,
            events={
                "type": "array",
                "items": record(
                    at={"type": "string", "format": "date-time"},
                    kind={"enum": ["STAGE", "SUSPENSION", "REVIVAL", "OFFENDER", "COURT", "PAYMENT"]},
                    officer=TEXT_OR_NULL,
                    details={"type": "object"},
                ),
            },
        ),
        {
            "one event": {
                "success": True,
                "noticeNo": NUMBER,
                "total": 1,
                "skip": 0,
                "limit": PAGE,
                "events": [
                    {
                        "at": "2026-01-14T09:30:00+08:00",
                        "kind": "OFFENDER",
                        "officer": "OIC001",
                        "details": {
                            "action": "FURNISH",
                            "role": "HIRER",
                            "formerCurrent": "OWNER",
                            "from": "RD1",
                            "to": "RD2",
                            "former": None,
                        },
                    }
                ],
            }
        },
    ),
    **reads(codes.NOTICE_NOT_FOUND, field=NO_NUMBER),
}
TIMELINE_TEXT = (
    "Stage changes, suspensions and revivals, offender changes, court and payment marks of a notice: who and "
    "when, newest first, with whoever stood in a role before. Every look is recorded. "
    + rate(LIMITS[Operation.GET_TIMELINE])
)
A_PAGE = asks(
    "A notice and a page.",
    some(("noticeNo",), noticeNo=NOTICE_NO, skip=SKIP, limit=LIMIT),
    {"noticeNo": NUMBER, "skip": 0, "limit": PAGE},
)

POST_TIMELINE = Description("Get the timeline", TIMELINE_TEXT, TAG, A_PAGE, TIMELINE)
GET_TIMELINE = Description(
    "Get the timeline",
    TIMELINE_TEXT,
    TAG,
    A_PAGE,
    TIMELINE,
    url_params={"noticeNo": NOTICE_NO, "skip": SKIP, "limit": LIMIT},
)
