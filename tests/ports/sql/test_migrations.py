"""A database is brought to the schema once, whole, and never at the cost of what it holds."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Table, delete, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql import engines, reference_defaults, schema
from ocms_adapters.sql.migrations import METADATA, VERSION_TABLES, SchemaState, Side, schema_state, upgrade
from ocms_core.kernel.reference_defaults import NEXT_STAGE, STAGE_DAYS, STAGE_MAP, SUSPENSION_REASONS
from ocms_core.kernel.stages import STAGES
from tests.support.postgres import PostgresServer

SIDES: tuple[Side, ...] = ("intranet", "internet")

UPGRADE = """
import sys
from ocms_adapters.sql import engines
from ocms_adapters.sql.migrations import upgrade
engine = engines.create(sys.argv[1])
sys.stdin.readline()
upgrade(engine, "intranet")
engine.dispose()
"""


MADE_BY_OTHERS = """
CREATE TABLE ocms_change_of_processing (
  notice_no varchar(10), date_of_change timestamp, new_processing_stage varchar(3),
  last_processing_stage varchar(3), reason_of_change varchar(3), authorised_officer varchar(50),
  cre_date timestamp NOT NULL, cre_user_id varchar(10) NOT NULL, upd_date timestamp, upd_user_id varchar(50),
  PRIMARY KEY (notice_no, date_of_change, new_processing_stage));
INSERT INTO ocms_change_of_processing
VALUES ('N1', '2025-02-14T00:00:00', 'RD1', 'NPA', 'REC', 'X', '2025-02-14', 'other', NULL, NULL);
CREATE TABLE ocms_stage_map (
  last_processing_stage varchar(3), next_processing_stage varchar(100),
  cre_date timestamp NOT NULL, cre_user_id varchar(10) NOT NULL, upd_date timestamp, upd_user_id varchar(50),
  PRIMARY KEY (last_processing_stage, next_processing_stage));
INSERT INTO ocms_stage_map VALUES ('NPA', 'ROV, ENA', '2025-02-14', 'other', NULL, NULL)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield an empty database."""
    if request.param == "sqlite":
        engine = engines.create(f"sqlite:///{tmp_path / 'new' / 'ocms.sqlite'}")
        yield engine
        engine.dispose()
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        # Two workers of a run may be in this file at once.
        name = f"migrating_{os.getpid()}"
        server.create(name)
        engine = engines.create(server.url(name))
        yield engine
        engine.dispose()
        server.drop(name)


def is_current(engine: Engine, side: Side) -> bool:
    return schema_state(engine, side) is SchemaState.CURRENT


def rows(engine: Engine, table: Table) -> int:
    with engine.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize("side", SIDES)
def test_an_empty_database_gets_exactly_the_tables_of_its_side(empty: Engine, side: Side) -> None:
    assert not is_current(empty, side)
    assert inspect(empty).get_table_names() == [], "asking whether it is current writes nothing"

    upgrade(empty, side)

    assert is_current(empty, side)
    with empty.begin() as connection:
        options = {"version_table": VERSION_TABLES[side]}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA[side]) == []


def test_both_sides_fit_into_one_database(empty: Engine) -> None:
    for side in SIDES:
        upgrade(empty, side)

    assert all(is_current(empty, side) for side in SIDES)


@pytest.mark.rule("G14")
def test_an_empty_database_gets_the_default_reference_data_and_no_fees(empty: Engine) -> None:
    upgrade(empty, "intranet")

    with empty.begin() as connection:
        moves = connection.execute(select(schema.ocms_stage_map)).all()
        parameters = connection.execute(select(schema.ocms_parameter)).all()
        reasons = connection.execute(select(schema.ocms_suspension_reason)).all()
    read: dict[str, dict[str, str]] = {}
    for row in parameters:
        read.setdefault(row.parameter_id, {})[row.code] = row.value
    targets = {(row.last_processing_stage, row.next_processing_stage) for row in moves}
    assert targets == {(stage, target) for stage in STAGE_MAP for target in STAGE_MAP[stage]}
    assert read == {"NEXT_STAGE": NEXT_STAGE, "STAGEDAYS": dict.fromkeys(STAGE_DAYS, "14")}
    days = {(row.suspension_type, row.reason_of_suspension): row.no_of_days_for_revival for row in reasons}
    assert days == SUSPENSION_REASONS
    assert {(row.suspension_source, row.status) for row in reasons} == {("OCMS", "A")}


@pytest.mark.rule("G14")
def test_the_defaults_name_known_stages_and_never_a_move_to_the_same_stage() -> None:
    for stage, targets in STAGE_MAP.items():
        assert {stage, *targets} <= set(STAGES)
        assert stage not in targets
    assert "CFC" not in STAGE_MAP["DN1"], "the PLUS example of the contract shows it refused"
    assert all(after in STAGE_MAP[before] or before in {"RR3", "DR3"} for before, after in NEXT_STAGE.items())
    assert SUSPENSION_REASONS["TS", "HST"] == 30
    assert SUSPENSION_REASONS["PS", "FP"] is None


@pytest.mark.rule("G14")
def test_what_an_administrator_changed_or_took_out_is_left_so(empty: Engine) -> None:
    upgrade(empty, "intranet")
    parameter, moves = schema.ocms_parameter, schema.ocms_stage_map
    before = rows(empty, moves)
    with empty.begin() as connection:
        connection.execute(update(parameter).where(parameter.c.code == "NPA").values(value="7"))
        connection.execute(delete(moves).where(moves.c.last_processing_stage == "WAR"))

    upgrade(empty, "intranet")
    with empty.begin() as connection:
        reference_defaults.put_in_defaults(connection)

    assert rows(empty, moves) == before - 1
    with empty.begin() as connection:
        changed = connection.execute(select(parameter.c.value).where(parameter.c.code == "NPA")).scalars()
        assert set(changed) == {"7"}


def test_two_processes_may_upgrade_at_once(empty: Engine) -> None:
    url = empty.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()

    said = [process.communicate()[1] for process in running]

    assert [process.returncode for process in running] == [0, 0], said
    assert is_current(empty, "intranet")
    assert rows(empty, schema.ocms_stage_map) == sum(map(len, STAGE_MAP.values()))


@pytest.mark.rule("G14")
def test_tables_that_exist_are_kept_with_their_rows_and_given_only_what_they_lack(empty: Engine) -> None:
    with empty.begin() as connection:
        for statement in MADE_BY_OTHERS.split(";"):
            connection.execute(text(statement))

    upgrade(empty, "intranet")

    changes, moves = schema.ocms_change_of_processing, schema.ocms_stage_map
    with empty.begin() as connection:
        row = connection.execute(select(changes)).one()
        assert (row.notice_no, row.source, row.remarks, row.cre_user_id) == ("N1", None, None, "other")
        same_day = select(changes.c.notice_no).where(changes.c.date_of_change == row.date_of_change)
        assert connection.execute(same_day).scalars().all() == ["N1"]
        assert connection.execute(select(moves.c.next_processing_stage)).scalars().all() == ["ROV, ENA"]
    inspector = inspect(empty)
    indexes = {index["name"] for index in inspector.get_indexes(changes.name)}
    assert indexes == {index.name for index in changes.indexes}
    if empty.name == "postgresql":
        widths = {c["name"]: getattr(c["type"], "length", None) for c in inspector.get_columns(changes.name)}
        assert widths["cre_user_id"] == 50


def test_an_index_that_others_took_the_place_of_is_taken_out(empty: Engine) -> None:
    notices = schema.ocms_valid_offence_notice
    with empty.begin() as connection:
        notices.create(connection)
        connection.execute(
            text(f"CREATE INDEX ix_{notices.name}_stage ON {notices.name} (last_processing_stage)")
        )

    upgrade(empty, "intranet")

    indexes = {index["name"] for index in inspect(empty).get_indexes(notices.name)}
    assert indexes == {index.name for index in notices.indexes}


def test_the_table_of_version_0_1_that_nothing_used_is_taken_out(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE ocms_request_ledger (request_id varchar(64) PRIMARY KEY)"))

    upgrade(empty, "intranet")

    names = inspect(empty).get_table_names()
    assert "ocms_request_ledger" not in names
    assert "ocms_idempotent_answer" in names


def test_an_upgrade_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE ocms_parameter (parameter_id varchar(20))"))
        connection.execute(text("INSERT INTO ocms_parameter VALUES ('OLD')"))

    with pytest.raises(DBAPIError):
        upgrade(empty, "intranet")

    assert inspect(empty).get_table_names() == ["ocms_parameter"]
    assert not is_current(empty, "intranet")


def test_asking_for_migrations_does_not_load_alembic() -> None:
    asked = "import sys, ocms_adapters.sql.migrations; print('alembic' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
