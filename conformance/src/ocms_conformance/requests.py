"""The calls of the contracts, as requests for given notices and identities."""

from collections.abc import Iterable, Mapping
from typing import Any

from ocms_conformance.case import Ask

API_1, API_2 = "/v1/ocms/cas-getPaymentStatus", "/v1/ocms/cas-updateCourtNotices"
API_4 = "/v1/plus-queryNoticeInfo"
STAGES = "/ocms/v1/change-processing-stage"
PLUS = "/ocms/v1/external/plus/change-processing-stage"
TOPPAN = "/ocms/v1/internal/toppan/update-stages"
OFFENDER = "/api/v1/notice/offender"
# Stands for a request id of its own in each sending of a request.
REQUEST_ID = "{request id}"
WORDS = {"O": "OWNER", "H": "HIRER", "D": "DRIVER"}
LETTERS_OF_ROLE = {word: letter for letter, word in WORDS.items()}


def officer(path: str, body: Mapping[str, Any]) -> Ask:
    """Return a call of an officer."""
    return Ask(method="POST", path=path, role="oic", credential="token", json=body)


def envelope(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the body of contract 1's calls."""
    return {
        "requestId": REQUEST_ID,
        "requestTimestamp": "2025-01-14T10:30:00+08:00",
        "notices": list(items),
    }


def named(numbers: Iterable[str]) -> list[dict[str, Any]]:
    """Return items that name notices."""
    return [{"noticeNo": number} for number in numbers]


def payment_status(numbers: Iterable[str]) -> Ask:
    """Return API 1 of contract 1."""
    return Ask(method="POST", path=API_1, role="cas", credential="key", json=envelope(named(numbers)))


def court_update(items: Iterable[Mapping[str, Any]]) -> Ask:
    """Return API 2 of contract 1."""
    return Ask(method="POST", path=API_2, role="cas", credential="key", json=envelope(items))


def notice_info(numbers: Iterable[str]) -> Ask:
    """Return API 4 of contract 1."""
    return Ask(method="POST", path=API_4, role="plus", credential="token", json=envelope(named(numbers)))


def search(**criteria: str) -> Ask:
    """Return the search of contract 2, 1.1."""
    return officer(f"{STAGES}/search", criteria)


def validate(numbers: Iterable[str], stage: str, reason: str, remarks: str = "") -> Ask:
    """Return contract 2, 1.2."""
    body = {"notices": named(numbers), "newProcessingStage": stage, "reasonOfChange": reason}
    return officer(f"{STAGES}/validate", {**body, "remarks": remarks})


def submit(items: Iterable[Mapping[str, Any]]) -> Ask:
    """Return contract 2, 1.3."""
    return officer(STAGES, {"items": list(items)})


def change(number: str, stage: str | None, reason: str = "SUP", remark: str = "", **more: bool) -> Any:
    """Return an item of a submit, confirmed so that an earlier change of the day does not refuse it."""
    item = {"noticeNo": number, "reason": reason, "remark": remark, "source": "PORTAL"}
    return {**item, "isConfirmation": True, **({"newStage": stage} if stage else {}), **more}


def plus_change(numbers: Iterable[str], last: str, target: str) -> Ask:
    """Return contract 2, 2.1."""
    body = {
        "noticeNo": list(numbers),
        "lastStageName": last,
        "nextStageName": target,
        "offenceType": "D",
        "source": "005",
    }
    return Ask(method="POST", path=PLUS, role="plus", credential="token", json=body)


def print_run(numbers: Iterable[str], stage: str, moment: str) -> Ask:
    """Return contract 2, 3.1."""
    body = {"noticeNumbers": list(numbers), "currentStage": stage, "processingDate": moment}
    return Ask(method="POST", path=TOPPAN, role="toppan", credential="token", json=body)


def particulars(identity: str, name: str, block: str = "123") -> dict[str, Any]:
    """Return the particulars of a person as furnish and redirect take them."""
    return {
        "idType": "NRIC",
        "idNo": identity,
        "name": name,
        "email": "john.lee@email.com",
        "countryCode": "65",
        "contactNo": "91234567",
        "address": {
            "blockNo": block,
            "streetName": "ORCHARD ROAD",
            "buildingName": "PLAZA TOWER",
            "unitNo": "01-01",
            "postalCode": "238888",
        },
    }


def eligibility(number: str, role: str) -> Ask:
    """Return contract 3, 2.1."""
    return officer(f"{OFFENDER}/check-eligibility", {"noticeNo": number, "offenderType": WORDS[role]})


def furnish(number: str, role: str, person: Mapping[str, Any]) -> Ask:
    """Return contract 3, 2.2."""
    return officer(f"{OFFENDER}/furnish", {"noticeNo": number, "offenderType": WORDS[role], **person})


def redirect(number: str, from_role: str, role: str, person: Mapping[str, Any]) -> Ask:
    """Return contract 3, 2.3."""
    roles = {"fromOffenderType": WORDS[from_role], "toOffenderType": WORDS[role]}
    return officer(f"{OFFENDER}/redirect", {"noticeNo": number, **roles, **person})


def update(number: str, role: str, fields: Mapping[str, Any]) -> Ask:
    """Return contract 3, 2.4."""
    body = {"noticeNo": number, "offenderType": WORDS[role], **fields}
    return Ask(method="PATCH", path=f"{OFFENDER}/update", role="oic", credential="token", json=body)


def details(number: str) -> Ask:
    """Return contract 3, 2.5."""
    return Ask(method="GET", path=f"{OFFENDER}/{number}", role="oic", credential="token")


def reverse_stages(number: str) -> Ask:
    """Return what takes a change of stage back (K4)."""
    return officer(f"{STAGES}/reverse", {"items": named([number])})


def reverse_offender(number: str) -> Ask:
    """Return what takes a furnish or redirect back (K4)."""
    return officer(f"{OFFENDER}/reverse", {"noticeNos": [number]})


def hst_exists(identity: str) -> Ask:
    """Return contract 4, 1.1."""
    return officer("/hstexists", {"idNo": identity})


def apply_hst(identity: str) -> Ask:
    """Return contract 4, 1.2."""
    address = {"postalCode": "123456", "blkHseNo": "123", "streetName": "Example Street"}
    more = {"floorNo": "01", "unitNo": "01", "bldgName": "Example Building"}
    return officer("/v1/apply-hst", {"idNo": identity, "idType": "N", "name": "John Tan", **address, **more})


def revive_hst(identity: str) -> Ask:
    """Return contract 4, 1.4."""
    return officer("/v1/revive-hst", {"idNo": identity, "revivalReason": "New address", "remarks": ""})


def hst_list(skip: int, limit: int) -> Ask:
    """Return contract 4, 1.5."""
    return officer("/hstlist", {"$skip": skip, "$limit": limit, "filter": {}})
