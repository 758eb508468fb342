"""What a decision says: an answer for each item, or a refusal of the whole call."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import field

from ocms_core.kernel.changes import Change
from ocms_core.kernel.codes import Code
from ocms_core.kernel.value_objects import value_object

Detail = TypeVar("Detail")


@value_object
class Answer(Generic[Detail]):
    """What became of one item: its code, and `detail` when it went well."""

    key: str
    code: Code
    detail: Detail | None = None


@value_object
class Refusal:
    """The whole call is refused; `words` fill the gaps of the code's text."""

    code: Code
    words: dict[str, Any] = field(factory=dict)


@value_object
class Decision(Generic[Detail]):
    """
    The answers in the order asked, and everything that is to be written for them.

    `decided_at` is the moment it was decided at, under lock; None for one that was not written (G20).
    """

    answers: tuple[Answer[Detail], ...]
    changes: tuple[Change, ...]
    decided_at: datetime | None = field(default=None, eq=False)


def decision_by_item(decision: Decision[Detail] | Refusal) -> Decision[Detail]:
    """Return a decision that is made item by item, which refuses no whole call."""
    if isinstance(decision, Refusal):
        raise TypeError("a decision by item refused the call")
    return decision
