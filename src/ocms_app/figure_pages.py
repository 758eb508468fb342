"""The staff pages of figures, reports and the HST list, with the stores they read."""

from datetime import datetime

from sqlalchemy import Engine

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stage_ageing import SqlAgeingStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import lock_times
from ocms_app.grace import grace
from ocms_app.job_overview import SettingsJobOverview
from ocms_app.settings import Settings
from ocms_core.kernel.report_store import ReportStore
from ocms_core.reversals.explaining import ReversibleChange, reversible_list_change
from ocms_web.portal import reports
from ocms_web.portal.dashboard import DashboardPages
from ocms_web.portal.hst import HstPages
from ocms_web.portal.hst_checks import HstCheckPages
from ocms_web.portal.hst_take_back import HstTakeBackPage
from ocms_web.portal.visits import Page


def figure_pages(settings: Settings, intranet: Engine, store: ReportStore) -> tuple[Page, ...]:
    """Return the pages, in the order of their list."""
    hst, reversals = SqlHstStores(intranet), SqlReversalStores(intranet)

    def reversible(id_no: str, now: datetime) -> ReversibleChange | None:
        return reversible_list_change(id_no, stores=reversals, now=now)

    dashboard = DashboardPages(
        SqlStageStores(intranet),
        SqlAgeingStores(intranet),
        hst,
        SqlWaitingCases(intranet, lock_times(settings)),
        grace(settings),
        SettingsJobOverview(settings, intranet),
    )
    return (
        *HstPages(hst, HstTakeBackPage(reversible)).pages(),
        *HstCheckPages(hst, store).pages(),
        *reports.PAGES,
        *dashboard.pages(),
    )
