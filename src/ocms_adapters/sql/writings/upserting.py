"""Phrases an insert that takes over what is there already."""

from collections.abc import Callable

from sqlalchemy import Dialect, Executable, String, Table, bindparam, literal, select, text, true
from sqlalchemy.dialects import postgresql, sqlite

from ocms_adapters.sql.row_sets import Columns, RowSet
from ocms_adapters.sql.writings.writing import now


def upserts(
    table: Table, keys: tuple[str, ...], columns: Columns, *, user: str
) -> Callable[[Dialect, RowSet], Executable]:
    """
    Phrase an insert of rows, or the update of a row that is there; creation or change stamped.

    The columns are those of the rows, named as in the table.
    """
    taken_over = tuple(name for name in columns if name not in keys)

    def phrase(dialect: Dialect, row_set: RowSet) -> Executable:
        if dialect.name == "mssql":
            return merge(dialect, table, keys, columns, user)
        on_conflict = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
        # SQLite takes the ON of ON CONFLICT for a join's unless the SELECT ends in a WHERE.
        rows = select(row_set.rows, now(), literal(user)).where(true())
        statement = on_conflict.from_select([*columns, "cre_date", "cre_user_id"], rows)
        upsert: Executable = statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={name: statement.excluded[name] for name in taken_over}
            | {"upd_date": now(), "upd_user_id": user},
        )
        return upsert

    return phrase


def merge(dialect: Dialect, table: Table, keys: tuple[str, ...], columns: Columns, user: str) -> Executable:
    """Phrase the upsert for SQL Server, as MERGE; HOLDLOCK keeps two from inserting at once."""
    typed = ", ".join(
        f"{name} {kind.compile(dialect=dialect)} '$[{place}]'"
        for place, (name, kind) in enumerate(columns.items())
    )
    same = " AND ".join(f"target.{key} = r.{key}" for key in keys)
    taken_over = ", ".join(f"{name} = r.{name}" for name in columns if name not in keys)
    return text(
        f"MERGE {table.name} WITH (HOLDLOCK) AS target "  # noqa: S608  # names and types come from our own tables
        f"USING (SELECT {', '.join(columns)} FROM OPENJSON(:rows) WITH ({typed})) AS r ON {same} "
        f"WHEN MATCHED THEN UPDATE SET {taken_over}, upd_date = :now, upd_user_id = :user "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}, cre_date, cre_user_id) "
        f"VALUES ({', '.join(f'r.{name}' for name in columns)}, :now, :user);"
    ).bindparams(bindparam("rows", type_=String), now(), user=user)
