"""The staff pages; loaded where the settings name a client for their sign-in."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from ocms_adapters.oidc import WELL_KNOWN, OpenIdProvider, ProviderSettings
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.reference import SqlReference
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.staff_sessions import SqlStaffSessions
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.change_pages import change_pages
from ocms_app.explanations import explanations
from ocms_app.figure_pages import figure_pages
from ocms_app.issuers import staff_issuer
from ocms_app.settings import Settings
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.staff_sessions import SessionLimits
from ocms_core.reversals.explaining import reversible_changes
from ocms_web.authentication.bearer import BearerAuthenticator, KeySource
from ocms_web.authentication.issuers import Issuer
from ocms_web.endpoints import Endpoint
from ocms_web.pages import PageRoutes
from ocms_web.pipeline import Pipeline
from ocms_web.portal.find import FindPage
from ocms_web.portal.notice import NoticePages
from ocms_web.portal.notice_history import HistoryPage
from ocms_web.portal.routes import portal_routes
from ocms_web.portal.sessions import Sessions
from ocms_web.portal.sign_in import SIGNED_IN, SIGNED_OUT, SignIn
from ocms_web.portal.site import Portal
from ocms_web.portal.visits import Page


def portal_of(
    settings: Settings,
    intranet: Engine,
    *,
    pipeline: Pipeline,
    endpoints: Sequence[Endpoint],
    issuers: Sequence[tuple[Issuer, KeySource]],
    bearer: BearerAuthenticator,
    reports: ReportStore,
) -> PageRoutes:
    """Return the routes of the staff pages; raise `WrongSettings` for an issuer that is none."""
    issuer, keys = staff_issuer(settings, issuers)
    limits = SessionLimits(
        idle=timedelta(minutes=settings.staff_idle_minutes),
        longest=timedelta(hours=settings.staff_session_hours),
    )
    portal = Portal(
        pipeline,
        {endpoint.operation: endpoint for endpoint in endpoints},
        Sessions(SqlStaffSessions(intranet), limits),
        SignIn(provider(settings, issuer), issuer, keys, settings.staff_client_id, bearer),
        pages(settings, intranet, reports),
    )
    return portal_routes(portal)


def pages(settings: Settings, intranet: Engine, reports: ReportStore) -> tuple[Page, ...]:
    """Return the pages, in the order of their list."""
    stages, reversals = SqlStageStores(intranet), SqlReversalStores(intranet)
    offenders = SqlOffenderStores(intranet)
    notice = NoticePages(
        stages,
        offenders,
        explain=partial(explanations, settings, intranet),
        reversible=lambda notice_no, now: reversible_changes(notice_no, stores=reversals, now=now),
    )
    return (
        FindPage(stages).page(),
        *notice.pages(),
        HistoryPage(stages, offenders, SqlReference(intranet)).page(),
        *change_pages(intranet),
        *figure_pages(settings, intranet, reports),
    )


def provider(settings: Settings, issuer: Issuer) -> OpenIdProvider:
    """Return the identity provider of an issuer."""
    base = settings.public_url.rstrip("/")
    return OpenIdProvider(
        ProviderSettings(
            discovery_url=settings.staff_discovery_url or issuer.issuer.rstrip("/") + WELL_KNOWN,
            client_id=settings.staff_client_id,
            client_secret=settings.staff_client_secret,
            scope=settings.staff_scope,
            redirect_url=base + SIGNED_IN,
            signed_out_url=base + SIGNED_OUT,
        )
    )
