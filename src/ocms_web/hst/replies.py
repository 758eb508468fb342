"""The replies of contract 4: everything in `data`, errors too; the list alone stands bare."""

from ocms_core.hst import lookup
from ocms_core.hst.facts import KnownOffender, ListedRow
from ocms_core.hst.listing import HstListPage
from ocms_core.kernel import codes
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.changes import IdentityPutBack
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST
from ocms_web.hst.shapes import (
    HstApplicationData,
    HstApplicationReply,
    HstError,
    HstErrorData,
    HstListLine,
    HstListReply,
    HstReversalData,
    HstReversalReply,
    HstRevivalData,
    HstRevivalReply,
    HstUpdateData,
    HstUpdateReply,
    LatestAddress,
    ListedIdentityData,
    ListedIdentityReply,
    ReversedNotice,
    RevivedNotice,
    SuspendedNotice,
    UnlistedIdentityData,
    UnlistedIdentityReply,
)
from ocms_web.json_codec import Reply, local_time, or_null
from ocms_web.problems import STATUS, Problem

HST_PROBLEMS: dict[Problem, Code] = {
    Problem.UNAUTHORIZED: codes.HST_UNAUTHORIZED,
    Problem.FORBIDDEN: codes.NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.RATE_LIMITED,
    Problem.TOO_LARGE: codes.HST_BODY_TOO_LARGE,
    Problem.MALFORMED: codes.HST_BODY_INVALID,
    Problem.INVALID_KEY: codes.HST_INVALID_KEY,
    Problem.INVALID_DRY_RUN: codes.HST_INVALID_DRY_RUN,
    Problem.CALL_RUNNING: codes.CALL_RUNNING,
    Problem.KEY_REUSED: codes.KEY_REUSED,
    Problem.INTERNAL_ERROR: codes.HST_INTERNAL_ERROR,
    Problem.UNAVAILABLE: codes.SERVICE_UNAVAILABLE,
}
SUSPENDED = "SUSPENDED"


@rule("G3", "H1")
def error_reply(refusal: Refusal) -> Reply:
    """Return an error of contract 4 in `data`: its code and its text, the field named where there is one."""
    return Reply(STATUS[refusal.code], error_body(refusal))


def error_body(refusal: Refusal) -> HstError:
    """Return the body of an error (H1)."""
    return HstError(HstErrorData(refusal.code.code, refusal.code.text.format(**refusal.words)))


@rule("G15", "H1")
def problem_reply(problem: Problem) -> Reply:
    """Return what a call of contract 4 without an answer gets: an error in `data`, without internals."""
    return error_reply(Refusal(HST_PROBLEMS[problem]))


@rule("H2")
def exists_reply(id_no: str, known: KnownOffender) -> Reply:
    """Return that an identity is listed, or else its name, latest address and number of notices."""
    if known.listed:
        code = codes.HST_ID_IS_LISTED
        listed = ListedIdentityData(code.code, is_hst_id=True, hst_id_no=id_no, message=code.text)
        return Reply(STATUS[code], ListedIdentityReply(listed))
    code = codes.HST_SUCCESS
    unlisted = UnlistedIdentityData(
        code.code,
        is_hst_id=False,
        offender_name=known.name,
        latest_address=latest_address(known.address) if known.address else None,
        notices_count=known.notices,
    )
    return Reply(STATUS[code], UnlistedIdentityReply(unlisted))


def latest_address(address: RegisteredAddress) -> LatestAddress:
    """Return an address; a part there is none of is null (H2)."""
    return LatestAddress(
        postal_code=address.postal_code or None,
        block_hse_no=address.blk_hse_no or None,
        street_name=address.street_name or None,
        floor_unit_no=lookup.floor_unit(address),
        building_name=address.bldg_name or None,
    )


@rule("H4")
def application_reply(decision: Decision[str]) -> Reply:
    """Return the notices suspended; without any the message says so."""
    code = codes.HST_ID_CREATED if decision.answers else codes.HST_ID_CREATED_ALONE
    data = HstApplicationData(
        code.code,
        code.text,
        hst_id_created=True,
        notices_suspended=[
            SuspendedNotice(notice_no=answer.key, status=SUSPENDED, suspension_type=str(answer.detail))
            for answer in decision.answers
        ],
        total_suspended=len(decision.answers),
    )
    return Reply(STATUS[code], HstApplicationReply(data))


@rule("H6")
def update_reply(decision: Decision[str]) -> Reply:
    """Return the number of notices that took over the new name and address."""
    code = codes.HST_UPDATED
    data = HstUpdateData(code.code, code.text, notices_updated=len(decision.answers))
    return Reply(STATUS[code], HstUpdateReply(data))


@rule("H7")
def revival_reply(decision: Decision[str]) -> Reply:
    """Return each notice revived with what it is now: active, or what else still suspends it."""
    code = codes.HST_REVIVED
    data = HstRevivalData(
        code.code,
        code.text,
        notices_revived=[
            RevivedNotice(notice_no=answer.key, previous_status=str(HST), new_status=str(answer.detail))
            for answer in decision.answers
        ],
        total_revived=len(decision.answers),
        hst_deleted=True,
    )
    return Reply(STATUS[code], HstRevivalReply(data))


@rule("K4")
def reversal_reply(decision: Decision[str]) -> Reply:
    """Return each notice put back with what it is now, and whether the identity is listed (K4)."""
    code = codes.HST_REVERSED
    data = HstReversalData(
        code.code,
        code.text,
        notices_reversed=[
            ReversedNotice(notice_no=answer.key, new_status=str(answer.detail)) for answer in decision.answers
        ],
        total_reversed=len(decision.answers),
        hst_listed=any(isinstance(change, IdentityPutBack) for change in decision.changes),
    )
    return Reply(STATUS[code], HstReversalReply(data))


@rule("H8", "G5")
def list_reply(page: HstListPage) -> Reply:
    """Return a page of the list, bare, with the unpaged total; its times are local, without an offset."""
    return Reply(
        STATUS[codes.HST_SUCCESS],
        HstListReply(
            total=page.total,
            limit=page.query.limit,
            skip=page.query.skip,
            data=[list_line(row) for row in page.rows],
        ),
    )


def list_line(row: ListedRow) -> HstListLine:
    """Return one row of the list (H8)."""
    identity = row.identity
    return HstListLine(
        id_no=identity.id_no,
        id_type=identity.id_type,
        name=identity.name,
        postal_code=identity.address.postal_code,
        blk_hse_no=identity.address.blk_hse_no,
        street_name=identity.address.street_name,
        created_date=local_time(identity.listed_at),
        notices_count=row.notices,
        last_data_hive_check=or_null(local_time, row.last_check),
    )
