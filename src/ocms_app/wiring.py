"""Which adapter serves which port: the one place that knows them all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from litestar.types import ASGIApp

from ocms_adapters.clock import SystemClock
from ocms_adapters.files.blobs import FolderStore
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
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app import version
from ocms_app.court_stores import court_stores
from ocms_app.databases import Databases, lock_times, open_databases
from ocms_app.grace import grace
from ocms_app.issuers import issuers
from ocms_app.keys import access_hash_key, field_cipher
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_app.system_metrics import show_connections
from ocms_web.app import create_app
from ocms_web.authentication import Authenticator
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.bodies import BodyLimits, CallsInProgress
from ocms_web.court import routes as court
from ocms_web.endpoints import MEBIBYTE
from ocms_web.hst import routes as hst
from ocms_web.offenders import routes as offenders
from ocms_web.pipeline import Pipeline
from ocms_web.readiness import Readiness
from ocms_web.signed_files import SignedFiles
from ocms_web.stages import routes as stages
from ocms_web.stuck_cases import routes as stuck_cases


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
        *stuck_cases.endpoints(
            stuck_cases.StuckCaseCalls(SqlWaitingCases(intranet, lock_times(settings)), grace(settings))
        ),
    )
    local = [reports] if isinstance(reports, FolderStore) else []
    files = [SignedFiles(each, each.links, pipeline.clock, records) for each in local]
    routes = [each.route() for each in files]
    readiness = Readiness(databases.ready, settings.ready_seconds)
    portal = None
    if settings.staff_client_id:
        # They bring in the jobs, whose state they show, and templates: a third of what a server loads.
        from ocms_app.staff_pages import portal_of  # noqa: PLC0415  # only where officers sign in

        portal = portal_of(
            settings,
            intranet,
            pipeline=pipeline,
            endpoints=endpoints,
            issuers=accepted,
            bearer=bearer,
            reports=reports,
        )
    return create_app(
        endpoints,
        pipeline,
        ready=readiness,
        version=version(),
        files=routes,
        guide=Path(settings.guide) if settings.guide else None,
        portal=portal,
    )
