"""A page for each rule on the documentation site: its text, what decides it, its cases and last result."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.rule_index import RULES, Rule, Sources, cases_by_file, citing, in_order

RESULTS = Path("var/rule-results.json")
NOT_RUN = "No result on this machine: `make test` and `make spec` leave one."


def text_of(root: Path, rule: Rule) -> str:
    """Return all that stands below the heading of a rule."""
    page = (root / RULES / rule.file).read_text()
    found = re.search(rf"^### {rule.id}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def last_results(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the last result of each rule that has one, as the tests left it."""
    file = root / RESULTS
    results: Mapping[str, Mapping[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
    return results


def result_in_words(result: Mapping[str, Any] | None) -> str:
    """Return the last result of a rule's cases as a sentence."""
    if result is None:
        return NOT_RUN
    failed = f", **{result['failed']} failed**" if result["failed"] else ", none failed"
    return f"{result['passed']} tests passed{failed}, {result['at']}."


def rule_page(root: Path, sources: Sources, rule: Rule, result: Mapping[str, Any] | None) -> str:
    """Return the page of a rule; it stands beside the page that its text is from."""
    blocks = [f"# {rule.id}", text_of(root, rule), "## Decided by"]
    functions = citing(sources.functions, rule.id)
    for each in functions:
        module = each.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        blocks.append(f"* `{module}.{each.name}`: {each.says}")
    if not functions:
        blocks.append("No function alone.")
    blocks += ["## Last result", result_in_words(result), "## Cases"]
    cases = cases_by_file(sources, rule.id)
    for path in dict.fromkeys(path for path, _ in cases):
        blocks += [f"`{path}`", "\n".join(f"* {name}" for where, name in cases if where == path)]
    return "\n\n".join([*blocks, "[All rules](../rule-index.md)"]) + "\n"


def rule_pages(root: Path, sources: Sources) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each rule's page, in the order of their ids."""
    results = last_results(root)
    for rule in sorted(sources.rules, key=lambda rule: in_order(rule.id)):
        yield f"{rule.id}.md", rule_page(root, sources, rule, results.get(rule.id))
