"""How the cases of the conformance kit are printed from the executable specification."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = ROOT / "conformance" / "src" / "ocms_conformance" / "cases"
SPECIFICATION = ROOT / "tests" / "spec" / "http"

# The files of the specification whose cases hold for every OCMS, and the files of cases printed from them.
# The others are about this product's own inside (its logs, statements, pages, races, lost commits), or draw
# what they send.
SOURCES = {
    "test_payment_status.py": "payment_status",
    "test_court_notices.py": "court_notices",
    "test_notice_info.py": "notice_info",
    "test_refusals.py": "court_refusals",
    "stages/test_contract.py": "stages",
    "stages/test_refusals.py": "stages_refusals",
    "offenders/test_contract.py": "offenders",
    "offenders/test_refusals.py": "offenders_refusals",
    "hst/test_contract.py": "hst",
    "offenders/test_timeline.py": "timeline",
    "test_late_repeats.py": "late_repeats",
    "test_fields.py": "fields",
    "stages/test_changes.py": "stage_changes",
    "hst/test_suspensions.py": "hst_suspensions",
    "test_hostile_input.py": "hostile_input",
    "test_repeats.py": "repeats",
    "test_reversals.py": "reversals",
    "test_dry_runs.py": "dry_runs",
    "test_dated_values.py": "dated_values",
    "test_moments.py": "moments",
    "test_court_suspensions.py": "court_suspensions",
    "offenders/test_changes.py": "offender_changes",
    "offenders/test_reversals.py": "offender_reversals",
    "stages/test_print_runs.py": "print_runs",
    "stages/test_plus.py": "plus",
    "hst/test_jobs.py": "hst_jobs",
}

# The jobs that no case runs, and why.
OTHER_SERVER = "it needs a server of {}, which the kit does not offer"
OWN_WORK = "it does this product's own housekeeping, of which no contract says what it leaves"
JOBS_LEFT_OUT = {
    "refresh_vip_vehicle": OTHER_SERVER.format("CAS with mutual TLS"),
    "sync_cas_payment_status": "it plays the part of CAS and calls OCMS as the cases over HTTP do",
    "update_cas_court_notices": "it plays the part of CAS and calls OCMS as the cases over HTTP do",
    "send_mha_requests": OTHER_SERVER.format("MHA (SFTP)"),
    "receive_mha_responses": OTHER_SERVER.format("MHA (SFTP)"),
    "query_datahive": OTHER_SERVER.format("DataHive"),
    "generate_hst_reports": "it writes workbooks, which the kit does not read",
    "send_alerts": OWN_WORK,
    "deliver_to_internet": "it writes the Internet database, which the kit does not look at",
    "seal_audit_rows": OWN_WORK,
    "remove_old_rows": OWN_WORK,
    "report_stuck_cases": OWN_WORK,
}

# Rules of how calls are made, repeated, tried and refused, whatever the notices: a case that cites only these
# and holds without its rows too is tried on a target that gives no database.
RULES_OF_CALLS = {"K1", "K6", "G2", "G7", "G8", "G10", "G13", "G15", "P1", "P2", "P3", "P5"}
