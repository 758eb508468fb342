"""The report of a simulated year, as a page of the docs."""

from pathlib import Path

from tests.campaigns.year.simulation import Year

PAGE = Path(__file__).parents[3] / "docs" / "year-of-a-city.md"

HEAD = """\
# A year of a city

<!-- Printed by `python -m tests.campaigns.year --write` from a run. -->

A simulation on a clock of its own: notices come in, letters are printed by plan, officers furnish,
redirect, update, move, list and revive, and take a fifth of it back the same day, PLUS moves and asks, CAS
moves and withdraws, people pay, letters come back, MHA and DataHive answer every month. Every job of the job
table runs at its time through the real runner, the ones of every minute three times a night. A tenth of all
calls is made again later, and on one day in twenty the clock of the machine that serves is wrong, by 20
minutes back to 5 hours ahead. Some notices and suspensions are forgotten on purpose, by the printer or by the
system that should end them.

At the end every notice has to stand as what was done to it has left it (stage, the stage before, dates,
amount by the matrix, rows of changed stages, assignments, payment), no rule of suspensions (U1 to U8) may be
broken, and the Internet copy has to agree. What is stuck has to be exactly what was forgotten, and the TS-HST
of paid and permanently suspended notices, which only a revival closes ([H31](rules/hst.md#h31)). Nothing may
be kept past its time or removed before it ([K3](rules/trust.md#k3)).

Every call that changed something has to have left one audit row, its repeat none
([K1](rules/trust.md#k1)); the stages of each notice by its audit rows have to be those it has entered, in
order and without a gap; `ocms audit verify` may find no problem, and every row has to be sealed
([K2](rules/trust.md#k2)). What is taken back has to stand as before, and a reversal has to be refused once
anything else has happened or the day is over ([K4](rules/trust.md#k4)).

Suspensions, retention and the audit record are checked every 30 days besides.
"""


def page(year: Year) -> str:
    """Return the page about a run."""
    lines = [
        HEAD,
        f"This run: {year.notices:,} notices in {year.days} days, and {year.quiet_days} days after it with",
        f"nothing but jobs; seed {year.seed}, on SQLite, in {year.seconds / 60:.1f} minutes.",
        "Every check held.",
        "",
        "## Rows every 30 days",
        "",
        "The settings are the defaults. Access records are kept for seven years, so they grow all year; runs",
        "of jobs, alerts and workbooks are kept for 400 days. The calls end before the quiet days begin.",
        "",
    ]
    names = list(year.months[0].sizes) if year.months else []
    lines.append("| until | notices | " + " | ".join(names) + " | seconds |")
    lines.append("|" + "---|" * (len(names) + 3))
    for month in year.months:
        sizes = " | ".join(f"{month.sizes[name]:,}" for name in names)
        lines.append(f"| {month.ends:%Y-%m-%d} | {month.notices:,} | {sizes} | {month.seconds:.0f} |")
    lines += ["", "## What happened", "", "| what | how often |", "|---|---|"]
    lines += [f"| {what} | {year.counts[what]:,} |" for what in sorted(year.counts)]
    lines += ["", "## Stuck at the end", "", "| kind | cases |", "|---|---|"]
    lines += [f"| {kind} | {count:,} |" for kind, count in year.stuck.items()]
    return "\n".join(lines) + "\n"
