"""Writing the answers to address enquiries, what was sent, and the files exchanged."""

from typing import Any

from sqlalchemy import Dialect, Executable, Integer, String, bindparam, case, delete, select, update
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.hst import ADDRESS, parts
from ocms_adapters.sql.change_statements.statement import RowStatement, inserts, upserts
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.addresses import DATAHIVE, MHA
from ocms_core.kernel.changes import AddressAnswered

HST_QUERY = "HST"
TYPE_OF_ADDRESS = {MHA: "mha_reg", DATAHIVE: "datahive"}


def answer_row(change: AddressAnswered) -> tuple[Any, ...]:
    """Convert an answer to its row."""
    answer = change.answer
    return (
        answer.id_no,
        answer.id_type,
        TYPE_OF_ADDRESS[answer.source],
        *parts(answer.address),
        answer.address_type,
        answer.invalid_addr_tag,
        answer.effective_date,
        answer.source,
        answer.answered_at,
    )


def stamp_sent(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Record when an identity was sent to which system."""
    queue, r = t.ocms_adhoc_nro_queue, row_set.rows
    sent = {
        column: case((r.c.system == system, r.c.at), else_=queue.c[column])
        for column, system in (("sent_to_mha_date", MHA), ("sent_to_datahive_date", DATAHIVE))
    }
    return (
        update(queue)
        .where(queue.c.id_no == r.c.id_no, queue.c.query_reason == HST_QUERY)
        .values({**sent, **change_stamp(now())})
    )


def withdraw(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Delete identities from the queue; what another query has queued stays."""
    queue = t.ocms_adhoc_nro_queue.c
    return delete(t.ocms_adhoc_nro_queue).where(
        queue.query_reason == HST_QUERY, queue.id_no.in_(select(row_set.rows.c.id_no))
    )


ANSWERED: dict[str, TypeEngine[Any]] = {
    "id_no": String(12),
    "id_type": String(1),
    "type_of_address": String(20),
    **ADDRESS,
    "address_type": String(1),
    "invalid_addr_tag": String(1),
    "effective_date": MOMENT,
    "source": String(10),
    "response_date_time": MOMENT,
}

ANSWERS = RowStatement(
    ANSWERED,
    answer_row,
    upserts(
        t.ocms_temp_unc_hst_addr,
        ("id_no", "query_reason"),
        *ANSWERED,
        newer="response_date_time",
        query_reason=bindparam("all_reason", HST_QUERY),
        report_generated=bindparam("all_reported", "N"),
        processing_date_time=now(),
    ),
)
SENT = RowStatement(
    {"id_no": String(12), "system": String(10), "at": MOMENT},
    lambda change: (change.id_no, change.system, change.at),
    stamp_sent,
)
WITHDRAWN = RowStatement({"id_no": String(12)}, lambda change: (change.id_no,), withdraw)
FILES = RowStatement(
    {
        "sha256": String(64),
        "direction": String(8),
        "name": String(255),
        "records": Integer(),
        "applied_at": MOMENT,
    },
    lambda change: (change.sha256, change.direction, change.name, change.records, change.at),
    inserts(housekeeping.ocms_mha_file, "sha256", "direction", "name", "records", "applied_at"),
)
