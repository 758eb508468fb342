"""The mutants that no test has to find, as docs/mutants.md lists them, each with its reason."""

import re
from collections.abc import Iterator

from attrs import frozen

from tools.mutation import ROOT

REASONS = ROOT / "docs" / "mutants.md"
MODULE = re.compile(r"^### `(.+)`$", re.MULTILINE)
MUTANT = re.compile(r"^```diff\n- ?(?P<before>.*)\n\+ ?(?P<after>.*)\n```\n\n(?P<reason>.+)$", re.MULTILINE)


@frozen
class Excused:
    """A mutant by its module, below `ocms_core`, and its line before and after the change; why it stays."""

    module: str
    before: str
    after: str
    reason: str


def excused_mutants() -> Iterator[Excused]:
    """Yield the mutants of the page."""
    _, *sections = MODULE.split(REASONS.read_text())
    for module, section in zip(sections[::2], sections[1::2], strict=True):
        for found in MUTANT.finditer(section):
            yield Excused(module, found["before"], found["after"], found["reason"])
