"""
The blocks of the docs that are run: commands and SQL, as they are written, with the answers they show.

Standard library only: `make newcomer` reads them with the Python of a bare machine.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT / "docs/howto", ROOT / "docs/api")
PAGES = (ROOT / "README.md", *(page for folder in FOLDERS for page in sorted(folder.glob("*.md"))))

NOT_RUN = "not run"
UNTIL_STOPPED = "runs until it is stopped"
STATUS_1 = "exit status 1"
STOPPED = "with everything stopped"
NO_ANSWER = "not an answer"
MARKS = (NOT_RUN, UNTIL_STOPPED, STATUS_1, STOPPED)

MARK = r"(?:^<!-- (?P<mark>[^:\n]+)(?:: (?P<reason>[^\n]+))? -->\n)?"
BLOCK = re.compile(
    MARK + r"^```(?P<language>sh|sql)\n(?P<text>.*?)^```\n"
    r"(?:\n```(?P<form>json|text)\n(?P<answer>.*?)\n```\n)?",
    re.MULTILINE | re.DOTALL,
)
SHOWN = re.compile(MARK + r"^```(?:json|text)\n.*?^```\n", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of commands; `answer` is what the page shows as their output, as JSON or text (`form`)."""

    page: str
    line: int
    text: str
    language: str = "sh"
    mark: str = ""
    reason: str = ""
    form: str = ""
    answer: str = ""

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"

    @property
    def of_make(self) -> bool:
        """Whether it prepares or starts something by make, which is for `make newcomer` to run."""
        return self.text.startswith("make ")


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in their order."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        parts = {name: value or "" for name, value in found.groupdict().items()}
        yield Block(page.name, line, **parts)


def unexplained(page: Path) -> Iterator[str]:
    """Yield each JSON or text of a page that is compared with nothing and does not say what it is."""
    text = page.read_text()
    silent = {NOT_RUN, UNTIL_STOPPED}
    compared = [found.span("answer") for found in BLOCK.finditer(text) if found["mark"] not in silent]
    for found in SHOWN.finditer(text):
        if found["mark"] == NO_ANSWER and found["reason"]:
            continue
        if not any(first <= found.end() and found.start() <= last for first, last in compared if first >= 0):
            yield f"{page.name}:{text.count(chr(10), 0, found.start()) + 1}"
