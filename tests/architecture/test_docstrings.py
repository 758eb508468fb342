"""The docstring of a function begins with an order: what it does, in one imperative sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What is held to it: files and folders below the project.
CHECKED = ("src", "tools")

# "Give" and "Tell" are not among them: one says Return, and names what is reported or raised.
WORDS = """
Accept Acquire Add Adopt Advance Aggregate Agree Alert Allow Answer Append Apply Ask Assign Attach
Authenticate Begin Bind Bring Build Calculate Call Cancel Change Check Choose Claim Clear Close
Collect Combine Commit Compare Compile Compose Compute Configure Connect Convert Copy Count Create
Cut Decide Declare Decode Decompress Decrypt Delete Deliver Derive Describe Determine Discard
Display Divide Do Download Draw Drop Echo Encode Encrypt End Ensure Enter Escape Exclude Execute
Expand Explain Export Extend Extract Fetch Fill Filter Find Finish Fold Fork Format Generate Get
Group Guard Handle Hash Hide Hold Ignore Import Include Insert Install Invent Issue Iterate Join
Keep Label Leave Let Limit List Load Lock Log Look Make Map Mark Mask Match Measure Merge Migrate
Move Name Normalise Normalize Note Open Order Pack Pair Parse Pass Pause Pick Post Prepare Print
Process Produce Publish Put Query Queue Raise Read Rebuild Receive Record Refresh Refuse Register
Reject Release Remove Rename Render Renew Repeat Replace Reply Report Request Reserve Reset Resolve
Restore Retry Return Revive Revoke Rotate Round Run Save Schedule Search Seed Select Send Serialise
Serve Set Show Sign Skip Sort Split Start Stop Store Stream Strip Structure Submit Subtract Sum
Suspend Swap Take Terminate Test Translate Trim Truncate Try Undo Unpack Unwrap Update Upload Use
Validate Verify Wait Walk Warn Wire Work Wrap Write Yield
"""
VERBS = frozenset(WORDS.split())
PROPERTIES = {"property", "cached_property", "setter"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def modules(places: tuple[str, ...]) -> list[Path]:
    """Return the Python files of some files and folders, each once, in path order."""
    found = {
        module
        for place in places
        for module in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    }
    return sorted(found)


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    """Yield every function and method with a docstring that is no property."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            decorators = (ast.unparse(each).rpartition(".")[2] for each in node.decorator_list)
            if not PROPERTIES.intersection(decorators):
                yield node


def no_orders(source: str) -> list[str]:
    """Return line, name and first word of each docstring that does not begin with one of the verbs."""
    return [
        f"{node.lineno}: {node.name}: {word}"
        for node in functions(ast.parse(source))
        if (word := (ast.get_docstring(node) or "").split()[0].rstrip(",.:;")) not in VERBS
    ]


def test_what_is_checked_is_there() -> None:
    assert [place for place in CHECKED if not modules((place,))] == []


@pytest.mark.parametrize("module", modules(CHECKED), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_docstring_of_a_function_begins_with_an_order(module: Path) -> None:
    assert no_orders(module.read_text()) == []


@pytest.mark.parametrize(
    "source, found",
    [
        ('def f():\n    """Return one."""\n', []),
        ('def f():\n    """Give one."""\n', ["1: f: Give"]),
        ('class A:\n    """A thing."""\n    def f(self):\n        """The thing."""\n', ["3: f: The"]),
        ('class A:\n    @property\n    def f(self):\n        """The thing."""\n', []),
        ("def f():\n    return 1\n", []),
    ],
)
def test_docstrings_that_are_no_orders_are_found(source: str, found: list[str]) -> None:
    assert no_orders(source) == found


def test_give_and_tell_are_no_orders_here() -> None:
    assert not VERBS & {"Give", "Tell"}
