"""How the cases of the conformance kit are printed from the executable specification."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = ROOT / "conformance" / "src" / "ocms_conformance" / "cases"
SPECIFICATION = ROOT / "tests" / "spec" / "http"

# The files of the specification whose cases hold for every OCMS, and the files of cases printed from them.
# The others are about this product's own inside: its logs, statements, pages, races and lost commits.
SOURCES = {
    "test_payment_status.py": "payment_status",
    "test_court_notices.py": "court_notices",
    "test_notice_info.py": "notice_info",
    "test_refusals.py": "court_refusals",
    "test_empty_texts.py": "empty_texts",
    "test_grants.py": "grants",
    "test_repeats.py": "repeats",
    "test_hostile_input.py": "hostile_input",
    "test_bad_rows.py": "bad_rows",
    "test_time_zones.py": "time_zones",
    "stages/test_contract.py": "stages",
    "stages/test_refusals.py": "stages_refusals",
    "stages/test_hostile_input.py": "stages_hostile_input",
    "offenders/test_contract.py": "offenders",
    "offenders/test_refusals.py": "offenders_refusals",
    "hst/test_contract.py": "hst",
}
