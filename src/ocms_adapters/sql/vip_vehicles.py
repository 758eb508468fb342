"""
The VIP vehicles in `ocms_vip_vehicle`, replaced so that no reader notices.

The new list is loaded beside the table, where nobody sees it. Then one transaction finds the rows that
differ, with one pass over both, and writes only those: a reader sees the old list or the new one, and
waits for neither. A kill at any point leaves one of the two. On PostgreSQL it is all one transaction, since
a pooler may give the next one another session, without the temporary tables.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from attrs import frozen
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.transactions import reading, translated, writing
from ocms_core.court.vip_vehicles import BadList, VipChanges, check_shrinking
from ocms_core.kernel.errors import OcmsError, RowRejected, Unavailable
from ocms_core.kernel.rule_tags import rule

LIST = text(
    "CREATE TEMPORARY TABLE vip_list (vehicle_no varchar(20), vip_vehicle varchar(1), "
    "description varchar(255), status varchar(2))"
)
LIST_COLUMNS = ("vehicle_no", "vip_vehicle", "description", "status")
KEY = text("CREATE UNIQUE INDEX vip_list_key ON vip_list (vehicle_no)")
DIFFERENCE = text(
    "CREATE TEMPORARY TABLE vip_difference AS "
    "SELECT coalesce(l.vehicle_no, v.vehicle_no) AS vehicle_no, l.vip_vehicle, l.description, l.status, "
    "v.vehicle_no IS NULL AS added, l.vehicle_no IS NULL AS removed "
    "FROM vip_list l FULL JOIN ocms_vip_vehicle v ON l.vehicle_no = v.vehicle_no "
    "WHERE l.vehicle_no IS NULL OR v.vehicle_no IS NULL OR l.vip_vehicle <> v.vip_vehicle "
    "OR l.status <> v.status OR coalesce(l.description, '') <> coalesce(v.description, '')"
)
COUNTS = text(
    "SELECT count(CASE WHEN added THEN 1 END), count(CASE WHEN removed THEN 1 END), "
    "count(CASE WHEN NOT added AND NOT removed THEN 1 END) FROM vip_difference"
)
WRITES = (
    text(
        "DELETE FROM ocms_vip_vehicle "
        "WHERE vehicle_no IN (SELECT vehicle_no FROM vip_difference WHERE removed)"
    ),
    text(
        "UPDATE ocms_vip_vehicle SET vip_vehicle = d.vip_vehicle, description = d.description, "
        "status = d.status, upd_date = :now, upd_user_id = :by FROM vip_difference d "
        "WHERE ocms_vip_vehicle.vehicle_no = d.vehicle_no AND NOT d.added AND NOT d.removed"
    ),
    text(
        "INSERT INTO ocms_vip_vehicle (vehicle_no, vip_vehicle, description, status, cre_date, cre_user_id) "
        "SELECT vehicle_no, vip_vehicle, description, status, :now, :by FROM vip_difference WHERE added"
    ),
)
DROPS = (text("DROP TABLE IF EXISTS vip_difference"), text("DROP TABLE IF EXISTS vip_list"))


@frozen
class SqlVipVehicles:
    """Replaces the list; on PostgreSQL and SQLite."""

    _engine: Engine

    @rule("P41")
    def replace(
        self,
        rows: TextIO,
        now: datetime,
        *,
        largest_percent: int,
        accepted: bool,
        in_order: bool = False,
        check: Callable[[Connection], None],
    ) -> VipChanges:
        """
        Load the list beside the table, merge the difference, and commit once.

        `rows` is a CSV file, every cell quoted, of number, mark, description and status; `in_order` says
        that the numbers rise, so that none stands twice and time is saved. `check` is called in the writing
        transaction before it writes. `BadList` for a vehicle that stands twice, `ListHeldBack` when it
        shrinks too much; then nothing was written.
        """
        database = dialect_of(self._engine.dialect)
        if not database.loads_csv:
            raise Unavailable(f"the VIP refresh on {self._engine.name}")
        keyed = not (in_order and database.merges_sorted_rows)
        with self._staged(rows, keyed=keyed) as (connection, after):
            database.prepare_large_join(connection, merge=not keyed)
            connection.execute(DIFFERENCE)
            added, removed, changed = connection.execute(COUNTS).one()
            before = after + removed - added
            check_shrinking(before=before, after=after, largest_percent=largest_percent, accepted=accepted)
            check(connection)
            stamp = {"now": database.bound_moment(now), "by": AUDIT_USER}
            for write, requested in zip(WRITES, (removed, changed, added), strict=True):
                if requested:
                    connection.execute(write, stamp)
        return VipChanges(before=before, after=after, added=added, changed=changed, removed=removed)

    @contextmanager
    def _staged(self, rows: TextIO, *, keyed: bool) -> Iterator[tuple[Connection, int]]:
        """Load the list beside the table, where nobody sees it; yields a transaction and how many rows."""
        if dialect_of(self._engine.dialect).keeps_session:
            with self._staged_before(rows, keyed=keyed) as staged:
                yield staged
            return
        with writing(self._engine) as connection:
            yield connection, load(connection, rows, keyed=keyed)
            drop(connection)

    @contextmanager
    def _staged_before(self, rows: TextIO, *, keyed: bool) -> Iterator[tuple[Connection, int]]:
        """Load the list in a transaction of its own: one that loads and writes would lock the database."""
        with reading(self._engine) as connection:
            try:
                with connection.begin():
                    many = load(connection, rows, keyed=keyed)
                connection.execution_options(ocms_read_only=False)
                with connection.begin():
                    yield connection, many
            finally:
                clear(connection)


def load(connection: Connection, rows: TextIO, *, keyed: bool) -> int:
    """Load the list into a temporary table and return how many rows it has."""
    connection.execute(LIST)
    database = dialect_of(connection.dialect)
    many = database.load_csv(connection, rows, "vip_list", LIST_COLUMNS, "description")
    if keyed:
        index(connection)
    return many


def index(connection: Connection) -> None:
    """Create the key of the list; BadList when a vehicle is in it twice."""
    try:
        with translated():
            connection.execute(KEY)
    except RowRejected:
        raise BadList("a vehicle stands in the list twice") from None


def clear(connection: Connection) -> None:
    """Restore the connection; one that cannot be restored is invalidated."""
    try:
        if connection.in_transaction():
            connection.rollback()
        connection.execution_options(ocms_read_only=True)
        with translated(), connection.begin():
            drop(connection)
    except (OcmsError, DBAPIError):  # closing the connection drops its temporary tables
        connection.invalidate()


def drop(connection: Connection) -> None:
    """Drop the temporary tables."""
    for statement in DROPS:
        connection.execute(statement)
