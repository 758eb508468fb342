"""Notice numbers."""

import re
from collections.abc import Iterable

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.texts import stripped

NOTICE_NO = re.compile(r"[0-9A-Za-z]{1,10}")
# The examples of contract 2 have a hyphen in them.
HYPHENATED = re.compile(r"[0-9A-Za-z-]{1,10}")

INVALID = "Invalid notice number"
"""What contract 3 says of a number that is none."""


@rule("P1", "G1", "G10")
def is_notice_no(value: object) -> bool:
    """Return whether a value is 1 to 10 letters and digits, without testing a check letter."""
    return isinstance(value, str) and NOTICE_NO.fullmatch(value) is not None


@rule("G9")
def normal_notice_no(value: str) -> str:
    """
    Return a notice number as the tables keep it: in capitals, no blanks around it (G9).

    SQL Server takes `a1 ` for `A1`, the others do not; so none is asked for anything but this form.
    """
    number = stripped(value)
    return number.upper() if number.isascii() else number


@rule("S10", "S71")
def possible_numbers(values: Iterable[str]) -> list[str]:
    """Return the values that a notice can have for its number; the database is asked for no other (S10)."""
    return [value for value in values if HYPHENATED.fullmatch(value)]
