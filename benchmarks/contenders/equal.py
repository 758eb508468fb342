"""
The work of OCMS done by hand: what the best peer does, and all that OCMS does besides it for every call.

A key is looked up or a token checked, a signature once for each token; the same slot is taken and committed;
the request id is echoed; one line is logged. Its envelopes of refusals and its metrics are left out.
"""

import hmac
import os
import sys
import uuid
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.contenders import best
from benchmarks.contenders.best import Answer, Call, Connections, Data, Item, decode, encode, info, shown
from ocms_adapters.jwks import keys_in
from ocms_adapters.sql.rate_limits import DIGITS, digits
from ocms_core.kernel.access import OPERATIONS, Operation, Principal
from ocms_core.kernel.credentials import parse_key
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.bearer import BearerAuthenticator

KEY = """
    SELECT secret_hash, expires_at, revoked_at, role FROM ocms_api_credential WHERE key_id = $1
"""
TAKE = """
    UPDATE ocms_rate_counter
       SET uses = CASE WHEN substring(uses, 1, 13) > $5 THEN uses
                       WHEN substring(uses, 14, 13) > $5 THEN substring(uses, 14)
                       ELSE substring(uses, 27) END
                  || greatest(right(uses, 13), $6),
           used_at = $3, upd_date = $3, upd_user_id = 'equal'
     WHERE operation = $1 AND credential = $2 AND slot = 0
       AND ($4 > char_length(uses) OR substring(uses, char_length(uses) - $4 + 1, 13) <= $5)
"""
FIRST = """
    INSERT INTO ocms_rate_counter (operation, credential, slot, uses, used_at, cre_date, cre_user_id)
    VALUES ($1, $2, 0, $3, $4, $4, 'equal') ON CONFLICT DO NOTHING
"""
INFOS = """
    SELECT v.notice_no, v.payment_due_date, v.payment_acceptance_allowed, v.amount_payable,
           c.notice_no, c.court_payment_due_date
      FROM ocms_valid_offence_notice v LEFT JOIN ocms_court_case c ON c.notice_no = v.notice_no
     WHERE v.notice_no = ANY($1::varchar[])
"""
CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
ANSWERED = """
    SELECT body_hash, answer FROM ocms_idempotent_answer
     WHERE operation = $1 AND credential = $2 AND key_source = 'requestId' AND idempotency_key = $3
"""
KEEP = """
    INSERT INTO ocms_idempotent_answer (operation, credential, key_source, idempotency_key, body_hash,
           status, answer, answered_at, is_final, cre_date, cre_user_id)
    VALUES ($1, $2, 'requestId', $3, $4, 200, $5, $6, 'Y', $6, 'equal')
"""
MOVES = "SELECT last_processing_stage, next_processing_stage FROM ocms_stage_map"
LOCK = """
    SELECT notice_no, last_processing_stage, last_processing_date, suspension_type,
           epr_reason_of_suspension, epr_date_of_suspension, payment_due_date
      FROM ocms_valid_offence_notice WHERE notice_no = ANY($1::varchar[])
     ORDER BY notice_no FOR NO KEY UPDATE
"""
OPEN = """
    SELECT notice_no, date_of_suspension, sr_no, date_of_revival FROM ocms_suspended_notice
     WHERE notice_no = ANY($1::varchar[]) ORDER BY notice_no, sr_no
"""
REVIVE = """
    UPDATE ocms_suspended_notice s
       SET date_of_revival = $4, revival_reason = 'SPO', officer_authorising_revival = 'CAS',
           upd_date = $4, upd_user_id = 'equal'
      FROM unnest($1::varchar[], $2::timestamp[], $3::integer[]) AS r (notice_no, since, sr_no)
     WHERE s.notice_no = r.notice_no AND s.date_of_suspension = r.since AND s.sr_no = r.sr_no
"""
AUDIT = """
    INSERT INTO ocms_audit_row (changed_at, principal, role, credential, operation, notice_nos, content,
           cre_date, cre_user_id)
    VALUES ($1, 'equal', 'cas', $2, $3, $4, $5, $1, 'equal')
"""

PATHS: Mapping[str, Operation] = {
    "/v1/ocms/cas-getPaymentStatus": Operation.GET_PAYMENT_STATUS,
    "/v1/ocms/cas-updateCourtNotices": Operation.UPDATE_COURT_NOTICES,
    "/v1/plus-queryNoticeInfo": Operation.QUERY_NOTICE_INFO,
}
line = msgspec.json.Encoder(enc_hook=str).encode
cipher = AESGCM(os.urandom(32))


class Refused(Exception):
    """A call that may not be made."""


async def credential_of_key(given: str, pool: Connections, now: datetime) -> str:
    key = parse_key(given)
    row = key and await pool.fetchrow(KEY, key.key_id)
    if not (key and row) or not hmac.compare_digest(sha256(key.secret.encode()).hexdigest(), row[0]):
        raise Refused
    if row[1] <= now or row[2] is not None or row[3] != "cas":
        raise Refused
    return str(key.key_id)


async def take_slot(pool: Connections, operation: Operation, credential: str, now: datetime) -> None:
    limit, local = OPERATIONS[operation].limit, now.replace(tzinfo=None)
    free, use = digits(now - timedelta(seconds=limit.seconds)), digits(now)
    slot = (operation.value, credential, local, limit.calls * DIGITS, free, use)
    if await pool.execute(TAKE, *slot) != "UPDATE 1":
        added = await pool.execute(FIRST, operation.value, credential, use, local)
        if added != "INSERT 0 1" and await pool.execute(TAKE, *slot) != "UPDATE 1":
            raise Refused


async def payment_status(call: Call, _body: bytes, _credential: str, pool: Connections) -> bytes:
    return encode(await best.payment_status(call, pool))


async def notice_info(call: Call, _body: bytes, _credential: str, pool: Connections) -> bytes:
    found = {row[0]: row for row in await pool.fetch(INFOS, [item.noticeNo for item in call.notices])}
    lines = []
    for item in call.notices:
        row = found[item.noticeNo]
        if row[4] is None or row[5] != row[1]:
            raise Refused  # a due date that is still to be recorded
        lines.append(info(row[:4]))
    return encode(Answer(len(lines), Data(lines)))


async def court_notices(call: Call, body: bytes, credential: str, pool: Connections) -> bytes:
    now = datetime.now(SINGAPORE).replace(tzinfo=None)
    operation, request_id, body_hash = "cas-updateCourtNotices", call.requestId, sha256(body).hexdigest()
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetchval(CLAIM, f"{operation} {credential} {request_id}"):
            raise Refused
        for kept in await connection.fetch(ANSWERED, operation, credential, request_id):
            if kept[0] == body_hash:
                return str(kept[1]).encode()
        items = sorted(call.notices, key=lambda item: item.noticeNo)
        numbers = [item.noticeNo for item in items]
        moves = {tuple(row) for row in await connection.fetch(MOVES)}
        locked = await connection.fetch(LOCK, numbers)
        records = await connection.fetch(OPEN, numbers)
        decide(items, locked, moves)
        ended = [row for row in records if row[3] is None]
        kinds = [item.suspensionType for item in items]
        reasons = [(item.eprReasonOfSuspension or "")[3:] for item in items]
        stages = [item.processingStage for item in items]
        rows = await connection.fetch(best.UPDATE, numbers, stages, kinds, reasons, now)
        if ended:
            numbers_ended, since, places = ([row[at] for row in ended] for at in range(3))
            await connection.execute(REVIVE, numbers_ended, since, places, now)
        await connection.execute(best.SUSPEND, numbers, kinds, reasons, now)
        await connection.execute(best.SEND, numbers, now)
        changed = [list(map(tuple, locked)), numbers, stages, kinds, reasons, [tuple(row) for row in ended]]
        content = cipher.encrypt(os.urandom(12), zlib.compress(line(changed), 1), credential.encode())
        await connection.execute(AUDIT, now, credential, operation, " ".join(numbers), content)
        found = {row[0]: row for row in rows}
        notices = [info(found[item.noticeNo]) for item in call.notices]
        answer = encode(Answer(len(notices), Data(notices)))
        await connection.execute(KEEP, operation, credential, request_id, body_hash, answer.decode(), now)
    return answer


def decide(items: Sequence[Item], locked: Sequence[Any], moves: set[tuple[Any, ...]]) -> None:
    known = {stage for move in moves for stage in move}
    for item, row in zip(items, locked, strict=True):
        is_shown = shown(row[3], row[4]) == item.eprReasonOfSuspension
        if item.processingStage not in known or row[1] in BEFORE_COURT or is_shown:
            raise Refused


Operate = Callable[[Call, bytes, str, Connections], Awaitable[bytes]]
OPERATIONS_BY_HAND: Mapping[Operation, Operate] = {
    Operation.GET_PAYMENT_STATUS: payment_status,
    Operation.UPDATE_COURT_NOTICES: court_notices,
    Operation.QUERY_NOTICE_INFO: notice_info,
}


def create() -> Any:
    pools: list[Connections] = []
    known: dict[bytes, str] = {}
    trusted = DevIssuer(Path(os.environ["BENCH_KEYS"]), switched_on=True).issuers()
    bearer = BearerAuthenticator(
        tuple((each, keys_in(each.name, each.jwks_file)) for each in trusted if each.jwks_file)
    )

    async def credential_of(headers: Mapping[bytes, bytes], pool: Connections, now: datetime) -> str:
        if key := headers.get(b"x-api-key"):
            return await credential_of_key(key.decode(), pool, now.replace(tzinfo=None))
        digest = sha256(headers[b"authorization"]).digest()
        if digest not in known:
            caller = bearer.authenticate(headers[b"authorization"].decode(), now)
            if not isinstance(caller, Principal):
                raise Refused
            known[digest] = caller.credential
        return known[digest]

    async def app(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await best.lifespan(pools, receive, send)
            return
        started, now, pool = perf_counter(), datetime.now(SINGAPORE), pools[0]
        headers = dict(scope["headers"])
        request_id = headers.get(b"x-request-id") or str(uuid.uuid4()).encode()
        operation = PATHS[scope["path"]]
        credential = await credential_of(headers, pool, now)
        await take_slot(pool, operation, credential, now)
        body = await best.whole_body(receive)
        answer = await OPERATIONS_BY_HAND[operation](decode(body), body, credential, pool)
        await best.answer_with(send, answer, (b"x-request-id", request_id))
        event = {
            "path": scope["path"],
            "status": 200,
            "milliseconds": round((perf_counter() - started) * 1000, 1),
            "event": "request",
            "request_id": request_id.decode(),
            "level": "info",
            "timestamp": now.isoformat(),
        }
        sys.stderr.buffer.write(line(event) + b"\n")
        sys.stderr.buffer.flush()

    return app
