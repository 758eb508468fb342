"""What the city knows of its notices by itself, which the database has to agree with."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from attrs import define, field, frozen

from ocms_core.kernel.access import Operation

COMPOSITION = Decimal("70.00")
ADMIN_FEE, SURCHARGE = Decimal("10.00"), Decimal("40.00")
REMINDERS = frozenset({"ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"})
COURT = frozenset({"CSD", "CSR", "WAR", "CWT"})

MANUAL, PRINTED, PLUS, CAS, ASSIGNED = "officer", "print run", "PLUS", "CAS", "furnish or redirect"


class Unexplained(AssertionError):
    """Something that is recorded of a notice does not follow from what was done to it."""


@define
class Entry:
    """
    A notice: the stages it has entered with the moments, and what happened to it.

    `lost` is whether the city has forgotten it on purpose: no letter of it is printed any more. `record` has
    every stage since it was new with its moment, also those that were taken back, in the order of changes.
    """

    number: str
    id_no: str
    stages: list[tuple[str, datetime]]
    amount: Decimal = COMPOSITION
    paid: bool = False
    closed: bool = False
    lost: bool = False
    role: str = "O"
    changes: list[tuple[datetime, str, str]] = field(factory=list)
    assignments: int = 0
    record: list[tuple[str, datetime]] = field(factory=list)

    @property
    def since(self) -> datetime:
        """When it was new."""
        return self.stages[0][1]

    @property
    def stage(self) -> str:
        """The stage it is in."""
        return self.stages[-1][0]


@frozen
class Action:
    """What an officer did to notices, or with them to an identity on the HST list, and what was before."""

    operation: Operation
    numbers: frozenset[str]
    id_no: str
    before: Mapping[str, Entry]

    def of(self, number: str) -> "Action":
        """Return what was done to one of the notices."""
        return Action(self.operation, frozenset({number}), "", {number: self.before[number]})

    def concerns(self, other: "Action") -> bool:
        """Return whether this touches what another action was about."""
        return not self.numbers.isdisjoint(other.numbers) or bool(other.id_no and self.id_no == other.id_no)


def amount_after(before: Decimal, from_stage: str, to_stage: str, how: str) -> Decimal:
    """Return what is payable after a move, by the amount matrix of S40 and F21."""
    if how == CAS or to_stage in COURT:
        return before
    if how == ASSIGNED:
        return COMPOSITION
    reminder_to_final = to_stage == "RR3" and from_stage in {"ROV", "ENA", "RD1", "RD2", "CFC", "CPC"}
    driver_to_final = to_stage == "DR3" and from_stage in {"DN1", "DN2", "CFC", "CPC"}
    if reminder_to_final or driver_to_final:
        return COMPOSITION + ADMIN_FEE
    if to_stage in {"CPC", "CFC"} and from_stage in REMINDERS:
        return COMPOSITION + SURCHARGE
    return COMPOSITION
