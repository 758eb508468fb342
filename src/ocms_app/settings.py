"""Settings: `OCMS_*` environment variables, or a TOML file."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import asdict, field, fields, frozen
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ocms_adapters.http.safe_addresses import LOOPBACK, is_safe
from ocms_adapters.mail_addresses import addresses
from ocms_adapters.structuring import MalformedData, Mismatch, StrictConverter, amount_text
from ocms_core.jobs.retention import LONGEST_CATCH_UP
from ocms_core.kernel.dates import LONGEST_DAYS
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.report_store import LONGEST_LINK

PREFIX = "OCMS_"
SECTION = "ocms"
CONFIG = "OCMS_CONFIG"
DAYEND = "dayend"
UTC = "utc"
SECRET = "kept secret"  # noqa: S105  # a mark, not a password


class WrongSettings(OcmsError):
    """Settings are wrong: one line for each, which and what to do."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@frozen
class IssuerSettings:
    """
    An issuer whose bearer tokens are accepted.

    `kind` is `clients` (PLUS, Toppan) or `staff`; the keys come from `jwks_url` or `jwks_file`. A
    client's role is the token's, or else the one `roles` gives its client id. The others say what the
    provider does differently (G17); empty means as usual.
    """

    name: str
    issuer: str
    audience: str
    kind: str
    algorithms: tuple[str, ...] = ("ES256", "RS256")
    jwks_url: str = ""
    jwks_file: str = ""
    roles: dict[str, str] = field(factory=dict)
    caller_claims: tuple[str, ...] = ()
    role_claims: tuple[str, ...] = ("roles", "role")
    role_words: dict[str, str] = field(factory=dict)
    types: tuple[str, ...] = ("JWT", "at+jwt", "application/at+jwt")
    untyped: bool = False
    audience_claim: str = "aud"
    required_claims: dict[str, str] = field(factory=dict)


def secret() -> Any:
    """Return a setting that is shown nowhere."""
    return field(default="", repr=False, metadata={SECRET: True})


@frozen
class Settings:
    """Everything that can be set, with its default."""

    intranet_url: str = field(default="sqlite:///var/intranet.db", repr=False)
    internet_url: str = field(default="sqlite:///var/internet.db", repr=False)
    internet_keys: str = secret()
    access_hash_key: str = secret()
    audit_keys: str = secret()
    audit_signing_key: str = secret()
    audit_public_keys: str = ""
    reports: str = "var/reports"
    reports_azure: str = secret()
    reports_container: str = "ocms-reports"
    public_url: str = "http://127.0.0.1:8000"
    link_key: str = secret()
    guide: str = "var/guide"
    dev_issuer: bool = False
    dev_keys: str = "var/dev-issuer"
    issuers: tuple[IssuerSettings, ...] = ()
    staff_issuer: str = ""
    staff_client_id: str = ""
    staff_client_secret: str = secret()
    staff_discovery_url: str = ""
    staff_scope: str = "openid"
    staff_idle_minutes: int = 30
    staff_session_hours: int = 10
    court_test: str = "stage"
    workers: int = 1
    threads: int = 16
    stop_seconds: int = 30
    connections: int = 1000
    header_seconds: int = 20
    body_seconds: int = 30
    body_rate: int = 1024
    calls: int = 256
    bodies_mib: int = 64
    ready_seconds: int = 5
    log_format: str = "auto"
    log_level: str = "info"
    schedules: dict[str, str] = field(factory=dict)
    worker_metrics_port: int = 0
    keep_answers: int = 1
    keep_outbox: int = 30
    keep_rate_slots: int = 1
    keep_access_records: int = 2555
    keep_frequent_runs: int = 7
    keep_job_runs: int = 400
    keep_alerts: int = 400
    keep_reports: int = 400
    keep_sessions: int = 7
    keep_sync_progress: int = 92
    stuck_notice_days: int = 7
    lock_times: str = UTC
    vip_url: str = ""
    vip_ca: str = ""
    vip_certificate: str = ""
    vip_key: str = ""
    vip_largest_shrink: int = 20
    cas_list: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_starttls: bool = True
    smtp_ca: str = ""
    smtp_user: str = ""
    smtp_password: str = secret()
    alert_from: str = "ocms@localhost"
    alert_to: str = ""
    mha_host: str = ""
    mha_port: int = 22
    mha_user: str = "ocms"
    mha_key: str = ""
    mha_known_hosts: str = ""
    mha_requests: str = "requests"
    mha_responses: str = "responses"
    datahive_url: str = ""
    datahive_token: str = secret()
    datahive_ca: str = ""
    hst_reports_to: str = ""
    partner_url: str = "http://127.0.0.1:8000"
    partner_api_key: str = secret()
    partner_token_url: str = ""
    partner_client_id: str = ""
    partner_client_secret: str = secret()
    partner_scope: str = ""


MEANINGS: dict[str, str] = {
    "intranet_url": "SQLAlchemy URL of the Intranet database",
    "internet_url": "SQLAlchemy URL of the Internet database",
    "internet_keys": "keys of the Internet copy, id=base64,id=base64; the first encrypts, all decrypt",
    "access_hash_key": "key that identity numbers in access records are hashed with, 32 bytes in base 64",
    "audit_keys": "keys of the content of audit rows, id=base64,id=base64; the first encrypts, all decrypt",
    "audit_signing_key": "key with which a worker signs the heads of audit rows, 32 bytes in base 64",
    "audit_public_keys": "public keys of earlier signing keys, whose signatures count too, base64,base64",
    "reports": "folder the reports go below",
    "reports_azure": "connection string of the Azure storage account that keeps the reports instead",
    "reports_container": "blob container there",
    "public_url": "address callers reach the API by; links to reports begin with it",
    "link_key": "secret that signs links to reports; empty keeps a made-up one beside the reports",
    "guide": "folder with the documentation that `make site` has built; shown under /guide if it is there",
    "dev_issuer": "1 switches on `ocms token` and accepts its tokens; never in production",
    "dev_keys": "folder of the development issuer's keys",
    "issuers": "token issuers, a table each; in the TOML file only",
    "staff_issuer": "name of the token issuer at which officers sign in; empty for the first of kind staff",
    "staff_client_id": "client id of the staff pages at that issuer; without one there are no staff pages",
    "staff_client_secret": "its secret; empty for a public client",
    "staff_discovery_url": "https address where that issuer describes itself; empty: usual below its address",
    "staff_scope": "scope the staff pages ask for, which has to bring an access token for this system",
    "staff_idle_minutes": "minutes without a page after which an officer has to sign in again",
    "staff_session_hours": "hours after which an officer has to sign in again in any case",
    "court_test": "stage, or dayend where notices have that column and it says which are in court (P22)",
    "workers": "processes that serve",
    "threads": "calls one process answers at once, and its database connections",
    "stop_seconds": "how long requests in flight may take to finish when the server stops",
    "connections": "connections one process has open at once; further ones wait until one is closed",
    "header_seconds": "how long a request's headers may take, and a connection wait for its next request",
    "body_seconds": "how long the body of a request may take",
    "body_rate": "bytes a second, after the first five seconds, with which a body must come on average",
    "calls": "calls of known callers in progress in one process, half of them of one; more get 503",
    "bodies_mib": "MiB of bodies of these calls, half of them of one caller; more get 503",
    "ready_seconds": "how long /health/ready waits for the databases",
    "log_format": "json, text for people, or auto: text at a terminal and json anywhere else",
    "log_level": "debug, info, warning or error",
    "schedules": "crontab lines in Singapore time by job, off for none; in the TOML file only",
    "worker_metrics_port": "port on which `ocms work` answers Prometheus; 0 for none",
    "keep_answers": "days for which the answer of a call is kept for its repeats (K1); 0 for ever",
    "keep_outbox": "days for which a delivered row of the outbox is kept; 0 for ever",
    "keep_rate_slots": "days for which the rate slots of a caller that calls no more are kept; 0 for ever",
    "keep_access_records": "days for which the record of a look at particulars is kept; 0 for ever",
    "keep_frequent_runs": "the same for one that ended well of a job of every minute; 0 as other runs",
    "keep_job_runs": "days for which a run of a job is kept after it ended, at least 28; 0 for ever",
    "keep_alerts": "days for which an alert is kept after it was sent; 0 for ever",
    "keep_reports": "days for which the file of a stage report is kept, at least 32; 0 for ever",
    "keep_sessions": "days for which the session of an officer is kept after its last use; 0 for ever",
    "keep_sync_progress": "days for which the progress of a sync of CAS is kept after it began; 0 for ever",
    "stuck_notice_days": "days beyond that of its next stage after which a notice is a stuck case (K5)",
    "lock_times": "how nodes that share the locks write times: utc, or a zone such as Asia/Singapore",
    "vip_url": "https address of CAS for the list of VIP vehicles",
    "vip_ca": "PEM file of the authority that signs CAS's certificate; empty for the system's authorities",
    "vip_certificate": "PEM file of the certificate OCMS shows CAS",
    "vip_key": "PEM file of that certificate's key",
    "vip_largest_shrink": "per cent by which the VIP list may shrink before it is held back",
    "cas_list": "file of CAS's unpaid list; with one, the two jobs of the CAS sync have a schedule",
    "smtp_host": "mail server for alerts; without one, alerts are printed in the log",
    "smtp_port": "its port",
    "smtp_starttls": "1 encrypts with STARTTLS before anything is said; 0 only towards this machine",
    "smtp_ca": "PEM file of the authority that signs its certificate; empty for the system's authorities",
    "smtp_user": "user name at the mail server; empty for none",
    "smtp_password": "its password",
    "alert_from": "sender of alerts",
    "alert_to": "who gets alerts, separated by commas, semicolons or blanks",
    "mha_host": "SFTP server of MHA; without one, the MHA jobs fail and say so",
    "mha_port": "its port",
    "mha_user": "OCMS's user name there",
    "mha_key": "file of OCMS's private key",
    "mha_known_hosts": "file with MHA's host key, in OpenSSH's form; a host not in it is refused",
    "mha_requests": "folder there for requests",
    "mha_responses": "folder there with responses",
    "datahive_url": "https address of DataHive",
    "datahive_token": "bearer token for DataHive",
    "datahive_ca": "PEM file of the authority that signs its certificate; empty for the system's authorities",
    "hst_reports_to": "who gets the monthly HST workbooks, separated likewise",
    "partner_url": "for `ocms partner` and the CAS sync: https address of OCMS or of the gateway before it",
    "partner_api_key": "for the CAS sync: the API key",
    "partner_token_url": "for `ocms partner plus-query`: https address of the token endpoint",
    "partner_client_id": "for `ocms partner plus-query`: the client id",
    "partner_client_secret": "for `ocms partner plus-query`: the client secret",
    "partner_scope": "for `ocms partner plus-query`: the scope to ask for; empty for none",
}

CHOICES: dict[str, tuple[str, ...]] = {
    "log_format": ("auto", "json", "text"),
    "log_level": ("debug", "info", "warning", "error"),
    "court_test": ("stage", DAYEND),
}
BOUNDS = {
    **dict.fromkeys(("workers", "threads", "connections", "body_rate", "calls"), (1, inf)),
    # No more than a day: a system call takes a longer wait for an error.
    **dict.fromkeys(("stop_seconds", "header_seconds", "body_seconds", "ready_seconds"), (1, 86_400)),
    "staff_idle_minutes": (5, 1_440),
    "staff_session_hours": (1, 168),
    "bodies_mib": (8, inf),
    **dict.fromkeys(("smtp_port", "mha_port"), (1, 65_535)),
    "worker_metrics_port": (0, 65_535),
    "vip_largest_shrink": (0, 100),
    "stuck_notice_days": (0, LONGEST_DAYS),
    **{name: (0, LONGEST_DAYS) for name in MEANINGS if name.startswith("keep_")},
}
# What goes to these addresses is a secret, or names people.
ENCRYPTED = ("datahive_url", "partner_url", "partner_token_url", "staff_discovery_url")
# What no variable holds, and where in the TOML file it is set.
OF_FILE = {"issuers": f"[[{SECTION}.issuers]]", "schedules": f"[{SECTION}.schedules]"}
READABLE: dict[Any, tuple[re.Pattern[str], str]] = {
    int: (re.compile(r"-?[0-9]{1,9}"), "a whole number"),
    bool: (re.compile(r"1|0|true|false|yes|no|on|off", re.IGNORECASE), "1 or 0"),
}
YES = ("1", "true", "yes", "on")
# Drivers also take their password in the query of the address.
SECRET_WORD = re.compile(r"pass|pwd|secret|token|odbc_connect", re.IGNORECASE)
MASK = "hidden"
SECRETS = tuple(each.name for each in fields(Settings) if each.metadata.get(SECRET))
AZURE = re.compile(
    r"(?=.*\bAccountName=[^;])(?=.*\bAccountKey=[0-9A-Za-z+/]+={0,2}(;|$))([A-Za-z]+=[^;]*(;|$))+",
    re.IGNORECASE,
)
CONTAINER = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
DATABASES = ("sqlite", "postgresql", "mssql")
ISSUER_KINDS = ("clients", "staff")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read the settings: the defaults, over them the TOML file `OCMS_CONFIG` names, over it the environment.

    Raises `WrongSettings` naming every one that is wrong.
    """
    environment = os.environ if environment is None else environment
    path = environment.get(CONFIG)
    of_file = settings_of_file(Path(path)) if path else {}
    if wrong := [*unknown_variables(environment), *unreadable_variables(environment)]:
        raise WrongSettings(wrong)
    of_environment = {name: environment[variable(name)] for name in MEANINGS if variable(name) in environment}
    settings = structured({**of_file, **of_environment})
    if wrong := list(wrong_values(settings)):
        raise WrongSettings(wrong)
    return settings


def settings_of_file(path: Path) -> dict[str, Any]:
    """
    Return what a TOML file sets, by the names of the fields: a hyphen in a name counts as an underscore.

    Raises `WrongSettings` for a file that cannot be read, and naming each name that is no setting.
    """
    if not path.is_file():
        raise WrongSettings([f"{CONFIG}: there is no file {path}"])
    try:
        table = tomllib.loads(path.read_text("utf-8")).get(SECTION, {})
    except (OSError, ValueError) as error:
        raise WrongSettings([f"{CONFIG}: {error}"]) from None
    if not isinstance(table, dict):
        raise WrongSettings([f"{CONFIG}: {SECTION} is not a table"])
    settings = with_underscores(table)
    if isinstance(issuers := settings.get("issuers"), list):
        settings["issuers"] = [with_underscores(each) if isinstance(each, dict) else each for each in issuers]
    if unknown := list(unknown_names(settings)):
        known = "`ocms settings` lists what can be set."
        raise WrongSettings([f"{CONFIG}: {name}: no such setting. {known}" for name in unknown])
    return settings


def with_underscores(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table whose names are written as those of fields are."""
    return {name.replace("-", "_"): value for name, value in table.items()}


def unknown_names(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield each name of a file that is no setting, nor one of an issuer."""
    yield from sorted(settings.keys() - {each.name for each in fields(Settings)})
    issuers = settings.get("issuers")
    for at, issuer in enumerate(issuers if isinstance(issuers, list) else ()):
        if isinstance(issuer, dict):
            names = sorted(issuer.keys() - {each.name for each in fields(IssuerSettings)})
            yield from (f"issuers[{at}].{name}" for name in names)


def structured(written: Mapping[str, Any]) -> Settings:
    """
    Return the settings that the file and the environment bring; only what they bring is looked at.

    Raises `WrongSettings` with a line for each that is of the wrong type; it names fields, repeats no value.
    """
    found: dict[str, Any] = {}
    wrong, converter = [], settings_converter()
    for setting in fields(Settings):
        if setting.name in written:
            kind = cast("type[object]", setting.type)
            try:
                found[setting.name] = converter.read(written[setting.name], kind, CONFIG, at=setting.name)
            except MalformedData as error:
                wrong.append(f"{CONFIG}: {', '.join(error.problems)}")
    if wrong:
        raise WrongSettings(wrong)
    return Settings(**found)


def settings_converter() -> StrictConverter:
    """Return the converter of the settings: a number, and yes or no, may be text as in the environment."""
    converter = StrictConverter(str, amount_text)
    for kind in READABLE:
        converter.register_structure_hook(kind, as_written)
    return converter


def as_written(value: object, kind: Any) -> int:
    """Return the number, or the yes or no, that a value is or is written like. Raises `Mismatch`."""
    pattern, meant = READABLE[kind]
    if type(value) not in (kind, int, str) or not pattern.fullmatch(str(value)):
        raise Mismatch(value, meant)
    return str(value).lower() in YES if kind is bool else int(str(value))


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable that looks like a setting and is none."""
    known = {CONFIG, *map(variable, MEANINGS)}
    of_file = {variable(name): table for name, table in OF_FILE.items()}
    for name in sorted(environment):
        if name in of_file:
            yield f"{name}: is set as {of_file[name]} in the TOML file that {CONFIG} names"
        elif name.startswith(PREFIX) and name not in known:
            yield f"{name}: no such setting. `ocms settings` lists what can be set."


def unreadable_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable that is no number, or no yes or no, where one is wanted."""
    for setting in fields(Settings):
        value = environment.get(variable(setting.name))
        readable, meant = READABLE.get(setting.type, (None, ""))
        if value is not None and readable and not readable.fullmatch(value):
            yield f"{variable(setting.name)}: is {value!r}; it is {meant}"


def wrong_values(settings: Settings) -> Iterator[str]:
    """Yield a line for each setting of the right type whose value cannot be used."""
    for name in ("intranet_url", "internet_url"):
        yield from (f"{variable(name)}: {problem}" for problem in wrong_url(getattr(settings, name)))
    for name, allowed in CHOICES.items():
        if getattr(settings, name) not in allowed:
            yield f"{variable(name)}: is {getattr(settings, name)!r}; it is one of {', '.join(allowed)}"
    for name, (least, most) in BOUNDS.items():
        if not least <= (value := getattr(settings, name)) <= most:
            meant = f"{least} to {most}" if most < inf else f"at least {least}"
            yield f"{variable(name)}: is {value}; it is {meant}"
    if problem := wrong_zone(settings.lock_times):
        yield f"{variable('lock_times')}: {problem}"
    yield from wrong_mail(settings)
    if settings.vip_url and not settings.vip_url.startswith("https://"):
        yield f"{variable('vip_url')}: is an https address, for CAS is called over mutual TLS"
    yield from wrong_reports(settings)
    yield from addresses_in_clear(settings)
    yield from wrong_retention(settings)
    for issuer in settings.issuers:
        if issuer.kind not in ISSUER_KINDS:
            yield f"issuer {issuer.name}: kind is {issuer.kind!r}; it is one of {', '.join(ISSUER_KINDS)}"
        if bool(issuer.jwks_url) == bool(issuer.jwks_file):
            yield f"issuer {issuer.name}: give either jwks_url or jwks_file"


def addresses_in_clear(settings: Settings) -> Iterator[str]:
    """Yield a line for each address that others would read along; while developing there are no secrets."""
    for name in ENCRYPTED:
        address = getattr(settings, name)
        if address and not (settings.dev_issuer or is_safe(address)):
            yield f"{variable(name)}: is an https address, for secrets or people's data go there"
    if settings.smtp_host and not settings.smtp_starttls and settings.smtp_host not in LOOPBACK:
        yield f"{variable('smtp_starttls')}: is 0 only towards this machine, not {variable('smtp_host')}"


def wrong_zone(name: str) -> str | None:
    """Return what is wrong with a zone that wall clocks are to be written in; None when nothing is."""
    if name == UTC:
        return None
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return f"is {name!r}; it is {UTC}, or a zone such as Asia/Singapore"
    if len({zone.utcoffset(datetime(2025, month, 1)) for month in range(1, 13)}) > 1:  # noqa: DTZ001  # zone's own
        return f"is {name!r}, which changes its clocks: an hour comes twice, and locks cannot be told apart"
    return None


def wrong_mail(settings: Settings) -> Iterator[str]:
    """Yield a line for each setting of the mail server that cannot be used."""
    found: dict[str, list[str]] = {}
    for name in ("alert_from", "alert_to", "hst_reports_to"):
        try:
            found[name] = addresses(getattr(settings, name))
        except ValueError as error:
            yield f"{variable(name)}: {error}"
    if len(found.get("alert_from", [""])) != 1:
        yield f"{variable('alert_from')}: is one e-mail address"
    if settings.smtp_host and not found.get("alert_to", [""]):
        yield f"{variable('alert_to')}: names nobody, so the alerts for {variable('smtp_host')} would be lost"


def wrong_reports(settings: Settings) -> Iterator[str]:
    """Yield a line for each setting of the report store that cannot be used."""
    if not settings.reports_azure:
        if not Path(settings.reports).name:
            yield f"{variable('reports')}: is {settings.reports!r}; it is a folder with its key beside it"
    elif not AZURE.fullmatch(settings.reports_azure):
        yield f"{variable('reports_azure')}: is no connection string with AccountName=...;AccountKey=..."
    elif not (settings.dev_issuer or is_safe(azure_address(settings.reports_azure))):
        yield f"{variable('reports_azure')}: names an https address, for reports name people"
    if not CONTAINER.fullmatch(settings.reports_container):
        yield f"{variable('reports_container')}: is 3 to 63 small letters and digits, single hyphens between"
    if 0 < settings.keep_reports <= LONGEST_LINK.days:
        yield f"{variable('keep_reports')}: is {settings.keep_reports}; a link may open a report for 31 days"


def azure_address(connection: str) -> str:
    """Return the address to which a connection string has reports sent, without its path."""
    parts = {
        name.lower(): value for name, _, value in (each.partition("=") for each in connection.split(";"))
    }
    usual = f"{parts.get('defaultendpointsprotocol', 'https')}://{parts.get('accountname', '')}"
    return parts.get("blobendpoint") or usual


def wrong_retention(settings: Settings) -> Iterator[str]:
    """Yield a line where runs are removed while a worker that starts late still looks for them."""
    if 0 < settings.keep_job_runs <= LONGEST_CATCH_UP.days:
        late = f"a job is made up for up to {LONGEST_CATCH_UP.days} days late"
        yield f"{variable('keep_job_runs')}: is {settings.keep_job_runs}; {late}"


def wrong_url(url: str) -> Iterator[str]:
    """Yield what is wrong with a database address, without repeating its password."""
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError:
        yield "is no database address; write it like postgresql://user@host/name or sqlite:///folder/file.db"
        return
    except ValueError:  # host:5432,other:5432, as other programs have it
        yield "has no number as its port; two servers are written postgresql://user@/name?host=a:5432&host=b:5432"
        return
    if name not in DATABASES:
        yield f"names {name}; OCMS works on {', '.join(DATABASES)}"


def require(settings: Settings, *names: str) -> None:
    """Raise `WrongSettings` naming the variables of those settings that are empty."""
    if missing := [variable(name) for name in names if not getattr(settings, name)]:
        raise WrongSettings([f"{', '.join(missing)}: must be set; `ocms settings` says what for"])


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def shown_name(name: str) -> str:
    """Return where a setting is set: its environment variable, or its table in the TOML file."""
    return OF_FILE.get(name) or variable(name)


def effective(settings: Settings) -> dict[str, str]:
    """Return every setting in effect by where it is set and as a variable has it, secrets masked."""
    shown = asdict(settings)
    for name in ("intranet_url", "internet_url"):
        url = make_url(shown[name])
        secret = {word: MASK for word in url.query if SECRET_WORD.search(word)}
        shown[name] = url.update_query_dict(secret).render_as_string(hide_password=True)
    for name in SECRETS:
        shown[name] = MASK if shown[name] else ""
    return {
        shown_name(name): str(int(value) if isinstance(value, bool) else value)
        for name, value in shown.items()
    }
