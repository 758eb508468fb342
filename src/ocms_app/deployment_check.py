"""What would keep a deployment from working, found before it does: one finding a line, with its remedy."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum, unique
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen
from cryptography import x509
from sqlalchemy import Engine, make_url

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.http.mutual_tls import NoCertificate
from ocms_adapters.mail import SmtpAlertSender
from ocms_adapters.signing import key_id_of
from ocms_adapters.sql import engines, migrations
from ocms_adapters.sql.court import has_dayend
from ocms_adapters.sql.migrations import SchemaState, Side
from ocms_adapters.sql.transactions import reading
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_app.issuers import issuers
from ocms_app.jobs import hst, refreshing_vip_vehicles, sending_alerts
from ocms_app.keys import head_signer, keys_to_make, with_keys_copied
from ocms_app.reports import report_store
from ocms_app.settings import DAYEND, Settings, WrongSettings, require, variable
from ocms_app.start_check import missing_driver, wrong_lines
from ocms_core.kernel.errors import OcmsError, Unavailable

ENOUGH_SPACE = 1024**3
MOST_CLOCK_DIFFERENCE = timedelta(seconds=5)
CERTIFICATE_NOTICE = timedelta(days=30)
PATIENCE = 5
NO_SUCH_REPORT = "check.xlsx"


@unique
class Severity(Enum):
    """What a finding means: nothing to do, something to think about, or something that will not work."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@frozen
class CheckResult:
    """What was looked at, and what was found: for anything but good also what to do."""

    severity: Severity
    subject: str
    text: str


def good(subject: str, text: str) -> CheckResult:
    """Return a finding with nothing to do."""
    return CheckResult(Severity.GOOD, subject, text)


def note(subject: str, text: str) -> CheckResult:
    """Return a finding to think about."""
    return CheckResult(Severity.NOTE, subject, text)


def wrong(subject: str, text: str) -> CheckResult:
    """Return a finding that keeps something from working."""
    return CheckResult(Severity.WRONG, subject, text)


Check = Callable[[Settings, datetime], Iterator[CheckResult]]


def findings(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """Yield what is found of the settings, and of every system they name; nothing is written or sent."""
    yield from key_folders(settings)
    with TemporaryDirectory() as copies:
        settings = with_keys_copied(settings, Path(copies))
        for check in CHECKS:
            try:
                yield from check(settings, now)
            except OcmsError as problem:
                yield wrong(check.__name__.removeprefix("check_").replace("_", " "), str(problem))


def key_folders(settings: Settings) -> Iterator[CheckResult]:
    """Yield each folder in which a key that a start makes could not be kept."""
    for parent, name in {path.parent: name for name, path in keys_to_make(settings).items()}.items():
        yield from (found for found in folder(variable(name), parent) if found.severity is Severity.WRONG)


def check_settings_of_all(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield what is wrong with keys, issuers and schedules."""
    lines = list(wrong_lines(settings))
    for line in lines:
        subject, _, text = line.partition(": ")
        yield wrong(subject, text)
    if not lines:
        yield good("settings", "keys, issuers and schedules can be used")
    if settings.dev_issuer and make_url(settings.intranet_url).get_backend_name() != "sqlite":
        name = variable("dev_issuer")
        yield wrong(name, f"accepts tokens anyone with {variable('dev_keys')} can sign; set it to 0")


def check_databases(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """Yield whether each database answers, is up to date, and has the time of this machine."""
    sides: tuple[Side, ...] = ("intranet", "internet")
    for side in sides:
        if missing := missing_driver(getattr(settings, f"{side}_url")):
            yield wrong(variable(f"{side}_url"), missing)
        else:
            engine = engines.create(getattr(settings, f"{side}_url"), patience=PATIENCE, may_make=False)
            try:
                yield from database(engine, side, now)
            except Unavailable:
                name = variable(f"{side}_url")
                yield wrong(f"{side} database", f"does not answer at the address of {name}; correct it")
            except OcmsError as problem:
                yield wrong(f"{side} database", str(problem))
            finally:
                engine.dispose()


def database(engine: Engine, side: Side, now: datetime) -> Iterator[CheckResult]:
    """Yield what is found of a database that answers. Raises `Unavailable`."""
    subject = f"{side} database"
    with reading(engine) as connection:
        difference = abs(aware(utc_now(connection)) - now)
    state = migrations.schema_state(engine, side)
    works = state in (SchemaState.CURRENT, SchemaState.AHEAD)
    yield good(subject, state.value) if works else wrong(subject, f"is {state.value}")
    if difference > MOST_CLOCK_DIFFERENCE:
        seconds = round(difference.total_seconds())
        yield wrong(subject, f"its clock and this machine's differ by {seconds} s; synchronise both (NTP)")


def check_court_test(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the Intranet database has the column the settings count on (P22)."""
    if settings.court_test == DAYEND:
        engine = engines.create(settings.intranet_url, patience=PATIENCE, may_make=False)
        try:
            if not has_dayend(engine):
                name = variable("court_test")
                yield wrong(name, "ocms_valid_offence_notice has no column dayend; set it to stage")
        finally:
            engine.dispose()


def check_issuers(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the keys of each issuer can be read."""
    accepted = list(issuers(settings))
    for issuer, keys in accepted:
        try:
            keys.key("")
        except Unavailable:
            place = issuer.jwks_url or issuer.jwks_file
            yield wrong(f"issuer {issuer.name}", f"no keys can be read from {place}; correct it")
        else:
            yield good(f"issuer {issuer.name}", "its keys can be read")
    if not accepted:
        howto = "docs/howto/identity-providers.md says how"
        yield wrong("issuers", f"none is set, so no bearer token is accepted; set one, {howto}")


def check_mail(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the mail server takes a connection; no mail is sent."""
    sender = sending_alerts.alert_sender(settings)
    if not isinstance(sender, SmtpAlertSender):
        names = f"{variable('smtp_host')} and {variable('alert_to')}"
        yield note("mail", f"alerts are printed in the log only; set {names}")
        return
    try:
        sender.check_connection()
    except Unavailable as problem:
        yield wrong("mail", f"{problem}; see {variable('smtp_host')} and the settings beside it")
    else:
        yield good("mail", f"{sender.host} takes a connection")


def check_mha(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the folder of MHA's responses can be listed."""
    if not settings.mha_host:
        yield note("MHA", f"the MHA jobs fail; set {variable('mha_host')}")
        return
    require(settings, "mha_key", "mha_known_hosts")
    try:
        waiting = len(hst.exchange(settings).names())
    except Unavailable as problem:
        yield wrong("MHA", f"{problem}; see {variable('mha_host')} and the settings beside it")
    else:
        yield good("MHA", f"{waiting} response files in {settings.mha_responses}")


def check_vip_list(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """Yield whether the certificate that CAS is shown can be used, and how long."""
    if not settings.vip_url:
        yield note("VIP list", f"refresh_vip_vehicle fails; set {variable('vip_url')}")
        return
    tls = refreshing_vip_vehicles.mutual_tls(settings)
    try:
        tls.client()
    except NoCertificate as problem:
        names = ", ".join(variable(name) for name in ("vip_certificate", "vip_key", "vip_ca"))
        yield wrong("VIP list", f"{problem}; correct {names}")
        return
    finally:
        tls.close()
    certificate = x509.load_pem_x509_certificate(Path(settings.vip_certificate).read_bytes())
    left = certificate.not_valid_after_utc - now
    name = variable("vip_certificate")
    if left < timedelta(0):
        yield wrong(name, f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}; renew it")
    elif left < CERTIFICATE_NOTICE:
        yield note(name, f"expires on {certificate.not_valid_after_utc:%Y-%m-%d}; renew it")
    else:
        yield good(name, f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}")


def check_datahive(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether what is needed to ask DataHive is set; it is not asked."""
    if not settings.datahive_url:
        yield note("DataHive", f"query_datahive fails; set {variable('datahive_url')}")
        return
    require(settings, "datahive_token")
    yield good("DataHive", "address and token are set")


def check_reports(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether reports can be kept."""
    store = report_store(settings)
    if isinstance(store, FolderStore):
        yield from folder(variable("reports"), store.folder)
    else:
        store.read(NO_SUCH_REPORT)
        yield good(variable("reports_container"), "the container answers")


def check_disk(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the folder of each SQLite file can be written and has room."""
    for side in ("intranet", "internet"):
        url = make_url(getattr(settings, f"{side}_url"))
        if url.get_backend_name() == "sqlite" and url.database:
            yield from folder(variable(f"{side}_url"), Path(url.database).parent)


def folder(subject: str, path: Path) -> Iterator[CheckResult]:
    """Yield whether a folder, or the nearest one above it that is there, can be written and has room."""
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    try:
        with NamedTemporaryFile(dir=there, prefix=".ocms-check-"):
            free = shutil.disk_usage(there).free
    except OSError as problem:
        yield wrong(subject, f"{path} cannot be written ({problem.strerror}); give its owner the right to")
        return
    if free < ENOUGH_SPACE:
        yield wrong(subject, f"{path} has {free // 1024**2} MB left; make room, a gigabyte at least")
    else:
        yield good(subject, f"{path} can be written, {free // 1024**3} GB left")


def check_audit_signing(settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether the heads of audit rows can be signed here, as a worker does (K2)."""
    name = variable("audit_signing_key")
    if "audit_signing_key" in keys_to_make(settings):
        yield good(name, "the first worker on this machine makes a key and keeps it")
        return
    try:
        key_id = key_id_of(head_signer(settings).public_key)
    except WrongSettings as problem:
        text = problem.lines[0].partition(": ")[2]
        yield wrong(name, text) if settings.audit_signing_key else note(name, f"{text}; `ocms work` needs it")
    else:
        yield good(name, f"signs as {key_id}")


def check_time_zone(_settings: Settings, _now: datetime) -> Iterator[CheckResult]:
    """Yield whether this machine knows the time in Singapore."""
    try:
        ZoneInfo("Asia/Singapore")
    except ZoneInfoNotFoundError:
        yield wrong("time zone", "this machine has no Asia/Singapore; install tzdata")


CHECKS: Sequence[Check] = (
    check_settings_of_all,
    check_audit_signing,
    check_time_zone,
    check_databases,
    check_court_test,
    check_issuers,
    check_reports,
    check_disk,
    check_mail,
    check_mha,
    check_vip_list,
    check_datahive,
)
