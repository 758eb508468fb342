"""What the address checks of a month brought, identity by identity."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum, unique

from ocms_core.hst.answers import has_address, has_invalid_address, has_valid_new_address
from ocms_core.hst.facts import CheckedIdentity
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object


@unique
class CheckOutcome(Enum):
    """What the latest answer says of an identity; the value names it in addresses of pages."""

    NEW_ADDRESS = "new-address"
    LISTED_ADDRESS = "listed-address"
    INVALID_ADDRESS = "invalid-address"
    NO_ADDRESS = "no-address"
    REVIVED = "revived"


@value_object
class MonthOfChecks:
    """How many identities were checked in a month, by outcome, in the order of `CheckOutcome`."""

    month: date
    identities: tuple[int, ...]


@rule("H37")
def outcome_of(checked: CheckedIdentity) -> CheckOutcome:
    """Return the outcome of a check; of an identity that is listed no longer nothing more is said (H37)."""
    listed, answer = checked.listed, checked.answer
    if listed is None:
        return CheckOutcome.REVIVED
    if has_invalid_address(listed, answer):
        return CheckOutcome.INVALID_ADDRESS
    if not has_address(listed, answer):
        return CheckOutcome.NO_ADDRESS
    return CheckOutcome.NEW_ADDRESS if has_valid_new_address(listed, answer) else CheckOutcome.LISTED_ADDRESS


def month_of_checks(month: date, checked: Sequence[CheckedIdentity]) -> MonthOfChecks:
    """Count the identities checked in a month by outcome."""
    found = [outcome_of(each) for each in checked]
    return MonthOfChecks(month, tuple(found.count(outcome) for outcome in CheckOutcome))


def last_months(day: date, many: int) -> tuple[date, ...]:
    """Return the first days of so many months, the last being that of a day, the earliest first."""
    months = [day.replace(day=1)]
    while len(months) < many:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return tuple(reversed(months))
