"""The page of the mutants that stay names lines that are there, and gives each its reason."""

import re

from tools.mutation import CORE
from tools.mutation.reasons import REASONS, excused_mutants


def test_every_mutant_of_the_page_is_read() -> None:
    assert len(list(excused_mutants())) == REASONS.read_text().count("```diff\n")


def test_the_line_of_every_mutant_is_still_there() -> None:
    texts = {
        str(path.relative_to(CORE)): " ".join(line.strip() for line in path.read_text().splitlines())
        for path in CORE.rglob("*.py")
    }
    gone = [each for each in excused_mutants() if each.before not in texts.get(each.module, "")]
    assert gone == [], "remove them from the page, or write them as they are now"


def test_no_mutant_stands_twice_and_every_reason_is_a_sentence() -> None:
    mutants = list(excused_mutants())
    keys = [(each.module, each.before, each.after) for each in mutants]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[A-Z`].*\.", each.reason) for each in mutants)
