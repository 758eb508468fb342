"""The rule index is read from the sources as they are written, and reports what is missing."""

from pathlib import Path

import pytest

from tests.support.rule_index import Unreadable, pages, printed_pages, problems, read, write

RULES = """\
# Rules

### P10

*Contract 1, API 1.* Ten is ten.

No more | no less.

### P2

*Contract 1, API 2.* Two is two, not `1 | 1`.
"""
OTHER_RULES = "# Other rules\n\n### G1\n\n*Contract 1, General.* One is one.\n"
FUNCTIONS = '''
@rule("P10", "P2")
def decide():
    """
    Return the first sentence
    on one line. The second is left out.
    """

@rule("P2")
def check():
    """Check it."""

class Two:
    @rule("P2", "G1")
    def confirm(self):
        """Confirm it."""
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
    @pytest.mark.rule("P2", "G1")
    def test_it(self):
        """Two stays two. Always."""
'''
INDEX = """\
# Rule index

<!-- Printed by `make docs` from docs/rules, the tags in src and the cases in tests. -->

What each rule says, where the contract says it, what decides it, and how many cases show it. \
The number leads to the list of all its functions and cases.

## law

| rule | what it says | contract | decided by | cases |
|---|---|---|---|---|
| [P2](rules/law.md#p2) | Two is two, not `1 \\| 1`. | Contract 1, API 2 | \
[`core.deciding.decide`](../src/core/deciding.py), \
[`core.deciding.check`](../src/core/deciding.py) and 1 more | [3](rule-index/law.md#p2) |
| [P10](rules/law.md#p10) | Ten is ten. | Contract 1, API 1 | \
[`core.deciding.decide`](../src/core/deciding.py) | [2](rule-index/law.md#p10) |

## other

| rule | what it says | contract | decided by | cases |
|---|---|---|---|---|
| [G1](rules/other.md#g1) | One is one. | Contract 1, General | \
[`core.deciding.Two.confirm`](../src/core/deciding.py) | [1](rule-index/other.md#g1) |
"""
LAW = """\
# Functions and cases: law

<!-- Printed by `make docs` from docs/rules, the tags in src and the cases in tests. -->

[All rules on one page](../rule-index.md)

## P2

[Contract 1, API 2](../rules/law.md#p2): Two is two, not `1 | 1`.

Decided by

* [`core.deciding.decide`](../../src/core/deciding.py): Return the first sentence on one line.
* [`core.deciding.check`](../../src/core/deciding.py): Check it.
* [`core.deciding.Two.confirm`](../../src/core/deciding.py): Confirm it.

Shown in [tests/test_it.py](../../tests/test_it.py)

* two is two
* Two stays two.
* a {kind} is none

## P10

[Contract 1, API 1](../rules/law.md#p10): Ten is ten.

Decided by

* [`core.deciding.decide`](../../src/core/deciding.py): Return the first sentence on one line.

Shown in [tests/test_it.py](../../tests/test_it.py)

* ten is ten
* a {kind} is none
"""
OTHER = """\
# Functions and cases: other

<!-- Printed by `make docs` from docs/rules, the tags in src and the cases in tests. -->

[All rules on one page](../rule-index.md)

## G1

[Contract 1, General](../rules/other.md#g1): One is one.

Decided by

* [`core.deciding.Two.confirm`](../../src/core/deciding.py): Confirm it.

Shown in [tests/test_it.py](../../tests/test_it.py)

* Two stays two.
"""
PAGES = {
    Path("docs/rule-index.md"): INDEX,
    Path("docs/rule-index/law.md"): LAW,
    Path("docs/rule-index/other.md"): OTHER,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a small project in which every rule has its sentence, its function and its case."""
    for path, text in {
        "docs/rules/law.md": RULES,
        "docs/rules/other.md": OTHER_RULES,
        "src/core/deciding.py": FUNCTIONS,
        "tests/test_it.py": CASES,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_each_rule_has_its_sentence_its_section_its_functions_and_its_cases(project: Path) -> None:
    assert pages(read(project)) == PAGES
    assert problems(read(project), PAGES) == []


def test_the_pages_are_written_and_those_of_files_that_are_gone_removed(project: Path) -> None:
    gone = project / "docs/rule-index/gone.md"
    gone.parent.mkdir()
    gone.write_text("")
    assert problems(read(project), PAGES | printed_pages(project)) == [
        "docs/rule-index/gone.md is stale: run `make docs`"
    ]
    write(project, read(project))
    assert printed_pages(project) == PAGES


def test_a_rule_id_stands_once(project: Path) -> None:
    (project / "docs/rules/third.md").write_text(OTHER_RULES)
    sources = read(project)
    assert problems(sources, pages(sources)) == ["G1 (docs/rules/third.md): docs/rules/other.md has a G1 too"]


@pytest.mark.parametrize("path", PAGES, ids=str)
@pytest.mark.parametrize("change", [None, "\n"], ids=["missing", "changed by hand"])
def test_a_page_that_is_not_as_printed_is_stale(project: Path, path: Path, change: str | None) -> None:
    printed = {each: text for each, text in PAGES.items() if each != path}
    if change is not None:
        printed[path] = PAGES[path] + change
    assert problems(read(project), printed) == [f"{path} is stale: run `make docs`"]


NO_SENTENCE = (
    "P10 (docs/rules/law.md): the line below its heading is not `*Section of the contract.* Sentence.`"
)


@pytest.mark.parametrize(
    "path, before, after, problem",
    [
        ("docs/rules/law.md", "*Contract 1, API 1.* Ten", "Ten", NO_SENTENCE),
        ("docs/rules/law.md", "*Contract 1, API 1.* Ten is ten.\n\n", "", NO_SENTENCE),
        ("docs/rules/law.md", "Ten is ten.", "Ten is ten", NO_SENTENCE),
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
            '"P10", "P2"',
            '"P10", "P2", "P3"',
            "src/core/deciding.py: 'decide' cites P3, which docs/rules does not have",
        ),
        (
            "tests/test_it.py",
            'rule="P10"',
            'rule=("P10", "P3")',
            "tests/test_it.py: 'ten is ten' cites P3, which docs/rules does not have",
        ),
    ],
    ids=[
        "no section",
        "neither section nor sentence",
        "no full stop",
        "no function",
        "no case",
        "a tag nobody knows",
        "a case nobody knows",
    ],
)
def test_what_does_not_fit_together_is_reported(
    project: Path, path: str, before: str, after: str, problem: str
) -> None:
    source = project / path
    assert before in source.read_text()
    source.write_text(source.read_text().replace(before, after))
    sources = read(project)
    assert problems(sources, pages(sources)) == [problem]


@pytest.mark.parametrize(
    "unreadable",
    ['Case(rule=RULE, name="x")', 'Case(rule="P2", name=NAME)', 'Case(rule=(), name="x")'],
)
def test_a_citation_that_is_not_written_out_is_refused(project: Path, unreadable: str) -> None:
    (project / "tests/test_it.py").write_text(f"\n{unreadable}\n")
    with pytest.raises(Unreadable, match=r"tests/test_it\.py:2: this citation"):
        read(project)


@pytest.mark.rule("G18")
def test_a_function_that_holds_from_a_day_on_is_listed_with_its_days(project: Path) -> None:
    days = {
        "first_day=date(2026, 2, 1)": " (from 2026-02-01)",
        "last_day=date(2026, 1, 31)": " (to 2026-01-31)",
        "first_day=date(2026, 2, 1), last_day=date(2026, 2, 28)": " (from 2026-02-01 to 2026-02-28)",
    }
    for tagged, listed in days.items():
        (project / "src/core/dated.py").write_text(f'@rule("P2", {tagged})\ndef new():\n    """New."""\n')
        assert (
            f"[`core.dated.new`](../../src/core/dated.py): New.{listed}\n"
            in pages(read(project))[Path("docs/rule-index/law.md")]
        )


def test_days_that_are_not_written_out_are_refused(project: Path) -> None:
    (project / "src/core/dated.py").write_text('@rule("P2", first_day=DAY)\ndef new():\n    pass\n')
    with pytest.raises(Unreadable, match=r"src/core/dated\.py:1: this citation must write its days as"):
        read(project)
