"""Values of a recording as the cases have them: moments as distances from the call, callers as places."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ocms_core.kernel.dates import SINGAPORE

# What lies nearer to the day of the recording is a distance from it; all else is a date of the contract.
DAYS_BEFORE, DAYS_AFTER = 45, 400
MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:(?P<gap>[T ])(?P<time>\d{2}:\d{2}(?::\d{2}(?P<fraction>\.\d+)?)?))?"
)
ROUND_TIMES = re.compile(r"\d{2}:(?:00|15|30|45|59)(?::(?:00|59))?$")


@frozen
class Templates:
    """Writes values as templates: `now` is the moment of the call, `callers` the names of its callers."""

    now: datetime
    callers: Mapping[str, int]

    def value(self, value: Any) -> Any:
        """Return a JSON value with templates in its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(each) for name, each in value.items()}
        return value

    def text(self, text: str) -> str:
        """Return a text with `{now}`, `{today+1}` and `{caller 1}` for what differs in another call."""
        text = MOMENT.sub(self._moment, text)
        text = text.replace(f"{self.now:%Y%m%d}", "{today:%Y%m%d}")
        for name, number in self.callers.items():
            text = text.replace(name, f"{{caller {number}}}")
        return text

    def _moment(self, found: re.Match[str]) -> str:
        try:
            day = datetime.fromisoformat(found["day"]).replace(tzinfo=SINGAPORE)
        except ValueError:
            return found[0]
        days = (day.date() - self.now.date()).days
        if not -DAYS_BEFORE <= days <= DAYS_AFTER:
            return found[0]
        if found["time"] and (found["fraction"] or not ROUND_TIMES.match(found["time"])):
            moment = datetime.fromisoformat(f"{found['day']}T{found['time']}").replace(tzinfo=SINGAPORE)
            minutes = round((moment - self.now) / timedelta(minutes=1))
            distance = f"{minutes:+}" if minutes else ""
            return f"{{now{distance}{'' if found['gap'] == 'T' else ' '}}}"
        time = f"{found['gap']}{found['time']}" if found["time"] else ""
        return f"{{today{f'{days:+}' if days else ''}}}{time}"


def read_json(content: bytes) -> Any:
    """Return a JSON document with a number that has decimals as `{"$sum": "150.00"}`, to the letter."""
    return json.loads(content, parse_float=lambda text: {"$sum": text})
