"""Replaces the list of VIP vehicles by that of CAS (API 3); whatever fails, yesterday's list stays."""

from collections.abc import Callable
from pathlib import Path

from attrs import asdict
from sqlalchemy import Connection

from ocms_adapters.http.mutual_tls import MutualTls
from ocms_adapters.http.retry import RetriesExhausted
from ocms_adapters.http.vip_source import VipSource
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings, require, variable
from ocms_core.court.vip_vehicles import LIST_HELD_BACK, REFRESH_FAILED, RETRIES_EXHAUSTED, ListHeldBack
from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.rule_tags import rule

UNCHANGED = "The list of VIP vehicles is as it was before."


def run(context: JobContext) -> JobCounts:
    """Refresh the list; an error that ends the run names the number of attempts."""
    settings = context.settings
    tls = mutual_tls(settings)
    source = VipSource(settings.vip_url, tls, context.now, context.sleep)
    try:
        return refresh(
            source,
            SqlVipVehicles(context.databases.intranet),
            context.now,
            largest_percent=settings.vip_largest_shrink,
            accepted=context.accepting,
            check=context.guard,
        )
    except Exception as error:
        error.add_note(f"Attempts: {source.attempts}")
        error.add_note(UNCHANGED)
        raise
    finally:
        tls.close()


def refresh(
    source: VipSource,
    vehicles: SqlVipVehicles,
    now: Clock,
    *,
    largest_percent: int,
    accepted: bool,
    check: Callable[[Connection], None],
) -> JobCounts:
    """Fetch the whole list, then merge it; no transaction is open while CAS is asked."""
    with source.fetch() as fetched:
        changes = vehicles.replace(
            fetched.rows,
            now(),
            largest_percent=largest_percent,
            accepted=accepted,
            in_order=fetched.in_order,
            check=check,
        )
    return asdict(changes)


def mutual_tls(settings: Settings) -> MutualTls:
    """Return the TLS settings towards CAS; raise `WrongSettings` when the settings leave something out."""
    require(settings, "vip_url", "vip_certificate", "vip_key")
    ca = Path(settings.vip_ca) if settings.vip_ca else None
    return MutualTls(Path(settings.vip_certificate), Path(settings.vip_key), ca, variable("vip_key"))


@rule("P40", "P41")
def subject(error: Exception) -> str:
    """Return the subject of the alert: CAS out of reach, list held back, or another failure (P40, P41)."""
    if isinstance(error, RetriesExhausted):
        return RETRIES_EXHAUSTED
    return LIST_HELD_BACK if isinstance(error, ListHeldBack) else REFRESH_FAILED
