"""What a transaction found under its locks is what its audit row says was before, without a second look."""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.audit_contents import columns_of, row_changes, rows_of
from ocms_adapters.sql.audit_rows import IN_CLEAR, audit_row, place
from ocms_adapters.sql.audited_changes import (
    CLOSE,
    INSERT,
    UPDATE,
    UPSERT,
    ChangedRows,
)
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.found_rows import FoundRows
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import AddressCheckSet, Change, NoticeChanged, SuspensionOpened, notice_of
from ocms_core.kernel.dates import local
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import SuspensionRecord
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_checks import ChangeItem
from tests.support.builders import LATER, NOW, SINCE, WWP, at
from tests.support.databases import Databases
from tests.support.engines import AUDIT_CIPHER, create
from tests.support.rows import NOTICE, notice_numbers, put, put_notices, put_suspension
from tests.support.statements import recorded

NUMBERS = notice_numbers(40)
NO, OTHER = NUMBERS[:2]
VON, ONOD = t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver
VON_NAME = str(VON.name)
MOVE = StageMove("CPC", SINCE, "WAR", NOW)


def some(values: random.Random, *choices: str | None) -> str | None:
    return values.choice(choices)


def moment(values: random.Random) -> str:
    return str(datetime(2024, 1, 1) + timedelta(microseconds=values.randrange(3 * 10**13)))  # noqa: DTZ001  # as a table keeps it


def put_all_kinds(engine: Engine) -> None:
    """Insert notices of which each column that may change has one of many values, and people of theirs."""
    values = random.Random(20250114)
    rows = [
        {
            "notice_no": number,
            **NOTICE,
            "last_processing_stage": some(values, "NPA", "DN1", "DN2", "CPC"),
            "last_processing_date": moment(values),
            "prev_processing_stage": some(values, None, "NPA", "ROV"),
            "prev_processing_date": some(values, None, moment(values)),
            "next_processing_stage": some(values, None, "DN2", "CSD"),
            "next_processing_date": some(values, None, moment(values)),
            "amount_payable": some(values, None, "0.1", "70", "1234567890123.99"),
            "payment_acceptance_allowed": some(values, "Y", "N"),
            "suspension_type": some(values, None, "TS"),
            "epr_reason_of_suspension": some(values, None, "UNC"),
            "epr_date_of_suspension": some(values, None, moment(values)),
            "due_date_of_revival": some(values, None, moment(values)),
        }
        for number in NUMBERS
    ]
    put(engine, "ocms_valid_offence_notice", rows)
    people = [
        {
            "notice_no": number,
            "owner_driver_indicator": role,
            "id_type": "N",
            "id_no": "S1234567A",
            "name": "JOHN LEE",
            "offender_indicator": "Y" if role == "D" else some(values, "N", None),
            "mha_dh_check_allow": some(values, "Y", "N", " "),
        }
        for number in NUMBERS
        for role in {"D", *values.sample("DOH", 2)}
    ]
    put(
        engine,
        "ocms_offence_notice_owner_driver",
        people,
    )


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = create(databases.intranet)
    yield engine
    engine.dispose()


Snapshot = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]


def snapshot(connection: Connection) -> Snapshot:
    """Return the rows of notices and people by table and key."""
    return {
        (each.name, tuple(row[column] for column in each.primary_key)): {
            str(column.name): row[column] for column in each.columns
        }
        for each in (VON, ONOD)
        for row in connection.execute(select(each)).mappings()
    }


def audit_rows_of(connection: Connection) -> list[AuditRow]:
    """Return all audit rows, the oldest first."""
    rows = connection.execute(select(t.ocms_audit_row).order_by(t.ocms_audit_row.c.id)).mappings()
    return [audit_row(row, AUDIT_CIPHER) for row in rows]


def assert_was_and_is(changes: Sequence[RowChange], before: Snapshot, after: Snapshot) -> None:
    """Assert that the changes of notices and people say what each row was and is, and miss none."""
    named = {(each.table, tuple(each.key.values())): each for each in changes}
    unaudited = {"is_sync", "upd_date", "upd_user_id", "cre_date", "cre_user_id"}
    for key, was in before.items():
        different = {
            name for name, value in was.items() if name not in unaudited and value != after[key][name]
        }
        assert bool(different) <= (key in named)
        if change := named.get(key):
            assert change.before == {name: was[name] for name in change.before or ()}
            assert change.after == {name: after[key][name] for name in change.after or ()}
            assert different <= (change.after or {}).keys()


def submit(engine: Engine) -> None:
    items = [ChangeItem(number, RequestedChange(None, "SUP", None)) for number in NUMBERS]
    stages.submit(items, "USER01", stores=SqlStageStores(engine), now=NOW)


def update_court_notices(engine: Engine) -> None:
    updates = [CourtUpdate(number, "PS", "WWC", "WAR") for number in NUMBERS]
    court.update_court_notices(updates, stores=SqlCourtStores(engine), now=NOW)


def print_letters(engine: Engine) -> None:
    stages.update_toppan_stages(ToppanRun(tuple(NUMBERS), "DN2", NOW), stores=SqlStageStores(engine), now=NOW)


@pytest.mark.rule("K2", "G9")
@pytest.mark.parametrize("call", [submit, update_court_notices, print_letters])
def test_what_a_call_found_under_its_locks_is_what_its_audit_row_says_was_before(
    engine: Engine, call: Callable[[Engine], None]
) -> None:
    put_all_kinds(engine)
    with reading(engine) as connection:
        before = snapshot(connection)
    with recorded(engine) as statements:
        call(engine)
    with reading(engine) as connection:
        (row,) = audit_rows_of(connection)
        after = snapshot(connection)
    assert len({change.notice_no for change in row.changes}) > len(NUMBERS) / 4
    assert_was_and_is(row.changes, before, after)
    # Once for the decision, and not again for the audit row.
    for table in (VON, ONOD):
        assert sum(f"FROM {table.name} \nWHERE" in each for each in statements) <= 1


@pytest.mark.rule("K2")
def test_a_second_change_of_a_transaction_is_told_from_what_the_first_left(engine: Engine) -> None:
    put_notices(engine, [NO])
    with SqlStageStores(engine).writing() as store:
        store.stage_facts([NO], None)
        for following in ("CSR", "CSD"):
            store.record([NoticeChanged(NO, next=NextStage(following, LATER))], NOW, isolate=False)
    with reading(engine) as connection:
        changed = [change for row in audit_rows_of(connection) for change in row.changes]
    assert [(each.before or {})["next_processing_stage"] for each in changed] == [
        NOTICE.get("next_processing_stage"),
        "CSR",
    ]
    assert [(each.after or {})["next_processing_stage"] for each in changed] == ["CSR", "CSD"]


@pytest.mark.rule("K2")
@pytest.mark.parametrize(
    "further",
    [
        NoticeChanged(OTHER, move=MOVE),
        AddressCheckSet(OTHER, "N"),
        AddressCheckSet(NO, "N"),
    ],
)
def test_what_was_not_found_is_read(engine: Engine, further: Change) -> None:
    put_all_kinds(engine)
    with SqlStageStores(engine).writing() as store:
        before = snapshot(store._connection)
        store.stage_facts([NO], None)
        store.record([NoticeChanged(NO, move=MOVE), further], NOW, isolate=False)
        (row,) = audit_rows_of(store._connection)
        assert_was_and_is(row.changes, before, snapshot(store._connection))
        assert {each.notice_no for each in row.changes} >= {NO, notice_of(further)}


@pytest.mark.rule("K2", "P25")
def test_the_notices_beside_a_refused_row_are_told_as_they_were_found(engine: Engine) -> None:
    put_notices(engine, NUMBERS[:5])
    put_suspension(engine, NO)
    since = at("2024-12-05T10:00:00")
    changes = [
        change
        for number in NUMBERS[:5]
        for change in (
            NoticeChanged(number, move=MOVE),
            SuspensionOpened(SuspensionRecord(number, since, 1, "CAS", WWP, "CAS")),
        )
    ]
    with reading(engine) as connection:
        before = snapshot(connection)
    with SqlCourtStores(engine).writing() as store:
        store.court_facts(NUMBERS[:5])
        assert store.record(changes, NOW, isolate=True) == {NO}
    with reading(engine) as connection:
        changed = [change for row in audit_rows_of(connection) for change in row.changes]
        assert_was_and_is([each for each in changed if each.table == VON.name], before, snapshot(connection))
    assert {each.notice_no for each in changed} == set(NUMBERS[1:5])


@pytest.mark.parametrize(
    "numbers, names, has",
    [
        ({NO}, ("notice_no", "last_processing_stage"), True),
        ({NO, OTHER, "absent"}, ("last_processing_stage",), True),
        ({NO, NUMBERS[2]}, ("notice_no", "last_processing_stage"), False),
        ({NO}, ("notice_no", "amount_payable"), False),
    ],
)
def test_rows_are_had_where_all_columns_of_all_notices_were_asked_for(
    numbers: set[str],
    names: tuple[str, ...],
    has: bool,  # noqa: FBT001
) -> None:
    places = {"notice_no": 0, "last_processing_stage": 2}
    rows = [(NO, "-", "DN1"), (OTHER, "-", "DN2")]
    found = FoundRows(frozenset({NO, OTHER, "absent"}), places, rows)
    assert found.has(numbers, names) is has
    assert found.columns({OTHER}, ("notice_no", "last_processing_stage")) == [[OTHER], "DN2"]
    assert found.columns({NO, OTHER, "absent"}, ("notice_no", "last_processing_stage")) == [
        [NO, OTHER],
        ["DN1", "DN2"],
    ]


def test_a_writer_that_was_given_nothing_reads_all(engine: Engine) -> None:
    put_all_kinds(engine)
    with writing(engine) as connection:
        before = snapshot(connection)
        changes: list[Change] = [NoticeChanged(NO, move=MOVE), AddressCheckSet(OTHER, "Y")]
        ChangeWriter(engine.dialect).record(connection, changes, NOW, isolate=False)
        (row,) = audit_rows_of(connection)
        assert_was_and_is(row.changes, before, snapshot(connection))


MOMENTS = st.sampled_from((None, local(NOW), local(LATER)))
STAGES = st.sampled_from((None, "DN1", "DN2"))
AMOUNTS = st.sampled_from((None, Decimal("70.00"), Decimal("99.90")))
NAMES = ("notice_no", "last_processing_stage", "last_processing_date", "amount_payable")
COLUMNS = (*NAMES, "suspension_type")


@st.composite
def several_rows(draw: st.DrawFn) -> tuple[ChangedRows, list[tuple[Any, ...]]]:
    """Draw what is done to rows, many values the same, and the rows before."""
    numbers = draw(st.lists(st.sampled_from(NUMBERS[:6]), min_size=1, unique=True))
    rows = [(number, draw(STAGES), draw(MOMENTS), draw(AMOUNTS)) for number in numbers]
    were = [(number, draw(STAGES), draw(MOMENTS), draw(AMOUNTS)) for number in draw(st.permutations(numbers))]
    optional = draw(st.sampled_from(((), ("amount_payable",))))
    how = draw(st.sampled_from((INSERT, UPDATE, UPSERT, CLOSE)))
    shared = draw(st.sampled_from(({}, {"suspension_type": "PS"})))
    return ChangedRows(VON, how, NAMES, rows, shared, optional), [(*row, None) for row in were]


Content = tuple[Any, ...]


def read_again(content: Content) -> list[RowChange]:
    """Return what the content of an audit row says, written and read again."""
    return list(row_changes(*msgspec.json.decode(msgspec.json.encode(content))))


def by_row(changed: ChangedRows, was: list[tuple[Any, ...]]) -> Content:
    """Return the content as it was written at first, row by row."""
    done = (changed.how, changed.names, changed.rows, changed.shared, changed.optional, changed.newer)
    return {VON_NAME: (COLUMNS, was)}, [(VON_NAME, *done)]


def by_column(changed: ChangedRows, was: list[tuple[Any, ...]], *, found: bool) -> Content:
    """Return the content as it is written, the rows before read, or found under their locks."""
    read, [(table, how, names, rows, *rest)] = by_row(changed, was)
    known = {table: (COLUMNS, columns_of(was, range(len(COLUMNS))))}
    done = [(table, how, names, columns_of(rows, range(len(names))), *rest)]
    return ({}, done, known) if found else (read, done, {})


@pytest.mark.rule("K2")
@given(several_rows(), st.booleans())
def test_a_content_says_the_same_row_by_row_and_column_by_column(
    drawn: tuple[ChangedRows, list[tuple[Any, ...]]],
    found: bool,  # noqa: FBT001
) -> None:
    changed, was = drawn
    former = read_again(by_row(changed, was))
    assert read_again(by_column(changed, was, found=found)) == former
    assert [tuple(each.after or ()) for each in read_again(by_column(changed, was, found=found))] == [
        tuple(each.after or ()) for each in former
    ]


@given(st.lists(st.tuples(st.integers(), STAGES, MOMENTS, AMOUNTS), max_size=4))
def test_rows_come_back_from_their_columns_in_which_one_value_stands_for_all(rows: list[Any]) -> None:
    first, *others = columns_of(rows, range(4))
    assert rows_of([first, *others]) == rows
    assert first == [row[0] for row in rows]
    for at_place, column in enumerate(others, start=1):
        alike = len({row[at_place] for row in rows}) == 1
        assert column == (rows[0][at_place] if alike else [row[at_place] for row in rows])


@pytest.mark.rule("K2")
def test_a_row_that_was_written_row_by_row_is_read_as_ever(engine: Engine) -> None:
    was = [(NO, "DN1", "2025-01-01T00:00:00", "70.00", "TS"), (OTHER, None, None, None, "TS")]
    rows = [(NO, "DN2", "2025-01-14T11:00:00+08:00", None), (OTHER, "DN2", None, "1")]
    done = (UPDATE, NAMES, rows, {"suspension_type": None}, ("amount_payable",), "")
    content = ({VON_NAME: (COLUMNS, was)}, [(VON_NAME, *done)])
    row = {"changed_at": local(NOW), **dict.fromkeys(IN_CLEAR, "x"), "notice_nos": f"{NO} {OTHER}"}
    encrypted = AUDIT_CIPHER.encrypt_bytes(zlib.compress(msgspec.json.encode(content), 1), place(row))
    stamps = {"cre_date": local(NOW), "cre_user_id": "x"}
    with writing(engine) as connection:
        connection.execute(insert(t.ocms_audit_row).values(**row, content=encrypted, **stamps))
        (read,) = audit_rows_of(connection)
    one, two = read.changes
    assert one.before == {
        "last_processing_stage": "DN1",
        "last_processing_date": local(at("2025-01-01T00:00:00")),
        "suspension_type": "TS",
    }
    assert one.after == {
        "last_processing_stage": "DN2",
        "last_processing_date": local(at("2025-01-14T11:00:00")),
        "suspension_type": None,
    }
    assert (two.before or {})["amount_payable"] is None
    assert (two.after or {})["amount_payable"] == Decimal("1.00")
    assert [each.key for each in read.changes] == [{"notice_no": NO}, {"notice_no": OTHER}]
