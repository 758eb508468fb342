"""Officers' bulk moves from a table: every row by the submit's own decision, every row with its verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.tables import TableRow
from ocms_core.kernel.texts import stripped
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.request_checks import ChangeItem, change_item
from ocms_core.stages.request_fields import NOT_A_NUMBER, InvalidRequest, is_number
from ocms_core.stages.stage_transition import StageTransition

CHUNK = 500
TEXTS = ("noticeNo", "newStage", "reason", "remark")
FLAGS = ("dhMhaCheck", "isConfirmation")
TITLES = (*TEXTS, *FLAGS)
"""The titles a table may have (S25)."""
REQUIRED_TITLES = ("noticeNo",)
YES = frozenset({"true", "yes", "y", "1"})
NO = frozenset({"false", "no", "n", "0", ""})

ExecuteItems: TypeAlias = Callable[[Sequence[ChangeItem]], Decision[StageTransition]]


@value_object
class RowVerdict:
    """What became of one row, by its number in the table."""

    row: int
    notice_no: str
    code: Code
    transition: StageTransition | None = None


@rule("S20")
def verdicts(rows: Iterable[TableRow], execute: ExecuteItems) -> Iterator[RowVerdict]:
    """Decide rows in their order, so many at a time; a malformed or repeated one fails by itself (S20)."""
    seen: set[str] = set()
    coming = iter(rows)
    while chunk := list(islice(coming, CHUNK)):
        read = [(row, first_time(read_row(row), seen)) for row in chunk]
        decision = execute([item for _, item in read if isinstance(item, ChangeItem)])
        answers = iter(decision.answers)
        for row, item in read:
            if isinstance(item, ChangeItem):
                yield verdict(row.number, next(answers))
            else:
                yield RowVerdict(row.number, row.cells.get("noticeNo", ""), item)


@rule("S26")
def read_row(row: TableRow) -> ChangeItem | Code:
    """Read a row as an item; one with a cell that cannot be read fails with the cell's name (S26)."""
    if row.problem:
        return codes.CPS_INVALID_FIELD.worded(field=row.problem.cell, problem=row.problem.problem)
    return read_item(row.cells)


def read_item(cells: Mapping[str, str]) -> ChangeItem | Code:
    """Read a row's cells the way an item of a submit is read."""
    given: dict[str, object] = {name: stripped(cells.get(name, "")) or None for name in TEXTS}
    for name in FLAGS:
        word = stripped(cells.get(name, "")).lower()
        given[name] = word in YES if word in YES | NO else word
    try:
        item = change_item(given)
    except InvalidRequest as refused:
        return refused.code
    if not is_number(item.notice_no):
        return codes.CPS_INVALID_FIELD.worded(field="noticeNo", problem=NOT_A_NUMBER)
    return item


def first_time(read: ChangeItem | Code, seen: set[str]) -> ChangeItem | Code:
    """Refuse a number that stood in the table before (G9)."""
    if isinstance(read, ChangeItem):
        if read.notice_no in seen:
            return codes.CPS_REPEATED
        seen.add(read.notice_no)
    return read


def verdict(place: int, answer: Answer[StageTransition]) -> RowVerdict:
    """Return the verdict of a row that was decided."""
    return RowVerdict(place, answer.key, answer.code, answer.detail)
