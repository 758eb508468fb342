"""Officers' bulk moves from a table: every row gets the verdict an item of a submit would get."""

from collections.abc import Mapping, Sequence

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.tables import CellProblem, TableRow
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.importing import REQUIRED_TITLES, TITLES, RowVerdict, read_item, verdicts
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import StageTransition
from tests.support.cases import Case, parametrize_cases

MOVED = StageTransition("RD1", "RD2")
NOT_A_NUMBER = "must be 1 to 10 letters, digits or hyphens"


def invalid(name: str, problem: str) -> Code:
    return codes.CPS_INVALID_FIELD.worded(field=name, problem=problem)


def read(
    target: str | None = None,
    reason: str | None = None,
    remarks: str | None = None,
    *,
    confirmed: bool = False,
    checked: bool = False,
) -> ChangeItem:
    return ChangeItem("A", RequestedChange(target, reason, remarks, confirmed), checked)


ROWS: tuple[Case[None, Mapping[str, str], ChangeItem | Code], ...] = (
    Case(
        rule=("S20", "S25"),
        name="a row says all an item says, with blanks around it",
        ask={
            "noticeNo": " A ",
            "newStage": " RD2",
            "reason": "SUP ",
            "remark": " why ",
            "dhMhaCheck": " Yes ",
            "isConfirmation": "TRUE",
        },
        says=read("RD2", "SUP", "why", confirmed=True, checked=True),
    ),
    Case(
        rule=("S25", "F51"),
        name="a control character is no blank around a number",
        ask={"noticeNo": "A\x1f"},
        says=invalid("noticeNo", NOT_A_NUMBER),
    ),
    Case(rule="S20", name="a row may say its number alone", ask={"noticeNo": "A"}, says=read()),
    Case(
        rule="S20",
        name="a blank cell is as good as none",
        ask={"noticeNo": "A", "newStage": " ", "reason": "", "remark": " ", "dhMhaCheck": " "},
        says=read(),
    ),
    *(
        Case(
            rule="S20",
            name=f"{word} is yes",
            ask={"noticeNo": "A", "dhMhaCheck": word, "isConfirmation": word},
            says=read(confirmed=True, checked=True),
        )
        for word in ("true", "yes", "y", "1", "Y")
    ),
    *(
        Case(
            rule="S20",
            name=f"{word} is no",
            ask={"noticeNo": "A", "dhMhaCheck": word, "isConfirmation": word},
            says=read(),
        )
        for word in ("false", "no", "n", "0", "NO")
    ),
    Case(
        rule=("S20", "G7"),
        name="another word is neither yes nor no",
        ask={"noticeNo": "A", "dhMhaCheck": "maybe"},
        says=invalid("dhMhaCheck", "must be true or false"),
    ),
    Case(
        rule="S20", name="a row without a number", ask={"newStage": "RD2"}, says=codes.CPS_NOTICE_NO_REQUIRED
    ),
    Case(
        rule=("S20", "G10"),
        name="a remark too long",
        ask={"noticeNo": "A", "remark": "r" * 201},
        says=invalid("remark", "must be at most 200 characters"),
    ),
)


@parametrize_cases(ROWS)
def test_read_item(case: Case[None, Mapping[str, str], ChangeItem | Code]) -> None:
    assert read_item(case.ask) == case.says


class Executing:
    """Moves every item but B, and keeps how many came at a time."""

    def __init__(self) -> None:
        self.chunks: list[list[str]] = []

    def __call__(self, items: Sequence[ChangeItem]) -> Decision[StageTransition]:
        self.chunks.append([item.notice_no for item in items])
        return Decision(
            tuple(
                Answer(item.notice_no, codes.CPS_COURT_STAGE)
                if item.notice_no == "B"
                else Answer(item.notice_no, codes.CPS_SUCCESS, MOVED)
                for item in items
            ),
            (),
        )


def row(number: int, notice_no: str | None = None, problem: CellProblem | None = None) -> TableRow:
    return TableRow(number, {} if notice_no is None else {"noticeNo": notice_no}, problem)


@pytest.mark.rule("S20", "S26", "G9")
def test_each_row_has_its_verdict_in_the_order_of_the_table() -> None:
    executing = Executing()
    unreadable = CellProblem("C4", "is a date; write it as text")
    rows = [
        row(2, "A"),
        row(3, "B"),
        row(4, "D", unreadable),
        row(5, "A"),
        row(6, "two words"),
        row(7),
        row(8, "D"),
        row(9, problem=unreadable),
    ]
    cell = codes.CPS_INVALID_FIELD.worded(field="C4", problem="is a date; write it as text")
    assert list(verdicts(rows, executing)) == [
        RowVerdict(2, "A", codes.CPS_SUCCESS, MOVED),
        RowVerdict(3, "B", codes.CPS_COURT_STAGE),
        RowVerdict(4, "D", cell),
        RowVerdict(5, "A", codes.CPS_REPEATED),
        RowVerdict(6, "two words", invalid("noticeNo", NOT_A_NUMBER)),
        RowVerdict(7, "", codes.CPS_NOTICE_NO_REQUIRED),
        RowVerdict(8, "D", codes.CPS_SUCCESS, MOVED),
        RowVerdict(9, "", cell),
    ]
    assert executing.chunks == [["A", "B", "D"]]


@pytest.mark.rule("S20", "G9")
def test_a_long_table_is_decided_five_hundred_rows_at_a_time_each_number_once() -> None:
    executing = Executing()
    rows = [row(place, f"N{place % 501}") for place in range(1_001)]
    said = list(verdicts(rows, executing))
    assert [len(chunk) for chunk in executing.chunks] == [500, 1, 0]
    assert [each.code for each in said].count(codes.CPS_REPEATED) == 500


@pytest.mark.rule("S25")
def test_the_titles_are_the_fields_of_an_item() -> None:
    assert TITLES == ("noticeNo", "newStage", "reason", "remark", "dhMhaCheck", "isConfirmation")
    assert REQUIRED_TITLES == ("noticeNo",)
