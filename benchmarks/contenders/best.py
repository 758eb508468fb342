"""The best a hand could write: bare ASGI, asyncpg with prepared statements, msgspec structs; no framework."""

# ruff: noqa: N815  # the names are the contract's

import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import msgspec

from ocms_core.kernel.dates import SINGAPORE

NoticeNo = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{1,10}$")]
CONNECTIONS = 4


class Item(msgspec.Struct):
    noticeNo: NoticeNo
    suspensionType: str | None = None
    eprReasonOfSuspension: str | None = None
    processingStage: str | None = None


class Call(msgspec.Struct):
    requestId: str
    requestTimestamp: datetime
    notices: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=500)]


class PaymentStatus(msgspec.Struct):
    noticeNo: str
    paymentStatus: str | None
    amountPayable: Decimal | None
    amountPaid: Decimal | None
    paymentAllowanceFlag: str
    suspensionType: str | None
    crsReasonOfSuspension: str | None
    eprReasonOfSuspension: str | None


class NoticeInfo(msgspec.Struct):
    noticeNo: str
    courtPaymentDueDate: datetime | None
    paymentAllowanceFlag: str
    amountPayable: Decimal | None


class Data(msgspec.Struct):
    notices: list[PaymentStatus] | list[NoticeInfo]
    appCode: str = "OCMS-2000"
    message: str = "Success"


class Answer(msgspec.Struct):
    total: int
    data: Data


decode = msgspec.json.Decoder(Call).decode
encode = msgspec.json.Encoder(decimal_format="number").encode

PAYMENT_STATUSES = """
    SELECT notice_no, payment_status, amount_payable, amount_paid, payment_acceptance_allowed,
           suspension_type, crs_reason_of_suspension, epr_reason_of_suspension
      FROM ocms_valid_offence_notice WHERE notice_no = ANY($1::varchar[])
"""
NOTICE_INFOS = """
    SELECT notice_no, payment_due_date, payment_acceptance_allowed, amount_payable
      FROM ocms_valid_offence_notice WHERE notice_no = ANY($1::varchar[])
"""
UPDATE = """
    UPDATE ocms_valid_offence_notice v
       SET prev_processing_stage = v.last_processing_stage, prev_processing_date = v.last_processing_date,
           last_processing_stage = r.stage, last_processing_date = $5,
           suspension_type = r.kind, epr_reason_of_suspension = r.reason, epr_date_of_suspension = $5,
           is_sync = 'N', upd_date = $5, upd_user_id = 'best'
      FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::varchar[])
           AS r(notice_no, stage, kind, reason)
     WHERE v.notice_no = r.notice_no
 RETURNING v.notice_no, v.payment_due_date, v.payment_acceptance_allowed, v.amount_payable
"""
SUSPEND = """
    INSERT INTO ocms_suspended_notice (
        notice_no, date_of_suspension, sr_no, suspension_source, suspension_type, reason_of_suspension,
        officer_authorising_suspension, cre_date, cre_user_id)
    SELECT r.notice_no, $4, coalesce(last.sr_no, 0) + 1, 'CAS', r.kind, r.reason, 'CAS', $4, 'best'
      FROM unnest($1::varchar[], $2::varchar[], $3::varchar[]) r(notice_no, kind, reason)
      LEFT JOIN LATERAL (
           SELECT max(s.sr_no) AS sr_no FROM ocms_suspended_notice s WHERE s.notice_no = r.notice_no
           ) AS last ON true
"""
SEND = """
    INSERT INTO ocms_outbox (kind, notice_no, cre_date, cre_user_id)
    SELECT 'NOTICE', notice_no, $2, 'best' FROM unnest($1::varchar[]) r(notice_no)
"""

Connections = Any  # a pool of asyncpg, which has no types
Operation = Callable[[Call, Connections], Awaitable[Answer]]


async def payment_status(call: Call, pool: Connections) -> Answer:
    rows = await pool.fetch(PAYMENT_STATUSES, [item.noticeNo for item in call.notices])
    found = {row[0]: row for row in rows}
    notices = [payment(row) for item in call.notices if (row := found.get(item.noticeNo))]
    return Answer(len(notices), Data(notices))


def payment(row: Any) -> PaymentStatus:
    notice_no, status, payable, paid, allowed, kind, crs, epr = row
    return PaymentStatus(notice_no, status, payable, paid, allowed, kind, crs, shown(kind, epr))


async def court_notices(call: Call, pool: Connections) -> Answer:
    now = datetime.now(SINGAPORE).replace(tzinfo=None)
    items = sorted(call.notices, key=lambda item: item.noticeNo)
    numbers = [item.noticeNo for item in items]
    kinds = [item.suspensionType for item in items]
    reasons = [(item.eprReasonOfSuspension or "")[3:] for item in items]
    stages = [item.processingStage for item in items]
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(UPDATE, numbers, stages, kinds, reasons, now)
        await connection.execute(SUSPEND, numbers, kinds, reasons, now)
        await connection.execute(SEND, numbers, now)
    found = {row[0]: row for row in rows}
    notices = [info(found[item.noticeNo]) for item in call.notices]
    return Answer(len(notices), Data(notices))


async def notice_info(call: Call, pool: Connections) -> Answer:
    rows = await pool.fetch(NOTICE_INFOS, [item.noticeNo for item in call.notices])
    found = {row[0]: row for row in rows}
    notices = [info(found[item.noticeNo]) for item in call.notices]
    return Answer(len(notices), Data(notices))


def shown(kind: str | None, reason: str | None) -> str | None:
    return f"PS-{reason}" if kind == "PS" and reason in {"WWP", "OTH", "WWC"} else reason


def info(row: Any) -> NoticeInfo:
    notice_no, due, allowed, amount = row
    due = due and due.replace(tzinfo=SINGAPORE)
    overdue = due is not None and datetime.now(SINGAPORE) > due
    return NoticeInfo(notice_no, due, "N" if overdue else allowed, amount)


OPERATIONS: dict[str, Operation] = {
    "/v1/ocms/cas-getPaymentStatus": payment_status,
    "/v1/ocms/cas-updateCourtNotices": court_notices,
    "/v1/plus-queryNoticeInfo": notice_info,
}


Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def create() -> Any:
    pools: list[Connections] = []

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(pools, receive, send)
            return
        call = decode(await whole_body(receive))
        await answer_with(send, encode(await OPERATIONS[scope["path"]](call, pools[0])))

    return app


async def lifespan(pools: list[Connections], receive: Receive, send: Send) -> None:
    await receive()
    pools.append(
        await asyncpg.create_pool(
            os.environ["BENCH_DATABASE"].replace("+psycopg", ""),
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            reset=leave_as_it_is,
        )
    )
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pools[0].close()
    await send({"type": "lifespan.shutdown.complete"})


async def leave_as_it_is(_connection: Any) -> None:
    """Send nothing when a connection is put back: nothing here changes a session."""


async def whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer_with(send: Send, answer: bytes, *more: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(answer)).encode())
    headers = [(b"content-type", b"application/json"), length, *more]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
