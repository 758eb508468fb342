"""Which adapter serves which port: the one place that knows them all."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from litestar.types import ASGIApp

from ocms_adapters.clock import SystemClock
from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.jwks import keys_at, keys_in
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.rate_limits import SqlRateLimits
from ocms_adapters.sql.reference import SqlReference
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app import version
from ocms_app.databases import Databases, open_databases
from ocms_app.demo_package import development_issuers
from ocms_app.keys import access_hash_key, audit_cipher, field_cipher
from ocms_app.reports import report_store
from ocms_app.settings import IssuerSettings, Settings, WrongSettings
from ocms_app.staff_pages import portal_of
from ocms_app.stores import court_stores
from ocms_app.system_metrics import show_connections
from ocms_core.kernel.access import Role
from ocms_web.app import create_app
from ocms_web.authentication import Authenticator
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.bearer import BearerAuthenticator, KeySource
from ocms_web.authentication.issuers import CallerKind, Issuer
from ocms_web.bodies import BodyLimits, CallsInProgress
from ocms_web.court import routes as court
from ocms_web.endpoints import MEBIBYTE
from ocms_web.hst import routes as hst
from ocms_web.offenders import routes as offenders
from ocms_web.pipeline import Pipeline
from ocms_web.readiness import Readiness
from ocms_web.signed_files import SignedFiles
from ocms_web.stages import routes as stages


def issuers(settings: Settings) -> Iterator[tuple[Issuer, KeySource]]:
    """Yield every issuer whose tokens are accepted, with the source of its keys."""
    for accepted in (*map(issuer, settings.issuers), *development_issuers(settings)):
        yield accepted, keys_of(accepted)


def keys_of(accepted: Issuer) -> KeySource:
    """Return the source of an issuer's keys: its URL, or its file."""
    if accepted.jwks_url:
        return keys_at(accepted.name, accepted.jwks_url)
    return keys_in(accepted.name, Path(accepted.jwks_file or ""))


def issuer(given: IssuerSettings) -> Issuer:
    """Convert the settings of an issuer; raise `WrongSettings` for one that cannot be."""
    try:
        return Issuer(
            name=given.name,
            issuer=given.issuer,
            audience=given.audience,
            kind=CallerKind(given.kind),
            algorithms=frozenset(given.algorithms),
            jwks_url=given.jwks_url or None,
            jwks_file=Path(given.jwks_file) if given.jwks_file else None,
            roles={client: Role(role) for client, role in given.roles.items()},
            caller_claims=given.caller_claims,
            role_claims=given.role_claims,
            role_words={word: Role(role) for word, role in given.role_words.items()},
            types=frozenset(given.types),
            untyped=given.untyped,
            audience_claim=given.audience_claim,
            required_claims=given.required_claims,
        )
    except ValueError as wrong:
        raise WrongSettings([f"issuer {given.name}: {wrong}"]) from None


def check_settings(settings: Settings) -> None:
    """Raise `WrongSettings`, a line for each, for issuers, keys or reports the API cannot be wired with."""
    wrong: list[str] = []
    checks: tuple[Callable[[Settings], object], ...] = (
        field_cipher,
        access_hash_key,
        audit_cipher,
        report_store,
    )
    for check in (lambda given: tuple(issuers(given)), *checks):
        try:
            check(settings)
        except WrongSettings as problem:
            wrong.extend(problem.lines)
    if wrong:
        raise WrongSettings(wrong)


def calls(settings: Settings) -> CallsInProgress:
    """Return the bounds on calls in progress that the settings name (G19)."""
    size = settings.bodies_mib * MEBIBYTE
    return CallsInProgress(BodyLimits(settings.body_seconds, settings.body_rate, settings.calls, size))


def web(settings: Settings, databases: Databases | None = None) -> ASGIApp:
    """Wire the HTTP API, on databases that are open already or else those of the settings."""
    databases = databases or open_databases(settings)
    show_connections(databases)
    intranet = databases.intranet
    accepted = tuple(issuers(settings))
    bearer = BearerAuthenticator(accepted)
    authenticator = Authenticator(ApiKeyAuthenticator(SqlCredentials(intranet)), bearer)
    threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="call")
    records = SqlAccessRecords(intranet, access_hash_key(settings))
    pipeline = Pipeline(
        authenticator, SqlRateLimits(intranet), SystemClock(), records, threads=threads, calls=calls(settings)
    )
    reference = SqlReference(intranet)
    reports = report_store(settings)
    reversals = SqlReversalStores(intranet)
    offender_calls = offenders.OffenderCalls(
        SqlOffenderStores(intranet),
        SqlReplication(intranet, InternetCopy(databases.internet_at_once, field_cipher(settings))),
        reversals,
        reference,
    )
    endpoints = (
        *court.endpoints(court.CourtCalls(court_stores(settings, intranet), reference)),
        *stages.endpoints(stages.StageCalls(SqlStageStores(intranet), reference, reports, reversals)),
        *offenders.endpoints(offender_calls),
        *hst.endpoints(hst.HstCalls(SqlHstStores(intranet), reversals)),
    )
    local = [reports] if isinstance(reports, FolderStore) else []
    files = [SignedFiles(each, each.links, pipeline.clock, records) for each in local]
    routes = [each.route() for each in files]
    readiness = Readiness(databases.ready, settings.ready_seconds)
    guide = Path(settings.guide)
    return create_app(
        endpoints,
        pipeline,
        ready=readiness,
        version=version,
        files=routes,
        guide=guide if settings.guide and guide.is_dir() else None,
        portal=portal_of(
            settings, intranet, pipeline=pipeline, endpoints=endpoints, issuers=accepted, bearer=bearer
        ),
    )
