"""One lock for each identity, so that making someone an offender and listing them take turns."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from ocms_adapters.sql.row_sets import bind_keys
from ocms_core.kernel.rule_tags import rule

ON_POSTGRESQL = text(
    "SELECT count(pg_advisory_xact_lock(hashtextextended('ocms_identity ' || id_no, 0))) "
    "FROM (SELECT id_no FROM unnest(CAST(:keys AS varchar[])) AS identities (id_no) "
    "ORDER BY id_no) AS in_order"
)
ON_MSSQL = text("EXEC sp_getapplock @Resource = :key, @LockMode = 'Exclusive', @LockOwner = 'Transaction'")


@rule("G13")
def lock_identities(connection: Connection, id_nos: Iterable[str]) -> None:
    """
    Whoever acts on an identity, or makes it the current offender, first takes that identity's lock.

    Taken in the order of the numbers and held until the transaction ends. SQLite has one writer at a
    time already.
    """
    keys = sorted(set(id_nos))
    if connection.dialect.name == "postgresql":
        connection.execute(ON_POSTGRESQL, bind_keys(connection.dialect, keys))
    elif connection.dialect.name == "mssql":
        for key in keys:
            connection.execute(ON_MSSQL, {"key": f"ocms_identity {key}"})
