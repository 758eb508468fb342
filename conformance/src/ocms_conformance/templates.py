"""The templates in the texts of a case: fresh numbers, moments as distances from the call, names."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from attrs import frozen

SINGAPORE = timezone(timedelta(hours=8))
TEMPLATE = re.compile(
    r"\{now(?P<minutes>[+-]\d+)?(?P<blank> )?\}|\{today(?P<days>[+-]\d+)?(?P<digits>:%Y%m%d)?\}"
    r"|\{caller (?P<caller>\d+)\}|\{run\}"
)
MOMENT = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?"
# How far another system's clock, and the time a call takes, may be off.
SLACK = timedelta(minutes=3)
SHORT = 4


def now() -> datetime:
    """Return the present moment in Singapore, without a zone, as columns have it."""
    return datetime.now(SINGAPORE).replace(tzinfo=None)


@frozen(slots=False)
class FreshNumbers:
    """The numbers that stand in a run for those of a case, in the same order."""

    instead: Mapping[str, str]

    def text(self, text: str) -> str:
        """Return a text with its numbers replaced, small ones too; a short one only as the whole text."""
        if text in self.instead:
            return self.instead[text]
        return self._numbers.sub(self._fresh, text) if self.instead else text

    @cached_property
    def _numbers(self) -> re.Pattern[str]:
        """The numbers that may stand inside a text."""
        long = (re.escape(number) for number in self.instead if len(number) >= SHORT)
        return re.compile(rf"(?<![A-Za-z0-9-])(?:{'|'.join(long) or '(?!)'})(?![A-Za-z0-9-])", re.IGNORECASE)

    def _fresh(self, found: re.Match[str]) -> str:
        if found[0] in self.instead:
            return self.instead[found[0]]
        return self.instead.get(found[0].upper(), found[0]).lower()

    def value(self, value: Any) -> Any:
        """Return a JSON value with the numbers of its texts replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.value(each) for name, each in value.items()}
        return value


@frozen
class Moment:
    """The moments between which a call was made, the names of the callers by number, and one of the run."""

    began: datetime
    ended: datetime
    callers: Mapping[int, str]
    run: str = ""

    def written(self, value: Any) -> Any:
        """Return a JSON value with its templates written out, as of the beginning."""
        if isinstance(value, str):
            return TEMPLATE.sub(self._written_out, value)
        if isinstance(value, list):
            return [self.written(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.written(each) for name, each in value.items()}
        return value

    def _written_out(self, found: re.Match[str]) -> str:
        if found["caller"]:
            return self.callers.get(int(found["caller"]), found[0])
        if found[0] == "{run}":
            return self.run
        if found[0].startswith("{now"):
            moment = self.began + timedelta(minutes=int(found["minutes"] or 0))
            return moment.isoformat(" " if found["blank"] else "T")
        return self._day(self.began, found)

    @staticmethod
    def _day(moment: datetime, found: re.Match[str]) -> str:
        day: date = moment.date() + timedelta(days=int(found["days"] or 0))
        return f"{day:%Y%m%d}" if found["digits"] else day.isoformat()

    def fits(self, template: str, text: str) -> bool:
        """Return whether a text is what a template says, for a moment while the call was made."""
        found = list(TEMPLATE.finditer(template))
        if not found:
            return template == text
        pattern, place = "", 0
        for each in found:
            pattern += re.escape(template[place : each.start()]) + f"({self._pattern(each)})"
            place = each.end()
        fitted = re.fullmatch(pattern + re.escape(template[place:]), text, re.DOTALL)
        return fitted is not None and all(
            self._near(group, int(each["minutes"] or 0))
            for each, group in zip(found, fitted.groups(), strict=True)
            if each[0].startswith("{now")
        )

    def _pattern(self, found: re.Match[str]) -> str:
        if found["caller"]:
            return re.escape(self.callers.get(int(found["caller"]), found[0]))
        if found[0] == "{run}":
            return re.escape(self.run)
        if found[0].startswith("{now"):
            return MOMENT
        return "|".join(dict.fromkeys(re.escape(self._day(each, found)) for each in (self.began, self.ended)))

    def _near(self, text: str, minutes: int) -> bool:
        moment = datetime.fromisoformat(text) - timedelta(minutes=minutes)
        return self.began - SLACK <= moment <= self.ended + SLACK
