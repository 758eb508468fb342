"""`ocms check` finds what would keep a deployment from working, a line each, and says what to do."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ocms_adapters.clock import SystemClock
from ocms_app.deployment_check import CheckResult, Severity, findings
from ocms_app.keys import audit_cipher
from ocms_app.settings import IssuerSettings, Settings, WrongSettings
from ocms_app.start_check import check_before_start, fatal_findings
from ocms_demo.dev_issuer import DevIssuer
from ocms_demo.simulators.certificates import authority
from tests.support.databases import Databases
from tests.support.http_server import Deployment
from tests.support.postgres import free_port

Made = Callable[[Path], dict[str, Any]]
ISSUER = IssuerSettings(name="iz", issuer="https://iz.example", audience="ocms", kind="clients")
NOBODY = "127.0.0.1"
UNREACHABLE = f"postgresql://ocms@{NOBODY}:1/x"


@pytest.fixture
def settings(databases: Databases, tmp_path: Path) -> Settings:
    """Return settings with which everything works, on each database in turn."""
    (staff, *_) = DevIssuer(tmp_path / "issuer", switched_on=True).issuers()
    return Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        internet_keys="k1=" + "A" * 43 + "=",
        access_hash_key="A" * 43 + "=",
        audit_keys="k1=" + "A" * 43 + "=",
        issuers=(evolve(ISSUER, jwks_file=str(staff.jwks_file)),),
        reports=str(tmp_path / "reports"),
        link_key="secret",
        dev_keys=str(tmp_path / "dev"),
    )


def wrong(settings: Settings, *, late: timedelta = timedelta(0)) -> list[str]:
    found = findings(settings, SystemClock().now() + late)
    return [f"{each.subject}: {each.text}" for each in found if each.severity is Severity.WRONG]


def mha(**changed: Any) -> Made:
    def made(folder: Path) -> dict[str, Any]:
        hosts = folder / "known_hosts"
        hosts.write_text("")
        key = folder / "no-key"
        usual = {
            "mha_host": NOBODY,
            "mha_port": free_port(),
            "mha_key": str(key),
            "mha_known_hosts": str(hosts),
        }
        return usual | changed

    return made


def expired(folder: Path) -> dict[str, Any]:
    own = authority(folder / "ca").issue("ocms", ends=SystemClock().now() - timedelta(hours=1))
    return {
        "vip_url": "https://cas.example",
        "vip_certificate": str(own.certificate),
        "vip_key": str(own.key),
    }


def not_a_folder(folder: Path) -> dict[str, Any]:
    (folder / "file").write_text("")
    return {"reports": str(folder / "file" / "reports")}


def issuer(**changed: Any) -> Made:
    return lambda folder: {"issuers": (evolve(ISSUER, **{"jwks_file": str(folder / "none.json")} | changed),)}


def without_tables(folder: Path) -> dict[str, Any]:
    """Make an empty file the Intranet database."""
    (folder / "empty.sqlite").touch()
    return {"intranet_url": f"sqlite:///{folder / 'empty.sqlite'}"}


def of(**changed: Any) -> Made:
    return lambda _folder: changed


MISCONFIGURATIONS: dict[str, tuple[Made, str]] = {
    "an Intranet database that does not answer": (
        of(intranet_url=UNREACHABLE),
        "intranet database: does not answer at the address of OCMS_INTRANET_URL; correct it",
    ),
    "an Internet database that does not answer": (
        of(internet_url=UNREACHABLE),
        "internet database: does not answer at the address of OCMS_INTERNET_URL; correct it",
    ),
    "a database without tables": (
        without_tables,
        "intranet database: is not up to date; run `ocms db upgrade`",
    ),
    "a database that is not there": (
        lambda folder: {"intranet_url": f"sqlite:///{folder / 'new.sqlite'}"},
        "intranet database: there is no database /",
    ),
    "keys of the Internet copy that are none": (of(internet_keys="k1"), "OCMS_INTERNET_KEYS: write id=key"),
    "a short key for access records": (of(access_hash_key="AAAA"), "OCMS_ACCESS_HASH_KEY: is no 32 bytes"),
    "an issuer of no kind": (issuer(kind="robots"), "issuer iz: "),
    "an issuer whose file is not there": (issuer(), "issuer iz: no keys can be read from "),
    "an issuer who does not answer": (
        issuer(jwks_file="", jwks_url=f"https://{NOBODY}:1/keys"),
        "issuer iz: no keys can be read from https://",
    ),
    "a staff issuer that is none": (
        of(staff_client_id="x", staff_issuer="foo"),
        "OCMS_STAFF_ISSUER: names no issuer of kind staff",
    ),
    "no issuer": (of(issuers=()), "issuers: none is set"),
    "a schedule of no job": (of(schedules={"refresh_vip": "* * * * *"}), "[ocms.schedules] refresh_vip: "),
    "a schedule that is no crontab line": (
        of(schedules={"send_alerts": "every minute"}),
        "[ocms.schedules] send_alerts: 'every minute' is no crontab line",
    ),
    "a column the database lacks": (
        of(court_test="dayend"),
        "OCMS_COURT_TEST: ocms_valid_offence_notice has no column dayend; set it to stage",
    ),
    "a report folder that cannot be": (not_a_folder, "OCMS_REPORTS: "),
    "a mail server that does not answer": (
        lambda _folder: {"smtp_host": NOBODY, "smtp_port": free_port(), "alert_to": "duty@example.sg"},
        "mail: the mail server (ConnectionRefusedError) is unavailable; see OCMS_SMTP_HOST",
    ),
    "no key for MHA": (mha(mha_key=""), "mha: OCMS_MHA_KEY: must be set"),
    "a key for MHA that is not there": (mha(), "MHA: MHA (OCMS_MHA_KEY: FileNotFoundError) is unavailable"),
    "a certificate that has expired": (expired, "OCMS_VIP_CERTIFICATE: expired on "),
    "a certificate that is not there": (
        of(vip_url="https://cas.example", vip_certificate="none.pem", vip_key="none.key"),
        "VIP list: a file of the certificate for mutual TLS is missing; correct OCMS_VIP_CERTIFICATE",
    ),
    "no certificate for CAS": (of(vip_url="https://cas.example"), "vip list: OCMS_VIP_CERTIFICATE"),
    "no token for DataHive": (of(datahive_url="https://hive.example"), "datahive: OCMS_DATAHIVE_TOKEN: "),
}  # fmt: skip


def test_a_deployment_that_works_has_nothing_wrong(settings: Settings) -> None:
    assert wrong(settings) == []
    check_before_start(settings)


@pytest.mark.parametrize("name", MISCONFIGURATIONS)
def test_each_misconfiguration_is_found_with_its_remedy(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    change, line = MISCONFIGURATIONS[name]
    found = wrong(evolve(settings, **change(tmp_path)))
    assert [each for each in found if each.startswith(line)], found


def test_a_clock_that_differs_is_found(settings: Settings) -> None:
    late = wrong(settings, late=timedelta(hours=1))
    assert late[0].startswith("intranet database: its clock and this machine's differ by 36")
    assert late[0].endswith("synchronise both (NTP)")


def test_development_tokens_are_not_for_a_database_of_many_machines(settings: Settings) -> None:
    DevIssuer(Path(settings.dev_keys), switched_on=True)
    found = wrong(evolve(settings, dev_issuer=True))
    expected = [] if settings.intranet_url.startswith("sqlite") else [
        "OCMS_DEV_ISSUER: accepts tokens anyone with OCMS_DEV_KEYS can sign; set it to 0"
    ]  # fmt: skip
    assert found == expected


@pytest.mark.parametrize(
    "change, line",
    [
        ({"internet_keys": "k1"}, "OCMS_INTERNET_KEYS: write id=key"),
        ({"schedules": {"refresh_vip": "* * * * *"}}, "[ocms.schedules] refresh_vip: there is no such job"),
        ({"staff_client_id": "x", "staff_issuer": "iz"}, "OCMS_STAFF_ISSUER: names no issuer of kind staff"),
        ({"staff_client_id": "x"}, "OCMS_STAFF_CLIENT_ID: is set, but no token issuer of kind staff is;"),
        (
            {
                "staff_client_id": "x",
                "issuers": (
                    evolve(ISSUER, kind="staff", issuer="http://sts.example", jwks_file="keys.json"),
                ),
            },
            "OCMS_STAFF_DISCOVERY_URL: must be set, for issuer iz is no https address to read it below",
        ),
    ],
)
def test_no_process_starts_on_what_cannot_work(settings: Settings, change: dict[str, Any], line: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        check_before_start(evolve(settings, **change))
    assert refused.value.lines[0].startswith(line)


def test_a_driver_that_is_not_installed_is_named_with_its_extra(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    lines = fatal_findings(evolve(settings, internet_url="mssql://sa@db.example/x"))
    assert lines == ["OCMS_INTERNET_URL: mssql_python is not installed; install ocms[server,mssql]"]


@pytest.fixture
def taken() -> Iterator[int]:
    """Yield a port that another process listens on."""
    with socket.create_server((NOBODY, 0)) as other:
        yield other.getsockname()[1]


def ran(deployment: Deployment, *words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ocms_app.command", *words],
        env=deployment.environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_says_a_line_each_and_fails_where_something_is_wrong(
    sqlite_deployment: Deployment, taken: int
) -> None:
    works = ran(sqlite_deployment, "check")
    assert (works.returncode, works.stderr) == (0, "")
    assert works.stdout.endswith("Nothing keeps this deployment from working.\n")
    fails = ran(sqlite_deployment, "check", "--port", str(taken))
    assert fails.returncode == 1
    *_, port, sum_up = fails.stdout.splitlines()
    assert port.startswith(f"wrong  port: Port {taken} of 127.0.0.1 cannot be used")
    assert sum_up == "1 to be put right."


@pytest.mark.parametrize("database", ["sqlite:///var/intranet.db", UNREACHABLE])
@pytest.mark.parametrize("dev_issuer", [0, 1])
def test_the_check_leaves_an_empty_folder_empty(
    sqlite_deployment: Deployment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    dev_issuer: int,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    settings = {"intranet_url": database, "internet_url": "sqlite:///var/internet.db"}
    checked = ran(sqlite_deployment, "check", dev_issuer=dev_issuer, dev_keys="var/dev", **settings)
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "internet database: there is no database" in checked.stdout
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("there", ["audit_keys.key", "dev-issuer.key.json"])
def test_the_check_adds_nothing_to_a_folder_in_which_some_keys_are(
    settings: Settings, tmp_path: Path, there: str
) -> None:
    settings = evolve(settings, intranet_url=f"sqlite:///{tmp_path / 'none.sqlite'}", audit_keys="")
    settings = evolve(settings, dev_issuer=True, issuers=())
    own = Path(settings.dev_keys)
    audit_cipher(settings)
    DevIssuer(own, switched_on=True).issuers()
    for file in own.iterdir():
        if file.name != there:
            file.unlink()
    before = {file.name: file.read_bytes() for file in own.iterdir()}
    found = list(findings(settings, SystemClock().now()))
    assert {file.name: file.read_bytes() for file in own.iterdir()} == before
    assert list(before) == [there]
    signing = "the first worker on this machine makes a key and keeps it"
    assert CheckResult(Severity.GOOD, "OCMS_AUDIT_SIGNING_KEY", signing) in found


def test_a_key_of_this_machine_that_is_broken_is_found(settings: Settings, tmp_path: Path) -> None:
    settings = evolve(settings, intranet_url=f"sqlite:///{tmp_path / 'none.sqlite'}", access_hash_key="")
    Path(settings.dev_keys).mkdir()
    (Path(settings.dev_keys) / "access_hash_key.key").write_text("AAAA")
    assert "OCMS_ACCESS_HASH_KEY: is no 32 bytes in base 64" in "\n".join(wrong(settings))


def test_a_folder_in_which_the_key_of_the_links_cannot_be_kept_is_found(settings: Settings) -> None:
    # A folder that can be written, in one that cannot.
    found = wrong(evolve(settings, reports="/proc/self/cwd", link_key=""))
    assert [each.partition(" (")[0] for each in found] == ["OCMS_LINK_KEY: /proc/self cannot be written"]


@pytest.mark.parametrize(
    "words, wrong_setting",
    [
        (["serve"], {"internet_keys": "k1"}),
        (["work"], {"internet_keys": "k1"}),
        (["work"], {"worker_metrics_port": "70000"}),
        (["check"], {"intranet_url": UNREACHABLE}),
        (["db", "check"], {"intranet_url": UNREACHABLE}),
        (["jobs", "list"], {"intranet_url": UNREACHABLE}),
        (["keys", "list"], {"intranet_url": UNREACHABLE}),
    ],
    ids=str,
)
def test_no_command_ends_in_a_traceback(
    sqlite_deployment: Deployment, words: list[str], wrong_setting: dict[str, str]
) -> None:
    failed = ran(sqlite_deployment, *words, **wrong_setting)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr + failed.stdout
    assert failed.stderr + failed.stdout


def test_a_port_for_metrics_that_is_taken_is_said_by_its_setting(
    sqlite_deployment: Deployment, taken: int
) -> None:
    failed = ran(sqlite_deployment, "work", worker_metrics_port=taken)
    line = f"OCMS_WORKER_METRICS_PORT: port {taken} cannot be used (Address already in use); choose another\n"
    assert (failed.returncode, failed.stderr) == (1, line)


def test_more_threads_than_a_process_can_have_files_for_are_said_by_their_setting(
    sqlite_deployment: Deployment,
) -> None:
    failed = ran(sqlite_deployment, "serve", threads=999_999_999)
    assert failed.returncode == 1
    assert failed.stderr.startswith("OCMS_CONNECTIONS is 1000 and OCMS_THREADS 999999999: they take ")


def test_without_its_extra_the_command_says_what_to_install() -> None:
    script = "import sys; sys.modules['cyclopts'] = None; from ocms_app.command import main; main()"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "cyclopts is not installed; install ocms[server]\n"


@pytest.mark.parametrize(
    "name", ["internet_keys", "access_hash_key", "audit_keys", "link_key", "OCMS_LINK_KEY"]
)
def test_a_new_secret_is_good_for_its_setting(
    sqlite_deployment: Deployment, settings: Settings, name: str
) -> None:
    made = [ran(sqlite_deployment, "keys", "new-secret", name) for _ in range(2)]
    variable, _, secret = made[0].stdout.rstrip("\n").partition("=")
    assert variable == f"OCMS_{name.removeprefix('OCMS_').upper()}"
    assert made[0].stdout != made[1].stdout
    setting = variable.removeprefix("OCMS_").lower()
    changed: dict[str, Any] = {setting: secret}
    check_before_start(evolve(settings, **changed))


def test_a_secret_no_setting_takes_is_not_made(sqlite_deployment: Deployment) -> None:
    refused = ran(sqlite_deployment, "keys", "new-secret", "smtp_password")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("There is no secret smtp_password to make; there are internet_keys")
