"""The benchmarks still run: next to nothing is measured, and nothing said of speed."""

import pytest

from benchmarks.__main__ import ROWS, main


def test_a_row_of_each_kind_is_measured_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["api-4", "stage-submit", "toppan", "stage-search", "hst-apply", "import", "decide-plus-query"]
    assert main(["--quick", *names]) == 0
    printed = capsys.readouterr().out
    assert [row.name for row in ROWS if f"## {row.work}\n" in printed] == names


def test_an_unknown_row_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["api-9"])
    assert "api-1" in capsys.readouterr().err
