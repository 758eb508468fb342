"""The VIP list is replaced as a whole, readers never notice, and an unchanged one writes nothing."""

import csv
import io
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import pytest
from sqlalchemy import Connection, Engine, select, text

from ocms_adapters.sql import engines
from ocms_adapters.sql.schema import ocms_vip_vehicle as table
from ocms_adapters.sql.transactions import reading
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_core.court.vip_vehicles import BadList, ListHeldBack, VipChanges
from ocms_core.jobs.runs import LockLost
from ocms_core.kernel.errors import RowRejected, Unavailable
from tests.support.builders import NOW
from tests.support.databases import Databases

Row = tuple[str, str, str, str]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield the Intranet database."""
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


def vehicle(number: int, description: str = "Diplomatic vehicle", status: str = "A") -> Row:
    return (f"SVP{number:07}", "Y", description, status)


def csv_of(rows: Sequence[Row]) -> TextIO:
    file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    file.seek(0)
    return file


def replace(engine: Engine, rows: Sequence[Row], *, accepted: bool = False) -> VipChanges:
    return SqlVipVehicles(engine).replace(
        csv_of(rows),
        NOW,
        largest_percent=20,
        accepted=accepted,
        in_order=all(one[0] < other[0] for one, other in pairwise(rows)),
        check=lambda _: None,
    )


def stored(engine: Engine) -> dict[str, tuple[str, str | None, str]]:
    with reading(engine) as connection:
        rows = connection.execute(select(table).order_by(table.c.vehicle_no)).all()
    return {row.vehicle_no: (row.vip_vehicle, row.description, row.status) for row in rows}


@pytest.mark.rule("P41")
def test_only_what_differs_is_written_and_counted(engine: Engine) -> None:
    assert replace(engine, [vehicle(n) for n in range(10)]) == VipChanges(0, 10, 10, 0, 0)
    rows = [vehicle(n) for n in range(1, 9)] + [vehicle(9, "other, newer\nline"), vehicle(10, "", "D")]

    assert replace(engine, rows) == VipChanges(before=10, after=10, added=1, changed=1, removed=1)

    now = stored(engine)
    assert "SVP0000000" not in now
    assert now["SVP0000009"] == ("Y", "other, newer\nline", "A")
    assert now["SVP0000010"] == ("Y", None, "D")
    with reading(engine) as connection:
        audited = connection.execute(select(table).where(table.c.upd_date.is_not(None))).all()
        assert [(row.vehicle_no, row.upd_user_id) for row in audited] == [("SVP0000009", "ocmsiz_app_conn")]


@pytest.mark.rule("P41")
def test_an_unchanged_list_writes_no_row(engine: Engine) -> None:
    rows = [vehicle(n) for n in range(1000)]
    replace(engine, rows)

    def versions() -> object:
        with reading(engine) as connection:
            column = "xmin::text" if engine.name == "postgresql" else "cre_date"
            return connection.execute(text(f"SELECT vehicle_no, {column} FROM ocms_vip_vehicle")).all()

    before = versions()
    assert replace(engine, rows) == VipChanges(1000, 1000, 0, 0, 0)
    assert versions() == before


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    "left, accepted, held_back", [(80, False, False), (79, False, True), (79, True, False)]
)
def test_a_list_that_shrinks_too_much_is_held_back_unless_accepted(
    engine: Engine, left: int, *, accepted: bool, held_back: bool
) -> None:
    replace(engine, [vehicle(n) for n in range(100)])
    rows = [vehicle(n) for n in range(left)]
    if held_back:
        with pytest.raises(ListHeldBack, match="from 100 to 79"):
            replace(engine, rows, accepted=accepted)
    else:
        replace(engine, rows, accepted=accepted)
    assert len(stored(engine)) == (100 if held_back else left)


@pytest.mark.rule("P41")
def test_a_vehicle_that_stands_twice_spoils_the_list(engine: Engine) -> None:
    replace(engine, [vehicle(1)])
    with pytest.raises(BadList, match="twice"):
        replace(engine, [vehicle(1), vehicle(2), vehicle(2)])
    assert list(stored(engine)) == ["SVP0000001"]
    replace(engine, [vehicle(1), vehicle(2)])


class Cut(io.BytesIO):
    """A file in which something happens each time it is read from."""

    def __init__(self, content: bytes, happens: Callable[[], None]) -> None:
        super().__init__(content)
        self.happens = happens

    def read(self, size: int | None = -1) -> bytes:
        self.happens()
        return super().read(size)


@pytest.mark.rule("P41")
@pytest.mark.parametrize("on_both", ["postgresql"], indirect=True)
def test_what_fails_while_the_list_is_loaded_is_a_fault_and_leaves_the_old_list(engine: Engine) -> None:
    replace(engine, [vehicle(1)])
    with pytest.raises(RowRejected, match="22001"):
        replace(engine, [vehicle(1), vehicle(2, "d" * 256)])

    def put_out() -> None:
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE query LIKE 'COPY vip_list%' AND pid <> pg_backend_pid()"
                )
            )

    content = csv_of([vehicle(n) for n in range(50_000)]).read().encode()
    cut = io.TextIOWrapper(Cut(content, put_out), encoding="utf-8", newline="")
    with pytest.raises(Unavailable):
        SqlVipVehicles(engine).replace(cut, NOW, largest_percent=20, accepted=False, check=lambda _: None)
    assert list(stored(engine)) == ["SVP0000001"]
    assert replace(engine, [vehicle(1), vehicle(2)]).added == 1


@pytest.mark.rule("P41")
def test_a_lost_lock_leaves_the_old_list(engine: Engine) -> None:
    replace(engine, [vehicle(1)])

    def lost(_connection: Connection) -> None:
        raise LockLost("refresh_vip_vehicle")

    with pytest.raises(LockLost):
        SqlVipVehicles(engine).replace(
            csv_of([vehicle(1), vehicle(2)]), NOW, largest_percent=20, accepted=False, check=lost
        )
    assert list(stored(engine)) == ["SVP0000001"]


@pytest.mark.rule("P41")
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_see_the_old_list_or_the_new_one_and_do_not_wait(engine: Engine, level: str) -> None:
    many = 20_000
    replace(engine, [vehicle(n, "0") for n in range(many)])
    done = threading.Event()
    wrong: list[object] = []
    waits: list[float] = []
    record_access = select(table.c.description).where(table.c.vehicle_no == "SVP0000007")
    whole = text("SELECT count(*), count(DISTINCT description) FROM ocms_vip_vehicle")

    def read() -> None:
        options = {"isolation_level": level} if engine.name == "postgresql" else {"ocms_read_only": True}
        while not done.is_set():
            with engine.connect().execution_options(**options) as connection:
                days = []
                for _ in range(2):
                    startup = time.perf_counter()
                    days.append(connection.execute(record_access).scalar())
                    waits.append(time.perf_counter() - startup)
                    seen = connection.execute(whole).one()
                    if None in days or tuple(seen) != (many, 1):
                        wrong.append((days, seen))
                # A transaction at this level sees the list as it was when it began.
                if level == "REPEATABLE READ" and len(set(days)) > 1:
                    wrong.append(days)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(3):
        replace(engine, [vehicle(n, str(turn + 1)) for n in range(many)])
    done.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    assert len(waits) > 3
    # Readers here share their process with the writer; the benchmark measures how long they really wait.
    assert max(waits) < 2


REFRESHER = """
import sys
from ocms_adapters.sql import engines
from tests.ports.sql.test_vip_vehicles import MANY, replace, vehicle
engine = engines.create(sys.argv[1])
day = int(sys.argv[2])
while True:
    rows = [vehicle(n, str(day)) for n in range(day % 7, day % 7 + MANY)]
    print(day, flush=True)
    replace(engine, rows)
    day += 1
"""
MANY, KILLS = 20_000, 5


@pytest.mark.rule("P41")
def test_a_kill_at_any_point_leaves_the_old_list_or_the_new_one(engine: Engine, databases: Databases) -> None:
    chance = random.Random(41)
    day = 1
    replace(engine, [vehicle(n, "0") for n in range(MANY)])
    for _ in range(KILLS):
        command = [sys.executable, "-c", REFRESHER, databases.intranet, str(day)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as refresher:
            assert refresher.stdout
            assert refresher.stdout.readline() == f"{day}\n"
            time.sleep(chance.uniform(0, 1.2))
            refresher.kill()
            startup = [day, *map(int, refresher.stdout.read().split())]
        found = stored(engine)
        (given,) = {description for _, description, _ in found.values()}
        assert int(given or "") in (startup[-1] - 1, startup[-1])
        shift = int(given or "") % 7 if given != "0" else 0
        assert list(found) == [vehicle(n)[0] for n in range(shift, shift + MANY)]
        day = int(given or "") + 1
    assert day > 1
