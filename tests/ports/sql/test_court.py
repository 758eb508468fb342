"""What every court store has to do, shown on the stores in memory and on each database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Select, select, text
from sqlalchemy.dialects import mssql

from ocms_adapters.sql.audit_rows import rows_of_notice
from ocms_adapters.sql.court import CourtStatements, SqlCourtStores, has_dayend
from ocms_adapters.sql.found_rows import FindingStatement
from ocms_adapters.sql.row_sets import bind_keys
from ocms_adapters.sql.schema import ocms_court_case
from ocms_core.court import service
from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.court.ports import CourtStores
from ocms_core.kernel.changes import (
    Change,
    CourtDueDateRecorded,
    NoticeChanged,
    SuspensionClosed,
    SuspensionOpened,
)
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.stage_moves import StageMove
from ocms_core.kernel.suspensions import OpenSuspension, SuspensionRecord
from tests.support import engines
from tests.support.builders import (
    DUE,
    HST,
    LATER,
    NOW,
    OTH,
    SINCE,
    WWP,
    at,
    notice,
    payment,
    plus_notice,
    shown,
)
from tests.support.databases import Databases, migrate
from tests.support.in_memory_stores import InMemoryCourtStores, Tables
from tests.support.postgres import running_server
from tests.support.rows import emptied, notice_numbers, put_court_case, put_notices, put_suspension

court_case = ocms_court_case.c

RECORDED = at("2024-12-05T10:00:00")
FRESH, SUSPENDED, REVIVED = NUMBERS = ("F1", "S1", "R1")

COURT = {
    FRESH: notice(FRESH),
    SUSPENDED: notice(
        SUSPENDED,
        stage="WAR",
        suspension=shown("TS", "HST", since=SINCE, due=DUE),
        amount_payable=None,
        payment_acceptance_allowed="N",
        payment_due_date=None,
        open_suspensions=(OpenSuspension(OTH, RECORDED, 2, None), OpenSuspension(HST, RECORDED, 3, None)),
        last_sr_no=3,
        crs_reason="FP",
    ),
    REVIVED: notice(REVIVED, stage="RD1", last_sr_no=2),
}
PLUS = {
    FRESH: plus_notice(FRESH),
    SUSPENDED: plus_notice(
        SUSPENDED,
        payment_due_date=None,
        payment_acceptance_allowed="N",
        amount_payable=None,
        has_court_case=True,
        court_payment_due_date=SINCE,
    ),
    REVIVED: plus_notice(REVIVED, has_court_case=True, court_payment_due_date=DUE),
}
PAYMENTS = {
    FRESH: payment(FRESH),
    SUSPENDED: payment(
        SUSPENDED,
        payment_status=None,
        amount_payable=None,
        amount_paid=None,
        payment_acceptance_allowed="N",
        suspension_type="TS",
        crs_reason="FP",
        epr_reason="HST",
    ),
    REVIVED: payment(REVIVED),
}


def put_all(engine: Engine) -> None:
    """Put the same three notices into a database, as another program writes them."""
    put_notices(engine, [FRESH])
    put_notices(engine, [REVIVED], last_processing_stage="RD1")
    put_notices(
        engine,
        [SUSPENDED],
        last_processing_stage="WAR",
        suspension_type="TS",
        epr_reason_of_suspension="HST",
        epr_date_of_suspension="2024-12-01 09:00:00",
        due_date_of_revival="2025-02-14 00:00:00",
        crs_reason_of_suspension="FP",
        payment_acceptance_allowed="N",
        **dict.fromkeys(("payment_status", "amount_payable", "amount_paid", "payment_due_date")),
    )
    revived = {"date_of_revival": "2024-12-31 00:00:00"}
    put_suspension(engine, SUSPENDED, sr_no="1", suspension_type="TS", reason_of_suspension="HST", **revived)
    put_suspension(engine, SUSPENDED, sr_no="2", reason_of_suspension="OTH")
    put_suspension(engine, SUSPENDED, sr_no="3", suspension_type="TS", reason_of_suspension="HST")
    put_suspension(engine, REVIVED, sr_no="2", **revived)
    put_court_case(engine, SUSPENDED, court_payment_due_date="2024-12-01 09:00:00")
    put_court_case(engine, REVIVED)


def stores_in_memory() -> InMemoryCourtStores:
    """Return in-memory stores with the same three notices."""
    return InMemoryCourtStores(Tables(CourtFacts(EMPTY, COURT), PLUS, PAYMENTS))


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield a database with the three notices in it."""
    engine = engines.create(databases.intranet)
    put_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "database"])
def stores(request: pytest.FixtureRequest, engine: Engine) -> CourtStores:
    """Return the stores under test."""
    return stores_in_memory() if request.param == "memory" else SqlCourtStores(engine)


@frozen
class Seen:
    """Everything there is of some notices, as each question shows it."""

    locked: Mapping[str, CourtNotice]
    court: Mapping[str, CourtNotice]
    plus_locked: Mapping[str, PlusNotice]
    plus: Mapping[str, PlusNotice]
    payments: Mapping[str, NoticePaymentStatus]


AS_PUT = Seen(COURT, COURT, PLUS, PLUS, PAYMENTS)
NOTHING = Seen({}, {}, {}, {}, {})


def seen(stores: CourtStores, numbers: Sequence[str] = NUMBERS) -> Seen:
    """Ask every question about some notices."""
    with stores.writing() as store:
        locked, plus_locked = store.court_facts(numbers).notices, store.plus_notices(numbers)
    with stores.reading() as reader:
        return Seen(
            locked,
            reader.court_notices(numbers),
            plus_locked,
            reader.plus_notices(numbers),
            reader.payment_statuses(numbers),
        )


def record(stores: CourtStores, *changes: Change, isolate: bool = False) -> frozenset[str]:
    """Write changes in a transaction of their own."""
    with stores.writing() as store:
        return store.record(changes, NOW, isolate=isolate)


@pytest.mark.rule("P10", "P24", "P32", "G5", "G6")
def test_notices_are_read_as_they_are_stored(stores: CourtStores) -> None:
    assert seen(stores) == AS_PUT


def test_unknown_and_overlong_numbers_are_left_out(stores: CourtStores) -> None:
    for numbers in ([], ["none"], ["F1 "], ["f1"], ["F1" + "x" * 20], ["F"]):
        assert seen(stores, numbers) == NOTHING
    assert seen(stores, ["none", REVIVED]).locked == {REVIVED: COURT[REVIVED]}


def test_a_transaction_that_fails_leaves_nothing(stores: CourtStores) -> None:
    with suppress(ZeroDivisionError), stores.writing() as store:
        store.record([CourtDueDateRecorded(FRESH, None)], NOW, isolate=False)
        raise ZeroDivisionError
    assert seen(stores) == AS_PUT


def test_a_transaction_sees_its_own_changes(stores: CourtStores) -> None:
    with stores.writing() as store:
        store.record([CourtDueDateRecorded(FRESH, LATER)], NOW, isolate=False)
        assert store.plus_notices([FRESH])[FRESH].court_payment_due_date == LATER


def test_nothing_to_record_is_nothing_done(stores: CourtStores) -> None:
    assert record(stores) == record(stores, isolate=True) == frozenset()
    assert seen(stores) == AS_PUT


MOMENTS = st.sampled_from([SINCE, NOW, LATER, DUE, NOW.replace(microsecond=1)])
STAGES = st.sampled_from(["CPC", "WAR", "CWT"])
MOVES = st.none() | st.builds(StageMove, STAGES, MOMENTS, STAGES, MOMENTS)
SHOWN = st.none() | st.builds(
    shown,
    st.sampled_from(["PS", "TS", None]),
    st.sampled_from(["WWP", "HST", None]),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
)


def changes_of(number: str) -> st.SearchStrategy[tuple[Change, ...]]:
    """Draw what a court operation may write of one notice."""
    changed = st.builds(NoticeChanged, st.just(number), move=MOVES, suspension=SHOWN)
    opened = st.builds(
        SuspensionOpened,
        st.builds(
            SuspensionRecord,
            notice_no=st.just(number),
            date_of_suspension=MOMENTS,
            sr_no=st.integers(4, 9),
            source=st.just("CAS"),
            reason=st.sampled_from([WWP, HST]),
            officer=st.just("CAS"),
            due=st.none() | MOMENTS,
            remarks=st.none() | st.sampled_from(['a "quoted" remark', "李\\"]),
        ),
    )
    recorded = st.builds(CourtDueDateRecorded, st.just(number), st.none() | MOMENTS)
    # The record that stands open under this number is that of the one notice with any.
    closed = st.just(SuspensionClosed(number, RECORDED, 2, NOW, "CSR", "CAS"))
    kinds: tuple[st.SearchStrategy[Change], ...] = (changed, closed, opened, recorded)
    drawn = st.tuples(*(st.none() | kind for kind in kinds))
    return drawn.map(lambda some: tuple(change for change in some if change))


@pytest.mark.rule("P24", "P32")
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.tuples(*map(changes_of, NUMBERS)), isolate=st.booleans())
def test_after_any_changes_a_database_shows_what_the_stores_in_memory_show(
    engine: Engine,
    drawn: tuple[tuple[Change, ...], ...],
    isolate: bool,  # noqa: FBT001
) -> None:
    emptied(engine)
    put_all(engine)
    changes = [change for of_notice in drawn for change in of_notice]
    in_memory, stores = stores_in_memory(), SqlCourtStores(engine)
    for each in (in_memory, stores):
        assert record(each, *changes, isolate=isolate) == frozenset()
    assert seen(stores) == seen(in_memory)


@pytest.mark.rule("P22")
def test_a_deployment_with_the_day_end_flag_goes_by_it(engine: Engine) -> None:
    assert not has_dayend(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("alter table ocms_valid_offence_notice add column dayend varchar(1)")
        for number, flag in zip(NUMBERS, ("'Y'", "'N'", "null"), strict=False):
            connection.exec_driver_sql(
                f"update ocms_valid_offence_notice set dayend = {flag} where notice_no = '{number}'"
            )
    assert has_dayend(engine)
    stores = SqlCourtStores(engine, by_dayend=True)
    with stores.reading() as reader:
        found = reader.court_notices(NUMBERS)
    assert [found[number].dayend for number in NUMBERS[:3]] == [True, False, False]
    with stores.writing() as store:
        assert store.court_facts(NUMBERS).notices == found
    with SqlCourtStores(engine).reading() as reader:
        assert reader.court_notices(NUMBERS) == COURT


@pytest.mark.rule("G14")
def test_a_reader_has_the_reference_data_that_an_update_is_judged_by(engine: Engine) -> None:
    stores = SqlCourtStores(engine)
    with stores.reading() as reader, stores.writing() as store:
        reference = reader.reference()
        assert reference == store.court_facts(NUMBERS).reference
    assert WWP in reference.suspension_reasons


@pytest.mark.rule("G13")
def test_who_only_reads_waits_for_no_writer(engine: Engine) -> None:
    stores = SqlCourtStores(engine)
    with stores.writing() as store:
        store.court_facts(NUMBERS)
        store.record([NoticeChanged(FRESH, move=StageMove("CPC", SINCE, "WAR", NOW))], NOW, isolate=False)
        with stores.reading() as reader:
            assert reader.court_notices(NUMBERS) == COURT


@pytest.mark.rule("G13")
@pytest.mark.parametrize(
    "locking",
    [lambda store: store.court_facts(NUMBERS), lambda store: store.plus_notices(NUMBERS)],
    ids=["court facts", "PLUS notices"],
)
def test_what_a_writing_transaction_reads_stays_as_it_is_until_its_end(
    engine: Engine, locking: Callable[[Any], object]
) -> None:
    stores = SqlCourtStores(engine)
    change = NoticeChanged(FRESH, move=StageMove("CPC", SINCE, "WAR", NOW))
    other = Thread(target=record, args=(stores, change))
    with stores.writing() as store:
        first = locking(store)
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert locking(store) == first
    other.join(10)
    with stores.reading() as reader:
        assert reader.court_notices([FRESH])[FRESH].stage == "WAR"


@pytest.mark.rule("P32", "G13", "K2")
def test_of_equal_queries_at_the_same_time_one_writes(engine: Engine) -> None:
    """The second waits for the first, sees the court case it wrote, and leaves row and audit as they are."""
    stores, answers = SqlCourtStores(engine), list[object]()

    def query() -> None:
        answers.append(service.query_notice_info([FRESH], stores=stores, now=NOW))

    other = Thread(target=query)
    with stores.writing() as store:
        (found,) = store.plus_notices([FRESH]).values()
        other.start()
        other.join(0.5)
        assert other.is_alive()
        store.record([CourtDueDateRecorded(FRESH, found.payment_due_date)], NOW, isolate=False)
    other.join(10)
    (answer,) = answers
    assert isinstance(answer, Decision)
    assert answer.changes == ()
    with engine.connect() as connection:
        stamps = connection.execute(select(court_case.upd_date, court_case.upd_user_id)).all()
        assert stamps.count((None, None)) == len(stamps)
        assert len(rows_of_notice(connection, FRESH)) == 1


@pytest.mark.rule("P4")
def test_a_database_that_is_not_there_is_unavailable() -> None:
    engine = engines.create("postgresql://ocms@127.0.0.1:1/none")
    stores = SqlCourtStores(engine)
    with pytest.raises(Unavailable), stores.reading() as reader:
        reader.plus_notices(["1"])
    with pytest.raises(Unavailable), stores.writing():
        pass
    engine.dispose()


@pytest.mark.rule("P32")
def test_a_repeated_query_writes_not_a_byte_of_log() -> None:
    numbers = notice_numbers(100)
    with running_server() as server:
        server.create("quiet")
        migrate("intranet", server.url("quiet"))
        engine = engines.create(server.url("quiet"))
        put_notices(engine, numbers)
        query = partial(service.query_notice_info, numbers, stores=SqlCourtStores(engine), now=NOW)
        query()
        # The server may note something of its own in between.
        assert 0 in (bytes_written(engine, query) for _ in range(5))
        engine.dispose()


def bytes_written(engine: Engine, action: Callable[[], object]) -> int:
    """Tell by how many bytes the write-ahead log grows while something is done."""
    position = text("SELECT pg_current_wal_insert_lsn() - '0/0'")
    with engine.connect() as connection:
        before = connection.execute(position).scalar_one()
    action()
    with engine.connect() as connection:
        return int(connection.execute(position).scalar_one() - before)


@pytest.mark.rule("G13", "G9")
def test_the_statements_compile_for_sql_server_with_one_value_to_bind_and_their_lock_hints() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    selects = {
        name: each.select if isinstance(each, FindingStatement) else each
        for name, each in vars(CourtStatements(dialect)).items()
        if isinstance(each, FindingStatement | Select)
    }
    assert len(selects) == 7
    for name, statement in selects.items():
        compiled = statement.compile(dialect=dialect)
        assert [parameter for parameter, value in compiled.params.items() if value is None] == ["keys"]
        assert len(compiled.params) < 10
        assert ("WITH (UPDLOCK, ROWLOCK)" in str(compiled)) == name.endswith("locked")
    for many in (1, 500):
        assert list(bind_keys(dialect, notice_numbers(many))) == ["keys"]
