"""
The page of the state space.

`python -m tests.spec.state_space.page` explores every space and writes `docs/state-space.md`.
"""

from collections.abc import Iterable
from pathlib import Path

from tests.spec.state_space.checking import checked
from tests.spec.state_space.exploring import Exploration
from tests.spec.state_space.gaps import CANNOT_BE, GAPS
from tests.spec.state_space.spaces import LISTED_AND_PAID, SPACES

PAGE = Path(__file__).parents[3] / "docs/state-space.md"
RULES = {"F": "offenders", "H": "hst", "P": "court", "S": "stages", "U": "suspensions"}
INTRODUCTION = """\
# The state space of a notice

<!-- Printed by `make docs` from the exploration in tests/spec/state_space. -->

The tests drive the real decisions of every capability breadth first through all states that a notice can
reach, until no new one is met: officers, PLUS, Toppan, CAS, furnish, redirect and update, the HST calls
and jobs, beside payments, passing days, address answers and what other systems write. In every state and
for every call they check the [rules](rules/suspensions.md); a break is printed with the shortest way to
it. What makes the spaces small enough, and why nothing is lost by that, stands in
[test_spaces.py](../tests/spec/state_space/test_spaces.py); `make soak` explores the whole product.

A state is the stage and the next one, whether there is a change of today and whether it made the present
entry, the current offender, the open suspension records and what the row shows, the payment, the amount,
whether payment is accepted, who is on the HST list, and whether TS-HST has ended with its period. An
edge is a call, a job or an event outside on a state; a decision is made once for all states that agree
in what it reads. `python -m tests.spec.state_space` says how long an edge takes.

| space | states | edges | decisions |
|---|---|---|---|
"""


def line_of(exploration: Exploration) -> str:
    """Return the line of a space in the table."""
    found = exploration
    return f"| {found.space.name} | {len(found.states):,} | {found.edges:,} | {found.decisions:,} |\n"


def link(rule: str) -> str:
    """Return a rule as a link to its text."""
    return f"[{rule}](rules/{RULES[rule[0]]}.md#{rule.lower()})"


def lists() -> str:
    """Return the states that no rule names by itself, and those that cannot be."""
    named = [
        f"* *{gap.name[0].upper()}{gap.name[1:]}* ({', '.join(map(link, gap.rules))}). {gap.why}\n"
        for gap in GAPS
    ]
    others = [f"* *{name[0].upper()}{name[1:]}.* {why}\n" for name, why in CANNOT_BE.items()]
    return "".join(
        [
            "\n## States that no rule names by itself\n\n",
            "Each can be reached, and is decided by the rules it names.\n\n",
            *named,
            "\n## States that are never met\n\n",
            *others,
        ]
    )


def page(explorations: Iterable[Exploration]) -> str:
    """Return the page of the explorations."""
    return "".join([INTRODUCTION, *map(line_of, explorations), lists()])


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(map(checked, (*SPACES, LISTED_AND_PAID))))


if __name__ == "__main__":
    main()
