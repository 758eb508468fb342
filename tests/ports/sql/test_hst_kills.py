"""A process killed in the middle of an application leaves all of it or nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import delete, text

from ocms_adapters.sql.locking import lock_identities
from ocms_adapters.sql.schema import housekeeping, intranet
from ocms_core.hst import service
from ocms_core.hst.request_checks import HstRevival
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, NOW, OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database

NOTICES = 10_000
KILLS = 20

# Everything is loaded once; each application runs in a child of its own, whose number is told.
PROGRAM = f"""
import os, sys
from datetime import datetime
from tests.support import engines
from ocms_adapters.sql.hst import SqlHstStores
from ocms_core.hst import service
from ocms_core.hst.request_checks import HstApplication
from ocms_core.kernel.addresses import RegisteredAddress

listed = HstApplication("{IDENTITY}", "N", "John Tan", RegisteredAddress("123456", "1", "Street"))
for line in sys.stdin:
    child = os.fork()
    if not child:
        stores = SqlHstStores(engines.create(sys.argv[1]))
        service.apply(listed, officer="X", stores=stores, now=datetime.fromisoformat(line.strip()))
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("over", flush=True)
"""


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    opened.notices(f"{number:010}" for number in range(NOTICES))
    yield opened
    opened.engine.dispose()


@contextmanager
def applying(url: str) -> Iterator[Callable[[float], None]]:
    """Run the program; what it gives lets it apply, and kills that so many seconds later."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def killed(after: float) -> None:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{NOW.isoformat()}\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            assert process.stdout.readline() == "over\n"

        yield killed


COUNTS = text(
    "SELECT (SELECT count(*) FROM ocms_hst), "
    "(SELECT count(*) FROM ocms_suspended_notice WHERE date_of_revival IS NULL), "
    "(SELECT count(*) FROM ocms_valid_offence_notice WHERE epr_reason_of_suspension = 'HST'), "
    "(SELECT count(*) FROM ocms_outbox)"
)


def standing(database: HstDatabase) -> tuple[int, ...]:
    """Count listings, open records, rows that show TS-HST, and outbox rows, once the dead hold no lock."""
    with database.engine.begin() as connection:
        lock_identities(connection, [IDENTITY])
        return tuple(connection.execute(COUNTS).one())


def undone(database: HstDatabase) -> None:
    """Take back what an application has left, and the traces of that."""
    service.revive(HstRevival(IDENTITY, "x"), officer=OFFICER, stores=database.stores, now=NOW)
    with database.engine.begin() as connection:
        connection.execute(delete(housekeeping.ocms_outbox))
        connection.execute(delete(intranet.ocms_suspended_notice))


@pytest.mark.rule("H3", "H21")
def test_an_application_killed_at_any_moment_is_there_whole_or_not_at_all(database: HstDatabase) -> None:
    startup = time.monotonic()
    service.apply(application(), officer=OFFICER, stores=database.stores, now=NOW)
    as_long_as = time.monotonic() - startup
    whole = (1, NOTICES, NOTICES, NOTICES)
    assert standing(database) == whole
    undone(database)
    chance, seen = random.Random(20250114), Counter[bool]()
    with applying(database.engine.url.render_as_string(hide_password=False)) as killed:
        for _ in range(KILLS):
            killed(chance.uniform(0.05, 1.05) * as_long_as)
            after = standing(database)
            assert after in {whole, (0, 0, 0, 0)}
            seen[after == whole] += 1
            if after == whole:
                undone(database)
    assert seen[False]
