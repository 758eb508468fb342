"""The answers of calls that may be delivered twice, kept in the transaction of what they did (K1)."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, insert, select, update

from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema import ocms_idempotent_answer as table
from ocms_adapters.sql.transactions import translated
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, StillRunning, StoredAnswer, check_repeat
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

OF_CALL = (
    table.c.operation == bindparam("of_operation"),
    table.c.credential == bindparam("of_credential"),
    table.c.key_source == bindparam("of_source"),
    table.c.idempotency_key == bindparam("of_key"),
)
STORED = select(
    table.c.body_hash, table.c.status, table.c.answer, table.c.answered_at, table.c.is_final
).where(*OF_CALL)
KEEP = insert(table)
COMPLETE = update(table).where(
    *OF_CALL, table.c.body_hash == bindparam("of_body_hash"), table.c.is_final == "N"
)


@rule("K1")
def claim(connection: Connection, key: IdempotencyKey, now: datetime) -> None:
    """
    Keep other deliveries of a call out until the transaction ends; raise a `RepeatedCall` for a repeat (K1).

    Where the database has no lock for that, the key of the kept row lets one delivery through.
    """
    name = f"{key.operation.value} {key.credential} {key.source.value} {key.key}"
    if not dialect_of(connection.dialect).try_lock_call(connection, name):
        raise StillRunning
    stored = [
        StoredAnswer(body_hash, status, text.encode(), singapore(answered_at), is_final == "Y")
        for body_hash, status, text, answered_at, is_final in connection.execute(STORED, call_of(key))
    ]
    check_repeat(key, stored, now)
    if stored:
        log.warning("request_id_reused", operation=key.operation.value, request_id_of_call=key.key)


def keep_answer(connection: Connection, key: IdempotencyKey, answer: StoredAnswer) -> None:
    """Keep the answer of a call; raise `Conflict` when another delivery of it was faster."""
    row = {
        "operation": key.operation.value,
        "credential": key.credential,
        "key_source": key.source.value,
        "idempotency_key": key.key,
        "body_hash": key.body_hash,
        **answer_columns(answer),
        **creation_stamp(local(answer.answered_at)),
    }
    try:
        with translated():
            connection.execute(KEEP, row)
    except RowRejected:
        raise Conflict("another delivery of this call was faster") from None


def complete_answer(connection: Connection, key: IdempotencyKey, answer: StoredAnswer) -> None:
    """Replace a kept answer that was not final yet."""
    values = {**answer_columns(answer), **change_stamp(local(answer.answered_at))}
    connection.execute(COMPLETE.values(values), {**call_of(key), "of_body_hash": key.body_hash})


def call_of(key: IdempotencyKey) -> dict[str, str]:
    """Return the parameters that name a call."""
    return {
        "of_operation": key.operation.value,
        "of_credential": key.credential,
        "of_source": key.source.value,
        "of_key": key.key,
    }


def answer_columns(answer: StoredAnswer) -> dict[str, Any]:
    """Return the columns of an answer."""
    return {
        "status": answer.status,
        "answer": answer.body.decode(),
        "answered_at": local(answer.answered_at),
        "is_final": "Y" if answer.is_final else "N",
    }
