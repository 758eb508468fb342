"""Values an administrator may change, as one frozen part of the facts."""

import re
from collections.abc import Mapping
from functools import cached_property

from attrs import frozen

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason

NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


@rule("G14")
@frozen
class Reference:
    """
    Stage map, parameters and suspension reasons come from the database, not from the code.

    `stage_map` holds one (from, to) pair for each move, `parameters` the text behind (parameter id,
    code), `days_of_suspension` the days until revival of each reason that has them, `suspension_reasons`
    every type and reason in use.
    """

    stage_map: frozenset[tuple[str, str]]
    parameters: Mapping[tuple[str, str], str]
    days_of_suspension: Mapping[SuspensionReason, int]
    suspension_reasons: frozenset[SuspensionReason] = frozenset()

    @cached_property
    def known_stages(self) -> frozenset[str]:
        """Every stage the map names, on either side of a move (P20)."""
        return frozenset(stage for move in self.stage_map for stage in move)

    def whole_number(self, parameter_id: str, code: str, default: int) -> int:
        """Read a parameter as a whole number of at least 1; a missing or unreadable one is the default."""
        text = self.parameters.get((parameter_id, code), "").strip()
        return int(text) if NUMBER.fullmatch(text) and int(text) else default


EMPTY = Reference(stage_map=frozenset(), parameters={}, days_of_suspension={})
