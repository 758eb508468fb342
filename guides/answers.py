"""
Comparing what a page shows as an answer with what was answered.

Moments, ids and durations are holes: any other of their kind is as good. `...` in a line stands for anything
in it, a line of nothing else for any number of lines. Lines of the log are not compared.
"""

import json
import re

HOLES = (
    (
        "moment",
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?"),
    ),
    ("id", re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("duration", re.compile(r"\b\d+(?:\.\d+)? (?:s|ms|seconds|minutes)\b|\b\d+:\d\d:\d\d\b")),
)
ANYTHING = "..."
LOG = re.compile(r'^(?:\{.*"level": ?"\w+".*\}|\S+Z \[\w+ *\] .*)\n', re.MULTILINE)


def with_holes(text: str) -> str:
    """Return a text with each moment, id and duration replaced by its kind."""
    for kind, pattern in HOLES:
        text = pattern.sub(f"<{kind}>", text)
    return text


def pattern_of(expected: str) -> re.Pattern[str]:
    """Return the pattern that an answer has to match whole; blanks at the ends of lines do not count."""
    lines = []
    for line in with_holes(expected).splitlines():
        if line.strip() == ANYTHING:
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(map(re.escape, line.rstrip().split(ANYTHING))) + r" *\n")
    return re.compile("".join(lines))


def fits(form: str, expected: str, given: str) -> bool:
    """Return whether what was answered is what a page shows."""
    if form == "json":
        return bool(json.loads(with_holes(given)) == json.loads(with_holes(expected)))
    lines = LOG.sub("", f"{given.strip()}\n").strip()
    return bool(pattern_of(expected).fullmatch(f"{with_holes(lines)}\n"))
