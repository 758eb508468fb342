"""The stores of contract 1, as the settings name them."""

from sqlalchemy import Engine

from ocms_adapters.sql.court import SqlCourtStores
from ocms_app.settings import DAYEND, Settings


def court_stores(settings: Settings, intranet: Engine) -> SqlCourtStores:
    """Return the stores of contract 1, with the test of court notices that the settings name (P22)."""
    return SqlCourtStores(intranet, by_dayend=settings.court_test == DAYEND)
