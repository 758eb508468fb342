"""The docs are correct: their Python runs, their links lead to files, what is generated is current."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from guides.answers import fits
from guides.blocks import MARKS, NOT_RUN, UNTIL_STOPPED, blocks, unexplained
from guides.blocks import PAGES as GUIDES
from guides.newcomer import DEPLOYMENT, README, steps

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target, anchor in LINK.findall(CODE.sub("", page.read_text())):
        path = page.parent / target if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text()))
    return {heading.replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if PYTHON.search(page.read_text())],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_python_example_runs(page: Path) -> None:
    for example in PYTHON.findall(page.read_text()):
        exec(compile(example, str(page), "exec"), {})  # the docs' own examples


def test_every_command_block_is_run_or_says_why_not() -> None:
    """`make guides` runs them."""
    for page in GUIDES:
        found = list(blocks(page))
        text = page.read_text()
        assert len(found) == text.count("```sh\n") + text.count("```sql\n"), page
        for block in found:
            assert not block.mark or block.mark in MARKS, block.place
            assert block.mark in {"", UNTIL_STOPPED} or block.reason, block.place


def test_every_answer_of_a_page_is_compared_or_says_what_else_it_is() -> None:
    """`make guides` compares them."""
    assert [place for page in GUIDES for place in unexplained(page)] == []


def test_an_answer_that_is_compared_with_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    shown = "```sh\nocms\n```\n\n```text\nanswer\n```\n"
    page.write_text(
        f"{shown}\n<!-- not run: no server -->\n{shown}\n"
        f"```json\n{{}}\n```\n\n<!-- not an answer: a request -->\n```json\n{{}}\n```\n"
    )
    assert list(unexplained(page)) == ["page.md:14", "page.md:18"]


def test_what_make_runs_is_on_a_page_for_newcomers() -> None:
    """`make newcomer` runs it, and the tests of the guides do not."""
    of_make = [each for page in GUIDES for each in blocks(page) if each.of_make and each.mark != NOT_RUN]
    known = {
        each.place for page in (*README, *DEPLOYMENT) for each in steps(ROOT / page) if each.mark != NOT_RUN
    }
    assert of_make
    assert {each.place for each in of_make} <= known


@pytest.mark.parametrize(
    "form, shown, given, same",
    [
        ("text", "up to date", "up to date\n", True),
        ("text", "up to date", "ahead\n", False),
        ("text", "up to date", "up to date\nand more\n", False),
        ("text", "since 2026-01-14 10:30; took 2 s", "since 2027-02-28 23:59; took 0.5 s", True),
        ("text", "since 2026-01-14 10:30", "since yesterday", False),
        ("text", "kept ... rows\n...\nend", "kept 12 rows\none\ntwo\nend\n", True),
        ("text", "kept ... rows\n...\nend", "kept 12 rows\none\ntwo\n", False),
        ("text", "good", "2026-11-28T17:00:42.4Z [info     ] job_started   job=a\ngood\n", True),
        ("json", '{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        ("json", '{"a": 1}', '{"a":2}', False),
    ],
)
def test_an_answer_fits_but_for_its_holes(form: str, shown: str, given: str, *, same: bool) -> None:
    assert fits(form, shown, given) is same


@pytest.mark.parametrize("tool", ["tools.reference_page", "tools.data_dictionary", "tools.sequences"])
def test_a_page_printed_from_tables_is_what_they_say(tool: str) -> None:
    given = subprocess.run(
        [sys.executable, "-m", tool, "--check"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert given.returncode == 0, given.stderr.decode()
