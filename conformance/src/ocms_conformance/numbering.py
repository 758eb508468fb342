"""Numbers that no run has used: each case has its own notices and identities."""

import secrets
from collections.abc import Sequence

from attrs import define, field

from ocms_conformance.case import AnyCase
from ocms_conformance.templates import FreshNumbers

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789" + LETTERS
NOTICE_DIGITS = 6
RUN_DIGITS = 3
IDENTITIES = 10_000_000


def counted(number: int, width: int) -> str:
    """Return a number in letters and digits, of a fixed width, so that texts are ordered as numbers."""
    text = ""
    for _ in range(width):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text


@define
class Numbering:
    """Gives each case numbers of its own, in the order of the case's; another run has others."""

    run: str = field(factory=lambda: "".join(secrets.choice(LETTERS) for _ in range(RUN_DIGITS)))
    _identity: int = field(factory=lambda: secrets.randbelow(IDENTITIES // 2) + 1)
    _notice: int = 0

    def numbers_for(self, case: AnyCase) -> FreshNumbers:
        """Return the numbers of one run of a case."""
        instead = dict(zip(case.fresh["notice"], self._notices(case.fresh["notice"]), strict=True))
        return FreshNumbers(instead | {each: self.identity(each) for each in case.fresh["identity"]})

    def notice(self) -> str:
        """Return a fresh notice number: ten letters and digits."""
        self._notice += 1
        return f"{self.run}{counted(self._notice, NOTICE_DIGITS)}9"

    def identity(self, like: str = "S1234567A") -> str:
        """Return a fresh identity number with the letters of another one."""
        self._identity += 1
        return f"{like[0]}{self._identity % IDENTITIES:07}{like[-1]}"

    def _notices(self, numbers: Sequence[str]) -> list[str]:
        """Return fresh notice numbers, small where the case has small ones."""
        return [self.notice().lower() if number != number.upper() else self.notice() for number in numbers]
