"""
The rule index: what a rule says, where the contract says it, what decides it, and which cases show it.

`python -m tests.support.rule_index` writes `docs/rule-index.md`, one line a rule, and a page for each file
of rules below `docs/rule-index/` with all functions and cases; with `--check` it only reports what is wrong.
It reads the sources without running them: the rules of `docs/rules`, what is tagged `@rule(...)` in `src`,
each `Case(rule=..., name=...)` and each test under `@pytest.mark.rule(...)` in `tests`.
"""

import ast
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn, TypeAlias

from attrs import frozen

ROOT = Path(__file__).parents[2]
INDEX = Path("docs/rule-index.md")
DETAILS = Path("docs/rule-index")
RULES = Path("docs/rules")

# A rule is a heading of its own, `### P10`, then its section of the contract and its sentence on one line,
# `*Contract 1, API 1.* A query only reads.`, then whatever else there is to say.
RULE = re.compile(
    r"^### (?P<id>[A-Z]\d+)$(?:\n\n\*(?P<section>[^*\n]+)\.\* (?P<sentence>[^\n]+\.)$)?", re.MULTILINE
)
SENTENCE = re.compile(r".+?\.(?=\s|$)")
DO_NOT_EDIT = "<!-- Printed by `make docs` from docs/rules, the tags in src and the cases in tests. -->"
INTRODUCTION = (
    "What each rule says, where the contract says it, what decides it, and how many cases show it. "
    "The number leads to the list of all its functions and cases."
)
# A line of the index names so many functions; the page behind it names all.
NAMED = 2

Tagged: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@frozen
class Citation:
    """One place that cites rules: a deciding function with its reading, or a case with its name."""

    rules: tuple[str, ...]
    path: str
    name: str
    says: str = ""


@frozen
class Rule:
    """
    One rule: its file below `docs/rules`, its section of the contract and its sentence.

    Section and sentence are empty where the line below its heading is missing.
    """

    id: str
    file: str
    section: str
    sentence: str

    @property
    def anchor(self) -> str:
        """The anchor of its heading."""
        return self.id.lower()


@frozen
class Sources:
    """All the pages are printed from: rules in reading order, deciding functions, cases."""

    rules: tuple[Rule, ...]
    functions: tuple[Citation, ...]
    cases: tuple[Citation, ...]


class Unreadable(Exception):
    """A citation that cannot be read from the source; the message says where and why."""


def read(root: Path) -> Sources:
    """Read rules, tagged functions and cases below a project folder, in path order."""
    rules = [
        Rule(found["id"], path.name, found["section"] or "", found["sentence"] or "")
        for path in (root / RULES).glob("*.md")
        for found in RULE.finditer(path.read_text(encoding="utf-8"))
    ]
    return Sources(
        rules=tuple(sorted(rules, key=lambda rule: (rule.file, in_order(rule.id)))),
        functions=tuple(each for path, tree in parsed(root, "src") for each in functions_of(path, tree)),
        cases=tuple(each for path, tree in parsed(root, "tests") for each in cases_of(path, tree)),
    )


def in_order(rule: str) -> tuple[str, int]:
    """Sort rule ids by letter, then by number."""
    return rule[:1], int(rule[1:]) if rule[1:].isdecimal() else 0


def parsed(root: Path, folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of a folder with its path below the project."""
    for path in sorted((root / folder).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        yield name, ast.parse(path.read_text(encoding="utf-8"), name)


def functions_of(path: str, tree: ast.Module) -> Iterator[Citation]:
    """Yield what a module of `src` tags with rules."""
    for name, node in definitions(tree):
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name(id="rule"), args=ids):
                    says = f"{first_sentence(node)}{days_of(path, decorator)}"
                    yield Citation(literals(path, decorator, ids), path, name, says)


def days_of(path: str, tag: ast.Call) -> str:
    """Return the days a tag gives its reading, in words; nothing for one that always holds."""
    days = {each.arg: day_of(path, each.value) for each in tag.keywords}
    words = [f"from {days['first_day']}"] if "first_day" in days else []
    words += [f"to {days['last_day']}"] if "last_day" in days else []
    return f" ({' '.join(words)})" if words else ""


def day_of(path: str, node: ast.expr) -> date:
    """Return a day as it is written."""
    match node:
        case ast.Call(func=ast.Name(id="date"), args=[*numbers]):
            return date(*(number.value for number in numbers if isinstance(number, ast.Constant)))  # type: ignore[arg-type]  # a day that is none fails
    return cannot_read(path, node, "must write its days as `date(2026, 2, 1)`")


def cases_of(path: str, tree: ast.Module) -> Iterator[Citation]:
    """Yield the tests of a module that are marked with rules, and its cases."""
    for name, node in definitions(tree):
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=ast.Attribute(attr="rule", value=ast.Attribute(attr="mark")), args=ids):
                    said = first_sentence(node) or in_words(name)
                    yield Citation(literals(path, decorator, ids), path, said)
    for call in ast.walk(tree):
        match call:
            case ast.Call(func=ast.Name(id="Case") | ast.Attribute(attr="Case"), keywords=keywords):
                given = {keyword.arg: keyword.value for keyword in keywords}
                if given.keys() >= {"rule", "name"}:
                    ids = given["rule"].elts if isinstance(given["rule"], ast.Tuple) else [given["rule"]]
                    yield Citation(literals(path, call, ids), path, text_of(path, given["name"]))


def definitions(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, Tagged]]:
    """Yield every function and class below a node, by the name it has in its module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield owner + node.name, node
            yield from definitions(node, f"{owner}{node.name}.")
        else:
            yield from definitions(node, owner)


def literals(path: str, node: ast.AST, ids: Iterable[ast.expr]) -> tuple[str, ...]:
    """Return the rule ids a citation is written with."""
    return tuple(text_of(path, each) for each in ids) or cannot_read(path, node, "names no rule")


def text_of(path: str, node: ast.expr) -> str:
    """Return a text as it is written; what an f-string fills in stands in braces."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(path, part) for part in parts)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
    return cannot_read(path, node, "must write its rules and its name as texts")


def cannot_read(path: str, node: ast.AST, why: str) -> NoReturn:
    """Raise `Unreadable`, which names the citation."""
    raise Unreadable(f"{path}:{getattr(node, 'lineno', 0)}: this citation {why}")


def first_sentence(node: Tagged) -> str:
    """Return the first sentence of a docstring on one line; nothing where there is no docstring."""
    docstring = " ".join((ast.get_docstring(node) or "").split())
    sentence = SENTENCE.match(docstring)
    return sentence[0] if sentence else docstring


def in_words(name: str) -> str:
    """Return the sentence a test's name is."""
    return name.rpartition(".")[2].removeprefix("test_").removeprefix("Test").replace("_", " ")


def pages(sources: Sources) -> dict[Path, str]:
    """Return the text of every page by its path below the project: the index, and one for each file."""
    files = tuple(dict.fromkeys(rule.file for rule in sources.rules))
    return {INDEX: index(sources, files)} | {DETAILS / file: details(sources, file) for file in files}


def index(sources: Sources, files: Sequence[str]) -> str:
    """Return the index: a table for each file of rules, one line a rule."""
    blocks = [
        "# Rule index",
        DO_NOT_EDIT,
        INTRODUCTION,
    ]
    for file in files:
        rows = [line(sources, rule) for rule in sources.rules if rule.file == file]
        head = "| rule | what it says | contract | decided by | cases |\n|---|---|---|---|---|"
        blocks += [f"## {Path(file).stem}", "\n".join([head, *rows])]
    return "\n\n".join(blocks) + "\n"


def line(sources: Sources, rule: Rule) -> str:
    """Return the line of a rule in the index."""
    deciding = [linked(each, "..") for each in citing(sources.functions, rule.id)]
    more = f" and {len(deciding) - NAMED} more" if len(deciding) > NAMED else ""
    cases = len(cases_by_file(sources, rule.id))
    cells = (
        f"[{rule.id}]({RULES.name}/{rule.file}#{rule.anchor})",
        rule.sentence,
        rule.section,
        ", ".join(deciding[:NAMED]) + more,
        f"[{cases}]({DETAILS.name}/{rule.file}#{rule.anchor})",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def details(sources: Sources, file: str) -> str:
    """Return the page of one file: each rule with all that decides it and all cases that show it."""
    blocks = [
        f"# Functions and cases: {Path(file).stem}",
        DO_NOT_EDIT,
        f"[All rules on one page](../{INDEX.name})",
    ]
    for rule in sources.rules:
        if rule.file == file:
            blocks += [
                f"## {rule.id}",
                f"[{rule.section}](../{RULES.name}/{file}#{rule.anchor}): {rule.sentence}",
            ]
            deciding = [
                f"* {linked(each, '../..')}: {each.says}" for each in citing(sources.functions, rule.id)
            ]
            blocks += ["Decided by", "\n".join(deciding)] if deciding else []
            cases = cases_by_file(sources, rule.id)
            for path in dict.fromkeys(path for path, _ in cases):
                names = [f"* {name}" for where, name in cases if where == path]
                blocks += [f"Shown in [{path}](../../{path})", "\n".join(names)]
    return "\n\n".join(blocks) + "\n"


def cases_by_file(sources: Sources, rule: str) -> list[tuple[str, str]]:
    """Return path and name of each case of a rule, each once."""
    return list(dict.fromkeys((each.path, each.name) for each in citing(sources.cases, rule)))


def citing(citations: Iterable[Citation], rule: str) -> list[Citation]:
    """Return the citations of one rule."""
    return [each for each in citations if rule in each.rules]


def linked(function: Citation, root: str) -> str:
    """Return a link to a function's file; a line number would go stale with every edit."""
    module = function.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return f"[`{module.replace('/', '.')}.{function.name}`]({root}/{function.path})"


def problems(sources: Sources, printed: Mapping[Path, str]) -> list[str]:
    """Return what is wrong with the rules, their functions, their cases and the pages as they are printed."""
    wanted = pages(sources)
    found = [
        f"{path} is stale: run `make docs`"
        for path in sorted(wanted.keys() | printed.keys())
        if wanted.get(path) != printed.get(path)
    ]
    first: dict[str, str] = {}
    for rule in sources.rules:
        place = f"{rule.id} ({RULES / rule.file})"
        if rule.id in first:
            found.append(f"{place}: {RULES / first[rule.id]} has a {rule.id} too")
        first.setdefault(rule.id, rule.file)
        if not rule.sentence:
            found.append(f"{place}: the line below its heading is not `*Section of the contract.* Sentence.`")
        if not citing(sources.functions, rule.id):
            found.append(f'{place}: no function in src is tagged @rule("{rule.id}")')
        elif not citing(sources.cases, rule.id):
            found.append(f"{place}: no case and no test shows it")
    return found + [
        f"{each.path}: {each.name!r} cites {rule}, which {RULES} does not have"
        for each in (*sources.functions, *sources.cases)
        for rule in each.rules
        if rule not in first
    ]


def printed_pages(root: Path) -> dict[Path, str]:
    """Return the pages as they are printed below a project, by their path in it."""
    paths = [root / INDEX, *sorted((root / DETAILS).glob("*.md"))]
    return {path.relative_to(root): path.read_text(encoding="utf-8") for path in paths if path.exists()}


def write(root: Path, sources: Sources) -> None:
    """Write every page below a project, and remove those of files that are gone."""
    wanted = pages(sources)
    for path in printed_pages(root).keys() - wanted.keys():
        (root / path).unlink()
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with `--check` report what is wrong with them; return the exit status."""
    parser = ArgumentParser(prog="python -m tests.support.rule_index", description="Print the rule index.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when anything is wrong")
    try:
        sources = read(ROOT)
    except Unreadable as unreadable:
        sys.exit(str(unreadable))
    if not parser.parse_args(arguments).check:
        write(ROOT, sources)
        return 0
    found = problems(sources, printed_pages(ROOT))
    sys.stderr.writelines(f"{each}\n" for each in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
