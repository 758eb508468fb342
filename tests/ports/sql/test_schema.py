"""The tables are those of the data dictionary, and rows other programs write are read like our own."""

# ruff: noqa: DTZ001 - columns hold Singapore time without a zone

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, Table, insert, select, update
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateIndex, CreateTable

from ocms_adapters.sql import engines, schema
from ocms_adapters.sql.dialects.sqlite import SINGAPORE
from ocms_adapters.sql.schema import INTERNET, INTRANET
from tests.support.databases import Databases, sqlite_databases

# One line for each column: name, SQL Server type, then `key`, `not null` and the default where there are any.
DICTIONARY = {
    "ocms_valid_offence_notice": """
        notice_no varchar(10) key
        vehicle_no varchar(14) not null
        offence_notice_type varchar(1) not null
        offence_type varchar(5)
        notice_date_and_time datetime2(7) not null
        computer_rule_code integer not null
        vehicle_category varchar(1) not null
        vehicle_registration_type varchar(1)
        pp_code varchar(5) not null
        pp_name varchar(100)
        composition_amount decimal(19, 2) not null
        administration_fee decimal(19, 2)
        surcharge decimal(19, 2)
        amount_payable decimal(19, 2)
        amount_paid decimal(19, 2)
        payment_status varchar(2)
        payment_acceptance_allowed varchar(1) not null = Y
        payment_due_date datetime2(7)
        last_processing_stage varchar(3) not null
        last_processing_date datetime2(7) not null
        prev_processing_stage varchar(3)
        prev_processing_date datetime2(7)
        next_processing_stage varchar(3)
        next_processing_date datetime2(7)
        suspension_type varchar(2)
        epr_reason_of_suspension varchar(3)
        epr_date_of_suspension datetime2(7)
        crs_reason_of_suspension varchar(3)
        crs_date_of_suspension datetime2(7)
        due_date_of_revival datetime2(7)
        subsystem_label varchar(8)
        is_sync varchar(1) not null = N
    """,
    "ocms_offence_notice_owner_driver": """
        notice_no varchar(10) key
        owner_driver_indicator varchar(1) key
        id_type varchar(1)
        id_no varchar(12) not null
        name varchar(66)
        email_addr varchar(320)
        offender_tel_code varchar(3)
        offender_tel_no varchar(12)
        offender_indicator varchar(1)
        lta_entity_type varchar(1)
        life_status varchar(1)
        date_of_birth datetime2(7)
        date_of_death datetime2(7)
        passport_place_of_issue varchar(3)
        mha_dh_check_allow varchar(1) not null = Y
        is_sync varchar(1) not null = N
    """,
    "ocms_offence_notice_owner_driver_addr": """
        notice_no varchar(10) key
        owner_driver_indicator varchar(1) key
        type_of_address varchar(20) key
        blk_hse_no varchar(10)
        street_name varchar(32)
        floor_no varchar(3)
        unit_no varchar(5)
        bldg_name varchar(65)
        postal_code varchar(6)
        address_type varchar(1)
        invalid_addr_tag varchar(1)
        error_code varchar(10)
        effective_date datetime2(7)
        processing_date_time datetime2(7)
    """,
    "ocms_furnish_detail": """
        notice_no varchar(10) key
        owner_driver_indicator varchar(1) key
        relationship varchar(50)
        rental_period_from date
        rental_period_to date
        remarks varchar(200)
    """,
    "ocms_suspended_notice": """
        notice_no varchar(10) key
        date_of_suspension datetime2(7) key
        sr_no integer key
        suspension_source varchar(4) not null
        suspension_type varchar(2) not null
        reason_of_suspension varchar(3) not null
        officer_authorising_suspension varchar(50) not null
        due_date_of_revival datetime2(7)
        suspension_remarks varchar(200)
        date_of_revival datetime2(7)
        revival_reason varchar(3)
        officer_authorising_revival varchar(50)
        revival_remarks varchar(200)
        process_indicator varchar(64)
    """,
    "ocms_suspension_reason": """
        reason_of_suspension varchar(3) key
        suspension_type varchar(2) key
        suspension_source varchar(8) key
        description varchar(200) not null
        no_of_days_for_revival integer
        status varchar(1) not null = A
    """,
    "ocms_change_of_processing": """
        notice_no varchar(10) key
        date_of_change datetime2(7) key
        new_processing_stage varchar(3) key
        last_processing_stage varchar(3)
        reason_of_change varchar(3)
        authorised_officer varchar(50)
        source varchar(8)
        remarks varchar(200)
    """,
    "ocms_stage_map": """
        last_processing_stage varchar(3) key
        next_processing_stage varchar(100) key
    """,
    "ocms_parameter": """
        parameter_id varchar(20) key
        code varchar(20) key
        description varchar(200) not null
        value varchar(200) not null
    """,
    "ocms_hst": """
        id_no varchar(12) key
        id_type varchar(1) not null
        name varchar(66) not null
        postal_code varchar(6) not null
        blk_hse_no varchar(10) not null
        street_name varchar(32) not null
        floor_no varchar(3) not null
        unit_no varchar(5) not null
        bldg_name varchar(65) not null
        date_of_addr_change datetime2(7)
        invalid_addr_tag varchar(1)
    """,
    "ocms_temp_unc_hst_addr": """
        id_no varchar(12) key
        query_reason varchar(5) key
        id_type varchar(1)
        type_of_address varchar(20) not null
        bldg_name varchar(65) not null
        blk_hse_no varchar(10) not null
        street_name varchar(32) not null
        floor_no varchar(3) not null
        unit_no varchar(5) not null
        postal_code varchar(6) not null
        address_type varchar(1)
        invalid_addr_tag varchar(1)
        error_code varchar(10)
        effective_date datetime2(7)
        processing_date_time datetime2(7)
        source varchar(10)
        response_date_time datetime2(7)
        report_generated varchar(1) not null = N
    """,
    "ocms_adhoc_nro_queue": """
        id_no varchar(12) key
        query_reason varchar(5) key
        id_type varchar(1) not null
        sent_to_mha_date datetime2(7)
        sent_to_datahive_date datetime2(7)
    """,
    "ocms_vip_vehicle": """
        vehicle_no varchar(20) key
        vip_vehicle varchar(1) not null
        description varchar(255)
        status varchar(2) not null
    """,
    "ocms_court_case": """
        notice_no varchar(10) key
        court_payment_due_date datetime2(7)
        reason varchar(200)
    """,
    "ocms_shedlock": """
        name varchar(64) key
        lock_until datetime2(7) not null
        locked_at datetime2(7) not null
        locked_by varchar(255) not null
        run_no integer
        run_started_at datetime2(7)
        run_slot datetime2(7)
        run_ended_at datetime2(7)
        run_result varchar(8)
        counted_at datetime2(7)
        slot datetime2(7)
        slot_done varchar(1)
        slot_failures integer
        slot_failed_at datetime2(7)
    """,
    "eocms_offence_notice_owner_driver": """
        notice_no varchar(10) key
        owner_driver_indicator varchar(1) key
        id_type varchar(1)
        id_no varchar(114) not null
        name varchar(204)
        offender_indicator varchar(1)
    """,
    "eocms_valid_offence_notice": """
        notice_no varchar(10) key
        vehicle_no varchar(14) not null
        offence_notice_type varchar(1) not null
        notice_date_and_time datetime2(7) not null
        amount_payable decimal(19, 2)
        amount_paid decimal(19, 2)
        payment_acceptance_allowed varchar(1) not null = Y
        payment_status varchar(2)
        last_processing_stage varchar(3) not null
        next_processing_stage varchar(3)
        suspension_type varchar(2)
        crs_reason_of_suspension varchar(3)
        crs_date_of_suspension datetime2(7)
        epr_reason_of_suspension varchar(3)
        epr_date_of_suspension datetime2(7)
    """,
}

NOW = "= DATEADD(hour, 8, SYSUTCDATETIME())"
HOUSEKEEPING = {
    "ocms_outbox",
    "ocms_idempotent_answer",
    "ocms_rate_counter",
    "ocms_api_credential",
    "ocms_report",
    "ocms_staff_session",
    "ocms_mha_file",
    "ocms_offender_history",
    "ocms_access_record",
    "ocms_audit_row",
    "ocms_audit_leaf",
    "ocms_audit_head",
    "ocms_job_run",
    "ocms_alert",
    "ocms_dated_parameter",
    "ocms_dated_stage_move",
    "ocms_dated_suspension_reason",
}
TABLES = {**INTRANET.tables, **INTERNET.tables}
MSSQL: Dialect = mssql.dialect()  # type: ignore[no-untyped-call]
MSSQL.server_version_info = (15,)  # SQL Server 2019, as a connection would tell


def described(table: Table) -> list[str]:
    """Write a table's columns as the dictionary above does."""
    lines = []
    for column in table.columns:
        words = [column.name, column.type.compile(MSSQL).lower()]
        words += ["key"] if column.primary_key else [] if column.nullable else ["not null"]
        if column.server_default is not None:
            default = column.server_default.arg  # type: ignore[attr-defined]
            words.append(f"= {default if isinstance(default, str) else default.compile(dialect=MSSQL)}")
        lines.append(" ".join(words))
    return lines


@pytest.mark.rule("G10")
@pytest.mark.parametrize("name", DICTIONARY)
def test_each_table_has_exactly_the_columns_of_the_dictionary(name: str) -> None:
    audit_user = "ocmsez_app_conn" if name.startswith("eocms") else "ocmsiz_app_conn"
    audit = [
        f"cre_date datetime2(7) not null {NOW}",
        f"cre_user_id varchar(50) not null = {audit_user}",
        "upd_date datetime2(7)",
        "upd_user_id varchar(50)",
    ]
    expected = [line.strip() for line in DICTIONARY[name].strip().splitlines()]

    assert described(TABLES[name]) == expected + audit


def test_there_are_no_tables_but_those_of_the_dictionary_and_our_own() -> None:
    assert set(TABLES) == set(DICTIONARY) | HOUSEKEEPING
    assert set(TABLES) <= set(schema.__all__)


@pytest.mark.rule("G4")
@pytest.mark.parametrize("table", TABLES.values(), ids=str)
def test_every_table_ends_in_the_audit_quartet(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert names[-4:] == ["cre_date", "cre_user_id", "upd_date", "upd_user_id"]


@pytest.mark.parametrize("metadata", [INTRANET, INTERNET], ids=["intranet", "internet"])
def test_every_table_and_index_can_be_made_on_sql_server(metadata: MetaData) -> None:
    for table in metadata.sorted_tables:
        statement = str(CreateTable(table).compile(dialect=MSSQL))
        assert f"CREATE TABLE {table.name}" in statement
        for index in table.indexes:
            assert "INDEX" in str(CreateIndex(index).compile(dialect=MSSQL))
    number = str(CreateTable(schema.ocms_outbox).compile(dialect=MSSQL))
    assert "id BIGINT NOT NULL IDENTITY" in number


TIMES = {
    "2025-02-14": datetime(2025, 2, 14),
    "2025-02-14 09:30": datetime(2025, 2, 14, 9, 30),
    "2025-02-14 09:30:15": datetime(2025, 2, 14, 9, 30, 15),
    "2025-02-14T09:30:15": datetime(2025, 2, 14, 9, 30, 15),
    "2025-02-14 09:30:15.000000": datetime(2025, 2, 14, 9, 30, 15),
    "2025-02-14 09:30:15.5": datetime(2025, 2, 14, 9, 30, 15, 500_000),
    "2025-02-14T09:30:15.999": datetime(2025, 2, 14, 9, 30, 15, 999_000),
    "2025-02-14 09:30:59.999999": datetime(2025, 2, 14, 9, 30, 59, 999_999),
}
CASE = schema.ocms_court_case


def insert_elsewhere(url: str, statement: str, *values: object) -> None:
    """Execute a statement as another program would, with the bare driver."""
    if (parsed := make_url(url)).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(parsed.database))) as connection, connection:
            connection.execute(statement, values)
    else:
        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as other:
            other.execute(statement.replace("?", "%s").encode(), values)


@pytest.mark.rule("G5")
def test_a_time_another_program_wrote_is_the_same_time_to_searches_and_sorts(databases: Databases) -> None:
    for number, written in enumerate(TIMES):
        insert_elsewhere(
            databases.intranet,
            "INSERT INTO ocms_court_case (notice_no, court_payment_due_date) VALUES (?, ?)",
            str(number), written,
        )  # fmt: skip
    engine = engines.create(databases.intranet)
    due = CASE.c.court_payment_due_date

    with engine.begin() as connection:
        read = connection.execute(select(due).order_by(CASE.c.notice_no)).scalars().all()
        assert read == list(TIMES.values())
        assert connection.execute(select(due).order_by(due)).scalars().all() == sorted(TIMES.values())
        for moment in TIMES.values():
            here = list(TIMES.values()).count(moment)
            assert connection.execute(update(CASE).where(due == moment).values(reason="met")).rowcount == here
            later = connection.execute(select(due).where(due >= moment)).scalars().all()
            assert sorted(later) == sorted(other for other in TIMES.values() if other >= moment)
    engine.dispose()


@pytest.mark.rule("G5")
@pytest.mark.parametrize(
    "written, meant",
    [
        ("2025-02-14T09:30:15+08:00", datetime(2025, 2, 14, 9, 30, 15)),
        ("2025-02-14T01:30:15Z", datetime(2025, 2, 14, 9, 30, 15)),
    ],
)
def test_a_time_with_a_zone_is_kept_as_singapore_time_in_sqlite(
    sqlite_intranet: str, written: str, meant: datetime
) -> None:
    insert_elsewhere(sqlite_intranet, "INSERT INTO ocms_court_case (notice_no) VALUES (?)", "N1")
    insert_elsewhere(sqlite_intranet, "UPDATE ocms_court_case SET court_payment_due_date = ?", written)
    engine = engines.create(sqlite_intranet)

    with engine.begin() as connection:
        found = select(CASE.c.notice_no).where(CASE.c.court_payment_due_date == meant)
        assert connection.execute(found).scalars().all() == ["N1"]
    engine.dispose()


@pytest.mark.rule("G5")
def test_our_own_times_come_back_as_they_were_given(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    given = {
        "N1": datetime(2025, 2, 14),
        "N2": datetime(2025, 2, 14, 23, 59, 59, 999_999),
        "N3": datetime(2025, 2, 14, 0, 0, 0, 1),
        "N4": None,
    }
    rows = [{"notice_no": notice, "court_payment_due_date": due} for notice, due in given.items()]

    with engine.begin() as connection:
        connection.execute(insert(CASE), rows)
        found = connection.execute(select(CASE.c.notice_no, CASE.c.court_payment_due_date))
        assert {row.notice_no: row.court_payment_due_date for row in found} == given
    engine.dispose()


def test_a_time_with_a_zone_is_refused_by_a_column_of_sqlite(sqlite_intranet: str) -> None:
    engine = engines.create(sqlite_intranet)
    aware = datetime.fromisoformat("2025-02-14T09:30:15+08:00")

    with engine.begin() as connection, pytest.raises(StatementError, match="without a zone"):
        connection.execute(insert(CASE), {"notice_no": "N1", "court_payment_due_date": aware})
    engine.dispose()


NOTICE = schema.eocms_valid_offence_notice
NOTICE_ELSEWHERE = """
    INSERT INTO eocms_valid_offence_notice
    (notice_no, vehicle_no, offence_notice_type, notice_date_and_time, last_processing_stage, amount_payable)
    VALUES (?, 'SBA1234A', 'O', '2025-02-14 00:00:00', 'NPA', ?)
"""


@pytest.mark.rule("G6")
def test_money_another_program_wrote_is_read_to_the_cent(databases: Databases) -> None:
    amounts = {
        "N1": (150.00, "150.00"),
        "N2": ("150.00", "150.00"),
        "N3": (150, "150.00"),
        "N4": ("70.1", "70.10"),
        "N5": ("0.07", "0.07"),
        "N6": (None, None),
    }
    for notice, (written, _) in amounts.items():
        insert_elsewhere(databases.internet, NOTICE_ELSEWHERE, notice, written)
    engine = engines.create(databases.internet)

    with engine.begin() as connection:
        rows = connection.execute(select(NOTICE.c.notice_no, NOTICE.c.amount_payable)).all()
        read = {row.notice_no: row.amount_payable and str(row.amount_payable) for row in rows}
        assert read == {notice: meant for notice, (_, meant) in amounts.items()}
        equal = select(NOTICE.c.notice_no).where(NOTICE.c.amount_payable == Decimal("150.00"))
        assert set(connection.execute(equal).scalars()) == {"N1", "N2", "N3"}
    engine.dispose()


@pytest.mark.rule("G6")
def test_our_own_money_comes_back_exactly(databases: Databases) -> None:
    engine = engines.create(databases.internet)
    written = ["0.00", "0.01", "0.29", "1.15", "99999.99", "9999999999999.99", "-3.10"]

    with engine.begin() as connection:
        for number, amount in enumerate(written):
            row = {
                "notice_no": str(number),
                "vehicle_no": "SBA1234A",
                "offence_notice_type": "O",
                "notice_date_and_time": datetime(2025, 2, 14),
                "last_processing_stage": "NPA",
                "amount_payable": Decimal(amount),
            }
            connection.execute(insert(NOTICE), row)
        read = connection.execute(select(NOTICE.c.amount_payable).order_by(NOTICE.c.notice_no)).scalars()
        assert [str(amount) for amount in read] == written
    engine.dispose()


@pytest.mark.rule("G6")
def test_money_sqlite_could_not_keep_exactly_is_refused(sqlite_intranet: str) -> None:
    engine = engines.create(sqlite_intranet)
    paid = schema.ocms_valid_offence_notice.c.amount_paid

    with engine.begin() as connection, pytest.raises(StatementError, match="too large"):
        connection.execute(select(paid).where(paid == Decimal("10000000000000.00")))
    engine.dispose()


@pytest.mark.rule("G4")
def test_a_row_without_audit_columns_gets_them_from_the_database(databases: Databases) -> None:
    offender = {"notice_no": "N1", "owner_driver_indicator": "O", "id_no": "x"}
    for url, user, table, values in (
        (databases.intranet, "ocmsiz_app_conn", CASE, {"notice_no": "N1"}),
        (databases.internet, "ocmsez_app_conn", schema.eocms_offence_notice_owner_driver, offender),
    ):
        engine = engines.create(url)
        with engine.begin() as connection:
            connection.execute(insert(table), values)
            row = connection.execute(select(table.c.cre_date, table.c.cre_user_id)).one()
        engine.dispose()
        now = datetime.now(SINGAPORE).replace(tzinfo=None)
        assert abs((now - row.cre_date).total_seconds()) < 60
        assert row.cre_user_id == user


def test_outbox_rows_are_numbered_in_the_order_they_were_written(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    outbox = schema.ocms_outbox

    with engine.begin() as connection:
        connection.execute(insert(outbox), [{"kind": "NOTICE", "notice_no": f"N{n}"} for n in range(3)])
        last = connection.execute(select(outbox.c.id).order_by(outbox.c.id.desc())).scalars().first()
        connection.execute(outbox.delete())
        again = connection.execute(
            insert(outbox).returning(outbox.c.id), {"kind": "NOTICE", "notice_no": "N4"}
        )
        assert again.scalar_one() > (last or 0) >= 3
    engine.dispose()


@pytest.fixture
def sqlite_intranet(tmp_path: Path, sqlite_templates: Path) -> str:
    """Return a migrated Intranet database on SQLite."""
    return sqlite_databases(sqlite_templates, tmp_path).intranet
