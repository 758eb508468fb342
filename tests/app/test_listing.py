"""What a command lists: never cut, and the same for programs as JSON."""

import io
import json
from datetime import datetime, timedelta

import pytest

from ocms_app.cli.listing import show_list
from ocms_core.jobs.runs import RunResult
from ocms_core.kernel.dates import SINGAPORE

AT = datetime(2025, 1, 14, 10, 30, 5, tzinfo=SINGAPORE)
COLUMNS = ("job", "last run", "state", "what", "at most")
ROWS = [
    ("update_cas_court_notices", AT, RunResult.DONE, "Update the court notices.", timedelta(minutes=1)),
    ("sync_cas_payment_status", None, None, "Query the payment status of the unpaid list.", timedelta(0)),
]


class Terminal(io.StringIO):
    """A terminal that keeps what is printed on it."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return standard output, from here on a terminal of 80 columns without colours."""
    shown = Terminal()
    for name, value in {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", shown)
    return shown


def test_a_column_too_many_for_a_terminal_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = terminal(monkeypatch)
    show_list(COLUMNS, ROWS, as_json=False)
    titles, first, second = (line.rstrip() for line in shown.getvalue().splitlines())
    assert titles.split() == ["job", "last", "run", "state"]
    assert first == "update_cas_court_notices 2025-01-14 10:30 done"
    assert second == "sync_cas_payment_status"
    assert capsys.readouterr().err == "Too narrow for what, at most; --json prints all.\n"


def test_a_long_text_goes_on_in_the_next_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = terminal(monkeypatch)
    show_list(COLUMNS[:4], [row[:4] for row in ROWS], as_json=False, wrapped=("what",))
    out = shown.getvalue()
    assert max(map(len, out.splitlines())) <= 80
    assert all(word in out for word in ("what", "Query", "payment", "unpaid", "list."))
    assert not capsys.readouterr().err


def test_what_goes_to_no_terminal_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(COLUMNS, [*ROWS, ("long", None, None, "x" * 500, None)], as_json=False, wrapped=("what",))
    titles, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 500 in lines[2]
    assert titles.index("what") == lines[0].index("Update")


def test_json_has_every_column_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(COLUMNS, ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == [
        {
            "job": "update_cas_court_notices",
            "last_run": "2025-01-14T10:30:05+08:00",
            "state": "done",
            "what": "Update the court notices.",
            "at_most": 60.0,
        },
        {
            "job": "sync_cas_payment_status",
            "last_run": None,
            "state": None,
            "what": "Query the payment status of the unpaid list.",
            "at_most": 0.0,
        },
    ]
