"""Audit rows and access records are sealed in a hash tree, and whatever is done to them is found (K2)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from ocms_adapters.signing import Ed25519Checker, Ed25519Signer
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import SqlAccessRecords, looks_at_notice
from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.audit_check import AuditCheck, AuditReport
from ocms_adapters.sql.audit_rows import rows_of_notice
from ocms_adapters.sql.audit_tree import MOST, SEALED, SqlAuditTree, TreeNotContinued, heads_of, leaves_of
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.audit_heads import Head, RecordKind
from ocms_core.kernel.audit_story import Look
from ocms_core.kernel.changes import CourtDueDateRecorded
from ocms_core.kernel.dates import local
from ocms_core.kernel.merkle import HashTree, joined
from tests.support.builders import DUE, LATER, NOW
from tests.support.databases import Databases, postgres_databases, sqlite_databases
from tests.support.engines import AUDIT_CIPHER, create
from tests.support.postgres import PostgresServer

SIGNER = Ed25519Signer(b"1" * 32)
STRANGER = Ed25519Signer(b"2" * 32)
CHECKER = Ed25519Checker.of([SIGNER.public_key])
CHECK = AuditCheck(CHECKER, kept_from=NOW - timedelta(days=30), cipher=AUDIT_CIPHER)
OFFICER = Principal("OIC001", Role.OIC, "portal")
AUDIT, LOOKS = t.ocms_audit_row, t.ocms_access_record
LEAF, HEAD = t.ocms_audit_leaf, t.ocms_audit_head
HOUR = timedelta(hours=1)
SIZES = (3, 1, 5, 4)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = create(databases.intranet)
    yield engine
    engine.dispose()


def change(connection: Connection, number: str, at: Any = NOW) -> None:
    with acting(Actor("OIC001", "oic", "portal", "test", number)):
        ChangeWriter(connection.dialect).record(
            connection, [CourtDueDateRecorded(number, DUE)], at, isolate=False
        )


def changed(engine: Engine, *numbers: str) -> None:
    for number in numbers:
        with writing(engine) as connection:
            change(connection, number)


def looked_at(engine: Engine, number: str) -> None:
    SqlAccessRecords(engine, b"k" * 32).record_access(
        OFFICER, Operation.GET_OFFENDERS, ["S1234567A"], NOW, notice_no=number
    )


def sealed(engine: Engine, *, most: int = 100, at: Any = NOW) -> int:
    return SqlAuditTree(engine, SIGNER).extend(at, most)


def report(engine: Engine, check: AuditCheck = CHECK) -> AuditReport:
    with reading(engine) as connection:
        return check.report(connection)


def history(engine: Engine) -> None:
    """Put in changes and looks, sealed by four heads hours apart."""
    number = 0
    for size in SIZES:
        for _ in range(size):
            number += 1
            if number % 4:
                changed(engine, f"N{number}")
            else:
                looked_at(engine, f"N{number - 1}")
        assert sealed(engine, at=NOW + timedelta(days=2, hours=number)) == size


@pytest.mark.rule("K2")
def test_what_is_sealed_is_whole_and_sealed_once(engine: Engine) -> None:
    assert (sealed(engine), report(engine)) == (0, AuditReport())
    changed(engine, "A", "B")
    looked_at(engine, "A")
    assert report(engine) == AuditReport(waiting=3)
    assert sealed(engine, most=2) == 2
    assert sealed(engine, most=2) == 1
    assert sealed(engine) == 0
    changed(engine, "C")
    assert report(engine) == AuditReport(sealed=3, heads=2, waiting=1)
    with reading(engine) as connection:
        (leaves,) = leaves_of(connection, 100, 10)
        heads = list(heads_of(connection))
    assert [each.position for each in leaves] == [0, 1, 2]
    tree = HashTree()
    for each in leaves:
        tree.add(each.hash)
    assert heads[-1].root == tree.root().hex()
    assert all(CHECKER.is_signed(each) for each in heads)


@pytest.mark.rule("K2")
def test_a_row_that_is_committed_after_later_ones_were_sealed_comes_after_them(
    postgres: PostgresServer,
) -> None:
    with postgres_databases(postgres) as pair:  # SQLite has one writer at a time
        engine = create(pair.intranet)
        commit_late(engine)
        engine.dispose()


def commit_late(engine: Engine) -> None:
    """Commit a change after a later one was sealed."""
    with writing(engine) as late:
        change(late, "LATE")
        changed(engine, "EARLY")
        assert sealed(engine) == 1
        assert report(engine) == AuditReport(sealed=1, heads=1)
    assert report(engine) == AuditReport(sealed=1, heads=1, waiting=1)
    assert sealed(engine) == 1
    with reading(engine) as connection:
        (leaves,) = leaves_of(connection, 100, 10)
    assert [each.number for each in leaves] == [2, 1]
    assert report(engine) == AuditReport(sealed=2, heads=2)


def look_rows(connection: Connection, moments: Sequence[Any]) -> None:
    rows = [
        {
            "looked_up_at": local(at),
            "principal": "O",
            "role": "oic",
            "operation": "x",
            **creation_stamp(local(at)),
        }
        for at in moments
    ]
    connection.execute(insert(LOOKS), rows)


@pytest.mark.rule("K2")
def test_a_backlog_that_is_being_sealed_is_no_problem(engine: Engine) -> None:
    start = NOW - timedelta(days=3)
    with writing(engine) as connection:
        look_rows(connection, [start + timedelta(seconds=each) for each in range(MOST + 1)])
    assert sealed(engine, most=MOST) == MOST
    assert report(engine) == AuditReport(sealed=MOST, heads=1, waiting=1)
    assert sealed(engine, most=MOST) == 1
    assert report(engine) == AuditReport(sealed=MOST + 1, heads=2)
    with writing(engine) as connection:
        look_rows(connection, [start])
    number = MOST + 2
    assert report(engine).problems == [f"access record {number}: it was added later than it says"]


@pytest.mark.rule("K2")
def test_no_row_is_passed_over_whatever_clock_dated_it_and_however_long_no_worker_ran(engine: Engine) -> None:
    minute = timedelta(minutes=1)
    with writing(engine) as connection:  # by two machines whose clocks differ
        look_rows(connection, [NOW - minute * (each % 2) for each in range(10)])
    assert sealed(engine, most=5) == 5
    later = NOW + timedelta(days=2)
    assert sealed(engine, at=later) == 5
    assert report(engine) == AuditReport(sealed=10, heads=2)


@pytest.mark.rule("K2")
def test_a_row_that_is_committed_after_the_last_head_is_sealed_days_later(postgres: PostgresServer) -> None:
    with postgres_databases(postgres) as pair:  # SQLite has one writer at a time
        engine = create(pair.intranet)
        with writing(engine) as late:
            change(late, "LATE")
            changed(engine, "EARLY")
            assert sealed(engine) == 1
        assert sealed(engine, at=NOW + timedelta(days=2)) == 1
        assert report(engine) == AuditReport(sealed=2, heads=2)
        engine.dispose()


@pytest.mark.rule("K2")
def test_a_row_dated_ahead_is_not_passed_over_while_a_backlog_is_sealed(postgres: PostgresServer) -> None:
    with postgres_databases(postgres) as pair:  # SQLite has one writer at a time
        engine = create(pair.intranet)
        with writing(engine) as late:
            look_rows(late, [NOW + HOUR])
            looked_at(engine, "EARLY")
            assert sealed(engine) == 1
        written = {
            "changed_at": local(NOW),
            "principal": "O",
            "role": "oic",
            "credential": "c",
            "operation": "x",
        }
        with writing(engine) as connection:
            connection.execute(insert(AUDIT), [{**written, **creation_stamp(local(NOW))}] * MOST)
        days_later = NOW + timedelta(days=2)
        assert sealed(engine, most=MOST, at=days_later) == MOST
        assert sealed(engine, most=MOST, at=days_later) == 1
        assert report(engine).problems == []
        engine.dispose()


@pytest.mark.rule("K2")
def test_what_is_sealed_while_it_is_checked_is_no_problem(engine: Engine) -> None:
    changed(engine, "A")
    sealed(engine)
    changed(engine, "B")

    class SealingMeanwhile:
        def is_signed(self, head: Head) -> bool:
            sealed(engine)
            return CHECKER.is_signed(head)

    assert report(engine, evolve(CHECK, checker=SealingMeanwhile())).problems == []
    assert report(engine) == AuditReport(sealed=2, heads=2)


@pytest.mark.rule("K2", "K3")
def test_an_access_record_may_be_gone_after_its_time_and_not_before(engine: Engine) -> None:
    looked_at(engine, "A")
    changed(engine, "A")
    sealed(engine)
    with writing(engine) as connection:
        connection.execute(delete(LOOKS))
    assert report(engine).problems == ["access record 1: it was removed"]
    assert report(engine, evolve(CHECK, kept_from=None)).problems == ["access record 1: it was removed"]
    later = evolve(CHECK, kept_from=LATER)
    assert report(engine, later) == AuditReport(sealed=2, heads=1, expired=1)
    with writing(engine) as connection:
        connection.execute(delete(AUDIT))
    assert report(engine, later).problems == ["audit row 1: it was removed"]


@pytest.mark.rule("K2")
def test_each_problem_is_named(engine: Engine) -> None:
    history(engine)
    assert report(engine) == AuditReport(sealed=13, heads=4)
    cases: Sequence[tuple[Any, list[str]]] = (
        (update(AUDIT).where(AUDIT.c.id == 2).values(principal="X"), ["audit row 2: it was altered"]),
        (update(LOOKS).where(LOOKS.c.id == 1).values(notice_no="X"), ["access record 1: it was altered"]),
        (delete(AUDIT).where(AUDIT.c.id == 2), ["audit row 2: it was removed"]),
        (
            update(LEAF).where(LEAF.c.position == 5).values(digest="0" * 64),
            ["audit row 4: it was altered", "leaves 4 to 8: their head has others"],
        ),
        (delete(LEAF).where(LEAF.c.position == 12), ["head of 13 leaves: there are only 12 leaves"]),
        (
            delete(HEAD).where(HEAD.c.size == 13),
            ["leaves 9 to 12: no head is signed for them"],
        ),
        (
            update(HEAD).where(HEAD.c.size == 4).values(key_id="0" * 16),
            ["head of 4 leaves: it is not signed with a known key"],
        ),
    )
    for tampering, problems in cases:
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(tampering)
            found = CHECK.report(connection).problems
            assert found[: len(problems)] == problems
            transaction.rollback()


@pytest.mark.rule("K2")
def test_heads_that_were_kept_elsewhere_show_what_the_database_has_lost(engine: Engine) -> None:
    history(engine)
    with reading(engine) as connection:
        heads = tuple(heads_of(connection))
    outside = evolve(CHECK, outside=heads)
    assert report(engine, outside) == AuditReport(sealed=13, heads=4)
    with writing(engine) as connection:  # the last hours, and whatever says that they were
        connection.execute(delete(HEAD).where(HEAD.c.size > 9))
        connection.execute(delete(LEAF).where(LEAF.c.position >= 9))
        connection.execute(delete(AUDIT).where(AUDIT.c.id > 7))
        connection.execute(delete(LOOKS).where(LOOKS.c.id > 2))
    assert report(engine) == AuditReport(sealed=9, heads=3)
    assert report(engine, outside).problems == ["head of 13 leaves: there are only 9 leaves"]
    forged = evolve(CHECK, outside=(STRANGER.signed(heads[0]),))
    assert report(engine, forged).problems == ["head of 3 leaves: it is not signed with a known key"]


@pytest.mark.rule("K2")
def test_a_tree_that_is_not_what_was_signed_is_not_continued(engine: Engine) -> None:
    history(engine)
    changed(engine, "NEW")
    for trees, problem in (("", "cannot be"), (joined([b"1" * 32] * 3), "was signed for others")):
        with writing(engine) as connection:
            connection.execute(update(HEAD).where(HEAD.c.size == 13).values(complete_trees=trees))
        with pytest.raises(TreeNotContinued, match=problem):
            sealed(engine)


@pytest.mark.rule("K2")
def test_a_row_that_nobody_with_the_key_wrote_is_named_before_it_is_sealed(engine: Engine) -> None:
    changed(engine, "A")
    with writing(engine) as connection:
        connection.execute(update(AUDIT).values(content=b"t1:" + bytes(60)))
    assert report(engine).problems == ["audit row 1: OCMS did not write it"]
    assert report(engine, evolve(CHECK, cipher=None)) == AuditReport(waiting=1)


# One way to tamper with a record: whether there was anything to do it to.
Tampering = Callable[[Connection, some.DataObject], None]


def numbers_of(connection: Connection, table: Table) -> list[int]:
    return list(connection.execute(select(table.c.id)).scalars())


def a_row(connection: Connection, data: some.DataObject) -> tuple[Table, int]:
    table = data.draw(some.sampled_from([AUDIT, LOOKS]))
    return table, data.draw(some.sampled_from(numbers_of(connection, table)))


def altered(connection: Connection, data: some.DataObject) -> None:
    table, number = a_row(connection, data)
    kind = RecordKind.AUDIT_ROW if table is AUDIT else RecordKind.ACCESS_RECORD
    column = table.c[data.draw(some.sampled_from(SEALED[kind].columns))]
    kept = connection.execute(select(column).where(table.c.id == number)).scalar_one()
    if isinstance(kept, bytes):
        place = data.draw(some.integers(0, len(kept) - 1))
        new: Any = kept[:place] + bytes([kept[place] ^ data.draw(some.integers(1, 255))]) + kept[place + 1 :]
    elif column.name.endswith(("_at", "_date")):
        new = (kept or local(NOW)) + timedelta(microseconds=data.draw(some.integers(1, 10**9)))
    else:
        letters = some.text("abcXYZ019", min_size=1, max_size=8)
        new = data.draw(letters.filter(lambda text: text != kept))
    connection.execute(update(table).where(table.c.id == number).values({column.name: new}))


def removed(connection: Connection, data: some.DataObject) -> None:
    table, number = a_row(connection, data)
    connection.execute(delete(table).where(table.c.id == number))


def added(connection: Connection, data: some.DataObject) -> None:
    """Add a copy of a row that claims its own moment, under a number of before or after."""
    table, number = a_row(connection, data)
    row = dict(connection.execute(select(table).where(table.c.id == number)).mappings().one())
    row["id"] = data.draw(some.sampled_from([-1, 0, max(numbers_of(connection, table)) + 1, 10**6]))
    connection.execute(insert(table).values(row))
    if data.draw(some.booleans()):  # with a leaf, as if it had been sealed
        kind = RecordKind.AUDIT_ROW if table is AUDIT else RecordKind.ACCESS_RECORD
        made = connection.execute(SEALED[kind].select().where(table.c.id == row["id"])).mappings().one()
        put_leaf(connection, SEALED[kind].leaf(kind, leaf_count(connection), made))


def exchanged(connection: Connection, data: some.DataObject) -> None:
    """Exchange the numbers of two rows, or the places of two leaves."""
    table = data.draw(some.sampled_from([AUDIT, LOOKS, LEAF]))
    key = table.c.position if table is LEAF else table.c.id
    keys = connection.execute(select(key)).scalars().all()
    one, other = data.draw(some.lists(some.sampled_from(keys), min_size=2, max_size=2, unique=True))
    for old, new in ((one, -7), (other, one), (-7, other)):
        connection.execute(update(table).where(key == old).values({key.name: new}))


def consistently_altered(connection: Connection, data: some.DataObject) -> None:
    """Alter a row and its leaf, or also every head, signed with another key or not at all."""
    table, number = a_row(connection, data)
    connection.execute(update(table).where(table.c.id == number).values(principal="SOMEBODY"))
    kind = RecordKind.AUDIT_ROW if table is AUDIT else RecordKind.ACCESS_RECORD
    row = connection.execute(SEALED[kind].select().where(table.c.id == number)).mappings().one()
    digest = SEALED[kind].leaf(kind, 0, row).digest
    of_row = (LEAF.c.record_kind == kind.value, LEAF.c.record_id == number)
    connection.execute(update(LEAF).where(*of_row).values(digest=digest))
    if data.draw(some.booleans()):
        return
    tree, roots = HashTree(), {}
    for each in [each for chunk in leaves_of(connection, 10**9, 100) for each in chunk]:
        tree.add(each.hash)
        roots[tree.size] = tree.root().hex()
    by_stranger = data.draw(some.booleans())
    for head in list(heads_of(connection)):
        new = evolve(head, root=roots[head.size])
        new = STRANGER.signed(new) if by_stranger else new
        values = {"root": new.root, "key_id": new.key_id, "signature": new.signature}
        connection.execute(update(HEAD).where(HEAD.c.size == head.size).values(values))


def head_replaced(connection: Connection, data: some.DataObject) -> None:
    """Replace a head by one for something else, signed by a stranger or with the signature of another."""
    heads = list(heads_of(connection))
    head, other = data.draw(some.lists(some.sampled_from(heads), min_size=2, max_size=2, unique=True))
    new = evolve(
        head,
        root=data.draw(some.sampled_from([other.root, "0" * 64])),
        signed_at=head.signed_at + data.draw(some.sampled_from([timedelta(0), HOUR])),
    )
    new = data.draw(some.sampled_from([new, evolve(new, signature=other.signature), STRANGER.signed(new)]))
    values = {"root": new.root, "signed_at": local(new.signed_at), "key_id": new.key_id}
    connection.execute(
        update(HEAD).where(HEAD.c.size == head.size).values(values | {"signature": new.signature})
    )


def leaf_count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(LEAF)).scalar_one())


def put_leaf(connection: Connection, leaf: Any) -> None:
    connection.execute(
        insert(LEAF).values(
            position=leaf.position,
            record_kind=leaf.kind.value,
            record_id=leaf.number,
            recorded_at=leaf.recorded_at,
            digest=leaf.digest,
        )
    )


TAMPERINGS: Sequence[Tampering] = (altered, removed, added, exchanged, consistently_altered, head_replaced)


@pytest.mark.rule("K2")
@settings(
    max_examples=max(200, settings().max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(some.data(), some.sampled_from(TAMPERINGS))
def test_whatever_is_done_to_the_record_is_found(
    recorded: Engine, data: some.DataObject, tampering: Tampering
) -> None:
    with recorded.connect() as connection, connection.begin() as transaction:
        tampering(connection, data)
        assert CHECK.report(connection).problems
        transaction.rollback()


@pytest.fixture
def recorded(sqlite_templates: Any, tmp_path: Any) -> Iterator[Engine]:
    """Return a database with a sealed record."""
    engine = create(sqlite_databases(sqlite_templates, tmp_path).intranet)
    history(engine)
    assert report(engine) == AuditReport(sealed=13, heads=4)
    yield engine
    engine.dispose()


@pytest.mark.rule("K2")
def test_the_looks_at_a_notice_are_told_beside_its_changes(engine: Engine) -> None:
    changed(engine, "A", "B")
    looked_at(engine, "A")
    with reading(engine) as connection:
        assert looks_at_notice(connection, "A") == [Look(NOW, "OIC001", "oic", "offender-getDetails")]
        assert looks_at_notice(connection, "B") == []
        assert [each.actor.request_id for each in rows_of_notice(connection, "A")] == ["A"]
