"""Names the project has given up do not come back, and one class name stands for one class."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks", "tools")
PYTHON = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
# The changelog is left out: it names what was renamed.
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]

# Module and package names that stand nowhere (with a folder: not in that one), and what they became.
MODULES = {
    "envelopes": "replies",
    "field_checks": "request_reader",
    "altered": "mutations",
    "beginning": "startup",
    "called": "http_calls",
    "calling": "retry",
    "calls": "pipeline",
    "caps": "batch_limits",
    "chunking": "distributed_reconciliation",
    "chunks": "job_queue",
    "companion": "demo_services",
    "comparing": "comparison",
    "copies": "replicated_tables",
    "counters": "rate_limits",
    "demonstration": "demo",
    "doors": "authentication",
    "drawing": "generator",
    "existence": "lookup",
    "failures": "errors",
    "kernel/faults": "errors",
    "faulty": "fault_injection",
    "flow": "unit_of_work",
    "guard": "authenticator",
    "hands": "scenarios",
    "house": "architecture",
    "hst_questions": "hst_queries",
    "inserting": "bulk_insert",
    "involving": "offenders",
    "journal": "job_runs",
    "ledger": "change_writer",
    "logged": "log_lines",
    "lookups": "access_log",
    "looping": "renewing",
    "manual": "officer_changes",
    "mirror": "replication",
    "mirroring": "replication",
    "moving": "stage_transition",
    "nightly": "batch_jobs",
    "number_pages": "paging",
    "observed": "observability",
    "outgoing": "outbox_rows",
    "particulars": "offender_details",
    "persons": "identity_numbers",
    "reconciling": "reconciliation",
    "registers": "fake_registry",
    "running": "job_runner",
    "schedule": "job_table",
    "cli/scheduled": "jobs",
    "sealing": "encryption",
    "served": "http_server",
    "showing": "settings",
    "kernel/spec": "rule_tags",
    "tour": "walkthrough",
    "turned": "rejections",
    "twins": "in_memory_stores",
    "verdicts": "decisions",
    "wire": "json_codec",
    "worker": "scheduler",
    "working": "work",
    "writings": "change_statements",
}

# Names that stand nowhere, whatever they name.
IDENTIFIERS = {
    "Admitted": "CallAllowed",
    "Answered": "ApplicationError",
    "Ask": "LockRequest",
    "Asked": "Request, RoleRequest",
    "BadRow": "RowRejected",
    "BearerDoor": "BearerAuthenticator",
    "Changed": "ParticularsPatch",
    "Claimed": "ClaimedRow",
    "Copy": "ReplicatedTable",
    "Desk": "HstClient, OfficerClient",
    "Door": "Authenticator",
    "Doors": "Authenticator",
    "Exhausted": "RetriesExhausted",
    "Form": "FieldReader",
    "Gate": "Pipeline",
    "Hand": "Scenario",
    "Held": "LockLease",
    "Holder": "RoleHolder",
    "House": "Deployment",
    "IdentityDelisted": "IdentityRemoved",
    "KeyDoor": "ApiKeyAuthenticator",
    "Ledger": "ChangeWriter",
    "LogPost": "LogAlertSender",
    "LookUp": "AccessRecorder",
    "Mishap": "InjectedFault",
    "Named": "Validation",
    "NotNow": "SkipReason",
    "NoticesShow": "SuspensionShownOnNotices",
    "OffenderSet": "CurrentOffenderSet",
    "OutgoingTogether": "OutboxRows",
    "Passing": "TransientError",
    "Phrases": "Queries",
    "Piece": "ReconciliationChunk",
    "Place": "BatchPosition",
    "Post": "AlertSender, ReportMailer",
    "Questions": "Queries",
    "Reader": "FieldReader",
    "ReportMail": "ReportMailer",
    "Sealer": "FieldCipher",
    "Sent": "RawRequest",
    "Settled": "Decision",
    "Shown": "BodyDescription",
    "SmtpPost": "SmtpAlertSender",
    "SqlJournal": "SqlJobRuns",
    "SqlMirror": "SqlReplication",
    "Standing": "Statistics",
    "Stretch": "NoticeRange",
    "Taken": "RoleAssigned",
    "TakerListed": "AssigneeOnHstList",
    "Taking": "RoleAssignment",
    "Tally": "JobResult",
    "Turned": "AuthenticationFailure",
    "Wanted": "RequestedChange",
    "Writing": "ChangeStatement",
    "WritingTogether": "BulkStatement",
    "Written": "RowStatement",
    "Wrong": "InvalidField",
    "aside": "archived_name",
    "carried_out": "run_job",
    "deal": "assign_cases",
    "desk": "hst_client, officer_client",
    "door": "authenticator",
    "doors": "authenticator",
    "gate": "pipeline",
    "go_on": "continue_always",
    "goes_round": "renews",
    "house": "deployment",
    "let_go": "released",
    "looked_up": "record_access",
    "phrase": "build",
    "put_away": "store_reports",
    "road": "stage_path",
    "settle": "execute",
    "settle_whole": "execute",
    "told": "run_reporting_errors",
    "twin": "in_memory_stores",
    "twins": "in_memory_stores",
    "went_round": "was_renewed",
}

# Ordinary words that are not defined again, as a class or a function, where they had a meaning of their own.
DEFINITIONS = {
    ("src", "Item"): "ChangeItem",
    ("src/ocms_adapters/encryption.py", "open"): "decrypt",
    ("src/ocms_adapters/encryption.py", "seal"): "encrypt",
    ("src/ocms_adapters/http", "tried"): "with_retries",
    ("src/ocms_core/hst", "over"): "expired",
    ("src/ocms_core/offenders", "furnished"): "parse_furnish",
    ("src/ocms_core/replication", "outgoing"): "outbox_rows",
    ("src/ocms_web/authentication", "enter"): "authenticate",
    ("src/ocms_web/endpoints.py", "address"): "url_params",
    ("src/ocms_web/pipeline.py", "answered"): "handle_safely",
    ("src/ocms_web/pipeline.py", "passed"): "handle",
    ("tests/support", "each"): "parametrize_cases",
    ("tests/support", "said"): "outcome",
    ("tests/spec/http", "counter"): "officer_client",
}

BACKTICKED = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")
PATH = re.compile(r"\w+(?:/\w+)+|\w+(?=\.py\b)|\w+(?=/)")


def identifiers(source: str) -> Iterator[tuple[str, int]]:
    """Yield every name of a module that is no keyword, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string, token.start[0]


def definitions(source: str) -> Iterator[tuple[str, int]]:
    """Yield the name of every class and function of a module, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno


def code_of(page: str) -> str:
    """Return what a page writes as code, in back-ticks or in a fence."""
    prose = FENCED.sub("", page)
    return "\n".join([*FENCED.findall(page), *BACKTICKED.findall(prose)])


def old_in_code(page: str) -> list[str]:
    """Return the old identifiers and module names that a page writes as code."""
    code = code_of(page)
    words = [word for word in WORD.findall(code) if word in IDENTIFIERS]
    return words + [module for path in PATH.findall(code) for module in old_modules(path)]


def old_modules(path: str) -> list[str]:
    """Return the old module and package names in a path without its suffix."""
    parts = path.replace("/test_", "/").split("/")
    named = [*parts, *(f"{folder}/{name}" for folder, name in pairwise(parts))]
    return [name for name in named if name in MODULES]


def below(path: Path, folder: str) -> bool:
    """Return whether a file is a folder's, or the file itself."""
    return path == ROOT / folder or (ROOT / folder) in path.parents


def test_no_module_has_an_old_name() -> None:
    paths = [path.relative_to(ROOT).with_suffix("").as_posix() for path in PYTHON]
    assert [path for path in paths if old_modules(path)] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_old_name_stands_in_the_source(folder: str) -> None:
    old = [
        f"{path.relative_to(ROOT)}:{line}: {name} -> {IDENTIFIERS[name]}"
        for path in PYTHON
        if below(path, folder)
        for name, line in identifiers(path.read_text())
        if name in IDENTIFIERS
    ]
    assert old == []


@pytest.mark.parametrize("place, name", DEFINITIONS, ids=str)
def test_an_ordinary_word_is_not_defined_again_where_it_had_a_meaning_of_its_own(
    place: str, name: str
) -> None:
    old = [
        f"{path.relative_to(ROOT)}:{line}: {name} -> {DEFINITIONS[place, name]}"
        for path in PYTHON
        if below(path, place)
        for defined, line in definitions(path.read_text())
        if defined == name
    ]
    assert old == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_writes_an_old_name_as_code(page: Path) -> None:
    assert old_in_code(page.read_text()) == []


def repeated(classes: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the class names defined more than once in modules given by path, with their places."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, source in classes.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    return {name: found for name, found in places.items() if len(found) > 1}


def test_no_two_classes_share_a_name() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in PYTHON if below(path, "src")}
    assert repeated(sources) == {}


def test_what_is_looked_for_is_found() -> None:
    assert [name for name, _ in identifiers("door = Gate()  # Turned\n")] == ["door", "Gate"]
    assert list(definitions("class Item:\n    def over(self): ...\n")) == [("Item", 1), ("over", 2)]
    assert repeated({"a.py": "class A: ...\n", "b.py": "def f():\n    class A: ...\n"}) == {
        "A": ["a.py:1", "b.py:2"]
    }


@pytest.mark.parametrize(
    "page, old",
    [
        ("The door is open.", []),
        ("A `Door` opens.", ["Door"]),
        ("```python\ndoor = open()\n```", ["door"]),
        ("See `kernel/faults.py`.", ["kernel/faults"]),
        ("See `ocms_web/doors/keys.py`.", ["doors", "doors"]),
        ("Run `ocms work`, see `tests/spec`.", []),
        ("See `kernel/spec.py`.", ["kernel/spec"]),
    ],
)
def test_old_names_are_found_in_the_code_of_a_page_and_not_in_its_prose(page: str, old: list[str]) -> None:
    assert old_in_code(page) == old


def test_every_new_name_is_one() -> None:
    renamed = {**MODULES, **IDENTIFIERS}
    kept = [new for names in renamed.values() for new in names.split(", ") if new in renamed]
    assert kept == []
