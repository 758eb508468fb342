"""A full disk, made by a bound on the files of the server's processes: SQLite finds no room to write."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ocms_adapters.sql.schema import ocms_valid_offence_notice
from tests.support.builders import body
from tests.support.http_server import API_2, Deployment, Served, serving
from tests.support.rows import put_notices

ROOM = 64 * 1024
"""Bytes that a file may grow beyond the database, so that its log of changes does not reach its limit."""
CALLS, NOTICES_IN_A_CALL = 8, 100


@contextmanager
def full_disk(served: Served) -> Iterator[None]:
    """Let no file of the server's processes grow much while the block lasts, as on a full disk."""
    file = Path(served.deployment.engine.url.database or "")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    largest = file.stat().st_size + ROOM
    first = served.process.pid
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    processes = [first, *map(int, children)]
    for process in processes:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    yield
    for process in processes:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.rule("P4", "K1", "G13")
def test_a_full_disk_loses_no_acknowledged_write(sqlite_deployment: Deployment) -> None:
    engine = sqlite_deployment.engine
    calls = [[f"N{call:05}{place:03}" for place in range(NOTICES_IN_A_CALL)] for call in range(CALLS)]
    put_notices(engine, [number for numbers in calls for number in numbers], last_processing_stage="CPC")
    with serving(sqlite_deployment) as served:
        credential = sqlite_deployment.key()

        def court(place: int) -> int:
            headers = {**credential, "Idempotency-Key": str(place)}
            updates = tuple({"noticeNo": number, "processingStage": "CSD"} for number in calls[place])
            return served.post(API_2, body(updates), headers=headers).status_code

        with full_disk(served):
            done = next(place for place in range(CALLS) if court(place) == 503)
            assert [court(done), court(done + 1)] == [503, 503]
        assert done
        assert moved(engine) == [number for numbers in calls[:done] for number in numbers]
        assert [court(done), court(done + 1)] == [200, 200]
        assert moved(engine) == [number for numbers in calls[: done + 2] for number in numbers]


def moved(engine: Engine) -> list[str]:
    """Return the notices at the stage that the calls move them to, in their order."""
    von = ocms_valid_offence_notice.c
    with engine.connect() as connection:
        rows = connection.execute(
            select(von.notice_no).where(von.last_processing_stage == "CSD").order_by(von.notice_no)
        )
        return list(rows.scalars())
