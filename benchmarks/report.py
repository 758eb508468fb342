"""The table of measures, for the terminal and for the docs."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.frame import OURS, Bar, Figures, Reading, Row, judged, of_rounds
from benchmarks.ground import Size

AN_EARLIER_BUILD = "an earlier build of OCMS, on databases of its own that it migrated itself"
PAGE = Path("docs/performance.md")
PACKAGES = ("asyncpg", "fastapi", "granian", "litestar", "msgspec", "psycopg", "pydantic", "sqlalchemy")


def section(row: Row, figures: Figures, size: Size) -> str:
    """Write what was measured of one row in Markdown."""
    contenders = [
        f"| {name} | {duration(of_rounds(seconds).value)} | {1 / of_rounds(seconds).value:,.0f} "
        f"| {shown(of_rounds(figures.ratios(name, OURS)))} | {row.contenders.get(name, AN_EARLIER_BUILD)} |"
        for name, seconds in figures.seconds.items()
    ]
    bars = [
        f"| {bar.says} | {shown(reading)} | {verdict(bar, reading)} |"
        for bar, reading in judged(row, figures)
    ]
    return "\n".join(
        [
            f"## {row.work}",
            "",
            "| contender | time | per second | time, OCMS = 1 | what it does |",
            "|---|---|---|---|---|",
            *contenders,
            "",
            "| bar | measured | |",
            "|---|---|---|",
            *bars,
            "",
            f"`python -m benchmarks {row.name}`: {size.rounds} rounds, {size.notices:,} notices.",
            f"{machine()}.",
            "",
        ]
    )


def write(row: Row, figures: Figures, size: Size) -> None:
    """Put a row's section into the page, in the place of the one measured before."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {row.name} -->\n", f"<!-- end of {row.name} -->\n"
    written = f"{begin}{section(row, figures, size)}{end}"
    before = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    page = before.sub(lambda _: written, page) if before.search(page) else f"{page}\n{written}"
    PAGE.write_text(page, encoding="utf-8")


def verdict(bar: Bar, reading: Reading) -> str:
    """Say whether a bar is met, or by how much it is missed."""
    return "met" if bar.met(reading) else f"**missed by {bar.gap(reading):.0%}**"


def shown(reading: Reading) -> str:
    """Write a figure with its quartiles; a count alone."""
    if reading.low == reading.high:
        return number(reading.value)
    return f"{number(reading.value)} ({number(reading.low)} to {number(reading.high)})"


def number(value: float) -> str:
    """Write a figure with the places it is worth."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def machine() -> str:
    """Name what it was measured on."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"Machine: {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
