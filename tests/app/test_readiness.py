"""`/health/ready` says in bounded time whether the system does its work, also between two versions."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

import ocms_core
from ocms_adapters.sql.migrations import VERSION_TABLES
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.errors import Unavailable
from tests.support.builders import body
from tests.support.databases import postgres_databases
from tests.support.http_server import API_2, API_4, OCMS, Deployment, Served, serving
from tests.support.postgres import PostgresServer, running_server
from tests.support.rows import put_notices

NO = "1234567890"
VERSION_TABLE = VERSION_TABLES["intranet"]
FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON ocms_rate_counter EXECUTE FUNCTION full_disk();
"""
# What a version after this one brings in: what an older one neither knows nor needs.
LATER_REVISION = '''
"""What the next version adds."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{own}"


def upgrade() -> None:
    """Add a column and a table."""
    op.add_column("ocms_valid_offence_notice", sa.Column("added_later", sa.String(5)))
    op.create_table("ocms_added_later", sa.Column("id", sa.Integer, primary_key=True))
'''
# With no more bytes to write, as on a full disk.
READY_ON_FULL_DISK = """
import resource, sys
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.errors import Unavailable
databases = open_databases(Settings(*sys.argv[1:]))
databases.ready()
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
try:
    databases.ready()
except Unavailable as fault:
    print(fault)
"""

# The log of SQLite keeps the room it once had, here 4 MB: with a full disk calls go on until that is used up.
READY_AS_THE_DISK_FILLS = """
import resource, sys
from pathlib import Path
from uuid import uuid4
from sqlalchemy import insert
from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.schema import ocms_rate_counter
from ocms_adapters.sql.transactions import writing
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.dates import local
from tests.support.builders import NOW

def put(size):
    key = {"operation": "x", "credential": uuid4().hex, "slot": 0}
    row = {**key, "uses": "0" * size, "used_at": local(NOW), **creation_stamp(local(NOW))}
    with writing(databases.intranet) as connection:
        connection.execute(insert(ocms_rate_counter).values(row))

databases = open_databases(Settings(*sys.argv[1:]))
for size in (4_500_000, 10, 10):
    put(size)
databases.ready()
largest = max(file.stat().st_size for file in Path(databases.intranet.url.database).parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
done = 0
try:
    while True:
        put(40_000)
        done += 1
except Unavailable:
    print(done > 1)
for _ in range(20):
    try:
        databases.ready()
        print("ready")
    except Unavailable as fault:
        print(fault)
"""


def ready(served: Served) -> tuple[int, str]:
    """Return the status and the reason of the answer to `/health/ready`."""
    answer = served.http.get("/health/ready")
    return answer.status_code, answer.json().get("reason", "")


@contextmanager
def standing_still(server: PostgresServer) -> Iterator[None]:
    """Stop every process of a server where it is; they go on when the block ends."""
    first = int((server.data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    stopped = [first, *map(int, children)]
    try:
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)


@pytest.mark.rule("G21", "P4")
def test_a_database_that_stands_still_only_reads_or_is_full_is_named_in_time(tmp_path: Path) -> None:
    with running_server() as server, postgres_databases(server) as databases:
        deployment = Deployment(databases, tmp_path)
        with serving(deployment, ready_seconds=3) as served:
            ready_is(served, (200, ""))
            with standing_still(server):
                began = time.monotonic()
                assert ready(served) == (503, "a database (no answer in 3 seconds) is unavailable")
                assert time.monotonic() - began < 20
                assert served.http.get("/health/live").status_code == 200
            ready_is(served, (200, ""))
            name = deployment.engine.url.database
            for only_reads, expected in (
                ("on", (503, "the intranet database (it only reads) is unavailable")),
                ("off", (200, "")),
            ):
                with deployment.engine.begin() as connection:
                    connection.exec_driver_sql("SET TRANSACTION READ WRITE")
                    connection.exec_driver_sql(
                        f"ALTER DATABASE {name} SET default_transaction_read_only = {only_reads}"
                    )
                server.restart()
                ready_is(served, expected)
                if expected[0] == 503:
                    assert code_logged_of_a_503(served) == "25006"
            with deployment.engine.begin() as connection:
                connection.exec_driver_sql(FULL_DISK)
            ready_is(served, (503, "the intranet database (its disk is full or fails) is unavailable"))
            assert code_logged_of_a_503(served) == "53100"
        deployment.engine.dispose()


def code_logged_of_a_503(served: Served) -> object:
    """Return the database's code in the log line of a call that is answered 503."""
    answer = served.post(API_4, body())
    assert answer.status_code == 503
    handle = answer.headers["X-Request-ID"]
    lines = [line for line in served.log() if line["request_id"] == handle]
    (unavailable,) = [line for line in lines if line["event"] == "call_unavailable"]
    return unavailable["code"]


def ready_is(served: Served, expected: tuple[int, str]) -> None:
    """Wait for an answer, which on a busy machine may first be that there was none in time."""
    deadline = time.monotonic() + 60
    while (answer := ready(served)) != expected:
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)


@pytest.mark.rule("G21")
def test_a_full_disk_under_sqlite_is_not_ready(sqlite_deployment: Deployment) -> None:
    urls = [sqlite_deployment.databases.intranet, sqlite_deployment.databases.internet]
    asked = [sys.executable, "-c", READY_ON_FULL_DISK, *urls]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert answer.stdout == "the intranet database (its disk is full or fails) is unavailable\n"


@pytest.mark.rule("G21")
def test_a_disk_that_fills_under_sqlite_is_not_ready_once_calls_are_refused(
    sqlite_deployment: Deployment,
) -> None:
    urls = [sqlite_deployment.databases.intranet, sqlite_deployment.databases.internet]
    asked = [sys.executable, "-c", READY_AS_THE_DISK_FILLS, *urls]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True)
    were_done, *answers = answer.stdout.splitlines()
    assert were_done == "True", "there was room in the log"
    assert answers[10:] == ["the intranet database (its disk is full or fails) is unavailable"] * 10


@pytest.mark.rule("G21")
def test_asking_leaves_nothing_behind(deployment: Deployment) -> None:
    databases = open_databases(Settings(deployment.databases.intranet, deployment.databases.internet))
    databases.ready()
    databases.dispose()
    with deployment.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM ocms_rate_counter")).scalar_one() == 0


def revision_of(deployment: Deployment) -> str:
    with deployment.engine.connect() as connection:
        return str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())


def set_revision(deployment: Deployment, revision: str) -> None:
    with deployment.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :to"), {"to": revision})


def later_version(folder: Path, own: str) -> tuple[Path, str]:
    """Copy the sources and add one revision to them; return where they are, and the revision."""
    later = folder / "later"
    shutil.copytree(Path(ocms_core.__file__).parents[1], later, ignore=shutil.ignore_patterns("__pycache__"))
    revision = f"{int(own) + 1:04}"
    migrations = later / "ocms_adapters/sql/migrations/intranet"
    (migrations / "added_later.py").write_text(LATER_REVISION.format(revision=revision, own=own))
    return later, revision


def run(deployment: Deployment, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `ocms` on a deployment's databases."""
    environment = deployment.environment() | variables
    return subprocess.run(
        [OCMS, *words], env=environment, cwd=deployment.folder, capture_output=True, text=True, check=False
    )


@pytest.mark.rule("G21")
def test_two_versions_serve_while_one_takes_the_place_of_the_other(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_databases(postgres) as databases:
        deployment = Deployment(databases, tmp_path)
        one_version_after_another(deployment, monkeypatch)
        deployment.engine.dispose()


def one_version_after_another(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a version serve, the next one migrate and serve beside it, and the first one be asked again."""
    put_notices(deployment.engine, [NO])
    own = revision_of(deployment)
    later, revision = later_version(deployment.folder, own)
    with serving(deployment) as older:
        assert run(deployment, "db", "upgrade", PYTHONPATH=str(later)).returncode == 0
        assert revision_of(deployment) == revision
        monkeypatch.setenv("PYTHONPATH", str(later))
        with serving(deployment) as newer:
            for served, stage in ((older, "WAR"), (newer, "CWT"), (older, "WAR"), (newer, "CWT")):
                ready_is(served, (200, ""))
                moved = body(({"noticeNo": NO, "processingStage": stage},))
                assert served.post(API_2, moved, headers=deployment.key()).status_code == 200
        monkeypatch.delenv("PYTHONPATH")
        upgraded, checked = run(deployment, "db", "upgrade"), run(deployment, "db", "check")
        ahead = "intranet: ahead of this version of OCMS, which works with it\ninternet: up to date\n"
        assert (upgraded.returncode, upgraded.stderr) == (0, ahead)
        assert (checked.returncode, checked.stderr) == (0, ahead)
        assert revision_of(deployment) == revision


@pytest.mark.rule("G21")
def test_a_later_generation_is_refused_in_one_line(sqlite_deployment: Deployment) -> None:
    deployment = sqlite_deployment
    databases = open_databases(Settings(deployment.databases.intranet, deployment.databases.internet))
    generation = int(revision_of(deployment)[0])
    for revision in (f"{generation + 1}000", "made by hand"):
        set_revision(deployment, revision)
        refused = run(deployment, "db", "upgrade")
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert re.search("intranet database is of a later version of OCMS", refused.stderr)
        with pytest.raises(Unavailable, match="later version of OCMS"):
            databases.ready()
    databases.dispose()
