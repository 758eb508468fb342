"""The command line: what it does, what it prints where, and what it says when something is wrong."""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from attrs import frozen
from cyclopts import App
from sqlalchemy import delete, update

from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.lock_times import LockTimes
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.schema import dated_values as t_dated
from ocms_adapters.sql.schema import intranet as t
from ocms_app.cli import COMMANDS
from ocms_app.cli import run as run_command
from ocms_app.cli.errors import run_reporting_errors
from ocms_app.job_table import job_named
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import LockLease, LockRequest, RunResult
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.dates import SINGAPORE
from tests.support.databases import Databases
from tests.support.hst_rows import hst_database, offender
from tests.support.http_server import OCMS, Deployment, now
from tests.support.java_nodes import JavaNode
from tests.support.job_locks import locks_of
from tests.support.rows import put, put_notices, put_suspension

ROOT = Path(__file__).parents[2]


@frozen
class Said:
    """What a command left: its exit status and its two outputs."""

    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def ocms(
    sqlite_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Give the command, run in this process with the settings of a deployment; more settings by keyword."""

    def run(*words: str, **settings: str) -> Said:
        with monkeypatch.context() as patch:
            for name, value in sqlite_deployment.environment(**settings).items():
                if name.startswith("OCMS_"):
                    patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                sys.exit(run_reporting_errors(lambda: run_command(words)))
        status = left.value.code
        return Said(status if isinstance(status, int) else 0, *capsys.readouterr())

    return run


@pytest.mark.rule("G2")
def test_access_shows_who_looked_somebody_up(
    ocms: Run, sqlite_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = b"k" * 32
    records = SqlAccessRecords(sqlite_deployment.engine, key)
    officer = Principal("USER01", Role.OIC, "credential")
    records.record_access(officer, Operation.HST_EXISTS, ["S1234567A"], now(), notice_no="500500001A")
    settings = {"access_hash_key": base64.b64encode(key).decode()}
    monkeypatch.setattr("sys.stdin", io.StringIO("s1234567a\n"))
    found = ocms("access", **settings)
    assert found.status == 0
    assert all(word in found.out for word in ("USER01", "oic", "hstexists", "500500001A"))
    assert "1234567a" not in (found.out + found.err).lower()
    for given, words in (("S7654321B\n", ("access",)), ("S1234567A\n", ("access", "--until", "2020-01-01"))):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert "USER01" not in ocms(*words, **settings).out
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert ocms("access", **settings).status == 1


def test_the_key_alone_goes_to_standard_output(sqlite_deployment: Deployment) -> None:
    command = [OCMS, "keys", "issue", "--client", "CAS", "--days", "30"]
    ran = subprocess.run(
        command, env=sqlite_deployment.environment(), capture_output=True, text=True, check=True
    )
    (key,) = ran.stdout.splitlines()
    assert key.startswith("ocms_")
    assert key not in ran.stderr
    assert "30 days" in ran.stderr
    (kept,) = SqlCredentials(sqlite_deployment.engine).list()
    assert (kept.client, kept.role, (kept.expires_at or now()) > now()) == ("CAS", Role.CAS, True)


def test_the_token_alone_goes_to_standard_output(ocms: Run) -> None:
    for words in (("--role", "plus", "--client", "PLUS"), ("--role", "oic", "--officer", "OFFICER1")):
        said = ocms("token", *words)
        (token,) = said.out.splitlines()
        assert (said.status, token.count("."), token in said.err) == (0, 2, False)


@pytest.mark.parametrize(
    "job, names",
    [
        ("refresh_vip_vehicle", "OCMS_VIP_URL, OCMS_VIP_CERTIFICATE, OCMS_VIP_KEY"),
        ("send_mha_requests", "OCMS_MHA_HOST"),
        ("receive_mha_responses", "OCMS_MHA_HOST"),
        ("query_datahive", "OCMS_DATAHIVE_URL"),
    ],
)
def test_a_job_names_the_settings_that_are_missing(ocms: Run, job: str, names: str) -> None:
    said = ocms("jobs", "run", job, vip_url="")
    assert said.status == 1
    assert f"{names}: must be set; `ocms settings` says what for" in said.out
    assert "unavailable" not in said.out


def test_the_query_of_plus_names_the_settings_that_are_missing(ocms: Run) -> None:
    said = ocms("partner", "plus-query", "1234567890")
    names = ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
    missing = ", ".join(f"OCMS_PARTNER_{name}" for name in names)
    assert (said.status, said.err) == (1, f"{missing}: must be set; `ocms settings` says what for\n")


@pytest.mark.parametrize(
    "words, key",
    [
        (("jobs", "list"), "job"),
        (("jobs", "history", "--every"), "run"),
        (("keys", "list"), "key_id"),
        (("replication", "status"), "kind"),
        (("explain",), "value"),
        (("explain", "1234567891"), "operation"),
        (("settings",), "setting"),
        (("check",), "severity"),
    ],
)
def test_what_is_listed_can_be_had_as_json(ocms: Run, words: tuple[str, ...], key: str) -> None:
    said = ocms(*words, "--json")
    rows = json.loads(said.out)
    assert isinstance(rows, list)
    assert all(isinstance(row, dict) and key in row for row in rows)
    assert rows or words[0] in {"jobs", "keys", "replication"}


def test_a_reader_that_has_gone_ends_a_command_without_a_word(sqlite_deployment: Deployment) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        os.close(reading)
        env = sqlite_deployment.environment()
        ran = subprocess.run([OCMS, "settings"], env=env, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    script = tmp_path / "ocms"
    env = {"HOME": str(tmp_path), "PATH": f"{Path(OCMS).parent}:/usr/bin:/bin"}
    install = [OCMS, "--install-completion", "--shell", "bash", "--output", str(script)]
    subprocess.run(install, env=env, capture_output=True, check=True)
    complete = (
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); $(complete -p ocms | sed 's/.*-F \\([^ ]*\\).*/\\1/') ocms"
    )
    for words, found in ((("jobs", "hist"), "history"), (("jobs", "list", "--js"), "--json")):
        given = f"source {script}; COMP_WORDS=(ocms {' '.join(words)}); {complete}; echo ${{COMPREPLY[@]}}"
        ran = subprocess.run(["bash", "-c", given], env=env, capture_output=True, text=True, check=True)
        assert ran.stdout.split() == [found], ran.stderr


def test_the_roles_offered_for_a_token_are_those_it_may_have(ocms: Run) -> None:
    offered = ocms("token", "--help").out
    assert "[choices: plus, toppan, oic]" in " ".join(offered.replace("│", " ").split())
    assert ocms("token", "--role", "cas", "--client", "CAS").status == 2


def test_with_the_development_issuer_off_no_token_is_signed(ocms: Run) -> None:
    said = ocms("token", "--role", "plus", "--client", "PLUS", dev_issuer=0)
    assert (said.status, said.out) == (1, "")
    assert said.err.count("\n") == 1
    assert "Set OCMS_DEV_ISSUER=1" in said.err


WITHOUT_DEMO = "import sys; sys.modules['ocms_demo'] = None; from ocms_app.cli import main; main()"


@pytest.mark.parametrize(
    "words", ["demo", "db sample --notices 10", "token --role oic --officer OFFICER1", "serve"]
)
def test_without_the_demo_package_one_line_says_what_to_install(
    sqlite_deployment: Deployment, words: str
) -> None:
    command = [sys.executable, "-c", WITHOUT_DEMO, *words.split()]
    ran = subprocess.run(
        command, env=sqlite_deployment.environment(), capture_output=True, text=True, check=False
    )
    said = "This needs the package ocms_demo, which is not here; install ocms[demo].\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", said)


def test_the_commands_of_production_do_not_need_the_demo_package(sqlite_deployment: Deployment) -> None:
    for words in ("--help", "db --help", "db check", "jobs list", "token inspect --help"):
        command = [sys.executable, "-c", WITHOUT_DEMO, *words.split()]
        env = sqlite_deployment.environment(dev_issuer=0)
        ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr


@pytest.mark.rule("G17")
@pytest.mark.parametrize("before", ["", "Bearer ", "Authorization: Bearer "])
def test_a_token_is_inspected_and_never_printed(ocms: Run, tmp_path: Path, before: str) -> None:
    token = ocms("token", "--role", "oic", "--officer", "Tan").out.strip()
    file = tmp_path / "token"
    file.write_text(f"{before}{token}\n")
    good = ocms("token", "inspect", str(file))
    assert (good.status, good.err) == (0, "")
    assert good.out.endswith("accepted\n")
    file.write_text(f"{before}{token[:-4]}AAAA\n")
    bad = ocms("token", "inspect", str(file))
    assert (bad.status, bad.out.count("FAILED")) == (1, 1)
    assert "The signature of the token is wrong\n" in bad.out
    assert not any(part in good.out + bad.out for part in token.split("."))


@pytest.mark.parametrize(
    "words, given",
    [
        (("token", "--role", "plus"), "Give --client NAME"),
        (("token", "--role", "plus", "--client", "a", "--officer", "b"), "Give --client NAME"),
        (("token", "--role", "oic", "--client", "a"), "Give --client NAME"),
        (("token", "--role", "plus", "--officer", "a"), "Give --client NAME"),
        (("partner", "plus-query"), "Name one or more notices, or a list of them with --file."),
        (("partner", "cas-sync", "unpaid.csv"), "OCMS_PARTNER_API_KEY: must be set"),
        *(
            (("keys", "issue", "--client", "a", "--role", role), f"No call takes an API key of role {role}")
            for role in ("oic", "plus", "toppan")
        ),
        (("keys", "issue", "--client", "a" * 51), "1 to 50"),
        (("explain", "?"), "1 to 10 letters, digits or hyphens"),
        (("reverse", "stage", "--officer", "USER01"), "Name one or more notices"),
        (("reverse", "stage", "?", "--officer", "USER01"), "1 to 10 letters, digits or hyphens"),
        (("reverse", "offender", "N-001", "--officer", "USER01"), "1 to 10 letters and digits."),
        (("reverse", "stage", "N1", "--officer", " "), "1 to 50 characters"),
        (("reverse", "stage", "N1", "--officer", " " + "x" * 50), "1 to 50 characters"),
        (("reverse", "stage", "N1", "--officer", "\U00020bb7" * 26), "1 to 50 characters"),
        (("reverse", "stage", *["N1"] * 501, "--officer", "USER01"), "At most 500 notices"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(ocms: Run, words: tuple[str, ...], given: str) -> None:
    said = ocms(*words)
    assert (said.status, said.out) == (1, "")
    assert given in said.err
    assert said.err.count("\n") == 1


def test_a_client_gets_no_third_key_and_a_revoked_one_makes_room(ocms: Run) -> None:
    keys = [ocms("keys", "issue", "--client", "CAS").out.strip() for _ in range(2)]
    refused = ocms("keys", "issue", "--client", "CAS")
    assert (refused.status, refused.out) == (1, "")
    key_id = keys[0].split("_")[1]
    assert key_id in refused.err
    listed = ocms("keys", "list").out
    assert listed.count("live") == 2
    assert not any(key.split("_", 2)[2] in listed for key in keys)
    assert ocms("keys", "revoke", key_id).status == 0
    assert ocms("keys", "revoke", key_id).status == 1
    assert ocms("keys", "issue", "--client", "CAS").status == 0


def test_settings_are_shown_with_passwords_masked(ocms: Run) -> None:
    said = ocms("settings", intranet_url="postgresql://ocms:geheim@host/name", log_level="error")
    assert "OCMS_INTRANET_URL=postgresql://ocms:***@host/name\n" in said.out
    assert "OCMS_LOG_LEVEL=error\n" in said.out
    assert "OCMS_DEV_ISSUER=1\n" in said.out, "written as the variable has it"
    assert "geheim" not in said.out + said.err


def test_every_wrong_setting_is_one_line_and_no_traceback(ocms: Run) -> None:
    for words in (("settings",), ("db", "check"), ("keys", "list"), ("serve",)):
        said = ocms(*words, workers=0, log_level="loud")
        assert (said.status, said.out) == (1, "")
        assert [line.partition(":")[0] for line in said.err.splitlines()] == [
            "OCMS_LOG_LEVEL",
            "OCMS_WORKERS",
        ]
    assert "OCMS_WORKER: no such setting" in ocms("settings", worker=2).err


def test_a_new_database_is_made_by_upgrade_and_a_repeated_one_changes_nothing(
    ocms: Run, tmp_path: Path
) -> None:
    new = {side: f"sqlite:///{tmp_path}/new/{side}.db" for side in ("intranet_url", "internet_url")}
    assert ocms("db", "check", **new).status == 1
    for _ in range(2):
        assert ocms("db", "upgrade", **new).status == 0
        said = ocms("db", "check", **new)
        assert (said.status, said.err.count("up to date")) == (0, 2)


COMMANDS_ON_DATABASES = (
    "jobs list",
    "jobs history",
    "jobs run send_alerts",
    "jobs release send_alerts",
    "stuck",
    "keys list",
    "keys issue --client CAS",
    "keys revoke abc",
    "explain",
    "explain N1",
    "audit show N1",
    "audit export",
    "audit verify",
    "replication status",
    "replication run",
    "replication reconcile",
    "reverse stage N1 --officer USER01",
    "stages import moves.csv --officer USER01",
    "access",
    "db check",
    "work",
)


@pytest.mark.parametrize("words", COMMANDS_ON_DATABASES)
def test_a_database_that_is_not_there_is_named_and_not_made(
    ocms: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("S1234567A\n"))
    Path("moves.csv").write_text("noticeNo\nN1\n")
    nowhere = {side: f"sqlite:///elsewhere/{side}.db" for side in ("intranet_url", "internet_url")}
    said = ocms(*words.split(), **nowhere)
    assert (said.status, "ocms db upgrade" in said.err + said.out) == (1, True), said
    assert f"there is no database {tmp_path}/elsewhere/int" in said.err + said.out
    assert not Path("elsewhere").exists()
    Path("elsewhere").mkdir()
    for side in nowhere:
        Path("elsewhere", f"{side}.db").touch()
    monkeypatch.setattr("sys.stdin", io.StringIO("S1234567A\n"))
    said = ocms(*words.split(), **nowhere)
    assert (said.status, "ocms db upgrade" in said.err + said.out) == (1, True), said


@pytest.mark.rule("U7")
def test_the_check_names_notices_with_several_current_offenders(ocms: Run, tmp_path: Path) -> None:
    new = {side: f"sqlite:///{tmp_path}/new/{side}.db" for side in ("intranet_url", "internet_url")}
    assert ocms("db", "upgrade", **new).status == 0
    database = hst_database(Databases(new["intranet_url"], new["internet_url"]))
    database.notices(["A", "B"])
    database.put(t.ocms_offence_notice_owner_driver, [offender("B", indicator="D")])
    database.engine.dispose()
    said = ocms("db", "check", **new)
    assert (said.status, said.err.splitlines()[-1]) == (0, "intranet: several current offenders on B")


@pytest.mark.rule("U1", "U2")
def test_the_check_of_suspensions_shows_what_a_repair_then_does(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    hidden, broken, sound, unclear = "500000001A", "500000002B", "500000003C", "500000004D"
    put_notices(sqlite_deployment.engine, [hidden, broken, sound, unclear])
    put_suspension(sqlite_deployment.engine, hidden)
    put_suspension(sqlite_deployment.engine, broken, reason_of_suspension="OUT")
    put_suspension(sqlite_deployment.engine, unclear, reason_of_suspension="XYZ")
    found = (
        "noticeNo,rules,outcome,wrong,rowShows,openRecords,changes\n"
        f"{hidden},U1,found,the row does not show what is open,nothing,"
        "1: PS-WWP since 2024-12-05 10:00:00,row shows PS-WWP since 2024-12-05 10:00:00\n"
        f"{broken},U2 P21,found,PS-OUT is no pair of the reason table,nothing,"
        "1: PS-OUT since 2024-12-05 10:00:00,close 1 (CSR); "
        "open 2: TS-OUT since 2024-12-05 10:00:00 until 2024-12-26 10:00:00; "
        "row shows TS-OUT since 2024-12-05 10:00:00 until 2024-12-26 10:00:00\n"
    )
    left = (
        f"{unclear},U2,needs a person,PS-XYZ is no pair of the reason table,nothing,"
        "1: PS-XYZ since 2024-12-05 10:00:00,\n"
    )
    assert ocms("db", "check").status == 0
    for _ in range(2):
        said = ocms("db", "check", "--suspensions")
        assert (said.status, said.out) == (1, found + left)
        assert said.err.endswith("suspensions: 3 notices contradict themselves, 0 repaired\n")
    said = ocms("db", "check", "--suspensions", "--repair", "--officer", "OIC1")
    repaired = (found + left).replace(",found,", ",repaired,")
    assert (said.status, said.out) == (1, repaired)
    assert said.err.endswith("suspensions: 3 notices contradict themselves, 2 repaired\n")
    said = ocms("db", "check", "--suspensions", "--repair", "--officer", "OIC1")
    assert (said.status, said.out.count("\n")) == (1, 2)


@pytest.mark.parametrize(
    "words", [("--repair",), ("--suspensions", "--repair"), ("--repair", "--officer", "OIC1")]
)
def test_a_repair_is_asked_for_whole_and_by_somebody(ocms: Run, words: tuple[str, ...]) -> None:
    said = ocms("db", "check", *words)
    assert (said.status, said.out) == (1, "")
    assert "--repair needs --suspensions and an --officer of 1 to 50 characters." in said.err


@pytest.mark.rule("P22")
def test_a_court_test_by_a_column_that_is_missing_is_reported(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    assert ocms("db", "check", court_test="stage").status == 0
    said = ocms("db", "check", court_test="dayend")
    assert said.status == 1
    assert "OCMS_COURT_TEST is dayend, but ocms_valid_offence_notice has no such column" in said.err
    put_notices(sqlite_deployment.engine, ["1234567890"])
    with sqlite_deployment.engine.begin() as connection:
        connection.exec_driver_sql("alter table ocms_valid_offence_notice add column dayend varchar(1)")
    try:
        assert ocms("db", "check", court_test="dayend").status == 0
        court = ("OCMS-4008 Notice does not", "P22")
        assert all(word in ocms("explain", "1234567890", court_test="dayend").out for word in court)
        assert "OCMS-4008 Notice does not" not in ocms("explain", "1234567890").out
    finally:
        with sqlite_deployment.engine.begin() as connection:
            connection.exec_driver_sql("alter table ocms_valid_offence_notice drop column dayend")


def test_a_database_that_cannot_be_reached_is_one_line(ocms: Run) -> None:
    said = ocms("db", "check", intranet_url="postgresql://ocms:geheim@127.0.0.1:1/name")
    assert (said.status, said.out, said.err) == (1, "", "the database is unavailable\n")


def test_a_notice_is_explained_by_its_rules(ocms: Run, sqlite_deployment: Deployment) -> None:
    put_notices(sqlite_deployment.engine, ["1234567890"])
    said = ocms("explain", "1234567890")
    assert said.status == 0
    assert all(word in said.out for word in ("stage CPC", "cas-getPaymentStatus", "P22", "P31", "apply-hst"))
    assert (unknown := ocms("explain", "9999999999")).status == 1
    assert "no such notice" in unknown.out


@pytest.mark.rule("K4")
def test_a_stage_change_is_explained_and_reversed(
    ocms: Run, sqlite_deployment: Deployment, tmp_path: Path
) -> None:
    put_notices(sqlite_deployment.engine, ["1234567892"], last_processing_stage="ROV")
    assert "OCMS.CPS.REVERSE.NOTHING" in ocms("explain", "1234567892").out
    reverse = ("reverse", "stage", "1234567892", "--officer", "USER02")
    assert ocms(*reverse).status == 1
    table = tmp_path / "moves.csv"
    table.write_text("noticeNo,newStage\n1234567892,RD1\n")
    with acting(Actor("user", "command", "-", "ocms stages import")):
        assert ocms("stages", "import", str(table), "--officer", "USER01").status == 0
    explained = ocms("explain", "1234567892").out
    assert all(word in explained for word in ("USER01", "23:59"))
    tried = ocms(*reverse, "--dry-run")
    assert (tried.status, "would be" in tried.out, "RD1 -> ROV" in tried.out) == (0, True, True)
    done = ocms(*reverse)
    assert (done.status, "USER01" in done.out) == (0, True)
    assert ocms(*reverse).status == 1
    assert "NOTHING_TO_REVERSE" in ocms("explain", "1234567892").out
    assert ocms("reverse", "offender", "1234567892", "--officer", "USER02").status == 1


@pytest.mark.rule("K4")
def test_a_stage_is_reversed_by_every_number_the_portal_takes(
    ocms: Run, sqlite_deployment: Deployment, tmp_path: Path
) -> None:
    put_notices(sqlite_deployment.engine, ["N-001"], last_processing_stage="ROV")
    table = tmp_path / "moves.csv"
    table.write_text("noticeNo,newStage\nN-001,RD1\n")
    with acting(Actor("user", "command", "-", "ocms stages import")):
        assert ocms("stages", "import", str(table), "--officer", "USER01").status == 0
    done = ocms("reverse", "stage", "n-001", "N-404", "--officer", "USER02", "--json")
    taken, refused = json.loads(done.out)
    reversed_change = {"notice": "N-001", "taken_back": "ocms stages import by USER01", "stage": "RD1 -> ROV"}
    assert (done.status, taken, done.err) == (1, reversed_change, "")
    assert (refused["notice"], refused["stage"]) == ("N-404", None)


@pytest.mark.rule("K4")
def test_an_identity_that_was_not_applied_for_today_cannot_be_reversed(
    ocms: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reverse = ("reverse", "hst", "--officer", "USER01")
    for given, said in (("S1234567A\n", "There is no HST apply or revive of today"), ("\n", "No identity")):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        refused = ocms(*reverse)
        assert (refused.status, said in refused.err) == (1, True)


@pytest.mark.rule("G18")
def test_a_day_is_explained_by_the_values_that_hold_on_it(ocms: Run, sqlite_deployment: Deployment) -> None:
    put_notices(sqlite_deployment.engine, ["1234567891"], last_processing_stage="RD1")
    fee = {"parameter_id": "LATE_FEE", "code": "AMOUNT"}
    dated = {"first_day": "2026-02-01", "last_day": "2126-02-28", "value": "45.00"}
    put(sqlite_deployment.engine, "ocms_dated_parameter", [fee | dated])
    put(
        sqlite_deployment.engine,
        "ocms_dated_stage_move",
        [
            {
                "last_processing_stage": "RD1",
                "next_processing_stage": "RD2",
                "first_day": "2126-02-01",
                "allowed": "N",
            }
        ],
    )
    values = {day: ocms("explain", "--on", day, "--json").out for day in ("2026-01-31", "2026-02-01")}
    (before, after) = (row_for("LATE_FEE AMOUNT", out) for out in values.values())
    assert before == ["LATE_FEE AMOUNT", "none", None, "2026-01-31"]
    assert after == ["LATE_FEE AMOUNT", "45.00", "2026-02-01", "2126-02-28"]
    assert row_for("RD1 to RD2", values["2026-02-01"]) == ["RD1 to RD2", "allowed", None, "2126-01-31"]
    assert row_for("STAGEDAYS RD1", ocms("explain", "--json").out) == ["STAGEDAYS RD1", "14", None, None]
    moved, refused = (ocms("explain", "1234567891", "--on", day).out for day in ("2126-01-31", "2126-02-01"))
    assert "moved to RD2" in moved
    assert "OCMS.CPS.INVALID_TRANSITION" in refused

    said = ocms("db", "check")
    assert said.status == 0
    assert "intranet: LATE_FEE AMOUNT has no value from 2126-03-01 on\n" in said.err
    assert ocms("explain", "--on", "2026-02-30").status == 2
    assert "before the year 9999" in ocms("explain", "--on", "9999-12-31").err
    with sqlite_deployment.engine.begin() as connection:
        connection.execute(delete(t_dated.ocms_dated_parameter))
        connection.execute(delete(t_dated.ocms_dated_stage_move))


def row_for(name: str, out: str) -> list[object]:
    """Return the values of the row of a name in a list printed as JSON."""
    (row,) = (each for each in json.loads(out) if each["value"] == name)
    return list(row.values())


def test_help_names_the_commands() -> None:
    ran = subprocess.run([OCMS, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(word in ran.stdout for word in ("serve", "db", "keys", "token", "settings", "explain"))


@pytest.mark.parametrize(
    "words, given",
    [
        (("access",), "identity number is read from standard input"),
        (("demo",), "not for production"),
        (("check",), "then the status is 1"),
        (("stuck",), "the exit status is 1"),
        (("explain",), "Without a notice, show the values"),
        (("work",), "Any number of workers may run"),
        (("serve",), "requests in flight are finished first"),
        (("settings",), "passwords masked"),
        (("db", "sample"), "The same number and seed give the same notices"),
    ],
)
def test_the_help_of_a_command_is_its_own_text(ocms: Run, words: tuple[str, ...], given: str) -> None:
    assert given in " ".join(ocms(*words, "--help").out.split())


def test_a_group_of_commands_is_listed_by_its_own_sentence() -> None:
    for name, (place, sentence) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        group = getattr(import_module(module), attribute)
        assert name == "token" or not isinstance(group, App) or group.help in ("", sentence)


def test_a_sample_is_loaded_into_an_empty_database(ocms: Run, tmp_path: Path) -> None:
    new = {side: f"sqlite:///{tmp_path}/new/{side}.db" for side in ("intranet_url", "internet_url")}
    assert ocms("db", "sample", "--notices", "50", **new).status == 0
    assert "stage" in ocms("explain", "1234567890", **new).out


def test_the_history_keeps_a_run_that_never_ended_in_sight(ocms: Run, sqlite_deployment: Deployment) -> None:
    locks = locks_of(sqlite_deployment.engine)
    locks.take(LockRequest("refresh_vip_vehicle", "dead", timedelta(seconds=0.05)))
    for _ in range(25):
        held = locks.take(LockRequest("send_alerts", "alive", timedelta(minutes=1)))
        assert isinstance(held, LockLease)
        locks.end(held, RunResult.DONE, {}, None)
    time.sleep(0.1)
    said = ocms("jobs", "history").out
    assert "never ended" in said
    assert "send_alerts" not in said
    assert ocms("jobs", "history", "--every").out.count("send_alerts") == 20
    assert ocms("jobs", "history", "send_alerts", "--last", "3").out.count("send_alerts") == 3
    for command in (["jobs", "history", "--last"], ["stuck", "--most"]):
        assert {ocms(*command, many).status for many in ("0", "1000001", "9" * 20)} == {2}


def test_a_job_that_another_has_is_told_with_the_time_it_is_held_until(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    locks = locks_of(sqlite_deployment.engine)
    locks.take(LockRequest("send_alerts", "other", timedelta(minutes=5)))
    lock = SqlJobStore(sqlite_deployment.engine).held_lock("send_alerts")
    assert lock
    said = ocms("jobs", "run", "send_alerts")
    assert (said.status, said.out) == (3, "")
    assert f"(held until {lock.until:%H:%M:%S} unless extended)" in said.err


@pytest.mark.rule("P42")
def test_a_lock_dated_ahead_is_shown_and_said_to_be_the_reason(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    java = JavaNode(sqlite_deployment.engine, SINGAPORE, "send_alerts")
    assert java.lock(timedelta(minutes=10))
    said = ocms("jobs", "run", "send_alerts")
    assert (said.status, said.out) == (3, "")
    assert "its lock is dated ahead of the database's clock" in said.err
    assert "send_alerts: java-node dated its lock 7:59" in ocms("jobs", "list").err
    assert ocms("jobs", "list", lock_times="Asia/Singapore").err == "1 alerts wait to be sent.\n"
    java.unlock()
    assert ocms("jobs", "run", "send_alerts", lock_times="Asia/Singapore").status == 0


@pytest.mark.rule("P42")
def test_the_lock_of_a_killed_worker_is_released_by_hand_and_that_of_a_running_one_is_not(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    locks = locks_of(sqlite_deployment.engine)
    assert ocms("jobs", "release", "query_datahive").err == (
        "The lock of query_datahive is not released: nobody holds it.\n"
    )
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        worker = f"{socket.gethostname()[:100]}:{process.pid}:abc"
        held = locks.take(LockRequest("query_datahive", worker, job_named("query_datahive").at_most))
        assert isinstance(held, LockLease)
        refused = ocms("jobs", "release", "query_datahive")
        assert refused.status == 3
        assert f"the process of its worker runs on this machine. Held by {held.holder} since 2" in refused.err
        assert "It ends by itself at 2" in refused.err
        process.kill()
    released = ocms("jobs", "release", "query_datahive")
    assert (released.status, released.out) == (0, "")
    assert f"The lock of query_datahive is released. Held by {held.holder} since 2" in released.err
    assert not locks.extend(held)
    locks.take(LockRequest("query_datahive", "elsewhere:1:abc", job_named("query_datahive").at_most))
    assert "its worker extended it a moment ago" in ocms("jobs", "release", "query_datahive").err
    assert ocms("jobs", "release", "no_such_job").status == 1


@pytest.mark.rule("P42")
def test_a_lock_written_in_the_zone_of_the_nodes_is_released_by_the_clock_of_that_zone(
    ocms: Run, sqlite_deployment: Deployment
) -> None:
    in_singapore = SqlJobStore(sqlite_deployment.engine, LockTimes(SINGAPORE))
    at_most = job_named("query_datahive").at_most
    request = LockRequest("query_datahive", "elsewhere:1:abc", at_most)
    assert isinstance(JobLocks(in_singapore).take(request), LockLease)
    earlier = datetime.now(SINGAPORE).replace(tzinfo=None) - timedelta(minutes=30)
    with sqlite_deployment.engine.begin() as connection:
        times = {"locked_at": earlier, "lock_until": earlier + at_most}
        connection.execute(update(t.ocms_shedlock).values(**times))
    released = ocms("jobs", "release", "query_datahive", lock_times="Asia/Singapore")
    assert released.status == 0, released.err
    assert isinstance(JobLocks(in_singapore).take(request), LockLease)


@pytest.mark.rule("P41", "P42")
def test_running_again_today_and_accepting_a_list_that_shrinks_are_two_options(ocms: Run) -> None:
    run_reporting_errors = ocms("jobs", "run", "--help").out
    assert "--force" in run_reporting_errors
    assert "--accept" in run_reporting_errors
