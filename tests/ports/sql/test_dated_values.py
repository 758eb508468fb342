"""Reference data that holds from a day on, as an operator's SQL writes it, on SQLite and on PostgreSQL."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Engine, inspect, select, text

from ocms_adapters.sql import migrations, schema
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.reference import SqlReference, read_reference
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.transactions import writing
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import batch_jobs
from ocms_core.hst import service as hst
from ocms_core.kernel.dated_values import NONE_DATED, DatedValue, ReasonTerms
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.stage_moves import stage_days
from ocms_core.kernel.suspensions import HST, SuspensionReason
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_checks import ChangeItem, Validation
from tests.support import engines
from tests.support.builders import SUSPENSION_REASONS, at
from tests.support.databases import Databases
from tests.support.hst_facts import APPLICATION, IDENTITY
from tests.support.offender_builders import EMPLOYEE, JOHN, ORCHARD
from tests.support.offender_rows import Undelivered
from tests.support.rows import notice_numbers, put_notices, row_of
from tests.support.stage_rows import in_stage, put_fees, put_offenders
from tests.support.statements import recorded

JANUARY_31, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1)
MIDNIGHT = at("2026-02-01T00:00:00")
JUST_BEFORE = MIDNIGHT - timedelta(microseconds=1)
PARAMETER, MOVE, REASON = (
    schema.ocms_dated_parameter.name,
    schema.ocms_dated_stage_move.name,
    schema.ocms_dated_suspension_reason.name,
)
NEW_FEE = f"INSERT INTO {PARAMETER} (parameter_id, code, first_day, value) VALUES ('ADMIN_FEE', 'AMOUNT', '2026-02-01', '15.00')"  # noqa: E501  # as an operator writes it
NEW_HST_DAYS = f"INSERT INTO {REASON} (reason_of_suspension, suspension_type, first_day, no_of_days_for_revival) VALUES ('HST', 'TS', '2026-02-01', 45)"  # noqa: E501  # as an operator writes it


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    put_fees(engine)
    yield engine
    engine.dispose()


def say(engine: Engine, *statements: str) -> None:
    """Run statements as an operator's tool would."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def read(engine: Engine) -> Reference:
    """Read the reference data of all days."""
    with engine.connect() as connection:
        return read_reference(connection)


@pytest.mark.rule("G18")
def test_what_has_no_days_holds_always(engine: Engine) -> None:
    found = read(engine)
    assert found.on(FEBRUARY) is found
    assert found.suspension_reasons == SUSPENSION_REASONS


@pytest.mark.rule("G18")
def test_values_of_each_kind_are_read_with_their_days_in_one_statement(engine: Engine) -> None:
    always = read(engine)
    say(
        engine,
        NEW_FEE,
        f"INSERT INTO {MOVE} (last_processing_stage, next_processing_stage, first_day, last_day, allowed) "
        "VALUES ('DN1', 'CFC', '2026-02-01', '2026-02-28', 'Y'), ('RD1', 'RD2', '2026-03-01', NULL, 'N')",
        NEW_HST_DAYS,
        f"INSERT INTO {REASON} (reason_of_suspension, suspension_type, first_day, last_day, status) "
        "VALUES ('WWP', 'PS', '2026-02-01', '9999-12-31', 'D')",
    )
    with recorded(engine) as statements:
        found = read(engine)
    assert len(statements) == 1
    assert evolve(found, dated=NONE_DATED) == always
    assert found.dated.parameters == (DatedValue(("ADMIN_FEE", "AMOUNT"), "15.00", FEBRUARY, None),)
    assert set(found.dated.moves) == {
        DatedValue(("DN1", "CFC"), True, FEBRUARY, date(2026, 2, 28)),
        DatedValue(("RD1", "RD2"), False, MARCH, None),
    }
    assert {(str(each.key), each.value, each.first_day, each.last_day) for each in found.dated.reasons} == {
        ("TS-HST", ReasonTerms(in_use=True, days=45), FEBRUARY, None),
        ("PS-WWP", ReasonTerms(in_use=False, days=None), FEBRUARY, date.max),
    }


REFUSED_DAYS = (
    "'2026-02-02', '2026-02-01'",
    "'2026-02-30', NULL",
    "'2026-02-01', '2026-02-30'",
    "'2026-02-01', 'infinity'",
    "'2026-02-01', 'for ever'",
    "NULL, '2026-02-01'",
)


@pytest.mark.rule("G18")
def test_a_row_without_a_meaning_and_a_second_of_one_day_are_refused(engine: Engine) -> None:
    say(engine, NEW_FEE)
    before = read(engine)
    insert = (
        f"INSERT INTO {PARAMETER} (parameter_id, code, value, first_day, last_day) VALUES ('F', 'A', '1',"
    )
    refused_rows = (
        NEW_FEE,
        (
            f"INSERT INTO {MOVE} (last_processing_stage, next_processing_stage, first_day, allowed) "
            "VALUES ('RD1', 'RD2', '2026-02-01', 'y')"
        ),
        (
            f"INSERT INTO {REASON} (reason_of_suspension, suspension_type, first_day, status) "
            "VALUES ('HST', 'TS', '2026-02-01', 'N')"
        ),
    )
    for refused in (*(f"{insert} {days})" for days in REFUSED_DAYS), *refused_rows):
        with pytest.raises(RowRejected), writing(engine) as connection:
            connection.execute(text(refused))
    assert read(engine) == before


@pytest.mark.rule("G18")
def test_a_snapshot_changes_at_midnight_without_being_read_anew(engine: Engine) -> None:
    say(
        engine,
        f"INSERT INTO {PARAMETER} (parameter_id, code, first_day, value) "
        "VALUES ('BATCH_CAP', 'TOPPAN', '2026-02-01', '7')",
    )
    reference = SqlReference(engine, seconds=3600)
    with recorded(engine) as statements:
        caps = [reference().on(day).whole_number("BATCH_CAP", "TOPPAN", 9) for day in (JANUARY_31, FEBRUARY)]
    assert (caps, len(statements)) == ([9, 7], 1)


def moved(engine: Engine, number: str) -> tuple[str, Decimal]:
    """Return the stage and the amount of a notice."""
    row = row_of(engine, schema.ocms_valid_offence_notice, number)
    return row["last_processing_stage"], row["amount_payable"]


OLD_FEE, FEE_FROM_FEBRUARY = ("DR3", Decimal("80.00")), ("DR3", Decimal("85.00"))


@pytest.mark.rule("G18", "S22", "S40")
@pytest.mark.parametrize(
    "now, expected", [(JUST_BEFORE, OLD_FEE), (MIDNIGHT.astimezone(UTC), FEE_FROM_FEBRUARY)]
)
def test_a_move_by_an_officer_or_a_print_run_costs_the_fee_of_its_day(
    engine: Engine, now: datetime, expected: tuple[str, Decimal]
) -> None:
    say(engine, NEW_FEE)
    stores = SqlStageStores(engine)
    by_officer, printed = notice_numbers(2)
    in_stage(engine, [by_officer, printed], "DN2", next_processing_stage="DR3", payment_status=None)
    asked = [ChangeItem(by_officer, RequestedChange("DR3", "SUP", None))]
    previewed = stages.preview(asked, "USER01", stores=stores, now=now)
    with recorded(engine) as statements:
        submitted = stages.submit(asked, "USER01", stores=stores, now=now)
    assert submitted == previewed
    assert len(statements) == 10
    stages.update_toppan_stages(ToppanRun((printed,), "DR3", now), stores=stores, now=now)
    assert [moved(engine, number) for number in (by_officer, printed)] == [expected, expected]


@pytest.mark.rule("G18", "S64")
def test_a_move_that_plus_dates_before_the_new_fee_costs_the_old_one(engine: Engine) -> None:
    say(engine, NEW_FEE)
    stores, now = SqlStageStores(engine), MIDNIGHT + timedelta(hours=3)
    late, dated = notice_numbers(2)
    in_stage(engine, [late, dated], "DN2")
    for number, moment in ((late, None), (dated, JUST_BEFORE)):
        stages.plus_change(PlusChange((number,), "DN2", "DR3", moment, "D"), stores=stores, now=now)
    assert [moved(engine, number) for number in (late, dated)] == [FEE_FROM_FEBRUARY, OLD_FEE]


@pytest.mark.rule("G18", "S18", "S24")
def test_a_move_that_the_map_loses_at_midnight_is_refused_from_then_on(engine: Engine) -> None:
    say(
        engine,
        f"INSERT INTO {MOVE} (last_processing_stage, next_processing_stage, first_day, allowed) "
        "VALUES ('DN1', 'DN2', '2026-02-01', 'N')",
    )
    (number,) = notice_numbers(1)
    in_stage(engine, [number])
    asked = Validation((number,), RequestedChange("DN2", "SUP", None))
    answers = [
        stages.validate(asked, stores=SqlStageStores(engine), now=now)[0].code.code
        for now in (JUST_BEFORE, MIDNIGHT)
    ]
    assert answers == ["OCMS-2000", "OCMS.CPS.INVALID_TRANSITION"]


PAGE = Path(__file__).parents[3] / "docs/howto/dated-values.md"
SQL = re.compile(r"^ *```sql\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


@pytest.mark.rule("G18")
def test_the_statements_of_the_how_to_do_what_it_says(engine: Engine) -> None:
    statements = [
        each for block in SQL.findall(PAGE.read_text()) for each in block.split(";") if each.strip()
    ]
    assert len(statements) == 8
    say(engine, *statements)
    held = read(engine)
    fees = {
        day: held.on(date.fromisoformat(day)).parameters["SURCHARGE", "AMOUNT"]
        for day in ("2019-12-31", "2020-01-01", "2026-01-31", "2026-02-01", "2026-05-07", "2026-05-08")
    }
    assert list(fees.values()) == ["45.00", "40.00", "40.00", "45.00", "0.00", "45.00"]
    before, after = held.on(JANUARY_31), held.on(FEBRUARY)
    assert (stage_days("RD1", before), stage_days("RD1", after)) == (14, 21)
    assert (before.days_of_suspension[HST], after.days_of_suspension[HST]) == (30, 45)
    assert before.suspension_reasons - after.suspension_reasons == {SuspensionReason("PS", "WWC")}
    assert before.stage_map - after.stage_map == {("RD2", "RD1")}


def due(engine: Engine, number: str) -> Sequence[Any]:
    """Return when the one suspension record of a notice ends."""
    table = schema.ocms_suspended_notice
    with engine.connect() as connection:
        asked = select(table.c.due_date_of_revival).where(table.c.notice_no == number)
        return connection.execute(asked).scalars().all()


@pytest.mark.rule("G18", "H3", "F20", "H20")
@pytest.mark.parametrize("now, days", [(JUST_BEFORE, 30), (MIDNIGHT, 45)])
def test_ts_hst_lasts_as_long_as_the_day_of_its_beginning_says(
    engine: Engine, now: datetime, days: int
) -> None:
    say(engine, NEW_HST_DAYS)
    listed, furnished = notice_numbers(2)
    put_notices(engine, [listed, furnished], last_processing_stage="RD1")
    put_offenders(engine, [listed], id_no=IDENTITY, owner_driver_indicator="O")
    put_offenders(engine, [furnished], id_no="S7654321B", owner_driver_indicator="O")
    hst.apply(APPLICATION, officer="OIC", stores=SqlHstStores(engine), now=now)
    offenders.furnish(
        FurnishRequest(furnished, "H", JOHN, ORCHARD, EMPLOYEE),
        "OIC",
        stores=SqlOffenderStores(engine),
        delivery=Undelivered(),
        now=now,
    )
    assert JOHN.id_no == IDENTITY
    ends = (now + timedelta(days=days)).replace(tzinfo=None)
    assert (due(engine, listed), due(engine, furnished)) == ([ends], [ends])


@pytest.mark.rule("G18", "P24", "S22")
def test_cas_moves_a_notice_for_the_days_of_its_new_stage_on_that_day(engine: Engine) -> None:
    say(
        engine,
        f"INSERT INTO {PARAMETER} (parameter_id, code, first_day, value) "
        "VALUES ('STAGEDAYS', 'CSD', '2026-02-01', '21')",
    )
    before, after = notice_numbers(2)
    put_notices(engine, [before, after])
    for number, now in ((before, JUST_BEFORE), (after, MIDNIGHT)):
        updates = [CourtUpdate(number, None, None, "CSD")]
        court.update_court_notices(updates, stores=SqlCourtStores(engine), now=now)
    rows = [row_of(engine, schema.ocms_valid_offence_notice, number) for number in (before, after)]
    assert [row["next_processing_date"].date() for row in rows] == [date(2026, 2, 14), date(2026, 2, 22)]


@pytest.mark.rule("G18", "H31")
def test_ts_hst_is_renewed_for_the_days_of_the_day_it_is_renewed_on(engine: Engine) -> None:
    say(engine, NEW_HST_DAYS)
    (number,) = notice_numbers(1)
    put_notices(engine, [number], last_processing_stage="RD1")
    put_offenders(engine, [number], id_no=IDENTITY, owner_driver_indicator="O")
    stores, listed = SqlHstStores(engine), at("2026-01-10T10:00:00")
    hst.apply(APPLICATION, officer="OIC", stores=stores, now=listed)
    renewed = listed + timedelta(days=30)
    batch_jobs.loop_hst_suspensions(stores=stores, now=renewed)
    ends = [listed + timedelta(days=30), renewed + timedelta(days=45)]
    assert sorted(due(engine, number)) == [each.replace(tzinfo=None) for each in ends]


def test_a_database_of_the_version_before_gets_the_tables(engine: Engine) -> None:
    say(
        engine,
        *(f"DROP TABLE {name}" for name in (PARAMETER, MOVE, REASON)),
        "UPDATE ocms_schema_version SET version_num = '0006'",
    )
    assert migrations.schema_state(engine, "intranet") is migrations.SchemaState.BEHIND

    migrations.upgrade(engine, "intranet")

    assert {PARAMETER, MOVE, REASON} <= set(inspect(engine).get_table_names())
    assert read(engine).dated == NONE_DATED
