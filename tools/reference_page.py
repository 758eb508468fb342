"""Prints docs/reference.md from the tables of the code; with --check it reports whether that is current."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ocms_app.settings import MEANINGS, Settings, effective, shown_name
from ocms_core.kernel import codes
from ocms_core.kernel.access import OPERATIONS, Role
from ocms_core.kernel.batch_limits import DEFAULTS, PARAMETER
from ocms_core.kernel.codes import Code
from ocms_core.kernel.reference_defaults import DEFAULT_STAGE_DAYS, NEXT_STAGE, STAGE_MAP, SUSPENSION_REASONS
from ocms_core.kernel.stages import STAGES
from ocms_core.stages.amounts import MATRIX
from ocms_core.stages.eligibility import DEFAULT_TARGETS, REASONS, TARGETS, OffenderType
from ocms_web.problems import STATUS
from tools.markdown import table

DOCS = Path(__file__).parent.parent / "docs"


def all_codes() -> Iterator[Code]:
    """Yield every answer code, in the order of the table."""
    yield from (code for code in vars(codes).values() if isinstance(code, Code))


def stage_changes() -> Iterator[str]:
    """Yield the stage map as a diagram, and the tables that decide an officer's change."""
    yield "The stage map as an empty database has it; an officer reaches the stages in round boxes (S17)."
    yield ""
    yield "```mermaid"
    yield "flowchart LR"
    by_officer = frozenset().union(*TARGETS.values())
    for stage in STAGES:
        yield f"    {stage}([{stage}])" if stage in by_officer else f"    {stage}[{stage}]"
    for stage, moves in STAGE_MAP.items():
        yield f"    {stage} --> {' & '.join(moves)}"
    yield "```"
    yield ""
    yield "Where an officer may move a notice (S17), and where it goes when no stage is named (S15)."
    yield ""
    yield from table(
        ["offender", "may go to", "derived"],
        (
            (
                offender.value,
                ", ".join(stage for stage in STAGES if stage in TARGETS[offender]),
                ", ".join(f"{stage} to {target}" for stage, target in DEFAULT_TARGETS[offender].items()),
            )
            for offender in OffenderType
        ),
    )
    yield "What is payable after a move, on top of the composition amount (S40)."
    yield ""
    yield from table(
        ["from", "to", "fee"],
        (
            *((", ".join(left), ", ".join(entered), f"`{fee}`") for left, entered, fee in MATRIX),
            ("any other move", "", "none"),
        ),
    )
    yield from table(["reason of change", "meaning"], REASONS.items())


def page() -> Iterator[str]:
    """Yield the lines of the whole page."""
    yield "# Access, limits, codes, settings and reference data"
    yield ""
    yield "Printed from the tables of the code by `make docs`. What is stored where: the"
    yield "[data dictionary](data-dictionary.md)."
    yield ""
    yield "## Access"
    yield ""
    yield "Who may call what (G16), and how often one credential may (P3). Another role gets 403,"
    yield "another kind of credential 401 (G16)."
    yield ""
    yield from table(
        ["operation", *(role.value for role in Role), "credential", "limit", "batch cap"],
        (
            [
                f"`{operation.value}`",
                *("yes" if role is policy.role else "" for role in Role),
                policy.credential.value,
                f"{policy.limit.calls} in any {policy.limit.seconds // 60} min",
                f"`{policy.batch_cap.value}`" if policy.batch_cap else "",
            ]
            for operation, policy in OPERATIONS.items()
        ),
    )
    yield "## Batch caps"
    yield ""
    yield f"Items in one call; changed in `ocms_parameter` under `{PARAMETER}` and the code below (G14)."
    yield ""
    yield from table(["code", "default"], ((f"`{cap.value}`", most) for cap, most in DEFAULTS.items()))
    yield "Two more parameters are used where they are there: `REVERSAL`, code `DAYS`, for how many days a"
    yield "change can be taken back, else 1 (K4), and `REPORT_LINK`, code `HOURS`, for how long a link to a"
    yield "report opens, else 24 (G14)."
    yield ""
    yield "## Answer codes"
    yield ""
    yield "A code without a status of its own belongs to one item, or takes the status of its call."
    yield ""
    yield from table(
        ["code", "HTTP", "text", "rule"],
        (
            (code.code, STATUS[code].value if code in STATUS else "", code.text, code.rule)
            for code in all_codes()
        ),
    )
    yield "## Settings"
    yield ""
    yield "Environment variables, or the same names in lower case without the prefix below `[ocms]` in"
    yield "the TOML file that `OCMS_CONFIG` names. The environment wins. `ocms settings` shows what holds."
    yield ""
    shown = effective(Settings())
    yield from table(
        ["variable", "default", "meaning"],
        (
            (f"`{shown_name(name)}`", f"`{shown[shown_name(name)]}`", meaning)
            for name, meaning in MEANINGS.items()
        ),
    )
    yield "## Reference data"
    yield ""
    yield "What an empty database starts with. Fees are not part of it: an administrator sets them."
    yield ""
    yield from table(
        ["stage", "meaning", "may move to", "followed by"],
        (
            (stage, meaning, ", ".join(STAGE_MAP.get(stage, ())), NEXT_STAGE.get(stage, ""))
            for stage, meaning in STAGES.items()
        ),
    )
    yield from stage_changes()
    yield f"A notice stays {DEFAULT_STAGE_DAYS} days in a stage unless `STAGEDAYS` says otherwise."
    yield ""
    yield from table(
        ["suspension", "days until revival"],
        ((f"{kind}-{reason}", days or "") for (kind, reason), days in SUSPENSION_REASONS.items()),
    )


def write_page(path: Path, lines: Iterable[str], arguments: list[str]) -> int:
    """Write a page, or with `--check` compare it; return the exit status."""
    text = "\n".join(lines).rstrip() + "\n"
    if "--check" in arguments:
        if path.exists() and path.read_text() == text:
            return 0
        print(f"docs/{path.name} is not what the tables say; run `make docs`", file=sys.stderr)
        return 1
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(write_page(DOCS / "reference.md", page(), sys.argv[1:]))
