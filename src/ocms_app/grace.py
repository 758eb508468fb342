"""How long a case may wait before it is stuck, by the settings."""

from collections.abc import Mapping
from datetime import timedelta

from ocms_app.settings import Settings
from ocms_core.jobs.stuck_cases import GRACE, StuckKind


def grace(settings: Settings) -> Mapping[StuckKind, timedelta]:
    """Return how long each kind of case may wait."""
    return {**GRACE, StuckKind.NOTICE: timedelta(days=settings.stuck_notice_days)}
