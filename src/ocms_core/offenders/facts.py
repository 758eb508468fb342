"""What the offender decisions look at."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import evolve, field

from ocms_core.kernel.dated_values import DatedValue, DatedValues, ReasonTerms
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.offender_details import DRIVER, HIRER, OWNER, RoleHolder, role_order
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import NO_SUSPENSIONS, SuspensionReason, Suspensions, shown_suspension
from ocms_core.kernel.value_objects import value_object

RoleWord: TypeAlias = Literal["OWNER", "HIRER", "DRIVER"]
"""The contract's words for the roles of a notice."""

WORDS: Mapping[str, RoleWord] = {OWNER: "OWNER", HIRER: "HIRER", DRIVER: "DRIVER"}
"""The contract's word for each role, by its stored letter."""

ROLES: Mapping[str, str] = {word: role for role, word in WORDS.items()}
"""The stored letter of each role, by the contract's word."""


@value_object
class AssigneeOnHstList:
    """
    Who is to become the offender is on the HST list.

    `days` is how long suspensions always last by their reasons, `dated` what holds from a day on.
    """

    days: Mapping[SuspensionReason, int]
    dated: tuple[DatedValue[SuspensionReason, ReasonTerms], ...] = ()

    @rule("G18")
    def days_on(self, moment: datetime) -> Mapping[SuspensionReason, int]:
        """Return how long suspensions last that begin at a moment, by the terms of its day (G18)."""
        reference = evolve(EMPTY, days_of_suspension=self.days, dated=DatedValues(reasons=self.dated))
        return reference.on(singapore(moment).date()).days_of_suspension


@value_object
class PastAssignment:
    """A furnish or redirect to a role: whether its row was new, and the stage the notice went to."""

    created: bool
    new_stage: str


@value_object
class OffenderNotice:
    """
    A notice with whoever stands in its roles, by role; locked where it leads to a write.

    `assigned` is the newest furnish or redirect to each role that has one which was not taken back.
    `assignee_on_hst_list` is None unless somebody on the HST list is to become its offender.
    """

    notice_no: str
    vehicle_no: str
    stage: str
    stage_date: datetime
    composition_amount: Decimal
    holders: Mapping[str, RoleHolder]
    suspensions: Suspensions = NO_SUSPENSIONS
    assignee_on_hst_list: AssigneeOnHstList | None = None
    assigned: Mapping[str, PastAssignment] = field(factory=dict)

    @property
    def suspension_type(self) -> str | None:
        """The type of the suspension that holds, whatever the row shows (U3)."""
        return shown_suspension(self.suspensions).type

    @property
    def current(self) -> RoleHolder | None:
        """The current offender; of two, which no action of OCMS leaves, the first by role (U7)."""
        in_order = (self.holders[role] for role in sorted(self.holders, key=role_order))
        return next((holder for holder in in_order if holder.is_current), None)

    @property
    def current_role(self) -> str | None:
        """The role of the current offender; None without one."""
        return self.current.role if self.current else None
