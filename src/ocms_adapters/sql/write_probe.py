"""A small write that shows whether a database takes writes."""

from uuid import uuid4

from sqlalchemy import Engine, bindparam, delete, insert

from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.schema import ocms_rate_counter as table
from ocms_adapters.sql.transactions import writing
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.kernel.dates import local

NOW = bindparam("now", type_=table.c.used_at.type)
ADD = insert(table).values(
    operation="health", credential=bindparam("key"), slot=0, used_at=NOW, **creation_stamp(NOW)
)
REMOVE = delete(table).where(table.c.operation == "health", table.c.credential == bindparam("key"))


def write_and_delete(engine: Engine) -> None:
    """
    Write a row as every call does, and delete it in the same transaction, which is committed to disk.

    Nobody sees the row and nobody waits for it. Raises what a call would raise.
    """
    with writing(engine) as connection:
        key = {"key": uuid4().hex}
        connection.execute(ADD, {**key, "now": local(aware(utc_now(connection)))})
        connection.execute(REMOVE, key)
