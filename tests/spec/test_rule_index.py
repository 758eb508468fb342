"""The rule index is read from the sources as they are written, and tells what is missing."""

from pathlib import Path

import pytest

from tests.support.rule_index import Unreadable, printed, problems, read

RULES = "# Rules\n\n### P10\n\nTen.\n\n### P2\n\nTwo.\n"
FUNCTIONS = '''
@rule("P10", "P2")
def decide():
    """
    The first sentence
    is the reading. The second is not.
    """
'''
CASES = '''
CASES = (
    Case(rule="P10", name="ten is ten"),
    *(Case(rule=("P10", "P2"), name=f"a {kind} is none") for kind in "ab"),
)

@pytest.mark.rule("P2")
def test_two_is_two():
    pass

class TestTwo:
    @pytest.mark.rule("P2")
    def test_it(self):
        """Two stays two. Always."""
'''
INDEX = """\
# Rule index

<!-- Printed by `make docs` from the tags in src and the cases in tests. -->

Every rule of [law](rules/law.md), what decides it and the cases that show it.

## P2

[The rule in words](rules/law.md#p2)

Decided by

* [`core.deciding.decide`](../src/core/deciding.py): The first sentence is the reading.

Shown in [tests/test_it.py](../tests/test_it.py)

* two is two
* Two stays two.
* a {kind} is none

## P10

[The rule in words](rules/law.md#p10)

Decided by

* [`core.deciding.decide`](../src/core/deciding.py): The first sentence is the reading.

Shown in [tests/test_it.py](../tests/test_it.py)

* ten is ten
* a {kind} is none
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a small project in which every rule has its function and its case."""
    for path, text in {
        "docs/rules/law.md": RULES,
        "src/core/deciding.py": FUNCTIONS,
        "tests/test_it.py": CASES,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_each_rule_has_its_reading_its_function_and_its_cases(project: Path) -> None:
    assert printed(read(project)) == INDEX
    assert problems(read(project), INDEX) == []


@pytest.mark.parametrize("index", [None, INDEX + "\n"], ids=["missing", "changed by hand"])
def test_an_index_that_is_not_as_printed_is_stale(project: Path, index: str | None) -> None:
    assert problems(read(project), index) == ["docs/rule-index.md is stale: run `make docs`"]


@pytest.mark.parametrize(
    "path, before, after, problem",
    [
        (
            "src/core/deciding.py",
            '"P10", ',
            "",
            'P10 (docs/rules/law.md): no function in src is tagged @rule("P10")',
        ),
        (
            "tests/test_it.py",
            '"P10"',
            '"P2"',
            "P10 (docs/rules/law.md): no case and no test shows it",
        ),
        (
            "src/core/deciding.py",
            '"P2"',
            '"P2", "P3"',
            "src/core/deciding.py: 'decide' cites P3, which docs/rules does not have",
        ),
        (
            "tests/test_it.py",
            'rule="P10"',
            'rule=("P10", "P3")',
            "tests/test_it.py: 'ten is ten' cites P3, which docs/rules does not have",
        ),
    ],
    ids=["no function", "no case", "a tag nobody knows", "a case nobody knows"],
)
def test_what_does_not_fit_together_is_told(
    project: Path, path: str, before: str, after: str, problem: str
) -> None:
    source = project / path
    source.write_text(source.read_text().replace(before, after))
    sources = read(project)
    assert problems(sources, printed(sources)) == [problem]


@pytest.mark.parametrize(
    "unreadable",
    ['Case(rule=RULE, name="x")', 'Case(rule="P2", name=NAME)', 'Case(rule=(), name="x")'],
)
def test_a_citation_that_is_not_written_out_is_refused(project: Path, unreadable: str) -> None:
    (project / "tests/test_it.py").write_text(f"\n{unreadable}\n")
    with pytest.raises(Unreadable, match=r"tests/test_it\.py:2: this citation"):
        read(project)
