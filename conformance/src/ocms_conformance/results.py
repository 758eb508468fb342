"""What became of a case."""

from enum import Enum

from attrs import frozen

from ocms_conformance.case import AnyCase
from ocms_conformance.comparison import Difference


class Outcome(Enum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@frozen
class Result:
    """
    What became of a case: its differences, or why it was not tried.

    `remarks` are what holds for this product alone and differs here, and what could not be looked at;
    `script` is how to see a failed law or sequence again.
    """

    case: AnyCase
    outcome: Outcome
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float = 0
    script: str = ""
