"""The benchmarks still run: next to nothing is measured, and nothing said of speed."""

import pytest

from benchmarks.__main__ import ROWS, main
from benchmarks.frame import BEFORE, OURS, Figures, judged
from benchmarks.ground import ROOT
from benchmarks.mix import CALLERS, KINDS, mixed


def test_a_row_of_each_kind_is_measured_and_printed_with_the_build_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [
        "api-4",
        "mix",
        "stage-submit",
        "toppan",
        "stage-search",
        "hst-apply",
        "import",
        "decide-plus-query",
    ]
    assert main(["--quick", "--before", str(ROOT), *names]) == 0
    printed = capsys.readouterr().out
    assert [row.name for row in ROWS if f"## {row.work}\n" in printed] == names
    assert printed.count(f"| {BEFORE} |") == len(names)


def test_a_refresh_finds_the_list_of_yesterday_whichever_contender_was_before() -> None:
    assert main(["--quick", "--rounds", "2", "vip-refresh"]) == 0


def test_an_unknown_row_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["api-9"])
    assert "api-1" in capsys.readouterr().err


def test_a_bar_about_a_contender_that_is_absent_is_not_judged() -> None:
    (row,) = [row for row in ROWS if row.name == "mix"]
    assert [*judged(row, Figures({OURS: [1.0]}, {}))] == []
    beside = Figures({OURS: [1.0], BEFORE: [2.5]}, {"processor share": 0.6})
    assert [bar.met(reading) for bar, reading in judged(row, beside)] == [True, False]


def test_callers_of_the_mix_take_turns_among_the_kinds_and_begin_with_different_ones() -> None:
    calls = {kind: [[f"{kind} {caller}".encode()] * 3 for caller in range(CALLERS)] for kind in KINDS}
    lanes = mixed(calls)
    first = [lane[: len(KINDS)] for lane in lanes]
    assert [lane[len(KINDS) :] for lane in lanes] == [[*each, *each] for each in first]
    for caller, each in enumerate(first):
        assert sorted(each) == sorted(f"{kind} {caller}".encode() for kind in KINDS)
        assert each[0].decode() == f"{KINDS[caller % len(KINDS)]} {caller}"
