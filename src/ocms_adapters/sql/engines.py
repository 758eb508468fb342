"""Engines: the connections to a database, set up for the one work OCMS does with it."""

from sqlalchemy import Engine, make_url

from ocms_adapters.sql.dialects import DIALECTS
from ocms_adapters.sql.dialects.database_dialect import USUAL_PATIENCE


def create(
    url: str,
    *,
    echo: bool = False,
    pool_size: int = 10,
    patience: float = USUAL_PATIENCE,
    may_make: bool = True,
) -> Engine:
    """
    Return an engine of the database at a URL: `sqlite:///file`, `postgresql://...` or `mssql://...`.

    `engine.begin()` opens a transaction that may write (on SQLite it takes the write lock at
    once); `engine.connect().execution_options(ocms_read_only=True)` opens one that only reads and
    waits for nobody. `pool_size` connections are kept, no more are opened. With less than the usual
    `patience`, in seconds, connecting and each statement are given up after that time. Unless it `may_make` a
    database, connecting raises an `OcmsError` where there is none. Values never show in errors or logs.
    ValueError for any other database and for SQLite without a file.
    """
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name not in DIALECTS:
        raise ValueError(f"The database is one of {', '.join(DIALECTS)}, not {name}.")
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": patience}
    engine = DIALECTS[name].open(parsed, {**pool, "echo": echo, "hide_parameters": True}, patience)
    DIALECTS[name].prepare_connecting(engine, may_make=may_make)
    return engine
