"""The staff pages of figures, reports and the HST list, with the stores they read."""

from sqlalchemy import Engine

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.stage_ageing import SqlAgeingStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import lock_times
from ocms_app.grace import grace
from ocms_app.job_overview import SettingsJobOverview
from ocms_app.settings import Settings
from ocms_core.kernel.report_store import ReportStore
from ocms_web.portal import reports
from ocms_web.portal.dashboard import DashboardPages
from ocms_web.portal.hst import HstPages
from ocms_web.portal.hst_checks import HstCheckPages
from ocms_web.portal.visits import Page


def figure_pages(settings: Settings, intranet: Engine, store: ReportStore) -> tuple[Page, ...]:
    """Return the pages, in the order of their list."""
    hst = SqlHstStores(intranet)
    dashboard = DashboardPages(
        SqlStageStores(intranet),
        SqlAgeingStores(intranet),
        hst,
        SqlWaitingCases(intranet, lock_times(settings)),
        grace(settings),
        SettingsJobOverview(settings, intranet),
    )
    return (
        *HstPages(hst).pages(),
        *HstCheckPages(hst, store).pages(),
        *reports.PAGES,
        *dashboard.pages(),
    )
