"""The small changes that can be made to a module of the core."""

import ast
from hashlib import sha256
from pathlib import Path

import libcst
from attrs import frozen
from libcst import matchers
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

# That zip raises for arguments of several lengths states that the code before it has made them of one: no
# call has them otherwise, so no test could.
STRICT = "strict"

# What only a type checker looks at, which finds every change of it.
FOR_TYPES_ALONE = matchers.OneOf(
    matchers.Annotation(),
    matchers.Assign(value=matchers.Call(func=matchers.Name("TypeVar"))),
    matchers.AnnAssign(annotation=matchers.Annotation(matchers.Name("TypeAlias"))),
)


@frozen
class Mutant:
    """
    A module after one change.

    `first` and `last` are the lines, from 1, of the changed statement up to the change, `names` what the
    statement and those around it define.
    """

    module: Path
    text: str
    first: int
    last: int
    names: frozenset[str]
    before: str
    after: str


@frozen
class Change:
    """A node of a module, the node instead, and the place as a `Mutant` has it."""

    node: libcst.CSTNode
    instead: libcst.CSTNode
    first: int
    last: int
    names: frozenset[str]


class Changes(libcst.CSTVisitor):
    """Finds every change of a module."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Change] = []
        self._statements: list[tuple[int, set[str]]] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Note the changes of a node; type hints, decorators and imports have none."""
        if isinstance(node, libcst.Decorator | libcst.Import | libcst.ImportFrom):
            return False
        if matchers.matches(node, FOR_TYPES_ALONE):
            return False
        span = self.get_metadata(PositionProvider, node, None)
        if isinstance(node, libcst.BaseStatement | libcst.SimpleStatementLine):
            self._statements.append((self.get_metadata(PositionProvider, node).start.line, names_of(node)))
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for instead in operator(node):
                    first = self._statements[-1][0]
                    names = frozenset().union(*(each for _, each in self._statements))
                    self.found.append(Change(node, instead, first, span.end.line if span else first, names))
        return True

    def on_leave(self, original_node: libcst.CSTNode) -> None:
        """End the statement."""
        super().on_leave(original_node)
        if isinstance(original_node, libcst.BaseStatement | libcst.SimpleStatementLine):
            self._statements.pop()


def names_of(statement: libcst.CSTNode) -> set[str]:
    """Return the names a statement defines."""
    if isinstance(statement, libcst.FunctionDef | libcst.ClassDef):
        return {statement.name.value}
    targets: list[libcst.BaseExpression] = []
    for part in statement.body if isinstance(statement, libcst.SimpleStatementLine) else ():
        if isinstance(part, libcst.Assign):
            targets += [each.target for each in part.targets]
        elif isinstance(part, libcst.AnnAssign):
            targets.append(part.target)
    names = (found for target in targets for found in matchers.findall(target, matchers.Name()))
    return {libcst.ensure_type(name, libcst.Name).value for name in names}


class Module:
    """A module of the core and its changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text()
        self.digest = sha256(self.text.encode()).hexdigest()[:16]
        self._program = program_of(self.text)
        wrapper = MetadataWrapper(libcst.parse_module(self.text), unsafe_skip_copy=True)
        visitor = Changes()
        wrapper.visit(visitor)
        self._tree = wrapper.module
        self.changes = visitor.found

    def mutant(self, number: int) -> Mutant | None:
        """Return the mutant of a change; `None` when that is no program, or the same one."""
        change = self.changes[number]
        changed = self._tree.deep_replace(change.node, change.instead)
        if not isinstance(changed, libcst.Module):
            return None
        try:
            if program_of(changed.code) == self._program:
                return None
        except SyntaxError:
            return None
        before, after = different_lines(self.text.splitlines(), changed.code.splitlines())
        return Mutant(self.path, changed.code, change.first, change.last, change.names, before, after)


def program_of(text: str) -> str:
    """Return what a text does as a program, but for the `strict` of its zips. Raise SyntaxError for none."""
    program = ast.parse(text)
    for node in ast.walk(program):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            node.keywords = [each for each in node.keywords if each.arg != STRICT]
    return ast.dump(program)


def different_lines(before: list[str], after: list[str]) -> tuple[str, str]:
    """Return the part in which two texts differ, the lines of each side as one."""
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return " ".join(map(str.strip, before)), " ".join(map(str.strip, after))
