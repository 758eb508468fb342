"""Whatever is written reaches the Internet side, once, in order, whoever dies on the way."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import field, frozen
from sqlalchemy import Dialect, Engine, delete, update
from sqlalchemy.dialects import mssql

from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import schema
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.internet_copy import InternetCopy, copy_statements
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_adapters.sql.replication import RelayResult, ReplicationStatements, SqlReplication
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import update_court_notices
from ocms_core.kernel.changes import NoticeChanged
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.offender_details import Person
from ocms_core.offenders import service
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from ocms_core.replication.comparison import Difference
from ocms_core.replication.outbox_rows import NOTICE, OFFENDER
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, State
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.dying_relay import killed
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, OFFICER, ORCHARD, OWNER
from tests.support.offender_rows import opened, out_of_reach, put, put_notice, put_person, rows_of
from tests.support.statements import recorded

KEY, NEXT_KEY = b"1" * 32, b"2" * 32
VON, ONOD = schema.ocms_valid_offence_notice, schema.ocms_offence_notice_owner_driver
EVON, EONOD = schema.eocms_valid_offence_notice, schema.eocms_offence_notice_owner_driver
OUTBOX = schema.ocms_outbox
SOON = NOW + timedelta(seconds=3)
DEATHS = 50
AUDIT = {"cre_date", "cre_user_id", "upd_date", "upd_user_id"}


@frozen
class Sides:
    """Both databases and the replication between them."""

    databases: Databases
    intranet: Engine
    internet: Engine
    copy: InternetCopy = field(init=False)
    replication: SqlReplication = field(init=False)
    stores: SqlOffenderStores = field(init=False)

    @copy.default
    def _copy(self) -> InternetCopy:
        return InternetCopy(self.internet, FieldCipher({"k1": KEY}))

    @replication.default
    def _replication(self) -> SqlReplication:
        return SqlReplication(self.intranet, self.copy)

    @stores.default
    def _stores(self) -> SqlOffenderStores:
        return SqlOffenderStores(self.intranet)

    def furnish(
        self, role: str = "H", person: Person = JOHN, notice_no: str = NUMBER
    ) -> ActionOutcome | Refusal:
        request = FurnishRequest(notice_no, role, person, ORCHARD, EMPLOYEE)
        return service.furnish(request, OFFICER, stores=self.stores, delivery=self.replication, now=NOW)

    def write(self, notice_no: str, amount: int) -> None:
        """Change a notice as any capability does: under its lock, with its outbox row."""
        with self.stores.writing() as store:
            assert store.notice(notice_no)
            store.record([NoticeChanged(notice_no, amount_payable=Decimal(amount))], NOW, isolate=False)

    def waiting(self) -> list[dict[str, Any]]:
        return [row for row in rows_of(self.intranet, OUTBOX) if row["delivered_at"] is None]

    def differences(self, *, repair: bool = False) -> dict[Difference, int]:
        return dict(SqlReconciler(self.intranet, self.copy).reconcile(NOW, repair=repair).found)

    def drain(self, now: datetime = NOW) -> None:
        while self.replication.run_once(now) != RelayResult():
            pass

    def in_sync(self) -> set[str]:
        return {row["is_sync"] for table in (VON, ONOD) for row in rows_of(self.intranet, table)}


@pytest.fixture
def sides(databases: Databases) -> Iterator[Sides]:
    """Yield both sides with the contract's notice on each, its owner the current offender."""
    with ExitStack() as stack:
        (intranet,) = stack.enter_context(opened(databases.intranet, pool_size=12))
        (internet,) = stack.enter_context(opened(databases.internet, pool_size=12, patience=2))
        put_notice(intranet, NUMBER)
        put_person(intranet, NUMBER, "O", OWNER, current=True)
        found = Sides(databases, intranet, internet)
        found.differences(repair=True)
        found.drain()
        yield found


@pytest.mark.rule("F60", "F61", "G12", "G4")
def test_what_was_furnished_is_on_the_internet_side_before_the_answer(sides: Sides) -> None:
    outcome = sides.furnish()
    assert isinstance(outcome, ActionOutcome)
    assert outcome.shown_on_internet
    assert sides.waiting() == []
    assert sides.in_sync() == {"Y"}
    assert sides.copy.rows(OFFENDER, [NUMBER]) == {
        (NUMBER, "H"): (NUMBER, "H", "N", "Y", "S1234567A", "JOHN LEE"),
        (NUMBER, "O"): (NUMBER, "O", "N", "N", "S9876543B", "VEHICLE OWNER PTE LTD"),
    }
    (notice,) = rows_of(sides.internet, EVON)
    (von,) = rows_of(sides.intranet, VON)
    assert {name: notice[name] for name in notice.keys() - AUDIT} == {
        name: von[name] for name in notice.keys() - AUDIT
    }
    assert notice["last_processing_stage"] == "RD2"
    assert {row["cre_user_id"] for row in rows_of(sides.internet, EONOD)} == {"ocmsez_app_conn"}


@pytest.mark.rule("F62")
def test_the_copy_holds_no_readable_identity_number_or_name(sides: Sides) -> None:
    sides.furnish()
    held = repr(rows_of(sides.internet, EONOD)) + repr(rows_of(sides.internet, EVON))
    for person in (JOHN, OWNER):
        for text in (person.id_no, str(person.name), *str(person.name).split()):
            assert text not in held


@pytest.mark.rule("F60", "G12")
def test_while_the_internet_side_is_down_the_change_stands_and_is_delivered_later(sides: Sides) -> None:
    with out_of_reach(sides.databases):
        outcome = sides.furnish()
        assert isinstance(outcome, ActionOutcome)
        assert not outcome.shown_on_internet
        assert "S1234567A" in {row["id_no"] for row in rows_of(sides.intranet, ONOD)}
        assert {row["attempts"] for row in sides.waiting()} == {1}
        sides.furnish("O", OWNER)
        reasons = {str(row["last_error"]) for row in sides.waiting()}
        assert all(reasons)
        assert not any("JOHN" in reason or "S1234567A" in reason for reason in reasons)
        assert sides.replication.run_once(NOW) == RelayResult(), "a failed row waits for its next attempt"
    assert "N" in sides.in_sync()
    later = NOW + timedelta(minutes=1)
    sides.drain(later)
    assert sides.waiting() == []
    assert sides.in_sync() == {"Y"}
    assert sides.differences() == {}


@pytest.mark.rule("G12")
def test_a_relay_killed_between_showing_and_marking_loses_nothing_and_repeats_nothing(sides: Sides) -> None:
    for death in range(DEATHS):
        sides.write(NUMBER, 100 + death)
        assert killed(sides.databases, KEY, NOW)
        (shown,) = rows_of(sides.internet, EVON)
        assert shown["amount_payable"] == 100 + death, "it was shown"
        assert sides.waiting(), "and not marked"
    assert len(sides.waiting()) == DEATHS
    sides.drain()
    assert sides.waiting() == []
    assert len(rows_of(sides.internet, EVON)) == 1
    assert sides.in_sync() == {"Y"}
    assert sides.differences() == {}


class Watched(InternetCopy):
    """Notes every amount shown of every notice, in the order the Internet side took them over."""

    def __init__(self, engine: Engine, field_cipher: FieldCipher) -> None:
        super().__init__(engine, field_cipher)
        self.shown: dict[str, list[Any]] = {}
        self.at_work: set[str] = set()
        self.together = 0

    def show(self, state: State, now: datetime) -> frozenset[str]:
        """Show, and note."""
        notices = {key[0]: row for key, row in state[NOTICE].items()}
        self.together += len(notices.keys() & self.at_work)
        self.at_work |= notices.keys()
        refused = super().show(state, now)
        place = REPLICATED_TABLES[NOTICE].columns.index("amount_payable")
        for number, row in notices.items():
            self.shown.setdefault(number, []).append(row and row[place])
        self.at_work -= notices.keys()
        return refused


@pytest.mark.rule("G12")
def test_however_many_relays_run_no_notice_is_delivered_twice_at_once_or_out_of_order(sides: Sides) -> None:
    numbers = [f"R{each}" for each in range(6)]
    for number in numbers:
        put_notice(sides.intranet, number)
    watched = Watched(sides.internet, FieldCipher({"k1": KEY}))
    replication = SqlReplication(sides.intranet, watched)
    done = threading.Event()

    def relay() -> None:
        while not done.is_set():
            replication.run_once(NOW, most=3)

    def work(number: str) -> None:
        for amount in range(1, 31):
            sides.write(number, amount)
            if amount % 10 == 0:
                assert replication.try_now([number], NOW)

    with ThreadPoolExecutor(8) as pool:
        relays = [pool.submit(relay) for _ in range(3)]
        for each in [pool.submit(work, number) for number in numbers]:
            each.result()
        done.set()
        for each in relays:
            each.result()
    while replication.run_once(NOW) != RelayResult():
        pass
    assert watched.together == 0
    for number in numbers:
        assert watched.shown[number] == sorted(watched.shown[number])
        assert watched.shown[number][-1] == 30
    assert sides.waiting() == []
    assert sides.in_sync() == {"Y"}


@pytest.mark.rule("G12")
def test_a_row_is_in_sync_only_when_nothing_newer_is_on_its_way(sides: Sides) -> None:
    class Slow(InternetCopy):
        def show(self, state: State, now: datetime) -> frozenset[str]:
            sides_written = super().show(state, now)
            if not wrote.is_set() and sides.intranet.dialect.name != "sqlite":
                sides.write(NUMBER, 222)
            wrote.set()
            return sides_written

    wrote = threading.Event()
    sides.write(NUMBER, 111)
    slow = SqlReplication(sides.intranet, Slow(sides.internet, FieldCipher({"k1": KEY})))
    assert slow.run_once(NOW) == RelayResult(delivered=1)
    (von,) = rows_of(sides.intranet, VON)
    written_meanwhile = sides.intranet.dialect.name != "sqlite"  # which lets nobody write meanwhile
    assert von["is_sync"] == ("N" if written_meanwhile else "Y")
    sides.drain()
    assert sides.in_sync() == {"Y"}
    assert sides.differences() == {}


@pytest.mark.rule("G12")
def test_a_row_that_was_not_delivered_is_not_marked_as_in_sync(sides: Sides) -> None:
    sides.furnish()
    # Another program renames the owner; it writes no outbox row.
    owner = ONOD.c.owner_driver_indicator == "O"
    with sides.intranet.begin() as connection:
        connection.execute(update(ONOD).where(owner).values(name="X", is_sync="N"))
    sides.furnish("H", JOHN)
    sides.drain()
    marks = {row["owner_driver_indicator"]: row["is_sync"] for row in rows_of(sides.intranet, ONOD)}
    copies = sides.copy.rows(OFFENDER, [NUMBER])
    assert copies[NUMBER, "O"] == (NUMBER, "O", "N", "N", "S9876543B", "VEHICLE OWNER PTE LTD")
    assert marks == {"H": "Y", "O": "N"}


@pytest.mark.rule("G12")
def test_what_another_program_writes_during_a_delivery_is_not_marked_as_in_sync(sides: Sides) -> None:
    class Slow(InternetCopy):
        def show(self, state: State, now: datetime) -> frozenset[str]:
            refused = super().show(state, now)
            if written_meanwhile:
                with sides.intranet.begin() as connection:
                    connection.execute(update(VON).values(amount_paid=Decimal(10), is_sync="N"))
            return refused

    written_meanwhile = sides.intranet.dialect.name != "sqlite"  # which lets nobody write meanwhile
    sides.write(NUMBER, 111)
    slow = SqlReplication(sides.intranet, Slow(sides.internet, FieldCipher({"k1": KEY})))
    assert slow.run_once(NOW) == RelayResult(delivered=1)
    assert rows_of(sides.intranet, VON)[0]["is_sync"] == ("N" if written_meanwhile else "Y")
    assert sides.differences() == ({Difference.DIFFERENT: 1} if written_meanwhile else {})


@pytest.mark.rule("G12", "K4")
def test_marking_leaves_who_last_wrote_a_row_and_when(sides: Sides) -> None:
    elsewhere = {"upd_date": local(SOON), "upd_user_id": "PAYFEED"}
    sides.write(NUMBER, 111)
    with sides.intranet.begin() as connection:
        connection.execute(update(VON).values(payment_status="PP", is_sync="N", **elsewhere))
    sides.drain()
    (von,) = rows_of(sides.intranet, VON)
    assert {name: von[name] for name in ("is_sync", *elsewhere)} == {"is_sync": "Y", **elsewhere}
    with sides.internet.begin() as connection:
        connection.execute(delete(EVON))
    sides.differences(repair=True)
    (von,) = rows_of(sides.intranet, VON)
    assert {name: von[name] for name in ("is_sync", *elsewhere)} == {"is_sync": "N", **elsewhere}


@pytest.mark.rule("G12")
def test_a_row_the_internet_side_refuses_keeps_nobody_else_waiting(sides: Sides) -> None:
    for number in ("A1", "B2", "C3"):
        put_notice(sides.intranet, number)
        put_person(sides.intranet, number, "O", OWNER, current=True)
        sides.furnish(notice_no=number) if number != "B2" else None
    # Another system has written a name that no encrypted column holds.
    long_name = "\U00020000" * 66
    with sides.intranet.begin() as connection:
        connection.execute(update(ONOD).where(ONOD.c.notice_no == "B2").values(name=long_name))
    assert sides.differences(repair=True)[Difference.MISSING] >= 1
    found = sides.replication.run_once(NOW)
    assert found.failed > 0
    assert {row["notice_no"] for row in sides.waiting()} == {"B2"}
    assert {row["last_error"] for row in sides.waiting()} == {
        "the Internet database refused a row of this notice"
    }
    assert sides.copy.rows(OFFENDER, ["A1", "C3"])


@pytest.mark.rule("G12")
@pytest.mark.parametrize("ahead", [timedelta(minutes=7), timedelta(days=1), timedelta(days=3650)])
def test_what_a_clock_far_ahead_has_dated_is_delivered_at_once(sides: Sides, ahead: timedelta) -> None:
    put_notice(sides.intranet, "A1")
    put_person(sides.intranet, "A1", "O", OWNER, current=True)
    sides.differences(repair=True)
    with sides.intranet.begin() as connection:
        connection.execute(update(schema.ocms_outbox).values(next_attempt_at=local(NOW + ahead)))
    assert sides.replication.run_once(NOW).delivered == 2
    assert sides.differences() == {}


@pytest.mark.rule("G12")
def test_what_is_put_off_is_delivered_when_its_wait_is_over(sides: Sides) -> None:
    later = NOW + timedelta(minutes=5)
    put_notice(sides.intranet, "A1")
    sides.differences(repair=True)
    with sides.intranet.begin() as connection:
        connection.execute(update(schema.ocms_outbox).values(next_attempt_at=local(later)))
    assert sides.replication.run_once(NOW).delivered == 0
    assert sides.replication.run_once(later).delivered == 1


@pytest.mark.rule("G12")
def test_the_court_update_reaches_the_internet_side_by_the_same_replication(sides: Sides) -> None:
    put_notice(sides.intranet, "COURT1", last_processing_stage="CPC")
    update_court_notices(
        [CourtUpdate("COURT1", suspension_type="PS", epr_reason="WWP", processing_stage="WAR")],
        stores=SqlCourtStores(sides.intranet),
        now=NOW,
    )
    sides.drain()
    (shown,) = rows_of(sides.internet, EVON, "COURT1")
    assert (shown["last_processing_stage"], shown["suspension_type"], shown["epr_reason_of_suspension"]) == (
        "WAR",
        "PS",
        "WWP",
    )
    assert sides.differences() == {}


@pytest.mark.rule("G12")
def test_reconciling_finds_and_repairs_whatever_differs(sides: Sides) -> None:
    put_notice(sides.intranet, "MISSING1")
    put_person(sides.intranet, "MISSING1", "O", JOHN, current=True)
    sides.furnish()
    with sides.internet.begin() as connection:
        connection.execute(update(EVON).where(EVON.c.notice_no == NUMBER).values(amount_payable=1))
        connection.execute(
            update(EONOD).where(EONOD.c.owner_driver_indicator == "H").values(name="k1:tampered")
        )
    with sides.intranet.begin() as connection:
        connection.execute(
            update(ONOD)
            .where(ONOD.c.owner_driver_indicator == "O", ONOD.c.notice_no == NUMBER)
            .values(is_sync="N")
        )
    gone = {column.name: None for column in EVON.columns} | rows_of(sides.internet, EVON, NUMBER)[0]
    put(sides.internet, EVON, gone | {"notice_no": "GONE1"})
    expected = {
        Difference.MISSING: 2,
        Difference.DIFFERENT: 2,
        Difference.SURPLUS: 1,
        Difference.UNMARKED: 1,
    }
    assert sides.differences() == expected
    assert sides.waiting() == [], "looking writes nothing"
    assert sides.differences(repair=True) == expected
    on_their_way = SqlReconciler(sides.intranet, sides.copy).reconcile(NOW, repair=True)
    assert (dict(on_their_way.found), on_their_way.on_their_way) == ({}, 6)
    standing = SqlReconciler(sides.intranet, sides.copy).outbox_status()
    assert (dict(standing.waiting), standing.failing, standing.oldest) == ({NOTICE: 3, OFFENDER: 3}, 0, NOW)
    sides.drain()
    assert sides.differences() == {}
    assert sides.in_sync() == {"Y"}
    assert rows_of(sides.internet, EVON, "GONE1") == []


@pytest.mark.rule("G12")
def test_an_outbox_row_of_a_notice_that_is_gone_takes_the_copy_away(sides: Sides) -> None:
    sides.write(NUMBER, 5)
    with sides.intranet.begin() as connection:
        connection.execute(delete(VON))
    sides.drain()
    assert rows_of(sides.internet, EVON) == []


@pytest.mark.rule("F62")
def test_a_rotation_encrypts_everything_anew_while_everybody_goes_on_reading(sides: Sides) -> None:
    for each in range(300):
        put_person(sides.intranet, f"K{each}", "D", JOHN, current=True)
    sides.differences(repair=True)
    sides.drain()
    rotated = InternetCopy(sides.internet, FieldCipher({"k2": NEXT_KEY, "k1": KEY}))
    numbers = [f"K{each}" for each in range(300)]
    unreadable: list[object] = []
    started, done = threading.Event(), threading.Event()

    def read() -> None:
        while not done.is_set():
            unreadable.extend(key for key, row in rotated.rows(OFFENDER, numbers).items() if row is None)
            started.set()

    reader = threading.Thread(target=read)
    reader.start()
    started.wait(10)
    count = rotated.rotate(NOW)
    done.set()
    reader.join()
    assert count == 301
    assert unreadable == []
    stored = rows_of(sides.internet, EONOD)
    assert {row["id_no"][:3] for row in stored} | {row["name"][:3] for row in stored} == {"k2:"}
    assert rotated.rotate(NOW) == 0
    only_new = InternetCopy(sides.internet, FieldCipher({"k2": NEXT_KEY}))
    assert None not in only_new.rows(OFFENDER, numbers).values()


@pytest.mark.rule("G12", "G9")
def test_a_round_costs_the_same_statements_for_one_notice_and_for_fifty(sides: Sides) -> None:
    counts = []
    for many in (1, 50):
        for each in range(many):
            put_notice(sides.intranet, f"S{many}X{each}")
            put_person(sides.intranet, f"S{many}X{each}", "O", OWNER, current=True)
        sides.differences(repair=True)
        with recorded() as statements:
            assert sides.replication.run_once(NOW) == RelayResult(delivered=2 * many)
        counts.append(len(statements))
    # Claim, rows, two states; two upserts; outcomes, lock, two marks.
    assert counts == [10, 10]


def test_replication_can_be_built_for_sql_server() -> None:
    dialect: Dialect = mssql.dialect()  # type: ignore[no-untyped-call]
    dialect.server_version_info = (15, 0)

    def on_sql_server(statement: Any) -> str:
        return str(statement.compile(dialect=dialect))

    statements = ReplicationStatements(dialect)
    assert "READPAST" in on_sql_server(statements.due_heads)
    for statement in (
        statements.heads_of,
        statements.claimed,
        statements.mark_outcomes,
        statements.lock_notices,
    ):
        assert on_sql_server(statement)
    # Another program may have written a moment to the tenth of a microsecond, which is cut when it is read.
    marks = on_sql_server(statements.in_sync[NOTICE])
    assert re.search(r"epr_date_of_suspension < dateadd\(microsecond, \S+ r\.epr_date_of_suspension\)", marks)
    assert on_sql_server(statements.in_sync[OFFENDER])
    for copy in REPLICATED_TABLES.values():
        assert "MERGE" in on_sql_server(copy_statements(dialect, copy).upsert)
        assert "DELETE" in on_sql_server(copy_statements(dialect, copy).remove)
