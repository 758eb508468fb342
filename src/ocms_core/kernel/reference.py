"""Values an administrator may change, as one frozen part of the facts."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Protocol, TypeVar

from attrs import AttrsInstance, evolve, frozen

from ocms_core.kernel.dated_values import NONE_DATED, DatedValues, ReasonTerms, values_on
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason

NUMBER = re.compile(r"[0-9]{1,9}")


@rule("G14")
@frozen
class Reference:
    """
    Stage map, parameters and suspension reasons come from the database, not from the code.

    `stage_map` holds one (from, to) pair for each move, `parameters` the text behind (parameter id,
    code), `days_of_suspension` the days until revival of each reason that has them, `suspension_reasons`
    every type and reason in use. They are what always holds; `dated` has the values that hold from a day on,
    and `on` what holds on a day.
    """

    stage_map: frozenset[tuple[str, str]]
    parameters: Mapping[tuple[str, str], str]
    days_of_suspension: Mapping[SuspensionReason, int]
    suspension_reasons: frozenset[SuspensionReason] = frozenset()
    dated: DatedValues = NONE_DATED

    @rule("G18")
    def on(self, day: date) -> "Reference":
        """Return what holds on a day of Singapore: its dated values, else what always holds (G18)."""
        if self.dated == NONE_DATED:
            return self
        parameters = values_on(day, self.dated.parameters)
        moves = values_on(day, self.dated.moves)
        terms = {reason: each.value for reason, each in values_on(day, self.dated.reasons).items()}
        return Reference(
            stage_map=(self.stage_map - moves.keys()) | {pair for pair, each in moves.items() if each.value},
            parameters={**self.parameters, **{key: each.value for key, each in parameters.items()}},
            days_of_suspension=days_on(self.days_of_suspension, terms),
            suspension_reasons=(self.suspension_reasons - terms.keys())
            | {reason for reason, each in terms.items() if each.in_use},
        )

    @cached_property
    def known_stages(self) -> frozenset[str]:
        """Every stage the map names, on either side of a move (P20)."""
        return frozenset(stage for move in self.stage_map for stage in move)

    def whole_number(self, parameter_id: str, code: str, default: int) -> int:
        """Read a parameter as a whole number of at least 1; a missing or unreadable one is the default."""
        text = self.parameters.get((parameter_id, code), "").strip()
        return int(text) if NUMBER.fullmatch(text) and int(text) else default


def days_on(
    always: Mapping[SuspensionReason, int], terms: Mapping[SuspensionReason, ReasonTerms]
) -> dict[SuspensionReason, int]:
    """Return the days until revival of each reason that has them: by its terms, else as always."""
    days: dict[SuspensionReason, int | None] = {**always}
    days |= {reason: each.days if each.in_use else None for reason, each in terms.items()}
    return {reason: each for reason, each in days.items() if each is not None}


class FactsWithReference(AttrsInstance, Protocol):
    """Facts of a decision that the reference data are a part of."""

    @property
    def reference(self) -> Reference:
        """The reference data."""


Facts = TypeVar("Facts", bound=FactsWithReference)


@rule("G18")
def facts_on(moment: datetime, facts: Facts) -> Facts:
    """Return facts with the reference data of a moment's day in Singapore (G18)."""
    reference = facts.reference.on(singapore(moment).date())
    if reference is facts.reference:
        return facts
    return evolve(facts, reference=reference)  # type: ignore[misc]  # mypy knows no fields of a protocol


EMPTY = Reference(stage_map=frozenset(), parameters={}, days_of_suspension={})
