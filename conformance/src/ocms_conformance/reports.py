"""The report of a run, by section of the contract and rule: as text, as JUnit XML and as a page."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from xml.etree import ElementTree as ET

from attrs import frozen
from jinja2 import Environment, StrictUndefined

from ocms_conformance.case import Rule, jobs_left_out
from ocms_conformance.results import Outcome, Result


@frozen
class RuleReport:
    """What became of the cases of one rule."""

    rule: Rule
    results: tuple[Result, ...]

    @property
    def outcome(self) -> str:
        """Failed if one case is, else passed if one is: with the rest named as not tried."""
        outcomes = {result.outcome for result in self.results}
        chosen = next((each for each in (Outcome.FAILED, Outcome.PASSED) if each in outcomes), None)
        return chosen.value if chosen else Outcome.NOT_TRIED.value

    @property
    def counts(self) -> str:
        """How many cases passed, failed and were not tried."""
        return counts_of(self.results) if self.results else "no case over the wire"


@frozen(slots=False)
class Report:
    """The results of a run against a target."""

    url: str
    rules: Sequence[Rule]
    results: Sequence[Result]

    @property
    def failed(self) -> list[Result]:
        """The cases that failed."""
        return [result for result in self.results if result.outcome is Outcome.FAILED]

    @cached_property
    def by_rule(self) -> list[RuleReport]:
        """Every rule with the results of its cases, in the order of the rules."""
        return [
            RuleReport(rule, tuple(result for result in self.results if rule.id in result.case.rule))
            for rule in self.rules
        ]

    @property
    def broken(self) -> list[str]:
        """The rules that failed cases name first, the most frequent one at the top."""
        counted = Counter(result.case.rule[0] for result in self.failed)
        return [rule for rule, _ in counted.most_common()]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why cases were not tried, and how many for each reason."""
        reasons = Counter(result.reason for result in self.results if result.outcome is Outcome.NOT_TRIED)
        return reasons.most_common()

    @property
    def without_case(self) -> list[Rule]:
        """The rules that no case is about."""
        return [each.rule for each in self.by_rule if not each.results]


def counts_of(results: Sequence[Result]) -> str:
    """Return how many cases passed, failed and were not tried."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])


def as_text(report: Report) -> str:
    """Return a report as text: failures first, then each rule, then what was not tried and why."""
    lines = [f"OCMS conformance of {report.url}", ""]
    for result in report.failed:
        lines.append(f"FAILED {' '.join(result.case.rule)}: {result.case.name} ({result.case.section})")
        lines += [f"    {difference}" for difference in result.differences]
        lines += ["", *result.script.splitlines()] if result.script else []
    lines += [""] if report.failed else []
    lines += [f"{each.rule.id:5} {each.outcome:10} {each.counts}" for each in report.by_rule if each.results]
    lines += ["", f"All: {counts_of(report.results)}"]
    if report.broken:
        lines.append(f"Rules that do not hold: {', '.join(report.broken)}")
    lines += ["", "Not tried:"] if report.reasons or report.without_case else []
    lines += [f"    {many} {'case' if many == 1 else 'cases'}: {reason}" for reason, many in report.reasons]
    if report.without_case:
        named = ", ".join(rule.id for rule in report.without_case)
        lines.append(f"    rules without a case over the wire: {named}")
    if report.without_case:
        lines += [f"    job {job}: {reason}" for job, reason in jobs_left_out().items()]
    remarks = Counter(remark for result in report.results for remark in result.remarks)
    lines += ["", "Remarks:"] if remarks else []
    lines += [f"    {many} x {remark}" for remark, many in remarks.most_common()]
    return "\n".join(lines) + "\n"


def as_junit(report: Report) -> bytes:
    """Return a report as JUnit XML: a suite a file of cases, a skipped case for one that was not tried."""
    suites = ET.Element("testsuites", name="OCMS conformance")
    for file in dict.fromkeys(result.case.file for result in report.results):
        results = [result for result in report.results if result.case.file == file]
        outcomes = Counter(result.outcome for result in results)
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=file,
            tests=str(len(results)),
            failures=str(outcomes[Outcome.FAILED]),
            skipped=str(outcomes[Outcome.NOT_TRIED]),
        )
        for result in results:
            name = f"{' '.join(result.case.rule)}: {result.case.name}"
            case = ET.SubElement(
                suite, "testcase", classname=file, name=printable(name), time=f"{result.seconds:.3f}"
            )
            if result.outcome is Outcome.FAILED:
                message = printable("; ".join(map(str, result.differences)))
                ET.SubElement(case, "failure", message=message).text = printable_lines(result.script)
            elif result.outcome is Outcome.NOT_TRIED:
                ET.SubElement(case, "skipped", message=printable(result.reason))
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def printable(text: str) -> str:
    """Return a text with what XML cannot hold written as Python does."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def printable_lines(text: str) -> str | None:
    """Return lines with what XML cannot hold written as Python does; None where there are none."""
    return "\n".join(map(printable, text.splitlines())) or None


def as_page(report: Report) -> str:
    """Return a report as a page for a browser."""
    template = (files("ocms_conformance") / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(
        report=report, counts=counts_of(report.results), jobs_left_out=jobs_left_out()
    )
