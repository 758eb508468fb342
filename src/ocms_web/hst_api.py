"""Contract 4 as the API description tells it: schemas, and the contract's own examples."""

from collections.abc import Mapping
from typing import Any

from ocms_core.hst.request_checks import ADDRESS_FIELDS, DEFAULT_LIMIT, LARGEST_LIMIT, NAME_LENGTH
from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Refusal
from ocms_web.court_api import LIMITS
from ocms_web.descriptions import BodyDescription, Description
from ocms_web.envelopes.hst import refused

Schema = dict[str, Any]

TAG = "HST suspension"
TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID_NO: Schema = {"type": "string", "pattern": "^[0-9A-Za-z]{1,12}$"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}
ADDRESS: dict[str, Schema] = {
    name: {"type": "string", "minLength": 0 if may_be_empty else 1, "maxLength": longest}
    for name, (_, longest, may_be_empty) in ADDRESS_FIELDS.items()
}
LOCAL: Schema = {"type": "string", "description": "Singapore time without an offset"}
LOCAL_OR_NULL: Schema = {"type": ["string", "null"], "description": "Singapore time without an offset"}

OLD_ADDRESS = {
    "postalCode": "123456",
    "blkHseNo": "123",
    "streetName": "Example Street",
    "floorNo": "01",
    "unitNo": "01",
    "bldgName": "Example Building",
}
NEW_ADDRESS = {
    "postalCode": "654321",
    "blkHseNo": "456",
    "streetName": "New Street",
    "floorNo": "02",
    "unitNo": "02",
    "bldgName": "New Building",
}


def record(**fields: Schema) -> Schema:
    """Describe an object all of whose fields are present."""
    return {"type": "object", "required": list(fields), "properties": fields}


def listed(item: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": item}


def in_data(**fields: Schema) -> Schema:
    """Describe a success, all of it in `data`."""
    return record(data=record(appCode=TEXT, **fields))


def asked(description: str, schema: Schema, example: Mapping[str, Any]) -> BodyDescription:
    """Describe a request by the contract's own."""
    return BodyDescription(description, schema, {"contract": example})


def answered(schema: Schema, **examples: Mapping[str, Any]) -> BodyDescription:
    """Describe a success by the contract's own."""
    return BodyDescription("Done", schema, {name: {"data": data} for name, data in examples.items()})


ALWAYS = (
    (codes.HST_BODY_INVALID, ""),
    (codes.HST_BODY_TOO_LARGE, ""),
    (codes.HST_UNAUTHORIZED, ""),
    (codes.NOT_ALLOWED, ""),
    (codes.RATE_LIMITED, ""),
    (codes.HST_INTERNAL_ERROR, ""),
    (codes.SERVICE_UNAVAILABLE, ""),
)


def errors(*refusals: tuple[Code, str]) -> dict[int, BodyDescription]:
    """Describe the errors of these codes, by status; each with the field its text names."""
    by_status: dict[int, dict[str, Any]] = {}
    for code, named in (*refusals, *ALWAYS):
        reply = refused(Refusal(code, {"field": named}))
        by_status.setdefault(reply.status, {})[reply.body["data"]["message"]] = reply.body
    schema = in_data(message=TEXT)
    return {
        status: BodyDescription("; ".join(examples), schema, examples)
        for status, examples in by_status.items()
    }


FIELDS = ((codes.FIELD_REQUIRED, "idNo"), (codes.FIELD_INVALID, "idNo"))


def rate(operation: Operation) -> str:
    """Say how often one officer may call."""
    limit = LIMITS[operation]
    return f" One officer may call {limit.calls} times in any {limit.seconds} seconds."


EXISTS = Description(
    "Check an offender's HST status",
    "Whether an identity is on the HST list, and if not, what is known of it." + rate(Operation.HST_EXISTS),
    TAG,
    asked("The identity.", record(idNo=ID_NO), {"idNo": "S1234567A"}),
    {
        200: answered(
            {
                "oneOf": [
                    in_data(
                        isHstId={"const": False},
                        offenderName=TEXT_OR_NULL,
                        latestAddress={
                            "oneOf": [
                                {"type": "null"},
                                record(
                                    postalCode=TEXT_OR_NULL,
                                    blockHseNo=TEXT_OR_NULL,
                                    streetName=TEXT_OR_NULL,
                                    floorUnitNo=TEXT_OR_NULL,
                                    buildingName=TEXT_OR_NULL,
                                ),
                            ]
                        },
                        noticesCount=COUNT,
                    ),
                    in_data(isHstId={"const": True}, hstIdNo=ID_NO, message=TEXT),
                ]
            },
            unlisted={
                "appCode": "OCMS-2000",
                "isHstId": False,
                "offenderName": "John Tan",
                "latestAddress": {
                    "postalCode": "123456",
                    "blockHseNo": "123",
                    "streetName": "Example Street",
                    "floorUnitNo": "#01-01",
                    "buildingName": "Example Building",
                },
                "noticesCount": 5,
            },
            listed={
                "appCode": "OCMS-2000",
                "isHstId": True,
                "hstIdNo": "S1234567A",
                "message": "ID is suspended under HST",
            },
        ),
        **errors(*FIELDS),
    },
)

APPLY = Description(
    "Apply HST suspension",
    "Lists an identity and suspends its notices, all or nothing. Notices under a permanent suspension, in "
    "court or under TS-HST already are left alone." + rate(Operation.APPLY_HST),
    TAG,
    asked(
        "Building, floor and unit may be empty.",
        record(idNo=ID_NO, idType={"enum": ["N", "F", "U", "B", "P"]}, name=NAME, **ADDRESS),
        {"idNo": "S1234567A", "idType": "N", "name": "John Tan", **OLD_ADDRESS},
    ),
    {
        200: answered(
            in_data(
                message=TEXT,
                hstIdCreated={"const": True},
                noticesSuspended=listed(record(noticeNo=TEXT, status=TEXT, suspensionType=TEXT)),
                totalSuspended=COUNT,
            ),
            suspended={
                "appCode": "OCMS-2000",
                "message": "HST ID created successfully",
                "hstIdCreated": True,
                "noticesSuspended": [
                    {"noticeNo": "500500001A", "status": "SUSPENDED", "suspensionType": "TS-HST"},
                    {"noticeNo": "500500002B", "status": "SUSPENDED", "suspensionType": "TS-HST"},
                ],
                "totalSuspended": 2,
            },
            without_notices={
                "appCode": "OCMS-2000",
                "message": "HST ID created successfully. There were no Notices to suspend.",
                "hstIdCreated": True,
                "noticesSuspended": [],
                "totalSuspended": 0,
            },
        ),
        **errors(*FIELDS, (codes.HST_NOT_CREATED, ""), (codes.HST_ID_EXISTS, "")),
    },
)

UPDATED = {
    200: answered(
        in_data(message=TEXT, noticesUpdated=COUNT),
        contract={"appCode": "OCMS-2000", "message": "HST record updated successfully", "noticesUpdated": 5},
    ),
    **errors(*FIELDS, (codes.HST_NOT_UPDATED, ""), (codes.HST_ID_NOT_FOUND, "")),
}
UPDATING = (
    "Gives a listed identity a new name and address, on the list and on the notices it is the current "
    "offender of. Suspensions stay." + rate(Operation.UPDATE_HST)
)
UPDATE_BY_PATH = Description(
    "Update an HST record",
    UPDATING,
    TAG,
    asked(
        "Building, floor and unit may be empty.",
        record(name=NAME, **ADDRESS),
        {"name": "John Tan Updated", **NEW_ADDRESS},
    ),
    UPDATED,
    url_params={"idNo": ID_NO},
)
UPDATE = Description(
    "Update an HST record, nothing in the address",
    UPDATING,
    TAG,
    asked(
        "As the call with the identity in its address, with the identity here.",
        record(idNo=ID_NO, name=NAME, **ADDRESS),
        {"idNo": "S1234567A", "name": "John Tan Updated", **NEW_ADDRESS},
    ),
    UPDATED,
)

REVIVE = Description(
    "Revive HST suspension",
    "Lifts TS-HST from all notices of an identity and takes it off the list, all or nothing."
    + rate(Operation.REVIVE_HST),
    TAG,
    asked(
        "Reason and remarks together have 198 characters at most.",
        {
            "type": "object",
            "required": ["idNo", "revivalReason"],
            "properties": {"idNo": ID_NO, "revivalReason": TEXT, "remarks": TEXT_OR_NULL},
        },
        {
            "idNo": "S1234567A",
            "revivalReason": "New address confirmed valid",
            "remarks": "Offender contacted successfully",
        },
    ),
    {
        200: answered(
            in_data(
                message=TEXT,
                noticesRevived=listed(record(noticeNo=TEXT, previousStatus=TEXT, newStatus=TEXT)),
                totalRevived=COUNT,
                hstDeleted={"const": True},
            ),
            contract={
                "appCode": "OCMS-2000",
                "message": "HST suspensions revived successfully",
                "noticesRevived": [
                    {"noticeNo": "500500001A", "previousStatus": "TS-HST", "newStatus": "ACTIVE"},
                    {"noticeNo": "500500002B", "previousStatus": "TS-HST", "newStatus": "ACTIVE"},
                ],
                "totalRevived": 2,
                "hstDeleted": True,
            },
        ),
        **errors(
            *FIELDS,
            (codes.FIELD_REQUIRED, "revivalReason"),
            (codes.HST_NOT_REVIVED, ""),
            (codes.HST_ID_NOT_FOUND, ""),
        ),
    },
)

FILTER: Schema = {
    "type": ["object", "null"],
    "properties": {"idNo": TEXT_OR_NULL, "dateFrom": TEXT_OR_NULL, "dateTo": TEXT_OR_NULL},
}
LIST = Description(
    "Get the HST list",
    "One page of the list, newest first; blank filters filter nothing." + rate(Operation.HST_LIST),
    TAG,
    asked(
        "Dates bound the day of creation, both included.",
        {
            "type": "object",
            "properties": {
                "$skip": {"type": ["integer", "null"], "minimum": 0, "default": 0},
                "$limit": {
                    "type": ["integer", "null"],
                    "minimum": 1,
                    "maximum": LARGEST_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
                "filter": FILTER,
            },
        },
        {"$skip": 0, "$limit": 10, "filter": {"idNo": "", "dateFrom": "2025-01-01", "dateTo": "2026-01-07"}},
    ),
    {
        200: BodyDescription(
            "A page of the list",
            record(
                total=COUNT,
                limit=COUNT,
                skip=COUNT,
                data=listed(
                    record(
                        idNo=TEXT,
                        idType=TEXT,
                        name=TEXT,
                        postalCode=TEXT,
                        blkHseNo=TEXT,
                        streetName=TEXT,
                        createdDate=LOCAL,
                        noticesCount=COUNT,
                        lastDataHiveCheck=LOCAL_OR_NULL,
                    )
                ),
            ),
            {
                "contract": {
                    "total": 100,
                    "limit": 10,
                    "skip": 0,
                    "data": [
                        {
                            "idNo": "S1234567A",
                            "idType": "N",
                            "name": "John Tan",
                            "postalCode": "123456",
                            "blkHseNo": "123",
                            "streetName": "Example Street",
                            "createdDate": "2025-11-01T00:00:00",
                            "noticesCount": 5,
                            "lastDataHiveCheck": "2025-12-01T00:00:00",
                        }
                    ],
                }
            },
        ),
        **errors((codes.FIELD_INVALID, "$limit")),
    },
)
