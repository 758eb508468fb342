"""`ocms stages import`: bulk moves from a table, by the same decision as the portal's submit."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import schema as t
from ocms_app.cli.stages import import_file
from ocms_app.keys import new_secret
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import Unavailable
from ocms_core.stages import importing, service
from tests.support import engines
from tests.support.builders import at
from tests.support.databases import Databases
from tests.support.rows import notice_numbers, put_notices, rows_of
from tests.support.stage_rows import put_offenders

TITLES = ("noticeNo", "newStage", "reason", "remark", "isConfirmation")
ROWS: tuple[Sequence[object], ...] = (
    ("N-001", "DN2", "SUP", "", ""),
    ("N-002", None, "OTH", " ", "no"),
    ("N-001", "DN2", "SUP", "", "yes"),
    ("=1+1", "DN2", "SUP", "", ""),
    (None, None, None, None, None),  # row 6: blank, and counted
    ("N-404", "DN2", "SUP", "", "perhaps"),
    ("N-404", "DN2", "SUP", "", ""),
)


def as_csv(folder: Path) -> Path:
    path = folder / "moves.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([TITLES, *ROWS])
    return path


def as_xlsx(folder: Path) -> Path:
    path, book = folder / "moves.xlsx", Workbook()
    assert book.active is not None
    for row in (TITLES, *ROWS):
        book.active.append(list(row))
    book.active["A5"].data_type = "s"
    book.save(path)
    return path


@pytest.fixture
def engine(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("OCMS_INTRANET_URL", databases.intranet)
    monkeypatch.setenv("OCMS_INTERNET_URL", databases.internet)
    monkeypatch.setenv("OCMS_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setenv("OCMS_AUDIT_KEYS", new_secret("audit_keys"))
    engine = engines.create(databases.intranet)
    put_notices(engine, ["N-001", "N-002"], last_processing_stage="DN1")
    put_offenders(engine, ["N-001", "N-002"])
    yield engine
    engine.dispose()


def verdicts(folder: Path) -> list[list[str]]:
    (written,) = folder.glob("*.verdicts.csv")
    with written.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.rule("S20", "S22", "G9")
@pytest.mark.parametrize("table", [as_csv, as_xlsx])
def test_every_row_has_its_verdict_and_the_good_ones_are_moved(
    engine: Engine, tmp_path: Path, table: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_file(table(tmp_path), officer="USER01") == 1
    titles, *lines = verdicts(tmp_path)
    assert titles == ["row", "noticeNo", "outcome", "previousStage", "newStage", "code", "message"]
    assert [line[:6] for line in lines] == [
        ["2", "N-001", "UPDATED", "DN1", "DN2", "OCMS-2000"],
        ["3", "N-002", "FAILED", "", "", "OCMS.CPS.REMARKS_REQUIRED"],
        ["4", "N-001", "FAILED", "", "", "OCMS.CPS.DUPLICATE_RECORD"],
        ["5", "'=1+1", "FAILED", "", "", "OCMS.CPS.INVALID_FORMAT"],
        ["7", "N-404", "FAILED", "", "", "OCMS.CPS.INVALID_FORMAT"],
        ["8", "N-404", "FAILED", "", "", "OCMS.CPS.NOT_FOUND"],
    ]
    (change,) = rows_of(engine, t.ocms_change_of_processing)
    assert (change["notice_no"], change["authorised_officer"], change["source"]) == (
        "N-001",
        "USER01",
        "OCMS",
    )
    (report,) = (tmp_path / "reports" / "change-stage").iterdir()
    assert capsys.readouterr().out.startswith(f"http://127.0.0.1:8000/reports/change-stage/{report.name}?")
    assert load_workbook(BytesIO(report.read_bytes())).worksheets[0].max_row == 2


@pytest.mark.rule("S24")
def test_a_dry_run_says_the_same_and_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    before = rows_of(engine, t.ocms_valid_offence_notice)
    assert import_file(as_csv(tmp_path), officer="USER01", dry_run=True) == 1
    given = verdicts(tmp_path)
    assert rows_of(engine, t.ocms_valid_offence_notice) == before
    assert rows_of(engine, t.ocms_change_of_processing) == rows_of(engine, t.ocms_report) == []
    assert not (tmp_path / "reports").exists()
    would = ["2", "N-001", "WOULD UPDATE", "DN1", "DN2", "OCMS-2000", "Dry run: nothing was written"]
    assert given[1] == would
    import_file(as_csv(tmp_path), officer="USER01")
    titles, moved, *failed = verdicts(tmp_path)
    assert moved == [*would[:2], "UPDATED", *would[3:6], "Success"]
    assert [titles, would, *failed] == given


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("table", [as_csv, as_xlsx])
def test_the_verdicts_stand_beside_the_table_unless_a_file_is_named(
    tmp_path: Path, table: Callable[[Path], Path]
) -> None:
    named = tmp_path / "elsewhere.csv"
    import_file(table(tmp_path), officer="USER01", dry_run=True, verdicts=named)
    import_file(table(tmp_path), officer="USER01", dry_run=True)
    assert (tmp_path / "moves.verdicts.csv").read_bytes() == named.read_bytes()


@pytest.mark.rule("S25", "S26")
def test_what_a_table_hides_and_what_cannot_be_read_is_said(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (("noticeNo", "newStage"), ("N-001", "=A1"), ("N-002", "DN2")):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Old").sheet_state = "hidden"
    book.save(tmp_path / "moves.xlsx")
    assert import_file(tmp_path / "moves.xlsx", officer="USER01") == 1
    _, unreadable, hidden = verdicts(tmp_path)
    assert unreadable[:3] + unreadable[5:6] == ["2", "N-001", "FAILED", "OCMS.CPS.INVALID_FORMAT"]
    assert unreadable[6].startswith(
        "newStage (cell B2) holds a formula without a stored value; save the file"
    )
    assert hidden[:3] == ["3", "N-002", "UPDATED"]
    said = capsys.readouterr().err
    assert "moves.xlsx: the hidden sheet 'Old' was not read, only 'Sheet'\n" in said
    assert "moves.xlsx: hidden rows were read like the others: 3\n" in said
    assert rows_of(engine, t.ocms_valid_offence_notice, "N-001")[0]["last_processing_stage"] == "DN1"


@pytest.mark.parametrize(
    "name, problem",
    [
        ("nowhere/verdicts.csv", r"verdicts\.csv cannot be written \(No such file .* --verdicts"),
        ("", r" cannot be written \(Is a directory\); name another file with --verdicts"),
        ("moves.csv", r"moves\.csv is the table itself; name another file with --verdicts"),
    ],
)
def test_verdicts_that_cannot_be_written_are_said_before_anything_is_moved(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, problem: str
) -> None:
    table = as_csv(tmp_path)
    content = table.read_bytes()
    with pytest.raises(ValueError, match=problem):
        import_file(table, officer="USER01", verdicts=tmp_path / name)
    assert table.read_bytes() == content
    assert capsys.readouterr().err == ""
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S25")
def test_a_misspelt_title_moves_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "moves.csv").write_text("noticeNo,New Stage\nN-001,DN2\n")
    with pytest.raises(ValueError, match=r"moves.csv: nobody knows the column 'New Stage'; write newStage"):
        import_file(tmp_path / "moves.csv", officer="USER01")
    assert rows_of(engine, t.ocms_change_of_processing) == []
    assert not list(tmp_path.glob("*.verdicts.csv"))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "name, content, problem",
    [
        ("moves.txt", b"noticeNo\n", "a .csv or an .xlsx file"),
        ("moves.csv", b"", "no titles"),
        ("moves.csv", b"number\nN-001\n", "no column noticeNo"),
        ("moves.csv", b"number\n", "no column noticeNo"),
        ("moves.xlsx", b"not a zip", "no Excel workbook"),
    ],
)
def test_a_file_that_is_no_table_is_told_so(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=problem):
        import_file(tmp_path / name, officer="USER01")


def table_of(folder: Path, numbers: Sequence[str], *further: str) -> Path:
    path = folder / "moves.csv"
    path.write_text("\n".join(["noticeNo,dhMhaCheck", *(f"{number},yes" for number in numbers), *further]))
    return path


def in_stage(engine: Engine, numbers: Sequence[str]) -> None:
    put_notices(engine, numbers, last_processing_stage="DN1")
    put_offenders(engine, numbers, mha_dh_check_allow="N")


def report_rows(folder: Path) -> int:
    (report,) = (folder / "reports" / "change-stage").iterdir()
    return len(list(load_workbook(report).worksheets[0].values)) - 1


@pytest.mark.rule("S20", "S22", "G9")
def test_rows_beyond_the_cap_of_a_submit_are_settled_in_chunks(engine: Engine, tmp_path: Path) -> None:
    numbers = notice_numbers(501)
    in_stage(engine, numbers)
    # Rows 2 to 502, a blank one, and one that repeats a number of the chunk before.
    assert import_file(table_of(tmp_path, numbers, "", numbers[0]), officer="USER01") == 1
    _, *lines = verdicts(tmp_path)
    assert [line[:3] for line in lines[:501]] == [
        [str(place), number, "UPDATED"] for place, number in enumerate(numbers, start=2)
    ]
    assert [line[0:1] + line[5:] for line in lines[501:]] == [
        ["504", "OCMS.CPS.DUPLICATE_RECORD", "Duplicate notice number in request"]
    ]
    people = rows_of(engine, t.ocms_offence_notice_owner_driver, *numbers)
    assert {row["mha_dh_check_allow"] for row in people} == {"Y"}
    assert report_rows(tmp_path) == 501


@pytest.mark.rule("S23")
def test_an_import_that_fails_half_way_reports_what_it_has_moved(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = notice_numbers(501)
    in_stage(engine, numbers)
    submit, calls = service.submit, count()

    def once(*asked: Any, **given: Any) -> object:
        if next(calls):
            raise Unavailable("the database")
        return submit(*asked, **given)

    monkeypatch.setattr(service, "submit", once)
    with pytest.raises(Unavailable):
        import_file(table_of(tmp_path, numbers), officer="USER01")
    assert len(verdicts(tmp_path)) == 1 + 500
    assert report_rows(tmp_path) == 500
    said = capsys.readouterr()
    assert said.out.startswith("http://127.0.0.1:8000/reports/change-stage/")
    assert "500 of 501 rows moved" in said.err


@pytest.mark.rule("S23")
def test_a_report_that_fails_is_a_warning_and_no_failed_import(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    assert import_file(table_of(tmp_path, ["N-001"]), officer="USER01") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "No report yet (the report store is unavailable); the report list has the day's" in said.err
    assert rows_of(engine, t.ocms_valid_offence_notice, "N-001")[0]["last_processing_stage"] == "DN2"
    (entry,) = rows_of(engine, t.ocms_report)
    assert entry["stored_at"] is None


@pytest.mark.usefixtures("engine")
def test_a_table_of_titles_alone_moves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_file(table_of(tmp_path, []), officer="USER01") == 0
    assert len(verdicts(tmp_path)) == 1
    said = capsys.readouterr()
    assert (said.out, "0 of 0 rows moved" in said.err) == ("", True)


@pytest.mark.usefixtures("engine")
def test_whoever_waits_for_an_import_sees_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a person's terminal, not a file
    import_file(table_of(tmp_path, ["N-001", "N-002"]), officer="USER01", dry_run=True)
    said = capsys.readouterr().err
    assert "rows" in said
    assert "100%" in said


def stages_of(engine: Engine, *numbers: str) -> list[str]:
    rows = {row["notice_no"]: row for row in rows_of(engine, t.ocms_valid_offence_notice, *numbers)}
    return [rows[number]["last_processing_stage"] for number in numbers]


def set_clock(monkeypatch: pytest.MonkeyPatch, *moments: datetime) -> None:
    """Have the clock of an import show these moments in turn, and then the last of them."""
    left = list(moments)

    def now(_clock: object) -> datetime:
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(SystemClock, "now", now)


MORNING = at("2026-03-02T09:00:00")
NEXT_MORNING = MORNING + timedelta(days=1)


@pytest.mark.rule("K1", "S30", "S15")
@pytest.mark.parametrize("later", [MORNING + timedelta(minutes=1), NEXT_MORNING - timedelta(minutes=1)])
def test_a_table_imported_a_second_time_moves_nothing_again(
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    later: datetime,
) -> None:
    path = tmp_path / "moves.csv"
    path.write_text("noticeNo,isConfirmation\nN-001,yes\nN-002,\n")
    set_clock(monkeypatch, MORNING)
    assert import_file(path, officer="USER01") == 0
    first = capsys.readouterr()
    set_clock(monkeypatch, later)
    assert import_file(path, officer="USER01", dry_run=True) == 0
    assert import_file(path, officer="USER01") == 0
    assert stages_of(engine, "N-001", "N-002") == ["DN2", "DN2"]
    assert len(rows_of(engine, t.ocms_change_of_processing)) == 2
    earlier = "Moved by an earlier import of the same rows, at 2026-03-02 09:00:00"
    assert [line[2:] for line in verdicts(tmp_path)[1:]] == [
        ["UPDATED", "DN1", "DN2", "OCMS-2000", earlier]
    ] * 2
    second = capsys.readouterr()
    assert "by an earlier import" not in first.err
    assert "2 of them were moved by an earlier import of the same rows\n" in second.err
    assert second.out == ""
    assert import_file(path, officer="USER01", again=True) == 1  # for the fee of DR3 is not set


@pytest.mark.rule("K1", "S20")
def test_what_was_refused_is_tried_again_with_the_table(engine: Engine, tmp_path: Path) -> None:
    path = table_of(tmp_path, ["N-001", "N-003", "N-004"])
    for present, moved in (("N-003", 1), ("N-004", 2), (None, 3)):
        assert import_file(path, officer="USER01") == (1 if moved < 3 else 0)
        outcomes = [line[2] for line in verdicts(tmp_path)[1:]]
        assert outcomes == ["UPDATED"] * moved + ["FAILED"] * (3 - moved)
        if present:
            in_stage(engine, [present])
    assert stages_of(engine, "N-001", "N-003", "N-004") == ["DN2", "DN2", "DN2"]
    assert len(rows_of(engine, t.ocms_change_of_processing)) == 3


@pytest.mark.rule("K1")
def test_another_officer_or_another_row_is_another_import(engine: Engine, tmp_path: Path) -> None:
    import_file(table_of(tmp_path, ["N-001"]), officer="USER01")
    assert import_file(table_of(tmp_path, ["N-001"]), officer="USER02") == 1
    assert import_file(table_of(tmp_path, ["N-001", "N-002"]), officer="USER01") == 1
    assert [line[5] for line in verdicts(tmp_path)[1:]] == ["OCMS.CPS.DUPLICATE_RECORD", "OCMS-2000"]
    assert stages_of(engine, "N-001", "N-002") == ["DN2", "DN2"]


@pytest.mark.rule("K1", "S75")
def test_an_interrupted_import_is_finished_by_the_next(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = notice_numbers(501)
    in_stage(engine, numbers)
    submit, calls = service.submit, count()

    def once(*asked: Any, **given: Any) -> object:
        if next(calls) == 1:
            raise Unavailable("the database")
        return submit(*asked, **given)

    monkeypatch.setattr(service, "submit", once)
    with pytest.raises(Unavailable):
        import_file(table_of(tmp_path, numbers), officer="USER01")
    assert import_file(table_of(tmp_path, numbers), officer="USER01") == 0
    assert {line[2] for line in verdicts(tmp_path)[1:]} == {"UPDATED"}
    assert len(rows_of(engine, t.ocms_change_of_processing)) == 501


@pytest.mark.rule("S23", "S50", "G20")
def test_chunks_that_follow_dates_of_their_own_have_a_report_each(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, moment = notice_numbers(4), at("2026-03-02T09:00:00")
    for minutes, number in enumerate(numbers):
        ahead = local(moment + timedelta(minutes=minutes))
        put_notices(engine, [number], last_processing_stage="DN1", last_processing_date=str(ahead))
    put_offenders(engine, numbers)
    monkeypatch.setattr(importing, "CHUNK", 1)
    set_clock(monkeypatch, moment)
    assert import_file(table_of(tmp_path, numbers), officer="USER01") == 0
    said = capsys.readouterr()
    assert (len(said.out.splitlines()), "No report" in said.err) == (4, False)
    listed = [
        [row[1] for row in list(load_workbook(each).worksheets[0].values)[1:]]
        for each in (tmp_path / "reports" / "change-stage").iterdir()
    ]
    assert sorted(listed) == [[number] for number in numbers]


@pytest.mark.rule("G18", "S22")
def test_a_chunk_that_begins_after_midnight_is_dated_so(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = notice_numbers(501)
    in_stage(engine, numbers)
    before, after = at("2026-03-02T23:59:59"), at("2026-03-03T00:00:01")
    set_clock(monkeypatch, before, before, after)
    assert import_file(table_of(tmp_path, numbers), officer="USER01") == 0
    dates = Counter(str(row["date_of_change"]) for row in rows_of(engine, t.ocms_change_of_processing))
    assert dates == {"2026-03-02 23:59:59": 500, "2026-03-03 00:00:01": 1}
    names = sorted(each.name for each in (tmp_path / "reports" / "change-stage").iterdir())
    assert names == [
        "ChangeStageReport_20260302_235959_USER01.xlsx",
        "ChangeStageReport_20260303_000001_USER01.xlsx",
    ]
