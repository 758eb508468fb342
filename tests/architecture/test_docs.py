"""The docs are correct: their Python runs, their links lead to files, what is generated is current."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from guides.blocks import MARKS, UNTIL_STOPPED, blocks
from guides.blocks import PAGES as GUIDES

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
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
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
        assert len(found) == page.read_text().count("```sh\n"), page
        for block in found:
            assert not block.mark or block.mark in MARKS, f"{page}:{block.line}"
            assert block.mark in {"", UNTIL_STOPPED} or block.reason, f"{page}:{block.line}"


@pytest.mark.parametrize("tool", ["tools.reference_page", "tools.data_dictionary"])
def test_a_page_printed_from_tables_is_what_they_say(tool: str) -> None:
    given = subprocess.run(
        [sys.executable, "-m", tool, "--check"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert given.returncode == 0, given.stderr.decode()
