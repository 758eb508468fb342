"""What a move writes, whoever asks for it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import evolve, field, frozen

from ocms_core.kernel.changes import NoticesMoved
from ocms_core.kernel.codes import Code
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.amounts import amount_payable
from ocms_core.stages.facts import StageNotice


@value_object
class StageTransition:
    """A notice that was moved, or may be."""

    previous_stage: str
    new_stage: str


@frozen(eq=False)
class DecidedClass:
    """
    Notices that agree in all that is decisive, and so are decided alike.

    `move` is that of the first of them, `since` all of them with the moment each entered its stage.
    """

    code: Code
    transition: StageTransition | None = None
    move: NoticesMoved | None = None
    since: list[tuple[str, datetime]] = field(factory=list)


@rule("S22")
def stage_transition(
    notice: StageNotice,
    target: str,
    at: datetime,
    planned: NextStage,
    reference: Reference,
    *,
    acceptance: str | None = None,
) -> NoticesMoved:
    """
    Keep where the notice stood, plan what follows, and calculate what is to be paid (S22).

    `planned` is what follows the target; notices that move together share it. With `acceptance` PAYABLE
    the notice may be paid again; without, that stays as it is.
    """
    return NoticesMoved(
        since=((notice.notice_no, notice.stage_date),),
        prev_stage=notice.stage,
        stage=target,
        date=at,
        next=planned,
        amount_payable=amount_payable(notice.composition_amount, notice.stage, target, reference),
        payment_acceptance_allowed=acceptance,
    )


def moves_of(classes: Iterable[DecidedClass]) -> Iterator[NoticesMoved]:
    """Yield one move for all notices of each class that moves."""
    for each in classes:
        if each.move:
            yield evolve(each.move, since=tuple(each.since))
