"""Settings come from the environment over a file over the defaults, and each wrong one is told by name."""

import sys
from datetime import datetime
from pathlib import Path

import pytest
from attrs import fields

from ocms_app.issuers import issuer, issuers
from ocms_app.reports import report_store
from ocms_app.settings import BOUNDS, MEANINGS, Settings, WrongSettings, effective, load
from ocms_core.kernel.dates import SINGAPORE

ISSUER = """
[[ocms.issuers]]
name = "apim"
issuer = "https://apim.example"
audience = "ocms"
kind = "clients"
jwks_url = "{url}"
roles = {{ PLUS = "{role}" }}
"""


def wrong(**environment: str) -> list[str]:
    """Give what is told of an environment."""
    with pytest.raises(WrongSettings) as given:
        load(environment)
    return given.value.lines


def in_file(folder: Path, text: str) -> dict[str, str]:
    """Write a settings file; give the environment that names it."""
    path = folder / "ocms.toml"
    path.write_text(text)
    return {"OCMS_CONFIG": str(path)}


def test_with_nothing_set_the_defaults_hold() -> None:
    assert load({"PATH": "/bin", "OCMSX": "1"}) == Settings()


def test_every_setting_has_its_meaning() -> None:
    assert [setting.name for setting in fields(Settings)] == list(MEANINGS)


def test_every_number_has_its_bounds() -> None:
    assert {setting.name for setting in fields(Settings) if setting.type is int} == BOUNDS.keys()


def test_http_will_do_on_this_machine_and_while_developing() -> None:
    assert load({"OCMS_DATAHIVE_URL": "http://127.0.0.1:1"}).datahive_url
    assert load({"OCMS_PARTNER_URL": "http://0.0.0.0:8000", "OCMS_DEV_ISSUER": "1"}).partner_url


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    environment = in_file(tmp_path, '[ocms]\nworkers = 3\nthreads = 5\nlog_format = "text"\n')
    settings = load({**environment, "OCMS_THREADS": "7"})
    assert (settings.workers, settings.threads, settings.log_format) == (3, 7, "text")


@pytest.mark.parametrize(
    "environment, given",
    [
        ({"OCMS_WORKER": "2"}, "OCMS_WORKER: no such setting. `ocms settings` lists what can be set."),
        ({"OCMS_WORKERS": "two"}, "OCMS_WORKERS: is 'two'; it is a whole number"),
        ({"OCMS_WORKERS": "1.5"}, "OCMS_WORKERS: is '1.5'; it is a whole number"),
        ({"OCMS_WORKERS": ""}, "OCMS_WORKERS: is ''; it is a whole number"),
        ({"OCMS_DEV_ISSUER": "maybe"}, "OCMS_DEV_ISSUER: is 'maybe'; it is 1 or 0"),
        ({"OCMS_WORKERS": "0"}, "OCMS_WORKERS: is 0; it is at least 1"),
        ({"OCMS_THREADS": "-1"}, "OCMS_THREADS: is -1; it is at least 1"),
        ({"OCMS_VIP_LARGEST_SHRINK": "101"}, "OCMS_VIP_LARGEST_SHRINK: is 101; it is 0 to 100"),
        ({"OCMS_VIP_LARGEST_SHRINK": "-1"}, "OCMS_VIP_LARGEST_SHRINK: is -1; it is 0 to 100"),
        ({"OCMS_LOG_FORMAT": "xml"}, "OCMS_LOG_FORMAT: is 'xml'; it is one of auto, json, text"),
        ({"OCMS_LOG_LEVEL": "loud"}, "OCMS_LOG_LEVEL: is 'loud'; it is one of debug, info, warning, error"),
        (
            {"OCMS_INTRANET_URL": "mysql://host/name"},
            "OCMS_INTRANET_URL: names mysql; OCMS works on sqlite, postgresql, mssql",
        ),
        (
            {"OCMS_INTERNET_URL": "host:5432"},
            (
                "OCMS_INTERNET_URL: is no database address; "
                "write it like postgresql://user@host/name or sqlite:///folder/file.db"
            ),
        ),
        (
            {"OCMS_INTRANET_URL": "postgresql://ocms:secret@a:5432,b:5432/name"},
            (
                "OCMS_INTRANET_URL: has no number as its port; "
                "two servers are written postgresql://user@/name?host=a:5432&host=b:5432"
            ),
        ),
        *(
            (
                {"OCMS_REPORTS_AZURE": azure},
                "OCMS_REPORTS_AZURE: is no connection string with AccountName=...;AccountKey=...",
            )
            for azure in (
                "https://ocms.blob.core.windows.net",
                "AccountName=ocms;SharedAccessSignature=sv",
                "AccountKey=abcd",
                "AccountName=ocms;AccountKey=not base 64",
                "AccountName=ocms;AccountKey=abcd;nonsense",
            )
        ),
        *(
            (
                {"OCMS_REPORTS_AZURE": f"{where};AccountName=ocms;AccountKey=abcd"},
                "OCMS_REPORTS_AZURE: names an https address, for reports name people",
            )
            for where in ("DefaultEndpointsProtocol=http", "BlobEndpoint=http://store.example/ocms")
        ),
        *(
            (
                {"OCMS_REPORTS": folder},
                f"OCMS_REPORTS: is {folder!r}; it is a folder with its key beside it",
            )
            for folder in ("", ".", "/")
        ),
        *(
            (
                {"OCMS_REPORTS_CONTAINER": name},
                "OCMS_REPORTS_CONTAINER: is 3 to 63 small letters and digits, single hyphens between",
            )
            for name in ("", "ab", "Reports", "a--b", "-ab", "a/b", "a" * 64)
        ),
        (
            {"OCMS_ALERT_TO": "ops@example.sg; duty"},
            "OCMS_ALERT_TO: 'duty' is no e-mail address",
        ),
        ({"OCMS_HST_REPORTS_TO": "oic@"}, "OCMS_HST_REPORTS_TO: 'oic@' is no e-mail address"),
        ({"OCMS_ALERT_FROM": ""}, "OCMS_ALERT_FROM: is one e-mail address"),
        ({"OCMS_ALERT_FROM": "a@example.sg, b@example.sg"}, "OCMS_ALERT_FROM: is one e-mail address"),
        (
            {"OCMS_SMTP_HOST": "mail.example", "OCMS_ALERT_TO": " ; "},
            "OCMS_ALERT_TO: names nobody, so the alerts for OCMS_SMTP_HOST would be lost",
        ),
        *(
            (
                {"OCMS_LOCK_TIMES": zone},
                f"OCMS_LOCK_TIMES: is {zone!r}; it is utc, or a zone such as Asia/Singapore",
            )
            for zone in ("", "SGT", "+08:00", "../etc/passwd")
        ),
        (
            {"OCMS_LOCK_TIMES": "Europe/Berlin"},
            (
                "OCMS_LOCK_TIMES: is 'Europe/Berlin', which changes its clocks: "
                "an hour comes twice, and locks cannot be told apart"
            ),
        ),
        ({"OCMS_STOP_SECONDS": "86401"}, "OCMS_STOP_SECONDS: is 86401; it is 1 to 86400"),
        ({"OCMS_READY_SECONDS": "999999999"}, "OCMS_READY_SECONDS: is 999999999; it is 1 to 86400"),
        ({"OCMS_SMTP_PORT": "99999"}, "OCMS_SMTP_PORT: is 99999; it is 1 to 65535"),
        ({"OCMS_MHA_PORT": "0"}, "OCMS_MHA_PORT: is 0; it is 1 to 65535"),
        ({"OCMS_WORKER_METRICS_PORT": "-5"}, "OCMS_WORKER_METRICS_PORT: is -5; it is 0 to 65535"),
        *(
            ({name: address}, f"{name}: is an https address, for secrets or people's data go there")
            for name in (
                "OCMS_DATAHIVE_URL",
                "OCMS_PARTNER_URL",
                "OCMS_PARTNER_TOKEN_URL",
                "OCMS_STAFF_DISCOVERY_URL",
            )
            for address in ("http://host.example", "host.example", "http://[host", "https:host.example")
        ),
        (
            {"OCMS_SMTP_HOST": "mail.example", "OCMS_ALERT_TO": "a@example.sg", "OCMS_SMTP_STARTTLS": "0"},
            "OCMS_SMTP_STARTTLS: is 0 only towards this machine, not OCMS_SMTP_HOST",
        ),
        (
            {"OCMS_ISSUERS": "x"},
            "OCMS_ISSUERS: is set as [[ocms.issuers]] in the TOML file that OCMS_CONFIG names",
        ),
        (
            {"OCMS_SCHEDULES": "x"},
            "OCMS_SCHEDULES: is set as [ocms.schedules] in the TOML file that OCMS_CONFIG names",
        ),
        ({"OCMS_CONFIG": "nowhere.toml"}, "OCMS_CONFIG: there is no file nowhere.toml"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_told_in_one_line(environment: dict[str, str], given: str) -> None:
    assert wrong(**environment) == [given]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(wrong(OCMS_WORKERS="0", OCMS_THREADS="0", OCMS_STOP_SECONDS="0")) == 3


@pytest.mark.parametrize(
    "text, given",
    [
        ("[ocms", "Expected ']'"),
        ("[ocms]\nworker = 2\n", "OCMS_CONFIG: worker: no such setting. `ocms settings` lists"),
        ("ocms = 5\n", "OCMS_CONFIG: ocms is not a table"),
        ("[[ocms]]\nworkers = 2\n", "OCMS_CONFIG: ocms is not a table"),
        (ISSUER.format(url="x", role="plus") + "key = 5\n", "OCMS_CONFIG: issuers[0].key: no such setting."),
        ("[[ocms.issuers]]\nname = 'x'\nkey = 5\n", "OCMS_CONFIG: issuers[0].key: no such setting."),
        ("[ocms]\nworkers = 'two'\n", "workers"),
        ("[[ocms.issuers]]\nname = 'x'\n", "issuer"),
        (ISSUER.format(url="", role="plus"), "issuer apim: give either jwks_url or jwks_file"),
        (
            ISSUER.format(url="https://x/k", role="plus").replace("clients", "all"),
            "issuer apim: kind is 'all'",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_told(tmp_path: Path, text: str, given: str) -> None:
    (line,) = wrong(**in_file(tmp_path, text))
    assert given in line


@pytest.mark.parametrize(
    "text, given",
    [
        ("[ocms]\nworkers = 1.5\n", "workers is not a whole number"),
        ("[ocms]\nworkers = true\n", "workers is not a whole number"),
        ("[ocms]\nsmtp_starttls = 5\n", "smtp_starttls is not 1 or 0"),
        ("[ocms]\nsmtp_host = 5\n", "smtp_host is not text"),
        ("[ocms]\nlink_key = ['classified']\n", "link_key is not text"),
        ("[ocms]\nschedules = 5\n", "schedules is not an object"),
        ("[ocms.schedules]\nsend_alerts = 5\n", "schedules[*] is not text"),
        (
            "[[ocms.issuers]]\nname = 'x'\n",
            "issuers[0].issuer is missing, issuers[0].audience is missing, issuers[0].kind is missing",
        ),
        (ISSUER.format(url="", role="plus").replace('"apim"', "5"), "issuers[0].name is not text"),
        (ISSUER.format(url="", role="plus").replace('"plus"', "5"), "issuers[0].roles[*] is not text"),
        (
            ISSUER.format(url="", role="plus") + 'algorithms = "RS256"\n',
            "issuers[0].algorithms is not a list",
        ),
        (ISSUER.format(url="", role="plus") + "algorithms = [5]\n", "issuers[0].algorithms[0] is not text"),
    ],
    ids=str,
)
def test_a_wrong_type_in_the_file_is_told_by_its_setting_without_the_value(
    tmp_path: Path, text: str, given: str
) -> None:
    assert wrong(**in_file(tmp_path, text)) == [f"OCMS_CONFIG: {given}"]


def test_a_file_that_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "ocms.toml"
    path.write_bytes(b"[ocms]\nguide = '\xff'\n")
    (line,) = wrong(OCMS_CONFIG=str(path))
    assert line.startswith("OCMS_CONFIG: 'utf-8' codec")


def test_unknown_names_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    assert len(wrong(**in_file(tmp_path, "[ocms]\nworker = 1\nsmtp = 5\n"))) == 2


def test_names_of_the_file_may_have_hyphens(tmp_path: Path) -> None:
    issuer = ISSUER.format(url="https://apim.example/keys", role="plus").replace("jwks_url", "jwks-url")
    settings = load(in_file(tmp_path, "[ocms]\nlog-format = 'text'\n" + issuer))
    assert (settings.log_format, settings.issuers[0].jwks_url) == ("text", "https://apim.example/keys")


def test_wrong_types_of_several_settings_are_told_at_once(tmp_path: Path) -> None:
    assert len(wrong(**in_file(tmp_path, "[ocms]\nworkers = 1.5\nsmtp_host = 5\n"))) == 2


@pytest.mark.parametrize("value", ["1", "true", '"1"', '"yes"'])
def test_yes_and_numbers_of_the_file_may_be_text_as_in_the_environment(tmp_path: Path, value: str) -> None:
    settings = load(in_file(tmp_path, f"[ocms]\ndev_issuer = {value}\nworkers = '3'\n"))
    assert (settings.dev_issuer, settings.workers) == (True, 3)


@pytest.mark.parametrize("value", ["0", "false", '"no"', '"OFF"'])
def test_no_is_read_likewise(tmp_path: Path, value: str) -> None:
    assert load(in_file(tmp_path, f"[ocms]\nsmtp_starttls = {value}\n")).smtp_starttls is False


def test_a_token_issuer_of_the_file_is_believed(tmp_path: Path) -> None:
    settings = load(in_file(tmp_path, ISSUER.format(url="https://apim.example/keys", role="plus")))
    ((believed, _),) = issuers(settings)
    assert (believed.name, believed.issuer, believed.audience) == ("apim", "https://apim.example", "ocms")


@pytest.mark.parametrize(
    "url, role, given",
    [
        ("http://apim.example/keys", "plus", "issuer apim: A key set is read over https"),
        ("https://apim.example/keys", "boss", "issuer apim: 'boss' is not a valid Role"),
    ],
)
def test_an_issuer_that_cannot_be_is_told_by_name(tmp_path: Path, url: str, role: str, given: str) -> None:
    (of_file,) = load(in_file(tmp_path, ISSUER.format(url=url, role=role))).issuers
    with pytest.raises(WrongSettings, match=given):
        issuer(of_file)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ocms:geheim@host/name",
        "postgresql://host/name?user=ocms&password=geheim",
        "mssql://?odbc_connect=SERVER%3Dx%3BPWD%3Dgeheim",
    ],
)
def test_passwords_are_masked_wherever_in_an_address_they_stand(url: str) -> None:
    shown = effective(Settings(intranet_url=url, internet_url=url))
    assert "geheim" not in str(shown)
    assert shown["OCMS_INTRANET_URL"].startswith(url.partition(":")[0])


def test_a_wrong_address_is_told_without_its_password() -> None:
    assert "geheim" not in str(wrong(OCMS_INTRANET_URL="postgresql//ocms:geheim@host/name"))


AZURE = "DefaultEndpointsProtocol=https;AccountName=ocms;AccountKey=Z2VoZWlt;EndpointSuffix=core.windows.net"


@pytest.mark.rule("S53")
def test_reports_are_kept_in_azure_where_that_is_set_and_its_key_is_not_shown() -> None:
    settings = load({"OCMS_REPORTS_AZURE": AZURE, "OCMS_REPORTS_CONTAINER": "kept"})
    link = report_store(settings).link("a/b.xlsx", datetime(2025, 1, 15, tzinfo=SINGAPORE))
    assert link.startswith("https://ocms.blob.core.windows.net/kept/a/b.xlsx?")
    assert "se=2025-01-14T16%3A00%3A00Z" in link
    assert "Z2VoZWlt" not in f"{link} {effective(settings)}"


def test_azure_without_its_extra_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ocms_adapters.files.azure", None)
    with pytest.raises(WrongSettings, match="OCMS_REPORTS_AZURE: needs the extra `azure`"):
        report_store(Settings(reports_azure=AZURE))


@pytest.mark.rule("K3")
@pytest.mark.parametrize("days, fits", [(0, True), (1, False), (31, False), (32, True)])
def test_a_report_is_kept_for_as_long_as_a_link_may_open_it(days: int, fits: bool) -> None:  # noqa: FBT001
    environment = {"OCMS_KEEP_REPORTS": str(days)}
    if fits:
        assert load(environment).keep_reports == days
        return
    with pytest.raises(WrongSettings, match=f"OCMS_KEEP_REPORTS: is {days}"):
        load(environment)


@pytest.mark.rule("K3", "H32")
@pytest.mark.parametrize("days, fits", [(0, True), (1, False), (27, False), (28, True)])
def test_a_run_is_kept_for_as_long_as_it_keeps_a_monthly_job_from_running_again(
    days: int,
    fits: bool,  # noqa: FBT001
) -> None:
    environment = {"OCMS_KEEP_JOB_RUNS": str(days)}
    if fits:
        assert load(environment).keep_job_runs == days
        return
    with pytest.raises(WrongSettings, match=f"OCMS_KEEP_JOB_RUNS: is {days}"):
        load(environment)
