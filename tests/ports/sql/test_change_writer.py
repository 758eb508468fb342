"""The writer writes each kind of change in one statement, parents first, whole or not at all."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import mssql

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.transactions import writing
from ocms_core.kernel.changes import Change, CourtDueDateRecorded, NoticeChanged, SuspensionOpened
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import SuspensionRecord
from tests.support import engines
from tests.support.builders import DUE, LATER, NOW, SINCE, WWP, shown
from tests.support.databases import Databases
from tests.support.rows import notice_numbers, put_notices, put_suspension, row_of, rows_of
from tests.support.statements import recorded

VON = t.ocms_valid_offence_notice
NO = "1234567890"
MOVE = StageMove("CPC", SINCE, "WAR", NOW)
WRITTEN = (
    "ocms_valid_offence_notice",
    "ocms_suspended_notice",
    "ocms_court_case",
    "ocms_outbox",
    "ocms_audit_row",
)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


def record(engine: Engine, *changes: Change, isolate: bool = False) -> frozenset[str]:
    """Write changes in a transaction of their own."""
    with writing(engine) as connection:
        return ChangeWriter(engine.dialect).record(connection, changes, NOW, isolate=isolate)


def opened(number: str, remarks: str | None = None, sr_no: int = 1) -> SuspensionOpened:
    return SuspensionOpened(SuspensionRecord(number, NOW, sr_no, "CAS", WWP, "CAS", DUE, remarks))


def everything(number: str) -> tuple[Change, ...]:
    """Build one change of each kind, children before their parents."""
    suspended = NoticeChanged(number, move=MOVE, suspension=shown("PS", "WWP"))
    return CourtDueDateRecorded(number, DUE), opened(number), suspended


@pytest.mark.rule("G9", "P24", "G12", "K2")
@pytest.mark.parametrize("many", [1, 50, 500])
def test_a_batch_is_one_statement_for_each_kind_parents_before_children(engine: Engine, many: int) -> None:
    numbers = notice_numbers(many)
    put_notices(engine, numbers)
    changes = [change for number in reversed(numbers) for change in everything(number)]
    with recorded(engine) as statements:
        assert record(engine, *changes) == frozenset()
    read, *written = statements
    assert read.startswith("SELECT")
    assert [table for table in WRITTEN if table in read] == [WRITTEN[0], WRITTEN[2]]
    assert [next(table for table in WRITTEN if table in each) for each in written] == list(WRITTEN)
    assert [row["notice_no"] for row in rows_of(engine, t.ocms_outbox)] == sorted(numbers)


def test_nothing_to_write_is_no_statement(engine: Engine) -> None:
    with recorded(engine) as statements:
        record(engine)
    assert statements == []


@pytest.mark.rule("G4", "P24", "G12")
@pytest.mark.parametrize(
    "change, columns",
    [
        (NoticeChanged(NO), {}),
        (
            NoticeChanged(NO, move=MOVE),
            {
                "last_processing_stage": "WAR",
                "last_processing_date": local(NOW),
                "prev_processing_stage": "CPC",
                "prev_processing_date": local(SINCE),
            },
        ),
        (
            NoticeChanged(NO, next=NextStage("CSR", LATER)),
            {"next_processing_stage": "CSR", "next_processing_date": local(LATER)},
        ),
        (
            NoticeChanged(NO, next=NextStage(None, None)),
            {"next_processing_stage": None, "next_processing_date": None},
        ),
        (NoticeChanged(NO, amount_payable=Decimal("99.90")), {"amount_payable": Decimal("99.90")}),
        (NoticeChanged(NO, amount_payable=Decimal("0.00")), {"amount_payable": Decimal("0.00")}),
        (NoticeChanged(NO, payment_acceptance_allowed="N"), {"payment_acceptance_allowed": "N"}),
        (
            NoticeChanged(NO, suspension=shown("TS", "HST", since=NOW, due=DUE)),
            {
                "suspension_type": "TS",
                "epr_reason_of_suspension": "HST",
                "epr_date_of_suspension": local(NOW),
                "due_date_of_revival": local(DUE),
            },
        ),
        (
            NoticeChanged(NO, suspension=shown(None, None, since=None)),
            {
                "suspension_type": None,
                "epr_reason_of_suspension": None,
                "epr_date_of_suspension": None,
                "due_date_of_revival": None,
            },
        ),
    ],
    ids=str,
)
def test_a_part_that_changes_sets_its_columns_and_no_other(
    engine: Engine, change: NoticeChanged, columns: dict[str, object]
) -> None:
    put_notices(
        engine,
        [NO, "another"],
        next_processing_stage="CSD",
        next_processing_date="2025-01-20 00:00:00",
        suspension_type="PS",
        epr_reason_of_suspension="OTH",
        epr_date_of_suspension="2024-12-24 00:00:00",
        due_date_of_revival="2025-06-01 00:00:00",
    )
    before, another = row_of(engine, VON, NO), row_of(engine, VON, "another")
    record(engine, change)
    stamped = {"upd_date": local(NOW), "upd_user_id": "ocmsiz_app_conn", "is_sync": "N" if columns else "Y"}
    assert row_of(engine, VON, NO) == before | columns | stamped
    assert row_of(engine, VON, "another") == another
    assert len(rows_of(engine, t.ocms_outbox)) == bool(columns)


@pytest.mark.rule("G4", "P32")
def test_a_court_case_keeps_who_made_it_and_notes_who_changed_it(engine: Engine) -> None:
    record(engine, CourtDueDateRecorded(NO, DUE))
    made = row_of(engine, t.ocms_court_case, NO)
    assert (made["cre_date"], made["cre_user_id"]) == (local(NOW), "ocmsiz_app_conn")
    assert (made["upd_date"], made["upd_user_id"]) == (None, None)
    record(engine, CourtDueDateRecorded(NO, None))
    stamped = {"upd_date": local(NOW), "upd_user_id": "ocmsiz_app_conn"}
    assert row_of(engine, t.ocms_court_case, NO) == made | {"court_payment_due_date": None} | stamped


@pytest.mark.rule("P25")
def test_a_refused_row_undoes_everything_unless_it_is_isolated(engine: Engine) -> None:
    good, bad = notice_numbers(2)
    put_notices(engine, [good, bad])
    put_suspension(engine, bad, date_of_suspension=str(local(NOW)))
    before = rows_of(engine, VON)
    with pytest.raises(RowRejected):
        record(engine, *everything(good), *everything(bad))
    assert rows_of(engine, VON) == before
    assert record(engine, *everything(good), *everything(bad), isolate=True) == {bad}
    assert row_of(engine, VON, bad) == before[1]
    assert row_of(engine, VON, good)["last_processing_stage"] == "WAR"
    for table in (t.ocms_court_case, t.ocms_outbox):
        assert [row["notice_no"] for row in rows_of(engine, table)] == [good]


@pytest.mark.rule("P25")
def test_finding_a_bad_row_among_many_costs_their_logarithm(engine: Engine) -> None:
    numbers = notice_numbers(512)
    put_notices(engine, numbers)
    put_suspension(engine, numbers[300], date_of_suspension=str(local(NOW)))
    changes = [change for number in numbers for change in everything(number)]
    with recorded(engine) as statements:
        assert record(engine, *changes, isolate=True) == {numbers[300]}
    assert len([each for each in statements if each.split()[0] in {"UPDATE", "INSERT"}]) < 80


@pytest.mark.rule("P25")
def test_of_many_bad_rows_each_is_found(engine: Engine) -> None:
    numbers = notice_numbers(40)
    put_notices(engine, numbers)
    bad = frozenset(numbers[::3])
    for number in bad:
        put_suspension(engine, number, date_of_suspension=str(local(NOW)))
    changes = [change for number in numbers for change in everything(number)]
    assert record(engine, *changes, isolate=True) == bad
    moved = {row["notice_no"] for row in rows_of(engine, VON) if row["last_processing_stage"] == "WAR"}
    assert moved == set(numbers) - bad


@pytest.mark.rule("G10", "P25")
def test_a_value_too_long_for_its_column_is_never_cut(engine: Engine) -> None:
    remarks = "x" * 201
    if engine.name == "sqlite":  # which knows no lengths
        record(engine, opened(NO, remarks))
        assert row_of(engine, t.ocms_suspended_notice, NO)["suspension_remarks"] == remarks
    else:
        with pytest.raises(RowRejected):
            record(engine, opened(NO, remarks))
        assert record(engine, opened(NO, remarks), opened("another"), isolate=True) == {NO}


@pytest.mark.rule("P4")
def test_what_the_database_says_of_a_refused_row_does_not_come_along(engine: Engine) -> None:
    put_suspension(engine, NO, date_of_suspension=str(local(NOW)))
    with pytest.raises(RowRejected) as refused:
        record(engine, opened(NO, "S1234567A"))
    assert NO not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_every_change_statement_compiles_for_sql_server_with_constant_parameters() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    writer = ChangeWriter(dialect)
    for kind, change_statement in CHANGE_STATEMENTS.items():
        rows, statement = writer.statement(kind)
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement is a clause
        to_bind = [name for name, value in compiled.params.items() if value is None]
        # What the rows of a change share is bound once, beside them, under a name of its own.
        assert "rows" in to_bind
        assert len(compiled.params) < 30
        assert "OPENJSON(" in str(compiled)
        for many in (0, 500):
            assert rows.bind([(None,) * len(change_statement.columns)] * many).keys() == {"rows"}
