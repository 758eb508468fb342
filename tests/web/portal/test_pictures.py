"""Pictures of the staff page: well-formed SVG without style or script, which says in words what it shows."""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.stages import STAGES
from ocms_core.stages.possible_moves import PossibleMove, possible_moves
from ocms_web.portal.pictures import (
    MOST_PASSED,
    PART_COLOURS,
    WIDTH,
    Bar,
    PassedStage,
    StagesOfNotice,
    bar_chart,
    stages_picture,
)
from tests.support.stage_builders import DEFAULTS, stage_notice

SVG = "{http://www.w3.org/2000/svg}"
AGES = ("new", "old")
BARS = (Bar("RD1", (1200, 300)), Bar("RD2", (0, 40)), Bar("CPC", (0, 0)))
STAGES_SHOWN = StagesOfNotice(
    (PassedStage("NPA", date(2024, 11, 1)), PassedStage("ROV"), PassedStage("RD1", date(2024, 12, 5))),
    PassedStage("RD2", date(2025, 1, 3)),
    Decimal("70.00"),
    possible_moves(stage_notice("A1", stage="RD2", next_stage="RR3", role="O"), DEFAULTS),
    date(2025, 1, 17),
)


def parsed(picture: str) -> ET.Element:
    root = ET.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    named = {each.get("id"): each.text for each in root if each.get("id")}
    assert list(named) == (root.get("aria-labelledby") or "").split()
    assert all(named.values())
    for each in root.iter():
        assert each.tag.removeprefix(SVG) in {
            *("svg", "title", "desc", "rect", "circle", "line", "path", "text"),
        }
        assert not {"style", "href", "onload"} & set(each.keys())
    return root


def texts(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def described(root: ET.Element) -> str:
    return root.findtext(f"{SVG}desc") or ""


def test_a_chart_says_each_bar_in_words() -> None:
    root = parsed(bar_chart("ages", "Open notices", AGES, BARS))
    assert root.findtext(f"{SVG}title") == "Open notices"
    assert described(root) == "RD1: 1,500 (1,200 new, 300 old). RD2: 40 (40 old)"
    assert texts(root) == ["new", "old", "RD1", "1,200", "300", "1,500", "RD2", "40", "CPC", "0"]


def test_a_chart_of_one_series_has_no_legend_and_writes_each_number_once() -> None:
    root = parsed(bar_chart("officers", "Changes", ["changes"], [Bar("OIC.TAN", (12,))]))
    assert texts(root) == ["OIC.TAN", "12"]


def test_an_empty_chart_says_so() -> None:
    root = parsed(bar_chart("none", "Changes", AGES, []))
    assert described(root) == "There is nothing to show."
    assert "There is nothing to show." in texts(root)


def test_a_label_without_room_is_shortened_and_said_whole() -> None:
    name = "A.VERY.LONG.OFFICER.NAME"
    root = parsed(bar_chart("officers", "Changes", ["changes"], [Bar(name, (1,))]))
    assert texts(root)[0] == "A.VERY.LONG.OFF\u2026"
    assert described(root).startswith(f"{name}: 1")


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><a href="javascript:x">', "&amp;", "\u202e"]
)
def test_a_label_is_text_whatever_it_holds(hostile: str) -> None:
    picture = bar_chart("officers", hostile, [hostile, "x"], [Bar(hostile, (1, 2))])
    root = parsed(picture)
    assert "<script" not in picture
    assert "<a " not in picture
    assert described(root).startswith(f"{hostile}: 3")


@given(
    bars=st.lists(
        st.lists(st.integers(min_value=0, max_value=10**8), min_size=5, max_size=5).map(
            lambda parts: Bar("RD1", tuple(parts))
        ),
        min_size=1,
        max_size=15,
    )
)
def test_bars_are_to_one_scale_and_stay_within_the_picture(bars: list[Bar]) -> None:
    root = parsed(bar_chart("ages", "Ages", PART_COLOURS, bars))
    height = float((root.get("viewBox") or "").split()[3])
    drawn = [each for each in root.iter(f"{SVG}rect") if each.get("height") == "20"]
    assert len(drawn) == sum(1 for bar in bars for part in bar.parts if part)
    parts = sorted(
        zip(
            [part for bar in bars for part in bar.parts if part],
            (float(each.get("width") or 0) for each in drawn),
            strict=True,
        )
    )
    assert [width for _, width in parts] == sorted(width for _, width in parts)
    for each in drawn:
        assert float(each.get("x") or 0) + float(each.get("width") or 0) <= WIDTH
        assert float(each.get("y") or 0) + 20 <= height


def test_the_stages_of_a_notice_are_drawn_from_the_first_to_where_it_may_go() -> None:
    root = parsed(stages_picture("stages", STAGES_SHOWN))
    assert root.findtext(f"{SVG}title") == "The stages of the notice, now RD2"
    shown = texts(root)
    assert [text for text in shown if text in STAGES] == [
        *("NPA", "ROV", "RD1", "RD2"),
        *("RR3", "ROV", "RD1", "DN1", "DN2", "CPC", "CFC"),
    ]
    assert "since 1 Nov 2024" in shown
    assert "now, since 3 Jan 2025, 70.00 payable" in shown
    assert "on 17 Jan 2025 or by an officer: 80.00 payable, 14 days" in shown
    assert "not by an officer: 110.00 payable, 14 days" in shown
    assert all(STAGES[stage] in shown for stage in ("NPA", "RD2", "RR3", "CPC"))


def test_the_stages_of_a_notice_are_said_in_words() -> None:
    said = described(parsed(stages_picture("stages", STAGES_SHOWN)))
    assert said.startswith(
        "It was in NPA since 1 Nov 2024, ROV, RD1 since 5 Dec 2024. It is in RD2 second reminder to the "
        "owner, hirer or director, since 3 Jan 2025, 70.00 payable. It may go to RR3 final reminder to the "
        "owner, hirer or director: on 17 Jan 2025 or by an officer: 80.00 payable, 14 days; ROV owner "
        "look-up: by an officer: 70.00 payable, 14 days; "
    )


def test_a_notice_at_the_end_goes_nowhere() -> None:
    shown = StagesOfNotice((), PassedStage("CWT"), None, ())
    root = parsed(stages_picture("stages", shown))
    assert described(root) == "It is in CWT court. It goes nowhere from there."
    assert texts(root) == ["CWT", "court", "now"]


@pytest.mark.parametrize(
    "move, text",
    [
        (PossibleMove("CSD", None, 14, by_officer=False, planned=True), "as planned: as now, 14 days"),
        (
            PossibleMove("RR3", None, 7, by_officer=False, planned=False, missing_fee="ADMIN_FEE"),
            "not by an officer: ADMIN_FEE is not set, 7 days",
        ),
    ],
)
def test_a_move_without_an_amount_says_why(move: PossibleMove, text: str) -> None:
    shown = StagesOfNotice((), PassedStage("CPC"), None, (move,))
    assert text in texts(parsed(stages_picture("stages", shown)))


def test_of_many_stages_passed_the_last_are_drawn_and_all_are_said() -> None:
    passed = tuple(PassedStage("RD1", date(2025, 1, day)) for day in range(1, MOST_PASSED + 4))
    root = parsed(stages_picture("stages", StagesOfNotice(passed, PassedStage("RD2"), None, ())))
    assert texts(root)[0] == "and 3 earlier ones"
    assert "since 3 Jan 2025" not in texts(root)
    assert "RD1 since 3 Jan 2025" in described(root)
