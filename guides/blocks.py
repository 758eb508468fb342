"""The command blocks of the docs, run as they are written unless a comment before one says otherwise."""

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT / "docs/howto", ROOT / "docs/api")
PAGES = (ROOT / "README.md", *(page for folder in FOLDERS for page in sorted(folder.glob("*.md"))))

NOT_RUN = "not run"
UNTIL_STOPPED = "runs until it is stopped"
STATUS_1 = "exit status 1"
MARKS = (NOT_RUN, UNTIL_STOPPED, STATUS_1)

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^:\n]+)(?:: (?P<reason>[^\n]+))? -->\n)?^```sh\n(?P<text>.*?)^```\n"
    r"(?:\n```json\n(?P<answer>.*?)\n```\n)?",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Block:
    """A block of commands; `answer` is the JSON that the page shows as their output, if it does."""

    line: int
    text: str
    mark: str = ""
    reason: str = ""
    answer: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the command blocks of a page, in their order."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        yield Block(line, found["text"], found["mark"] or "", found["reason"] or "", found["answer"] or "")
