"""
The rule index: which function decides a rule, and which cases show it.

`python -m tests.support.rule_index` writes it; with `--check` it only tells what is wrong. It reads
the sources without running them: the rules of `docs/rules`, what is tagged `@rule(...)` in `src`,
each `Case(rule=..., name=...)` and each test under `@pytest.mark.rule(...)` in `tests`.
"""

import ast
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from attrs import frozen

ROOT = Path(__file__).parents[2]
INDEX = Path("docs/rule-index.md")
RULES = Path("docs/rules")

# A rule is a heading of its own: `### P10`, its text below.
RULE = re.compile(r"^### (?P<id>[A-Z])(?P<number>\d+)$", re.MULTILINE)
SENTENCE = re.compile(r".+?\.(?=\s|$)")
DO_NOT_EDIT = "<!-- Printed by `make docs` from the tags in src and the cases in tests. -->"

Tagged: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@frozen
class Citation:
    """One place that cites rules: a deciding function with its reading, or a case with its name."""

    rules: tuple[str, ...]
    path: str
    name: str
    says: str = ""


@frozen
class Sources:
    """All the index is printed from; `rules` gives the file of each rule id, in reading order."""

    rules: dict[str, str]
    functions: tuple[Citation, ...]
    cases: tuple[Citation, ...]


class Unreadable(Exception):
    """A citation that cannot be read from the source; the message says where and why."""


def read(root: Path) -> Sources:
    """Read rules, tagged functions and cases below a project folder, in path order."""
    rules = {
        found["id"] + found["number"]: path.relative_to(root / INDEX.parent).as_posix()
        for path in sorted((root / RULES).glob("*.md"))
        for found in RULE.finditer(path.read_text(encoding="utf-8"))
    }
    return Sources(
        rules={rule: rules[rule] for rule in sorted(rules, key=in_order)},
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
                    yield Citation(literals(path, decorator, ids), path, name, first_sentence(node))


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


def printed(sources: Sources) -> str:
    """Print the index: every rule with what decides it and the cases that show it."""
    files = " and ".join(f"[{Path(each).stem}]({each})" for each in dict.fromkeys(sources.rules.values()))
    blocks = [
        "# Rule index",
        DO_NOT_EDIT,
        f"Every rule of {files}, what decides it and the cases that show it.",
    ]
    for rule, file in sources.rules.items():
        blocks += [f"## {rule}", f"[The rule in words]({file}#{rule.lower()})"]
        deciding = [f"* {linked(each)}: {each.says}" for each in citing(sources.functions, rule)]
        blocks += ["Decided by", "\n".join(deciding)] if deciding else []
        showing = citing(sources.cases, rule)
        for path in dict.fromkeys(each.path for each in showing):
            names = dict.fromkeys(f"* {each.name}" for each in showing if each.path == path)
            blocks += [f"Shown in [{path}](../{path})", "\n".join(names)]
    return "\n\n".join(blocks) + "\n"


def citing(citations: Iterable[Citation], rule: str) -> list[Citation]:
    """Return the citations of one rule."""
    return [each for each in citations if rule in each.rules]


def linked(function: Citation) -> str:
    """Write a function as a link to its file; a line number would go stale with every edit."""
    module = function.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return f"[`{module.replace('/', '.')}.{function.name}`](../{function.path})"


def problems(sources: Sources, index: str | None) -> list[str]:
    """Return what is wrong with the rules, their functions, their cases and the printed pages."""
    found = [] if index == printed(sources) else [f"{INDEX} is stale: run `make docs`"]
    for rule, file in sources.rules.items():
        if not citing(sources.functions, rule):
            found.append(f'{rule} ({RULES.parent / file}): no function in src is tagged @rule("{rule}")')
        elif not citing(sources.cases, rule):
            found.append(f"{rule} ({RULES.parent / file}): no case and no test shows it")
    return found + [
        f"{each.path}: {each.name!r} cites {rule}, which {RULES} does not have"
        for each in (*sources.functions, *sources.cases)
        for rule in each.rules
        if rule not in sources.rules
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the index, or with `--check` tell what is wrong with it; give the exit status."""
    parser = ArgumentParser(prog="python -m tests.support.rule_index", description="Print the rule index.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when anything is wrong")
    try:
        sources = read(ROOT)
    except Unreadable as unreadable:
        sys.exit(str(unreadable))
    index = ROOT / INDEX
    if not parser.parse_args(arguments).check:
        index.write_text(printed(sources), encoding="utf-8")
        return 0
    found = problems(sources, index.read_text(encoding="utf-8") if index.exists() else None)
    sys.stderr.writelines(f"{each}\n" for each in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
