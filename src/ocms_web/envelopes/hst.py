"""The envelope of contract 4: everything in `data`, errors too; the list alone stands bare."""

from datetime import datetime
from typing import Any

from ocms_core.hst import lookup
from ocms_core.hst.facts import KnownOffender, ListedRow
from ocms_core.hst.listing import HstListPage
from ocms_core.kernel import codes
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST
from ocms_web.json_codec import Reply
from ocms_web.problems import STATUS, Problem

HST_PROBLEMS: dict[Problem, Code] = {
    Problem.UNAUTHORIZED: codes.HST_UNAUTHORIZED,
    Problem.FORBIDDEN: codes.NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.RATE_LIMITED,
    Problem.TOO_LARGE: codes.HST_BODY_TOO_LARGE,
    Problem.MALFORMED: codes.HST_BODY_INVALID,
    Problem.INTERNAL_ERROR: codes.HST_INTERNAL_ERROR,
    Problem.UNAVAILABLE: codes.SERVICE_UNAVAILABLE,
}


@rule("G3", "H1")
def refused(refusal: Refusal) -> Reply:
    """Contract 4 puts an error in `data`: its code and its text, the field named where there is one."""
    code = refusal.code
    content = {"appCode": code.code, "message": code.text.format(**refusal.words)}
    return Reply(STATUS[code], {"data": content})


@rule("G15", "H1")
def hst_problem(problem: Problem) -> Reply:
    """A call of contract 4 that got no answer is told so in `data`, without internals."""
    return refused(Refusal(HST_PROBLEMS[problem]))


def in_data(code: Code, **content: Any) -> Reply:
    """Wrap what went well in `data`, behind its code (G3)."""
    return Reply(STATUS[code], {"data": {"appCode": code.code, **content}})


@rule("H2")
def existing(id_no: str, known: KnownOffender) -> Reply:
    """A listed identity is shown as that; of any other its name, latest address and number of notices."""
    if known.listed:
        code = codes.HST_ID_IS_LISTED
        return in_data(code, isHstId=True, hstIdNo=id_no, message=code.text)
    return in_data(
        codes.HST_SUCCESS,
        isHstId=False,
        offenderName=known.name,
        latestAddress=latest(known.address) if known.address else None,
        noticesCount=known.notices,
    )


def latest(address: RegisteredAddress) -> dict[str, str | None]:
    """Show an address; a part there is none of is null."""
    return {
        "postalCode": address.postal_code or None,
        "blockHseNo": address.blk_hse_no or None,
        "streetName": address.street_name or None,
        "floorUnitNo": lookup.floor_unit(address),
        "buildingName": address.bldg_name or None,
    }


@rule("H4")
def applied(decision: Decision[str]) -> Reply:
    """The notices suspended are listed; without any the message says so."""
    code = codes.HST_ID_CREATED if decision.answers else codes.HST_ID_CREATED_ALONE
    return in_data(
        code,
        message=code.text,
        hstIdCreated=True,
        noticesSuspended=[
            {"noticeNo": answer.key, "status": "SUSPENDED", "suspensionType": answer.detail}
            for answer in decision.answers
        ],
        totalSuspended=len(decision.answers),
    )


@rule("H6")
def updated(decision: Decision[str]) -> Reply:
    """The number of notices touched is told."""
    return in_data(codes.HST_UPDATED, message=codes.HST_UPDATED.text, noticesUpdated=len(decision.answers))


@rule("H7")
def revived(decision: Decision[str]) -> Reply:
    """Each notice revived is listed with what it is now: active, or what else still suspends it."""
    return in_data(
        codes.HST_REVIVED,
        message=codes.HST_REVIVED.text,
        noticesRevived=[
            {"noticeNo": answer.key, "previousStatus": str(HST), "newStatus": answer.detail}
            for answer in decision.answers
        ],
        totalRevived=len(decision.answers),
        hstDeleted=True,
    )


@rule("H8", "G5")
def hst_list(page: HstListPage) -> Reply:
    """A page of the list stands bare with the unpaged total; its times are local, without an offset."""
    return Reply(
        STATUS[codes.HST_SUCCESS],
        {
            "total": page.total,
            "limit": page.query.limit,
            "skip": page.query.skip,
            "data": [listed(row) for row in page.rows],
        },
    )


def listed(row: ListedRow) -> dict[str, Any]:
    """Show one row of the list."""
    identity = row.identity
    return {
        "idNo": identity.id_no,
        "idType": identity.id_type,
        "name": identity.name,
        "postalCode": identity.address.postal_code,
        "blkHseNo": identity.address.blk_hse_no,
        "streetName": identity.address.street_name,
        "createdDate": without_offset(row.identity.listed_at),
        "noticesCount": row.notices,
        "lastDataHiveCheck": without_offset(row.last_check),
    }


def without_offset(moment: datetime | None) -> str | None:
    """Contract 4 writes times in Singapore time without an offset, to the second."""
    return None if moment is None else local(moment).isoformat(timespec="seconds")
