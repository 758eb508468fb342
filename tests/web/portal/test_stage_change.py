"""Changing stages on the staff pages: a preview of each notice, then what was previewed, or nothing."""

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from threading import Event

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import Engine, event, select, update

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import schema as t
from ocms_core.kernel.dates import singapore
from tests.support.staff_pages import StaffBrowser, StaffSite
from tests.support.stage_rows import in_stage, put_changes, put_fees
from tests.support.statements import recorded

NUMBERS = ["500500301A", "500500302B", "500500303C"]
PATH = "/staff/stages"
von = t.ocms_valid_offence_notice.c
OF_WRONG_TYPE = (
    '{"notice_no": ["x"], "previous_stage": "DN1", "new_stage": "DN2", "reason": null, "remark": null,'
    ' "check_addresses": false, "again": true}'
)
OF_HALF_A_PAIR = OF_WRONG_TYPE.replace('["x"]', r'"\ud800"').replace("true", "false")


def stages_of(engine: Engine) -> dict[str, str]:
    with engine.begin() as connection:
        rows = connection.execute(select(von.notice_no, von.last_processing_stage)).all()
    return dict(map(tuple, rows))


def hidden(page: str, name: str) -> list[str]:
    """Return the values of the hidden fields of a page."""
    return [html.unescape(each) for each in re.findall(rf'type="hidden" name="{name}" value="([^"]*)"', page)]


def preview(browser: StaffBrowser, numbers: str, **fields: str) -> httpx.Response:
    browser.get(PATH)
    return browser.post(PATH, {"step": "preview", "numbers": numbers, "reason": "SUP", **fields})


def confirm(browser: StaffBrowser, shown: str, again: list[str] | None = None) -> httpx.Response:
    return browser.post(
        PATH,
        {
            "step": "confirm",
            "key": hidden(shown, "key")[0],
            "item": hidden(shown, "item"),
            "again": again or [],
        },
    )


def text_of(answer: httpx.Response) -> str:
    """Return the text of a page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.rule("K6", "S24")
def test_a_preview_shows_each_notice_with_its_amount_and_does_nothing(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS[:2])
    in_stage(staff.engine, NUMBERS[2:], "CSD")
    shown = preview(officer, f"{NUMBERS[0]}\n{NUMBERS[1]}, {NUMBERS[2]} 500500999X ?")
    assert shown.status_code == 200
    text = text_of(shown)
    assert "2 can be changed, 0 had a change today already, 3 cannot be changed" in text
    assert f"{NUMBERS[0]} DN1 DN2 $70.00 SUP" in text
    assert f"{NUMBERS[2]} Notice is in court stage" in text
    assert "500500999X VON not found" in text
    assert "? this is no notice number" in text
    assert stages_of(staff.engine) == {NUMBERS[0]: "DN1", NUMBERS[1]: "DN1", NUMBERS[2]: "CSD"}


@pytest.mark.rule("S22", "K1", "K4")
def test_what_was_previewed_is_done_once_and_can_be_taken_back(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS)
    shown = preview(officer, " ".join(NUMBERS)).text
    done = confirm(officer, shown)
    assert "3 of 3 were changed by USER01" in text_of(done)
    assert "Download the report" in done.text
    assert set(stages_of(staff.engine).values()) == {"DN2"}
    assert "3 of 3 were changed by USER01" in text_of(confirm(officer, shown)), "a repeat does nothing more"
    assert set(stages_of(staff.engine).values()) == {"DN2"}
    back = officer.post(PATH, {"step": "undo", "key": hidden(done.text, "key")[0], "notice": NUMBERS})
    assert "3 of 3 were put back by USER01" in text_of(back)
    assert set(stages_of(staff.engine).values()) == {"DN1"}


@pytest.mark.rule("S13")
def test_a_notice_changed_today_is_changed_again_only_where_chosen(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS)
    put_fees(staff.engine)
    confirm(officer, preview(officer, NUMBERS[0]).text)
    shown = preview(officer, " ".join(NUMBERS[:2]))
    assert "1 can be changed, 1 had a change today already" in text_of(shown)
    confirm(officer, shown.text)
    assert stages_of(staff.engine) == {NUMBERS[0]: "DN2", NUMBERS[1]: "DN2", NUMBERS[2]: "DN1"}
    shown = preview(officer, NUMBERS[0])
    assert "0 can be changed, 1 had a change today already" in text_of(shown)
    nothing = confirm(officer, shown.text)
    assert "No notice was chosen, so nothing was done" in text_of(nothing)
    confirm(officer, shown.text, again=NUMBERS[:1])
    assert stages_of(staff.engine)[NUMBERS[0]] == "DR3"


def test_a_change_in_between_is_told_and_nothing_is_overwritten(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS)
    shown = preview(officer, " ".join(NUMBERS)).text
    with staff.engine.begin() as connection:
        statement = update(t.ocms_valid_offence_notice).where(von.notice_no == NUMBERS[1])
        connection.execute(statement.values(last_processing_stage="ENA"))
    put_changes(staff.engine, NUMBERS[2:], "2024-01-01 10:00:00")
    answered = confirm(officer, shown)
    assert answered.status_code == 409
    assert f"{NUMBERS[1]} has changed since you looked" in text_of(answered)
    assert set(stages_of(staff.engine).values()) == {"DN1", "ENA"}
    assert hidden(answered.text, "key") != hidden(shown, "key")


def test_an_overtaken_preview_says_so_in_words_and_leads_to_the_notice(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS[:1])
    shown = preview(officer, NUMBERS[0]).text
    confirm(officer, preview(officer, NUMBERS[0]).text)
    answered = confirm(officer, shown)
    assert f"{NUMBERS[0]} has changed since you looked: its stage was changed today" in text_of(answered)
    assert "isConfirmation" not in answered.text
    assert f'href="/staff/notices/{NUMBERS[0]}"' in answered.text


@pytest.mark.rule("S30")
def test_a_change_after_the_last_look_is_found_under_the_lock(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    in_stage(staff.engine, NUMBERS[:2])
    put_fees(staff.engine)
    put_changes(staff.engine, NUMBERS[:2], f"{singapore(SystemClock().now()):%F} 00:00:00")
    shown = preview(officer, " ".join(NUMBERS[:2]), newStage="DN2").text
    with changed_after_a_dry_run(staff.engine, NUMBERS[0], "NPA"):
        answered = confirm(officer, shown, again=NUMBERS[:2])
    assert "1 of 2 was changed" in text_of(answered)
    assert f"{NUMBERS[0]} Notice has changed since you looked: it is in NPA now, not in DN1" in text_of(
        answered
    )
    assert stages_of(staff.engine) == {NUMBERS[0]: "NPA", NUMBERS[1]: "DN2"}


@contextmanager
def changed_after_a_dry_run(engine: Engine, notice_no: str, stage: str) -> Iterator[None]:
    """Have another system change a notice as soon as a transaction that wrote notices has ended."""
    changed = Event()

    def on_return(*_: object) -> None:
        if not changed.is_set() and any("UPDATE ocms_valid_offence_notice" in each for each in statements):
            changed.set()
            with engine.begin() as connection:
                statement = update(t.ocms_valid_offence_notice).where(von.notice_no == notice_no)
                connection.execute(statement.values(last_processing_stage=stage))

    with recorded(engine) as statements:
        event.listen(engine, "checkin", on_return)
        yield
        event.remove(engine, "checkin", on_return)
    assert changed.is_set()


def test_of_two_officers_in_the_same_second_one_changes_and_the_other_is_told(staff: StaffSite) -> None:
    in_stage(staff.engine, NUMBERS)
    browsers = [StaffBrowser(staff), StaffBrowser(staff)]
    for browser, name in zip(browsers, ("USER01", "USER02"), strict=True):
        browser.sign_in(name)
    shown = [preview(browser, " ".join(NUMBERS)).text for browser in browsers]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(confirm, browsers, shown))
    said = sorted(map(text_of, answers), key=lambda text: "3 of 3 were changed" in text)
    assert "3 of 3 were changed" in said[1]
    assert "0 of 3 were changed" in said[0] or "has changed since you looked" in said[0]
    assert set(stages_of(staff.engine).values()) == {"DN2"}, "each notice was moved once"


@pytest.mark.rule("S25", "S26")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_is_read_as_the_import_reads_it(staff: StaffSite, officer: StaffBrowser, kind: str) -> None:
    in_stage(staff.engine, NUMBERS)
    put_fees(staff.engine)
    rows = [
        ["noticeNo", "newStage", "reason"],
        [NUMBERS[0], "DN2", "RSN"],
        [NUMBERS[1], "", ""],
        ["nothing like it", "", ""],
    ]
    content = "\n".join(",".join(row) for row in rows).encode()
    if kind == "xlsx":
        book, file = Workbook(write_only=True), BytesIO()
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
        book.save(file)
        content = file.getvalue()
    officer.get(PATH)
    fields = {"step": "preview", "numbers": "", "newStage": "DR3", "reason": "SUP"}
    shown = officer.upload(PATH, fields, {"table": (f"notices.{kind}", content)})
    text = text_of(shown)
    assert f"{NUMBERS[0]} DN1 DN2 $70.00 RSN" in text
    assert f"{NUMBERS[1]} DN1 DR3 $80.00 SUP" in text
    assert "row 4" in text


@pytest.mark.rule("G9")
def test_a_notice_named_again_in_a_file_is_told_by_its_row(staff: StaffSite, officer: StaffBrowser) -> None:
    in_stage(staff.engine, NUMBERS)
    put_fees(staff.engine)
    content = f"noticeNo,newStage\n{NUMBERS[0]},DN2\n{NUMBERS[0].lower()},DR3\n{NUMBERS[1]},DR3\n".encode()
    officer.get(PATH)
    fields = {"step": "preview", "numbers": NUMBERS[1], "newStage": "DN2", "reason": "SUP"}
    text = text_of(officer.upload(PATH, fields, {"table": ("notices.csv", content)}))
    for row, number in ((3, NUMBERS[0]), (4, NUMBERS[1])):
        assert f"{number} DN1 DN2" in text
        assert f"row {row} {number} is named before" in text


@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "name, status", [("..", 422), ("x" * 300 + ".csv", 200), ("x." + "y" * 300, 422), ("a\\..\\..", 422)]
)
def test_the_name_of_a_file_is_no_name_here(
    staff: StaffSite, officer: StaffBrowser, name: str, status: int
) -> None:
    in_stage(staff.engine, NUMBERS)
    officer.get(PATH)
    content = f"noticeNo\n{NUMBERS[0]}\n".encode()
    fields = {"step": "preview", "numbers": "", "reason": "SUP"}
    assert officer.upload(PATH, fields, {"table": (name, content)}).status_code == status


@pytest.mark.rule("G7")
@pytest.mark.parametrize("charset, value", [("nonsense", "abc"), ("utf-7", "half a pair: +2AA-")])
def test_what_no_character_set_gives_is_a_malformed_form(
    staff: StaffSite, officer: StaffBrowser, charset: str, value: str
) -> None:
    del staff
    officer.get(PATH)
    part = 'Content-Disposition: form-data; name="x"\r\nContent-Type: text/plain; charset='
    answer = officer.send(
        "POST",
        PATH,
        content=f"--b\r\n{part}{charset}\r\n\r\n{value}\r\n--b--\r\n".encode(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 400
    assert "The form did not arrive whole" in answer.text


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("notices.pdf", b"%PDF", "notices.pdf: a table is a .csv or an .xlsx file."),
        ("notices.csv", b"number\n1\n", "noticeNo"),
        ("notices.xlsx", b"PK", "notices.xlsx: is no Excel workbook"),
    ],
)
def test_a_file_that_is_no_table_says_so_at_its_field(
    staff: StaffSite, officer: StaffBrowser, name: str, content: bytes, said: str
) -> None:
    del staff
    officer.get(PATH)
    shown = officer.upload(PATH, {"step": "preview", "numbers": ""}, {"table": (name, content)})
    assert shown.status_code == 422
    assert said in text_of(shown)
    assert 'id="table-error"' in shown.text


@pytest.mark.rule("S20")
def test_what_is_wrong_with_the_whole_is_told_and_what_was_typed_is_kept(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    del staff
    assert "Name at least one notice, or choose a file." in text_of(preview(officer, " "))
    shown = preview(officer, NUMBERS[0], remark="x" * 201)
    assert shown.status_code == 400
    assert NUMBERS[0] in shown.text
    assert "x" * 201 in shown.text
    assert "200" in text_of(shown)


@pytest.mark.parametrize(
    "item", ["", "[]", "{", '{"notice_no": "500500301A"}', "[" * 100_000, OF_WRONG_TYPE, OF_HALF_A_PAIR]
)
def test_a_form_that_was_never_shown_does_nothing(staff: StaffSite, officer: StaffBrowser, item: str) -> None:
    in_stage(staff.engine, NUMBERS)
    officer.get(PATH)
    answer = officer.post(PATH, {"step": "confirm", "key": "k", "item": [item]})
    assert answer.status_code == 400
    assert set(stages_of(staff.engine).values()) == {"DN1"}


@pytest.mark.rule("K1")
@pytest.mark.parametrize("key", ["k" * 256, "k k", "\u00fc"])
def test_a_key_that_was_never_shown_does_nothing(staff: StaffSite, officer: StaffBrowser, key: str) -> None:
    in_stage(staff.engine, NUMBERS)
    shown = preview(officer, NUMBERS[0]).text
    answer = officer.post(PATH, {"step": "confirm", "key": key, "item": hidden(shown, "item")})
    assert answer.status_code == 400
    assert "This form was not shown by OCMS" in text_of(answer)
    assert set(stages_of(staff.engine).values()) == {"DN1"}


def test_a_remark_is_shown_as_text_and_never_as_markup(staff: StaffSite, officer: StaffBrowser) -> None:
    in_stage(staff.engine, NUMBERS)
    remark = "<script>alert(1)</script>"
    shown = preview(officer, NUMBERS[0], remark=remark)
    assert remark not in shown.text
    assert html.escape(remark) in shown.text
    assert "1 of 1 was changed" in text_of(confirm(officer, shown.text))


@pytest.mark.rule("S20")
def test_the_most_notices_of_a_call_are_shown_and_changed_at_once(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    numbers = [f"5005{place:05}X" for place in range(500)]
    in_stage(staff.engine, numbers)
    shown = preview(officer, " ".join(numbers))
    assert "500 can be changed" in text_of(shown)
    assert "500 of 500 were changed by USER01" in text_of(confirm(officer, shown.text))
    one_more = preview(officer, " ".join([*numbers, NUMBERS[0]]))
    assert "Request exceeds maximum batch limit" in text_of(one_more)
