"""The cases: what is given, what is asked or run, what is expected, from the JSON Lines of the package."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any, TypeAlias

import cattrs
from attrs import Factory, field, frozen

# Data that all notices share: a case that needs its own puts it in and takes it out again.
REFERENCE_TABLES = frozenset(
    {
        *("ocms_parameter", "ocms_stage_map", "ocms_suspension_reason", "ocms_vip_vehicle"),
        *("ocms_dated_parameter", "ocms_dated_stage_move", "ocms_dated_suspension_reason"),
    }
)

# More in one case may meet the contract's smallest limit, ten an hour, with what other cases have called.
CALLS_OF_A_USED_CREDENTIAL = 4

CONVERTER = cattrs.Converter(forbid_extra_keys=True)


@frozen(kw_only=True)
class Ask:
    """
    A request: `caller` numbers the callers of a case, without a role it carries no credential.

    `altered` says how the credential differs from the one issued, `pieces` are the texts of a long body,
    each so many times in a row.
    """

    method: str
    path: str
    role: str | None = None
    credential: str | None = None
    caller: int = 0
    altered: str | None = None
    headers: Mapping[str, str] = Factory(dict)
    json: Any = ...
    text: str | None = None
    base64: str | None = None
    pieces: list[tuple[str, int]] = Factory(list)


@frozen(kw_only=True)
class Says:
    """An answer as expected; `compact`: its JSON has no white space, as the contract's wire text."""

    status: int
    headers: Mapping[str, Any] = Factory(dict)
    json: Any = ...
    compact: bool = False


@frozen(kw_only=True)
class Leaf:
    """One row that a call leaves different: added, changed in some columns, or gone."""

    table: str
    key: Mapping[str, Any]
    added: Mapping[str, Any] | None = None
    changed: Mapping[str, Any] | None = None
    gone: bool = False


@frozen(kw_only=True)
class Call:
    """One call of a case: the rows that are there by then, the request, the answer, the rows it leaves."""

    ask: Ask
    says: Says
    given: Mapping[str, list[dict[str, Any]]] = Factory(dict)
    gone: Mapping[str, list[dict[str, Any]]] = Factory(dict)
    leaves: list[Leaf] = Factory(list)


@frozen(kw_only=True)
class Case:
    """
    One test of the specification; `fresh` lists the numbers of which each run has its own.

    `without_rows`: it is about the call alone, and holds as well where the rows it gives are not there.
    """

    file: str
    rule: list[str]
    section: str
    name: str
    fresh: Mapping[str, list[str]]
    calls: list[Call] = field(repr=False)
    without_rows: bool = False

    @property
    def needs_rows(self) -> bool:
        """Return whether rows have to be put before it can be run."""
        return not self.without_rows and any(call.given or call.gone for call in self.calls)

    @property
    def needs_reference_data(self) -> bool:
        """Return whether it changes data that all notices share."""
        return any(REFERENCE_TABLES & {*call.given, *call.gone} for call in self.calls)

    @property
    def calls_often(self) -> bool:
        """Whether a caller calls one path so often that a credential used before may meet its limit."""
        counts = Counter((call.ask.caller, call.ask.path) for call in self.calls if call.ask.role)
        return max(counts.values(), default=0) > CALLS_OF_A_USED_CREDENTIAL

    @property
    def leaves_rows(self) -> bool:
        """Return whether it names rows that its calls leave different."""
        return any(call.leaves for call in self.calls)


@frozen(kw_only=True)
class JobCase:
    """
    One test of the specification that runs a job: the rows that are there, and those it leaves.

    The job has to end well. It is run once for all of its cases.
    """

    file: str
    rule: list[str]
    section: str
    name: str
    fresh: Mapping[str, list[str]]
    job: str
    given: Mapping[str, list[dict[str, Any]]] = field(factory=dict, repr=False)
    leaves: list[Leaf] = field(factory=list, repr=False)


AnyCase: TypeAlias = Case | JobCase


@frozen
class Rule:
    """A rule: where the contract says it, and its sentence."""

    id: str
    section: str
    sentence: str


def all_cases() -> Iterator[Case]:
    """Yield every case of the package that makes calls, file by file."""
    for document in documents_of_cases():
        if "job" not in document:
            yield CONVERTER.structure(document, Case)


def all_job_cases() -> Iterator[JobCase]:
    """Yield every case of the package that runs a job, file by file."""
    for document in documents_of_cases():
        if "job" in document:
            yield CONVERTER.structure(document, JobCase)


def documents_of_cases() -> Iterator[dict[str, Any]]:
    """Yield every line of the files of cases, with the name of its file."""
    folder = files("ocms_conformance") / "cases"
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.name.endswith(".jsonl"):
            for line in each.read_text(encoding="utf-8").splitlines():
                yield {"file": each.name.removesuffix(".jsonl"), **json.loads(line)}


def counts_by_level(cases: Iterable[Case], job_cases: Iterable[JobCase]) -> dict[str, str]:
    """Return how many cases, calls and jobs a target is tried with, by what it offers."""
    cases, job_cases = list(cases), list(job_cases)
    levels = {
        "URL and credentials": [case for case in cases if not case.needs_rows],
        "and its database": cases,
    }
    counts = {
        name: f"{len(each)} cases, {sum(len(case.calls) for case in each)} calls"
        for name, each in levels.items()
    }
    jobs = len({case.job for case in job_cases})
    return counts | {"and its jobs": f"{len(job_cases)} cases more, {jobs} jobs"}


def in_order_of_need(cases: Iterable[Case]) -> list[Case]:
    """Return cases with those first that need a credential that has made no call."""
    return sorted(cases, key=lambda case: not case.calls_often)


def all_rules() -> list[Rule]:
    """Return every rule of the specification, those without a case too."""
    return CONVERTER.structure(read_document("rules.json"), list[Rule])


def columns_of_tables() -> dict[str, list[str]]:
    """Return the columns of the tables that the cases speak of: any other is a product's own."""
    return CONVERTER.structure(read_document("tables.json"), dict[str, list[str]])


def left_out() -> dict[str, dict[str, str]]:
    """Return the tests of the specification that are no case here, by file, with the reason."""
    return CONVERTER.structure(read_document("left_out.json"), dict[str, dict[str, str]])


def jobs_left_out() -> dict[str, str]:
    """Return the jobs that no case runs, with the reason."""
    return CONVERTER.structure(read_document("jobs_left_out.json"), dict[str, str])


def read_document(name: str) -> Any:
    """Return a JSON document beside the cases."""
    return json.loads((files("ocms_conformance") / "cases" / name).read_text(encoding="utf-8"))
