"""Where a notice may go from its stage, and what each move costs."""

from decimal import Decimal

from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import stage_days
from ocms_core.kernel.stages import OPEN_TO_CHANGE, STAGES
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.amounts import amount_payable, missing_fee
from ocms_core.stages.eligibility import Eligible, RequestedChange, eligibility
from ocms_core.stages.facts import StageNotice


@value_object
class PossibleMove:
    """
    A stage the map lets a notice enter next.

    `amount` is what is payable then, None where that stays or its fee, `missing_fee`, is not set. `days` is
    how long the stage lasts, `by_officer` whether an officer may make the move, `planned` whether it is next.
    """

    stage: str
    amount: Decimal | None
    days: int
    by_officer: bool
    planned: bool
    missing_fee: str | None = None


@rule("S18", "S22", "S40")
def possible_moves(notice: StageNotice, reference: Reference) -> tuple[PossibleMove, ...]:
    """
    Return every stage the map has after that of a notice, the planned one first, then in contract order.

    Each with what is payable then (S40), its days (S22), and whether an officer may move the notice there.
    """
    planned = notice.next_stage
    targets = {target for stage, target in reference.stage_map if stage == notice.stage}
    targets |= {planned} if planned else set()
    order = {stage: place for place, stage in enumerate(STAGES)}
    in_order = sorted(targets, key=lambda target: (target != planned, order.get(target, len(order)), target))
    return tuple(possible_move(notice, target, reference, planned=target == planned) for target in in_order)


def possible_move(notice: StageNotice, target: str, reference: Reference, *, planned: bool) -> PossibleMove:
    """Return a move of a notice to a stage with what it costs."""
    lacking = missing_fee(notice.stage, target, reference)
    verdict = eligibility(RequestedChange(target, None, None), notice, reference, changed_today=False)
    return PossibleMove(
        stage=target,
        amount=None
        if lacking
        else amount_payable(notice.composition_amount, notice.stage, target, reference),
        days=stage_days(target, reference),
        by_officer=target in OPEN_TO_CHANGE and isinstance(verdict, Eligible),
        planned=planned,
        missing_fee=lacking,
    )
