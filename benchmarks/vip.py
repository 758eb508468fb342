"""The refresh of the VIP vehicles: its database part beside its peers, and what readers meanwhile see."""

import csv
import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from math import ceil
from typing import Any, TextIO

import psycopg
from attrs import define
from psycopg import IsolationLevel
from sqlalchemy import Engine, insert, make_url, text

from benchmarks.frame import BEST, OURS, TYPICAL, Bar, Ready, Row, count, time_of
from benchmarks.ground import Ground, outside_transactions
from benchmarks.memory import megabytes_grown
from benchmarks.services import now, timed
from ocms_adapters.http.vip_source import spool
from ocms_adapters.sql import engines
from ocms_adapters.sql.schema import ocms_vip_vehicle as table
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_core.court.vip_vehicles import VipChanges

VEHICLES = 1_000_000
# One vehicle in a hundred is another one than the day before; the look-ups are for some of these.
CHANGED = 100
LEVELS = ("READ COMMITTED", "REPEATABLE READ")
SETTLE = ("VACUUM (ANALYZE) ocms_vip_vehicle", "CHECKPOINT")

LOOK_UP = "SELECT description FROM ocms_vip_vehicle WHERE vehicle_no = ANY(%s)"
BARE = (
    "CREATE TABLE vip_bare (vehicle_no varchar(20), vip_vehicle varchar(1), description varchar(255), "
    "status varchar(2))"
)
KEYED = "ALTER TABLE vip_bare ADD PRIMARY KEY (vehicle_no)"
COPY = "COPY vip_bare FROM STDIN (FORMAT csv, FORCE_NULL (description))"
BLOCK = 1024 * 1024
PAUSE = 0.002

Vehicle = tuple[str, str, str, str]


def vehicles(many: int, day: int) -> Iterator[Vehicle]:
    """Make up the list of a day, in order."""
    for number in range(many):
        yield f"SVP{number:07}", "Y", str(day) if number % CHANGED == 0 else "Diplomatic vehicle", "A"


@contextmanager
def file_of(many: int, day: int) -> Iterator[TextIO]:
    """Write the list of a day as the refresh spools it."""
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as rows:
        csv.writer(rows, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(vehicles(many, day))
        yield rows


def connected(address: str) -> psycopg.Connection[Any]:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain)


def replaced(engine: Engine, rows: TextIO) -> VipChanges:
    rows.seek(0)
    return SqlVipVehicles(engine).replace(
        rows, now(), largest_percent=20, accepted=False, in_order=True, check=lambda _: None
    )


def truncated_and_inserted(engine: Engine, list_of_day: Sequence[Vehicle]) -> None:
    names = ("vehicle_no", "vip_vehicle", "description", "status")
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ocms_vip_vehicle"))
        connection.execute(insert(table), [dict(zip(names, vehicle, strict=True)) for vehicle in list_of_day])


def copied_and_keyed(address: str, rows: TextIO) -> None:
    rows.seek(0)
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute(BARE)
        with cursor.copy(COPY) as stream:
            while block := rows.buffer.read(BLOCK):
                stream.write(block)
        cursor.execute(KEYED)


@contextmanager
def refresh(ground: Ground) -> Iterator[Ready]:
    """A refresh of a million, or of five for each notice of the table if that is less."""
    many, engine = min(VEHICLES, 5 * ground.size.notices), ground.engine
    with file_of(many, 0) as yesterday, file_of(many, 1) as today:
        typical = list(vehicles(many, 0))

        def ours(rows: TextIO = today) -> None:
            given = replaced(engine, rows)
            if (given.before, given.after, given.changed) != (many, many, ceil(many / CHANGED)):
                raise AssertionError(given)

        def between() -> None:
            replaced(engine, yesterday)
            outside_transactions(engine, "DROP TABLE IF EXISTS vip_bare", *SETTLE)

        @cache
        def meanwhile() -> Seen:
            """Look up what changes while the list becomes today's, yesterday's and today's again."""
            between()
            with reading(ground.databases.intranet) as seen:
                for rows in (today, yesterday, today):
                    ours(rows)
            return seen

        @cache
        def unchanged() -> tuple[float, float]:
            """Take over once more the list there is; rows written, and kilobytes of the log."""
            between()
            replaced(engine, today)  # the first to touch a page after a checkpoint logs all of it
            before = log_position(engine)
            given = replaced(engine, today)
            return given.added + given.changed + given.removed, (log_position(engine) - before) / 1024

        yield Ready(
            {
                OURS: lambda: timed(ours),
                BEST: lambda: timed(lambda: copied_and_keyed(ground.databases.intranet, today)),
                TYPICAL: lambda: timed(lambda: truncated_and_inserted(engine, typical)),
            },
            {
                "wrong reads": lambda: meanwhile().wrong,
                "longest wait": lambda: meanwhile().longest,
                "rows": lambda: unchanged()[0],
                "kilobytes": lambda: unchanged()[1],
                "megabytes": lambda: megabytes_grown(partial(take_over, ground.databases.intranet, many)),
            },
            between=between,
        )


@define
class Seen:
    """What readers saw: look-ups that were wrong, and the milliseconds of the longest."""

    wrong: float = 0
    longest: float = 0


@contextmanager
def reading(address: str) -> Iterator[Seen]:
    """Look vehicles up again and again, a process for each isolation level; full when the block ends."""
    seen = Seen()
    with ExitStack() as running:
        readers = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.vip", address, level],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for level in LEVELS
        ]
        for reader in readers:
            if not reader.stdout or reader.stdout.readline() != "reading\n":
                raise RuntimeError("A reader did not start.")
        yield seen
        for reader in readers:
            given = json.loads(reader.communicate()[0])
            seen.wrong += given["wrong"]
            seen.longest = max(seen.longest, given["longest"])


def read(address: str, level: str) -> None:
    """
    Look up vehicles that change from day to day, until standard input ends; print what came of it.

    In one statement all are of the same day; at REPEATABLE READ they are so in the next one too.
    """
    asked = [f"SVP{number * CHANGED:07}" for number in (0, 7, 19)]
    wrong, longest = 0, 0.0
    with connected(address) as connection:
        connection.isolation_level = IsolationLevel[level.replace(" ", "_")]
        print("reading", flush=True)
        # Readers that leave the processors something are not in their own way.
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            with connection.transaction():
                days = set[str]()
                for _ in range(2 if level == LEVELS[1] else 1):
                    startup = time.perf_counter()
                    found = connection.execute(LOOK_UP, [asked]).fetchall()
                    longest = max(longest, time.perf_counter() - startup)
                    days.update(description for (description,) in found)
                    wrong += len(found) != len(asked)
                wrong += len(days) != 1
    print(json.dumps({"wrong": wrong, "longest": longest * 1000}))


def log_position(engine: Engine) -> float:
    """Tell how many bytes the server has written to its log."""
    with engine.connect() as connection:
        return float(connection.exec_driver_sql("SELECT pg_current_wal_lsn() - '0/0'").scalar_one())


def answer(many: int) -> Iterator[bytes]:
    """Give the answer of CAS piece by piece."""
    yield b'{"total": %d, "data": {"appCode": "OCMS-2000", "vehicles": [' % many
    for number, (vehicle_no, mark, description, status) in enumerate(vehicles(many, 2)):
        yield (b"," if number else b"") + json.dumps(
            {"vehicleNo": vehicle_no, "vipVehicle": mark, "description": description, "status": status}
        ).encode()
    yield b"]}}"


def take_over(address: str, many: int) -> None:
    """Take over a list from the first byte of the answer to the commit."""
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as rows:
        spool(answer(many), rows)
        replaced(engines.create(address), rows)


ROWS = (
    Row(
        "vip-refresh",
        "VIP refresh, 1,000,000 vehicles of which one in a hundred changed: the database part",
        {
            OURS: "The list copied beside the table and keyed, the difference found, checked and merged",
            TYPICAL: "SQLAlchemy Core: TRUNCATE and INSERT; readers wait, and older snapshots see nothing",
            BEST: "psycopg: COPY into a new table, then its primary key; nothing compared or replaced",
        },
        refresh,
        (
            Bar("at most 1.4 of the time of COPY and key", time_of(BEST), at_most=1.4),
            Bar(
                "at most 128 MB over an idle process, reading the answer included",
                count("megabytes"),
                at_most=128,
            ),
            Bar("0 wrong reads at READ COMMITTED and REPEATABLE READ", count("wrong reads"), at_most=0),
            Bar("no reader waits longer than 50 ms", count("longest wait"), at_most=50),
            Bar("an unchanged list writes 0 rows", count("rows"), at_most=0),
            Bar("and 64 kB of log at most, for the tables beside", count("kilobytes"), at_most=64),
        ),
    ),
)

if __name__ == "__main__":
    read(*sys.argv[1:])
