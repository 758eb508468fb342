"""What stage changes read and write on SQLite and on PostgreSQL, and what becomes of races and crashes."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, delete, text

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.stage_search import bound_by
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import update_court_notices
from ocms_core.kernel import codes
from ocms_core.kernel.faults import Conflict, Unavailable
from ocms_core.stages import service
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.eligibility import Wanted
from ocms_core.stages.reports import Batch
from ocms_core.stages.request_checks import Criteria, Item
from tests.support.builders import LATER, NOW, at
from tests.support.databases import Databases
from tests.support.rows import notice_numbers, put_notices, row_of, rows_of
from tests.support.stage_rows import put_changes, put_fees, put_offenders
from tests.support.statements import recorded

OFFICER = "USER01"


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    put_fees(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def stores(engine: Engine) -> SqlStageStores:
    return SqlStageStores(engine)


@pytest.fixture
def reports(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "reports", SignedLinks(b"k" * 32, "http://ocms/reports"))


def in_stage(engine: Engine, numbers: Sequence[str], stage: str = "DN1", **columns: str | None) -> None:
    put_notices(engine, numbers, last_processing_stage=stage, **columns)
    put_offenders(engine, numbers)


def items(numbers: Sequence[str], target: str | None = "DN2", **change: Any) -> list[Item]:
    return [Item(number, Wanted(target, "SUP", None, **change)) for number in numbers]


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
            settled = submit(stores, numbers)
        assert all(answer.detail for answer in settled.answers)
        counts.append(len(statements))
    assert counts == [8, 8, 8]


@pytest.mark.rule("G9")
def test_every_other_call_takes_the_same_statements_whatever_its_size(
    engine: Engine, stores: SqlStageStores
) -> None:
    calls: tuple[tuple[Callable[[Sequence[str]], object], int], ...] = (
        (lambda numbers: service.preview(items(numbers), OFFICER, stores=stores, now=NOW), 4),
        (
            lambda numbers: service.plus_change(
                PlusChange(tuple(numbers), "DN1", "DN2", None, "D"), stores=stores, now=NOW
            ),
            7,
        ),
        (
            lambda numbers: service.update_toppan_stages(
                ToppanRun(tuple(numbers), "DR3", NOW), stores=stores, now=NOW
            ),
            5,
        ),
    )
    for call, expected in calls:
        for many in (1, 500):
            numbers = notice_numbers(many)
            in_stage(engine, numbers, next_processing_stage="DR3")
            with recorded(engine) as statements:
                call(numbers)
            assert len(statements) == expected


@pytest.mark.rule("S1")
def test_criteria_narrow_each_other_down(engine: Engine, stores: SqlStageStores) -> None:
    in_stage(engine, ["A-1", "A-2"], vehicle_no="SBB1B", last_processing_date="2025-01-14 23:59:59.999999")
    in_stage(engine, ["A-3"], "RD1", vehicle_no="SBB1B", last_processing_date="2025-01-15 00:00:00")
    put_offenders(engine, ["A-1", "A-3"], owner_driver_indicator="O", offender_indicator="N")
    day = at("2025-01-14T00:00:00").date()

    def found(**criteria: Any) -> list[str]:
        result = service.search_notices(Criteria(**criteria), stores=stores)
        assert result.total == len(result.listed)
        return [listed.notice.notice_no for listed in result.listed]

    assert found(id_no="S1234567A") == ["A-1", "A-2", "A-3"]
    assert found(vehicle_no="SBB1B", stage="DN1") == ["A-1", "A-2"]
    assert found(vehicle_no="SBB1B", day=day) == ["A-1", "A-2"]
    assert found(day=day + timedelta(days=1)) == ["A-3"]
    assert found(notice_no="A-2", id_no="S1234567A", stage="DN1", day=day) == ["A-2"]
    assert found(notice_no="A-2", stage="RD1") == []


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
                "FROM generate_series(1, 50000) AS n"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ocms_offence_notice_owner_driver (notice_no, owner_driver_indicator, id_no) "
                "SELECT lpad(n::text, 10, '0'), 'O', 'S' || n / 5 FROM generate_series(1, 50000) AS n"
            )
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    for criteria in (
        Criteria(notice_no="0000000007"),
        Criteria(id_no="S77"),
        Criteria(vehicle_no="S77"),
        Criteria(stage="DN1", day=at("2024-01-02T00:00:00").date()),
    ):
        with recorded(engine) as statements:
            service.search_notices(criteria, stores=stores)
        with engine.connect() as connection:
            plan = plan_of(connection, statements[0], criteria)
        # The people of a day's many notices may come by a scan while their table is this small.
        assert "Seq Scan on ocms_valid_offence_notice" not in plan, plan
        assert criteria.stage or "Seq Scan" not in plan, plan
        assert "Index" in plan


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
    settled = submit(stores, numbers, confirmed=True)
    assert [answer.code for answer in settled.answers] == [
        codes.CPS_SUCCESS,
        codes.CPS_UNEXPECTED,
        codes.CPS_SUCCESS,
    ]
    stages = [row_of(engine, t.ocms_valid_offence_notice, n)["last_processing_stage"] for n in numbers]
    assert stages == ["DN2", "DN1", "DN2"]
    assert row_of(engine, t.ocms_offence_notice_owner_driver, numbers[1])["mha_dh_check_allow"] == "Y"
    assert not rows_of(engine, t.ocms_outbox, numbers[1])


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
        batch = Batch(OFFICER, "OCMS", NOW, NOW)
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


@pytest.mark.rule("S23")
def test_a_report_whose_store_is_gone_is_built_when_it_is_back(
    engine: Engine, stores: SqlStageStores, reports: FolderStore
) -> None:
    in_stage(engine, ["C-1"])
    service.submit(items(["C-1"]), OFFICER, stores=stores, now=NOW)
    reports.folder.write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        service.publish(
            Batch(OFFICER, "OCMS", NOW, NOW), stores=stores, store=reports, now=NOW, valid_hours=24
        )
    (entry,) = rows_of(engine, t.ocms_report)
    assert entry["stored_at"] is None
    reports.folder.unlink()
    assert service.download(entry["report_name"], stores=stores, store=reports, now=LATER)
    (entry,) = rows_of(engine, t.ocms_report)
    assert (entry["row_count"], entry["stored_at"] is not None) == (1, True)


# Races: each tight loop is one test.


def together(*calls: Callable[[], object]) -> list[object]:
    """Make calls at the same moment and give what they returned, or the fault of one overtaken for good."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait()
        try:
            outcomes[place] = calls[place]()
        except Conflict as fault:
            outcomes[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


RACES = 200


@pytest.mark.rule("S30", "G13")
def test_of_two_officers_at_the_same_moment_one_is_warned(engine: Engine, stores: SqlStageStores) -> None:
    numbers = notice_numbers(RACES)
    in_stage(engine, numbers)
    for number in numbers:
        settled = together(
            lambda number=number: service.submit(items([number]), "USER01", stores=stores, now=NOW),  # type: ignore[misc]
            lambda number=number: service.submit(  # type: ignore[misc]
                items([number]), "USER02", stores=stores, now=NOW + timedelta(seconds=1)
            ),
        )
        said = sorted(answer.code.code for one in settled for answer in one.answers)  # type: ignore[attr-defined]
        assert said == ["OCMS-2000", "OCMS.CPS.DUPLICATE_RECORD"]
    rows = rows_of(engine, t.ocms_change_of_processing, *numbers)
    assert [row["notice_no"] for row in rows] == numbers


@pytest.mark.rule("G13")
def test_an_officer_beside_the_court_ends_as_some_order_of_the_two(
    engine: Engine, stores: SqlStageStores
) -> None:
    court = SqlCourtStores(engine)
    numbers = notice_numbers(RACES)
    in_stage(engine, numbers, "CPC", next_processing_stage="CSD")
    seen = set()
    for number in numbers:
        together(
            lambda number=number: service.submit(items([number]), OFFICER, stores=stores, now=NOW),  # type: ignore[misc]
            lambda number=number: update_court_notices(  # type: ignore[misc]
                [CourtUpdate(number, processing_stage="WAR")], stores=court, now=LATER
            ),
        )
        row = row_of(engine, t.ocms_valid_offence_notice, number)
        changes = rows_of(engine, t.ocms_change_of_processing, number)
        seen.add((row["last_processing_stage"], row["prev_processing_stage"], len(changes)))
    # Court first: the officer is refused. Officer first: DN2 is no court notice, so CAS is refused.
    assert seen <= {("WAR", "CPC", 0), ("DN2", "CPC", 1)}


@pytest.mark.rule("G13", "S72", "S73")
def test_an_officer_beside_toppan_ends_as_some_order_of_the_two(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(RACES)
    in_stage(engine, numbers, next_processing_stage="DN2")
    seen = set()
    for number in numbers:
        _, counted = together(
            lambda number=number: service.submit(  # type: ignore[misc]
                items([number], "DR3"), OFFICER, stores=stores, now=NOW
            ),
            lambda number=number: service.update_toppan_stages(  # type: ignore[misc]
                ToppanRun((number,), "DN2", NOW), stores=stores, now=NOW
            ),
        )
        row = row_of(engine, t.ocms_valid_offence_notice, number)
        (change,) = rows_of(engine, t.ocms_change_of_processing, number)
        assert (row["last_processing_stage"], row["amount_payable"]) == ("DR3", 80)
        assert row["prev_processing_stage"] == change["last_processing_stage"]
        seen.add((change["last_processing_stage"], counted.automatic))  # type: ignore[attr-defined]
    # Toppan first: DN1 to DN2 to DR3. Officer first: DN1 to DR3, and Toppan finds nothing of its own.
    assert seen <= {("DN2", 1), ("DN1", 0)}


def killed(work: Callable[[], object], after: float | None = None) -> bool:
    """Do work in a process of its own, killed after so many seconds or by itself; whether it was."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def fresh(engine: Engine) -> SqlStageStores:
    """Open the database anew, as a process of its own does."""
    return SqlStageStores(engines.create(engine.url.render_as_string(hide_password=False)))


@pytest.mark.rule("S22")
def test_a_submit_of_500_killed_at_any_moment_is_whole_or_has_not_been(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(500)
    in_stage(engine, numbers)
    random = Random(1)  # a run that fails is run again the same
    interrupted = 0
    for _ in range(20):
        interrupted += killed(lambda: submit(fresh(engine), numbers), random.uniform(0.002, 0.12))
        changed = {
            row["notice_no"]: row["last_processing_stage"]
            for row in rows_of(engine, t.ocms_valid_offence_notice, *numbers)
        }
        records = {row["notice_no"] for row in rows_of(engine, t.ocms_change_of_processing, *numbers)}
        outbox = {row["notice_no"] for row in rows_of(engine, t.ocms_outbox, *numbers)}
        moved = {number for number, stage in changed.items() if stage == "DN2"}
        assert moved == records == outbox
        assert moved in (set(), set(numbers))
        undone(engine, numbers)
    assert interrupted
    assert all(answer.detail for answer in submit(stores, numbers).answers)


def undone(engine: Engine, numbers: Sequence[str]) -> None:
    """Put notices back where they were."""
    with engine.begin() as connection:
        for table in (
            t.ocms_valid_offence_notice,
            t.ocms_offence_notice_owner_driver,
            t.ocms_change_of_processing,
            t.ocms_outbox,
        ):
            connection.execute(delete(table))
    in_stage(engine, numbers)


@pytest.mark.rule("S75")
def test_a_print_run_killed_half_way_is_finished_by_its_repeat(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(12_000)
    put_notices(engine, numbers, last_processing_stage="DN1", next_processing_stage="DN2")
    run = ToppanRun(tuple(numbers), "DN2", NOW)

    def until_the_first_chunk() -> None:
        service.update_toppan_stages(
            run, stores=fresh(engine), now=NOW, progress=lambda _: os.kill(os.getpid(), signal.SIGKILL)
        )

    assert killed(until_the_first_chunk)
    moved = {
        row["notice_no"]
        for row in rows_of(engine, t.ocms_valid_offence_notice)
        if row["last_processing_stage"] == "DN2"
    }
    assert moved == set(sorted(numbers)[:5_000])
    repeat = service.update_toppan_stages(run, stores=stores, now=LATER)
    assert (repeat.automatic, repeat.skipped, repeat.errors) == (7_000, 5_000, ())
    again = service.update_toppan_stages(run, stores=stores, now=LATER)
    assert (again.automatic, again.manual, again.errors) == (0, 0, ())
    outbox = [row["notice_no"] for row in rows_of(engine, t.ocms_outbox)]
    assert len(outbox) == len(set(outbox)) == 12_000
