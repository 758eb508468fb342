"""A real PgBouncer before a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from sqlalchemy import make_url

from tests.support.postgres import PostgresServer, free_port, unprivileged
from world.support.programs import Program, listens, program_folder, running


@frozen
class Pooler:
    """A running PgBouncer."""

    server: PostgresServer
    port: int
    program: Program

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database through the pooler."""
        return pooled_url(self.server.url(database, tcp=True), self.port)


@contextmanager
def pgbouncer(server: PostgresServer, **settings: object) -> Iterator[Pooler]:
    """Run PgBouncer by transaction, with one server connection for each database unless set otherwise."""
    with program_folder("pgbouncer") as folder:
        port = free_port()
        ini = write_ini(folder, server, port, **settings)
        with running([*unprivileged(), "pgbouncer", ini], folder, lambda: listens(port)) as program:
            yield Pooler(server, port, program)


def write_ini(folder: Path, server: PostgresServer, port: int, **settings: object) -> Path:
    """Write the settings and return their file; for OCMS none has to differ from PgBouncer's defaults."""
    url = make_url(server.url(tcp=True))
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": 1,
        "query_wait_timeout": 5,
        **settings,
    }
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        "[databases]\n"
        f"* = host={url.host} port={url.port} user={url.username} password={url.password}\n"
        "[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    ini.chmod(0o644)
    return ini


def pooled_url(direct: str, port: int) -> str:
    """Return the URL of the same database through a pooler on a port."""
    return make_url(direct).set(port=port).render_as_string(hide_password=False)
