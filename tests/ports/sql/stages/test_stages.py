"""What stage changes read and write on SQLite and on PostgreSQL."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.stage_search import bound_by
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.kernel import codes
from ocms_core.kernel.errors import Unavailable
from ocms_core.stages import service
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.reports import ReportBatch, daily_name
from ocms_core.stages.request_checks import ChangeItem, Criteria, DateRange, Validation
from tests.support.builders import LATER, NOW, at
from tests.support.rows import notice_numbers, row_of, rows_of
from tests.support.stage_rows import in_stage, put_changes, put_offenders
from tests.support.statements import recorded

OFFICER = "USER01"


@pytest.fixture
def reports(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "reports", SignedLinks(b"k" * 32, "http://ocms/reports"))


def items(numbers: Sequence[str], target: str | None = "DN2", **change: Any) -> list[ChangeItem]:
    return [ChangeItem(number, RequestedChange(target, "SUP", None, **change)) for number in numbers]


def submit(stores: SqlStageStores, numbers: Sequence[str], target: str | None = "DN2", **change: Any) -> Any:
    return service.submit(items(numbers, target, **change), OFFICER, stores=stores, now=NOW)


@pytest.mark.rule("G9", "S22")
def test_a_submit_takes_as_many_statements_for_500_notices_as_for_one(
    engine: Engine, stores: SqlStageStores
) -> None:
    counts = []
    for many in (1, 50, 500):
        numbers = notice_numbers(many)
        in_stage(engine, numbers)
        with recorded(engine) as statements:
            decision = submit(stores, numbers)
        assert all(answer.detail for answer in decision.answers)
        counts.append(len(statements))
    assert counts == [10, 10, 10]


@pytest.mark.rule("G9")
def test_every_other_call_takes_the_same_statements_whatever_its_size(
    engine: Engine, stores: SqlStageStores
) -> None:
    def validate(numbers: Sequence[str]) -> None:
        asked = Validation(tuple(numbers), RequestedChange("DN2", "SUP", None))
        assert all(answer.detail for answer in service.validate(asked, stores=stores))

    calls: tuple[tuple[Callable[[Sequence[str]], object], int], ...] = (
        (validate, 4),
        (lambda numbers: service.preview(items(numbers), OFFICER, stores=stores, now=NOW), 5),
        (
            lambda numbers: service.plus_change(
                PlusChange(tuple(numbers), "DN1", "DN2", None, "D"), stores=stores, now=NOW
            ),
            9,
        ),
        (
            lambda numbers: service.update_toppan_stages(
                ToppanRun(tuple(numbers), "DR3", NOW), stores=stores, now=NOW
            ),
            6,
        ),
    )
    for call, expected in calls:
        for many in (1, 500):
            numbers = notice_numbers(many)
            in_stage(engine, numbers, next_processing_stage="DR3")
            with recorded(engine) as statements:
                call(numbers)
            assert len(statements) == expected


@pytest.mark.rule("G9", "S4", "S50", "S51", "S52")
def test_searches_and_reports_take_the_same_statements_whatever_their_size(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    counts = []
    for many, day in ((1, NOW), (500, LATER)):
        numbers, vehicle_no, cost = notice_numbers(many), f"V{many}", []
        in_stage(engine, numbers, vehicle_no=vehicle_no)
        service.submit(items(numbers), OFFICER, stores=stores, now=day)
        with recorded(engine) as statements:
            found = service.search_notices(Criteria(vehicle_no=vehicle_no), stores=stores)
            cost.append(len(statements))
            batch = ReportBatch(OFFICER, "OCMS", day, day)
            link = service.publish(batch, stores=stores, store=reports, now=day, valid_hours=24)
            cost.append(len(statements))
            (listed,) = service.list_reports(DateRange(day.date(), day.date()), stores=stores)
            cost.append(len(statements))
            for name in (link.url.partition("?")[0].rpartition("/")[2], listed.name):
                assert service.download(name, stores=stores, store=reports, now=day)
                cost.append(len(statements))
        assert (found.total, listed.changes) == (many, many)
        counts.append(cost)
    # A search is one statement; a report is registered, read and noted; a list is one; the report of a
    # batch is looked up, that of a day looked up, counted and read.
    assert counts == [[1, 4, 5, 6, 9]] * 2


@pytest.mark.rule("S1")
def test_criteria_narrow_each_other_down(engine: Engine, stores: SqlStageStores) -> None:
    in_stage(engine, ["A-1", "A-2"], vehicle_no="SBB1B", last_processing_date="2025-01-14 23:59:59.999999")
    in_stage(engine, ["A-3"], "RD1", vehicle_no="SBB1B", last_processing_date="2025-01-15 00:00:00")
    put_offenders(engine, ["A-1", "A-3"], owner_driver_indicator="O", offender_indicator="N")
    put_offenders(engine, ["A-0"])  # of a notice that does not exist
    day = at("2025-01-14T00:00:00").date()

    def found(**criteria: Any) -> list[str]:
        result = service.search_notices(Criteria(**criteria), stores=stores)
        assert result.total == len(result.listed)
        return [listed.notice.notice_no for listed in result.listed]

    assert found(id_no="S1234567A") == ["A-1", "A-2", "A-3"]
    assert found(id_no="S1234567A", stage="RD1") == ["A-3"]
    assert found(id_no="S1234567A", vehicle_no="SBB1B", day=day) == ["A-1", "A-2"]
    assert found(vehicle_no="SBB1B", stage="DN1") == ["A-1", "A-2"]
    assert found(vehicle_no="SBB1B", day=day) == ["A-1", "A-2"]
    assert found(day=day + timedelta(days=1)) == ["A-3"]
    assert found(notice_no="A-2", id_no="S1234567A", stage="DN1", day=day) == ["A-2"]
    assert found(notice_no="A-2", stage="RD1") == []
    assert found(day=date.min) == found(day=date.max) == []
    in_stage(engine, ["A-4"], last_processing_date="9999-12-31 23:00:00")
    assert found(day=date.max) == ["A-4"]
    for first, last in ((date.min, date.min), (date.max, date.max)):
        assert service.list_reports(DateRange(first, last), stores=stores) == ()


@pytest.mark.rule("S4")
def test_more_than_a_thousand_are_counted_and_cut(engine: Engine, stores: SqlStageStores) -> None:
    numbers = notice_numbers(1_003)
    in_stage(engine, numbers)
    for criteria in (Criteria(stage="DN1"), Criteria(id_no="S1234567A")):
        result = service.search_notices(criteria, stores=stores)
        assert [listed.notice.notice_no for listed in result.listed] == sorted(numbers)[:1_000]
        assert (result.total, result.truncated) == (1_003, True)


@pytest.mark.rule("S1")
def test_the_searches_of_a_large_table_walk_its_indexes(engine: Engine, stores: SqlStageStores) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ocms_valid_offence_notice (notice_no, vehicle_no, offence_notice_type, "
                "notice_date_and_time, computer_rule_code, vehicle_category, pp_code, composition_amount, "
                "last_processing_stage, last_processing_date) SELECT lpad(n::text, 10, '0'), 'S' || n, 'O', "
                "'2024-01-01', 1, 'C', 'A', 70, 'DN' || n % 7, timestamp '2024-01-01' + n * interval '1 min' "
                "FROM generate_series(1, 50000) AS n ORDER BY md5(n::text)"  # as years of moves leave them
            )
        )
        connection.execute(
            text(
                "INSERT INTO ocms_offence_notice_owner_driver (notice_no, owner_driver_indicator, id_no) "
                "SELECT lpad(n::text, 10, '0'), 'O', 'S' || n / 5 FROM generate_series(1, 50000) AS n"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ocms_suspended_notice (notice_no, date_of_suspension, sr_no, suspension_source, "
                "suspension_type, reason_of_suspension, officer_authorising_suspension, date_of_revival) "
                "SELECT lpad(n::text, 10, '0'), '2024-01-01', 1, 'OCMS', 'TS', 'HST', 'X', '2024-02-01' "
                "FROM generate_series(1, 50000) AS n"
            )
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    day, notices = at("2024-01-02T00:00:00").date(), "ocms_valid_offence_notice"
    for criteria, index in (
        (Criteria(notice_no="0000000007"), f"pk_{notices}"),
        (Criteria(id_no="S77"), "ix_ocms_offence_notice_owner_driver_id_no"),
        (Criteria(vehicle_no="S77"), f"ix_{notices}_vehicle_no"),
        (Criteria(stage="DN1"), f"ix_{notices}_stage_notice_no"),
        (Criteria(day=day), f"ix_{notices}_date_stage"),
        (Criteria(stage="DN1", day=day), f"ix_{notices}_date_stage"),
    ):
        with recorded(engine) as statements:
            found = service.search_notices(criteria, stores=stores)
        with engine.connect() as connection:
            plan = plan_of(connection, statements[0], criteria)
        # The people of many notices may come by a scan while their table is this small.
        assert "Seq Scan on ocms_valid_offence_notice" not in plan, plan
        assert criteria.stage or criteria.day or "Seq Scan" not in plan, plan
        assert index in plan, plan
        assert found.total == counted(engine, criteria)


def counted(engine: Engine, criteria: Criteria) -> int:
    """Count what a search has to find, the slow way."""
    asked = {
        "notice_no": criteria.notice_no,
        "id_no": criteria.id_no,
        "vehicle_no": criteria.vehicle_no,
        "stage": criteria.stage,
        "day": criteria.day,
    }
    conditions = {
        "notice_no": "v.notice_no = :notice_no",
        "id_no": "o.id_no = :id_no",
        "vehicle_no": "v.vehicle_no = :vehicle_no",
        "stage": "v.last_processing_stage = :stage",
        "day": "CAST(v.last_processing_date AS date) = :day",
    }
    requested = " AND ".join(conditions[name] for name, value in asked.items() if value)
    question = (
        "SELECT count(DISTINCT v.notice_no) FROM ocms_valid_offence_notice v "
        f"LEFT JOIN ocms_offence_notice_owner_driver o ON o.notice_no = v.notice_no WHERE {requested}"
    )
    with engine.connect() as connection:
        return int(connection.execute(text(question), {k: v for k, v in asked.items() if v}).scalar_one())


def plan_of(connection: Any, statement: str, criteria: Criteria) -> str:
    bound = {**bound_by(criteria), "most": 1_001}
    lines = connection.exec_driver_sql("EXPLAIN " + statement, bound)
    return "\n".join(line for (line,) in lines)


@pytest.mark.rule("S22")
def test_a_row_the_database_refuses_fails_alone(engine: Engine, stores: SqlStageStores) -> None:
    numbers = notice_numbers(3)
    in_stage(engine, numbers)
    # The key of a change row that is there already, a moment OCMS did not choose.
    put_changes(engine, [numbers[1]], "2025-01-14 11:00:00", new_processing_stage="DN2")
    decision = submit(stores, numbers, confirmed=True)
    assert [answer.code for answer in decision.answers] == [
        codes.CPS_SUCCESS,
        codes.CPS_UNEXPECTED,
        codes.CPS_SUCCESS,
    ]
    stages = [row_of(engine, t.ocms_valid_offence_notice, n)["last_processing_stage"] for n in numbers]
    assert stages == ["DN2", "DN1", "DN2"]
    assert row_of(engine, t.ocms_offence_notice_owner_driver, numbers[1])["mha_dh_check_allow"] == "Y"
    assert not rows_of(engine, t.ocms_outbox, numbers[1])


@pytest.mark.rule("S30", "G13")
def test_of_two_confirmed_changes_of_one_stage_at_once_one_is_done(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(20)
    in_stage(engine, numbers)
    put_changes(engine, numbers, "2025-01-14 00:00:00")
    asked = [evolve(each, seen_stage="DN1") for each in items(numbers, target=None, confirmed=True)]

    def submitted(officer: str) -> list[str]:
        decision = service.submit(asked, officer, stores=stores, now=NOW)
        return [answer.code.code for answer in decision.answers]

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(submitted, ("USER01", "USER02")))
    assert outcomes == [["OCMS-2000"] * 20, ["OCMS.CPS.LEFT_SEEN_STAGE"] * 20]
    assert {row["last_processing_stage"] for row in rows_of(engine, t.ocms_valid_offence_notice)} == {"DN2"}


@pytest.mark.rule("S30")
def test_only_a_change_of_the_singapore_day_is_a_duplicate(engine: Engine, stores: SqlStageStores) -> None:
    numbers = notice_numbers(4)
    in_stage(engine, numbers)
    for number, moment in zip(
        numbers,
        ["2025-01-13 23:59:59.999999", "2025-01-14 00:00:00", "2025-01-14 23:59:59", "2025-01-15 00:00:00"],
        strict=True,
    ):
        put_changes(engine, [number], moment, new_processing_stage="ROV")
    assert [answer.detail is None for answer in submit(stores, numbers).answers] == [False, True, True, False]


@pytest.mark.rule("S63", "S64")
def test_plus_moves_all_or_none(engine: Engine, stores: SqlStageStores) -> None:
    numbers = notice_numbers(2)
    in_stage(engine, numbers[:1])
    call = PlusChange(tuple(numbers), "DN1", "DN2", at("2025-01-10T09:00:00"), "D")
    service.plus_change(call, stores=stores, now=NOW)
    assert row_of(engine, t.ocms_valid_offence_notice, numbers[0])["last_processing_stage"] == "DN1"
    in_stage(engine, numbers[1:])
    service.plus_change(call, stores=stores, now=NOW)
    for number in numbers:
        row = row_of(engine, t.ocms_valid_offence_notice, number)
        assert str(row["last_processing_date"]) == "2025-01-10 09:00:00"
        assert str(row["next_processing_date"]) == "2025-01-24 00:00:00"


@pytest.mark.rule("S23", "S50", "S52")
def test_a_report_holds_its_batch_and_is_built_again_when_it_is_lost(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    first, second = ["B-1", "B-2"], ["B-3"]
    in_stage(engine, first + second, notice_date_and_time="2024-11-01 07:45:00")
    names = []
    for numbers in (first, second):
        service.submit(items(numbers), OFFICER, stores=stores, now=NOW)
        batch = ReportBatch(OFFICER, "OCMS", NOW, NOW)
        link = service.publish(batch, stores=stores, store=reports, now=NOW, valid_hours=24)
        names.append(link.url.partition("?")[0].rpartition("/")[2])
    assert names == [
        "ChangeStageReport_20250114_110000_USER01.xlsx",
        "ChangeStageReport_20250114_110000_USER01-000000.xlsx",
    ]
    path = reports.folder / "change-stage" / names[0]
    _, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    assert [row[:3] for row in rows] == [(1, "B-1", "O"), (2, "B-2", "O"), (3, "B-3", "O")][: len(rows)]
    assert [str(value) for value in rows[0][3:]] == [
        *("2024-11-01 07:45:00", "SBA1234A", "S1234567A", "John Doe", "DN1", "2024-12-01 00:00:00", "DN2"),
        *("2025-01-14 00:00:00", "SUP", "None", "USER01", "2025-01-14 11:00:00", "OCMS"),
    ]
    path.unlink()
    assert service.download(names[0], stores=stores, store=reports, now=LATER)
    assert path.exists()


@pytest.mark.rule("S50", "S52")
def test_a_report_built_later_tells_when_the_stage_before_was_entered_where_a_change_row_tells_it(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    in_stage(engine, ["P-1", "P-2"], next_processing_stage="DN2")
    days = [NOW + timedelta(days=number) for number in range(4)]
    service.submit(items(["P-1", "P-2"]), OFFICER, stores=stores, now=days[0])
    # Toppan moves one of them on without a change row; then both go back to DN1, and away from there.
    service.update_toppan_stages(ToppanRun(("P-2",), "DR3", days[1]), stores=stores, now=days[1])
    for number, day in enumerate(days[2:]):
        target = ("DN1", "DN2")[number]
        service.submit(items(["P-1", "P-2"], target), OFFICER, stores=stores, now=day)

    def shown(day: datetime) -> list[tuple[str, str]]:
        name = daily_name(day.date(), OFFICER)
        content = service.download(name, stores=stores, store=reports, now=LATER)
        assert content
        _, *rows = load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True)
        assert [row[1] for row in rows] == ["P-1", "P-2"]
        return [(str(row[7]), str(row[8])[:10]) for row in rows]

    # Nothing tells when DN1 was entered the first time, nor when Toppan's move to DR3 was.
    assert shown(days[0]) == [("DN1", "None"), ("DN1", "None")]
    assert shown(days[2]) == [("DN2", "2025-01-14"), ("DR3", "None")]
    assert shown(days[3]) == [("DN1", "2025-01-16"), ("DN1", "2025-01-16")]


@pytest.mark.rule("S50", "S63")
def test_a_report_tells_two_changes_of_one_moment_apart(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    in_stage(engine, ["T-1"])
    earlier, same, later = "2025-01-10 09:00:00", "2025-01-12 09:00:00", "2025-01-13 09:00:00"
    for place, (moment, before, after) in enumerate(
        [
            (earlier, "ROV", "DN1"),
            (same, "DN1", "DR3"),
            (same, "DR3", "DN1"),
            (later, "DN1", "DN2"),
        ]
    ):
        put_changes(
            engine,
            ["T-1"],
            moment,
            last_processing_stage=before,
            new_processing_stage=after,
            cre_date=f"2025-01-14 09:00:0{place}",
        )

    def shown(day: str) -> list[tuple[str, str, str]]:
        name = daily_name(date.fromisoformat(day[:10]), OFFICER)
        content = service.download(name, stores=stores, store=reports, now=LATER)
        assert content
        _, *rows = load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True)
        return [(str(row[7]), str(row[8])[:10], str(row[9])) for row in rows]

    assert shown(same) == [("DN1", earlier[:10], "DR3"), ("DR3", same[:10], "DN1")]
    # By its stage the row of DR3 comes first, and did not lead to DN1.
    assert shown(later) == [("DN1", same[:10], "DN2")]


@pytest.mark.rule("S23")
def test_a_report_whose_store_is_gone_is_built_when_it_is_back(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    in_stage(engine, ["C-1"])
    service.submit(items(["C-1"]), OFFICER, stores=stores, now=NOW)
    reports.folder.write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        service.publish(
            ReportBatch(OFFICER, "OCMS", NOW, NOW), stores=stores, store=reports, now=NOW, valid_hours=24
        )
    (entry,) = rows_of(engine, t.ocms_report)
    assert entry["stored_at"] is None
    reports.folder.unlink()
    assert service.download(entry["report_name"], stores=stores, store=reports, now=LATER)
    (entry,) = rows_of(engine, t.ocms_report)
    assert (entry["row_count"], entry["stored_at"] is not None) == (1, True)
