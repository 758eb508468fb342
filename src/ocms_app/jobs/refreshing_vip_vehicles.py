"""Takes over the list of VIP vehicles from CAS (API 3); whatever goes wrong, yesterday's list stays."""

from pathlib import Path

from ocms_adapters.http.calling import Exhausted
from ocms_adapters.http.mutual_tls import MutualTls
from ocms_adapters.http.vip_source import VipSource
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.court.vip_vehicles import LIST_HELD_BACK, REFRESH_FAILED, RETRIES_EXHAUSTED, ListHeldBack
from ocms_core.jobs.runs import JobCounts, LockLost
from ocms_core.kernel.faults import Fault
from ocms_core.kernel.spec import rule

INCIDENT = "failed"


class NoAddress(Fault):
    """Nobody has said where CAS is."""


def run(context: JobContext) -> JobCounts:
    """Refresh the list; a failure is told to operations once, and is the run's."""
    try:
        return refreshed(context)
    except LockLost:
        raise  # another worker is at it, and tells operations if it fails
    except Fault as fault:
        context.alert(INCIDENT, subject(fault), told(context, fault))
        raise


def refreshed(context: JobContext) -> JobCounts:
    """Fetch the whole list, then merge it; no transaction is open while CAS is asked."""
    settings = context.settings
    tls = mutual_tls(settings)
    try:
        with VipSource(settings.vip_url, tls, context.now, context.sleep).fetched() as fetched:
            changes = SqlVipVehicles(context.databases.intranet).replace(
                fetched.rows,
                context.now(),
                largest_percent=settings.vip_largest_shrink,
                forced=context.forced,
                check=context.check,
            )
    finally:
        tls.close()
    return {
        "before": changes.before,
        "after": changes.after,
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
    }


def mutual_tls(settings: Settings) -> MutualTls:
    """Give the way to CAS; `NoAddress` when the settings leave something out."""
    if not (settings.vip_url and settings.vip_certificate and settings.vip_key):
        raise NoAddress("set vip_url, vip_certificate and vip_key (see `ocms settings`)")
    ca = Path(settings.vip_ca) if settings.vip_ca else None
    return MutualTls(Path(settings.vip_certificate), Path(settings.vip_key), ca)


@rule("P40")
def subject(fault: Fault) -> str:
    """The alert says whether CAS stayed out of reach, or the list was held back, or it failed otherwise."""
    if isinstance(fault, Exhausted):
        return RETRIES_EXHAUSTED
    return LIST_HELD_BACK if isinstance(fault, ListHeldBack) else REFRESH_FAILED


@rule("P40")
def told(context: JobContext, fault: Fault) -> str:
    """The alert tells the error, the time and the number of attempts."""
    attempts = fault.attempts if isinstance(fault, Exhausted) else 1
    return (
        f"Job: {context.held.job}, run {context.held.fence}\n"
        f"Time: {context.now().isoformat(timespec='seconds')}\n"
        f"Error: {fault}\n"
        f"Attempts: {attempts}\n\n"
        "The list of VIP vehicles is as it was before."
    )
