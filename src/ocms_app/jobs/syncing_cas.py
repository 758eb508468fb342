"""The sync of CAS as two jobs: payment status (API 1) for the whole list, then court notices (API 2)."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from ocms_adapters.partners import CasClient
from ocms_adapters.partners.cas_sync import CasSync, TooEarly, open_sync
from ocms_adapters.partners.progress import PAYMENT_STATUS, SyncReplaced
from ocms_app.databases import job_store
from ocms_app.jobs.context import JobContext
from ocms_app.settings import require
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

POLL_SECONDS = 0.5
# A worker that starts late begins both jobs at the same moment.
BEGINS_WITHIN = 10.0


class NoList(OcmsError):
    """The settings do not say where the unpaid list is."""


@rule("P43")
def sync_cas_payment_status(context: JobContext) -> JobCounts:
    """Query the payment status of the whole unpaid list (P43)."""
    return sync(context, CasSync.payment_statuses)


@rule("P43")
def update_cas_court_notices(context: JobContext) -> JobCounts:
    """
    Update court notices, once a payment status sync that is at work or begins now has ended (P43).

    Raises `TooEarly` when it did not get through the list.
    """
    store = job_store(context.settings, context.databases)
    polls = count()
    while True:
        while store.held_lock(PAYMENT_STATUS) and not context.lost.is_set():
            context.sleep(POLL_SECONDS)
        try:
            return sync(context, CasSync.court_notices)
        except (TooEarly, SyncReplaced):
            if next(polls) * POLL_SECONDS >= BEGINS_WITHIN or context.lost.is_set():
                raise
        context.sleep(POLL_SECONDS)


def sync(context: JobContext, work: Callable[[CasSync], JobCounts]) -> JobCounts:
    """Do one step of today's sync of the list the settings name. Raises `NoList` and `BadUnpaidList`."""
    settings = context.settings
    if not settings.cas_list:
        raise NoList("set cas_list, the file of the unpaid list (see `ocms settings`)")
    require(settings, "partner_api_key")
    client = CasClient(settings.partner_url, settings.partner_api_key, sleep=context.sleep, now=context.now)
    with client:
        return work(open_sync(Path(settings.cas_list), client, context.check_lock))
