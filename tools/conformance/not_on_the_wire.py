"""Kinds of mutants that no call and no row of a contract's table can show, each with its reason."""

import re

from attrs import frozen

from tools.mutation import CORE
from tools.mutation.changes import Mutant


@frozen
class Kind:
    """Mutants of a module, or of all below a folder, whose change fits a pattern; `reason` says why."""

    module: str
    change: str
    reason: str

    def has(self, mutant: Mutant) -> bool:
        """Return whether a mutant is of this kind."""
        module = str(mutant.module.relative_to(CORE))
        fits = re.search(self.change, f"{mutant.before.strip()}  ->  {mutant.after.strip()}")
        return module.startswith(self.module) and fits is not None


KINDS = (
    Kind("replication/", "", "The outbox and the Internet database are not a target's to show."),
    Kind("", r"^on_refused_row=", "No case can make a target's database refuse a row."),
    Kind(
        "kernel/unit_of_work.py",
        r"\bin refused|refused, None\)$",
        "No case can make a target's database refuse a row.",
    ),
    Kind(
        "kernel/suspensions.py",
        r"max\(self\.last_sr_no.*->  (None,)?$",
        "The number of the next record is taken from what was there before; what is paid gets none.",
    ),
    Kind(
        "kernel/credentials.py",
        "USE_RECORDING_INTERVAL",
        "When a key was used last is in no table of a contract.",
    ),
    Kind(
        "kernel/credentials.py",
        "->  .*now <= self.expires_at",
        "No case can call in the very moment in which a key expires.",
    ),
    Kind(
        "kernel/idempotency.py",
        "->  .*>= COMPLETION",
        "No case can call in the very moment in which a submit is no longer waited for.",
    ),
    Kind("", r"CPS_FEE_MISSING\.worded\(fee=None\)", "The words of this refusal are this product's own."),
    Kind(
        "kernel/idempotency.py",
        r"^raise TypeError\(",
        "A store that keeps no answers is a fault of the program's own.",
    ),
    Kind(
        "stages/officer_changes.py",
        r"left_seen_stage\(item, None\)",
        "Only the staff page sends the stage it shows.",
    ),
    Kind(
        "stages/officer_changes.py",
        r"classes\.get\(None\)",
        "Each notice is decided anew, with the same verdict.",
    ),
    Kind(
        "stages/request_checks.py",
        r"^word\(given, name, notice_no\)  ->  word\(given, name, (None)?\)",
        "A validation that is refused names no notice.",
    ),
    Kind(
        "stages/plus.py",
        r"StageTransition\(.*->  .*StageTransition\((None, change\.next|change\.last, None)\)",
        "PLUS is told how many notices have moved, not from where.",
    ),
    Kind("stages/toppan.py", r"classes\.get\(None\)", "Each notice is decided anew, with the same verdict."),
    Kind("stages/reports.py", r"Sheet\(|enumerate\(rows", "The kit reads no workbook."),
    Kind(
        "stages/reports.py",
        "REPORT_LINK",
        "A new value is taken up within five seconds, which no case waits.",
    ),
    Kind(
        "stages/service.py",
        r"stored_name\(None\)\) if",
        "A workbook that is not found is built again, the same.",
    ),
    Kind("stages/service.py", "progress", "How far a print run has come is told to no caller."),
    Kind(
        "stages/service.py",
        r"^kept\.claim\(call\.key, now\).*->  kept\.claim\(call\.key, None\)",
        "When a key was claimed is in no table of a contract.",
    ),
    Kind(
        "stages/service.py",
        r"^build\(entry,|^content = store\.read\(reports\.stored_name\(name\)\)  ->",
        "Only a workbook that has been lost is built again.",
    ),
    Kind(
        "stages/service.py", r"ReportEntry\(further", "Only two batches of one officer in one second show it."
    ),
    Kind(
        "stages/search.py",
        r"self\.total >= len",
        "Only a search that just reaches its thousand notices shows it.",
    ),
    Kind(
        "hst/suspending.py", r"crs_reason is not None", "What is paid is not suspended, so never asked for."
    ),
    Kind(
        "offenders/furnishing.py",
        r"OFFENDER_FURNISHED.*->  .*notice_no, None,",
        "What is done is answered in words of its own, without this code.",
    ),
    Kind(
        "court/plus_query.py",
        r"->  (court_payment_due_date|has_court_case)=None,$",
        "What is kept of the court case is looked at before, and not answered.",
    ),
    Kind(
        "court/court_notices.py",
        r"decided\.code, notice\).*->  .*Answer\(None, decided",
        "What is updated is listed by its notice, not by the number that was sent.",
    ),
    Kind(
        "hst/suspending.py",
        r"^alone = ",
        "What rows show is written for many together or one by one, the same.",
    ),
    Kind(
        "reversals/reversing.py",
        r'^row\["offender_tel_code"\],  ->  None,',
        "No call shows the country code of whom a reversal took out.",
    ),
    Kind(
        "reversals/former_rows.py",
        r"^else ChangedRow\(|^return None if earlier|known is None\) or True",
        "No call that can be taken back writes a row twice.",
    ),
    Kind(
        "reversals/former_rows.py",
        r"->  .*notice\.rows\.get\(row\.key, (None)?\)",
        "No call that can be taken back takes a row of a notice away.",
    ),
    Kind("offenders/effects.py", r"and False else shown$", "What the row shows is written again, the same."),
    Kind(
        "kernel/addresses.py",
        r"lstrip|one_spaced|BLANKS\.sub",
        "Only jobs compare a listed address with others, or ask since when it is so.",
    ),
)


def reason_for(mutant: Mutant) -> str | None:
    """Return why no call can show a mutant; None where one can."""
    return next((kind.reason for kind in KINDS if kind.has(mutant)), None)
