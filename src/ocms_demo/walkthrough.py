"""A walkthrough of the jobs and the partners' calls, on the running demo."""

import csv
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
from attrs import evolve
from sqlalchemy import select

from ocms_adapters.partners import CasClient, PlusClient
from ocms_adapters.partners.cas_sync import SENT, CasSync, open_sync
from ocms_adapters.sql.schema import ocms_valid_offence_notice as notice
from ocms_adapters.sql.transactions import reading
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.settings import Settings
from ocms_core.jobs.runs import RunOutcome, RunResult, SkipReason
from ocms_core.kernel import codes
from ocms_core.kernel.notice_numbers import is_notice_no
from ocms_demo.calls_to_try import EXAMPLE

NOTICES_QUERIED = 250
NOTICES_SYNCED = 20
WAITS = 100
WHY = {
    codes.NOT_A_COURT_NOTICE.code: "as they are not in court yet",
    codes.INVALID_SUSPENSION_TYPE.code: "as the type and the reason do not suit",
}


def walkthrough(settings: Settings, runner: JobRunner) -> None:
    """Refresh the VIP vehicles, and call OCMS as PLUS and CAS do; print a sentence about each."""
    if not is_up(settings.partner_url):
        print("The API did not answer; the walkthrough is left out.")
        return
    # Its lock is given back at once: the same job is among the commands printed to be tried.
    refresh = evolve(job_named("refresh_vip_vehicle"), at_least=timedelta(0))
    ended = runner.run(refresh, forced=True)
    print(f"\nOCMS asked the simulated CAS for its VIP vehicles over mutual TLS: {refresh_text(ended)}.")
    with reading(runner.databases.intranet) as connection:
        chosen = select(notice.c.notice_no).order_by(notice.c.notice_no).limit(2 * NOTICES_QUERIED)
        # The contracts' examples, in the sample too, have numbers that no call of CAS or PLUS may name.
        numbers = list(filter(is_notice_no, connection.scalars(chosen)))[:NOTICES_QUERIED]
    ask_as_plus(settings, numbers)
    # The README shows what is answered for the example as it was loaded.
    synced = [number for number in numbers if number != EXAMPLE]
    sync_as_cas(settings, synced[:NOTICES_SYNCED])


def refresh_text(ended: RunOutcome | SkipReason) -> str:
    """Return in words what a refresh of the VIP vehicles came to."""
    if isinstance(ended, SkipReason):
        return f"not begun, {ended.value}"
    if ended.result is not RunResult.DONE:
        return f"{ended.result.value}, {ended.error}"
    before, after, added, removed = (ended.counts[name] for name in ("before", "after", "added", "removed"))
    return f"{after:,} vehicles instead of {before:,}, {added:,} of them new, {removed:,} gone"


def is_up(url: str) -> bool:
    """Wait until the API answers; return whether it did."""
    for _ in range(WAITS):
        try:
            if httpx.get(f"{url}/health/live", trust_env=False).is_success:
                return True
        except httpx.TransportError:
            time.sleep(0.2)
    return False


def ask_as_plus(settings: Settings, numbers: list[str]) -> None:
    """Ask whether notices can be paid, with a token of the simulated endpoint."""
    with PlusClient(
        settings.partner_url,
        settings.partner_token_url,
        settings.partner_client_id,
        settings.partner_client_secret,
    ) as plus:
        given = list(plus.query(numbers))
    payable = sum(info.payment_allowance_flag == "Y" for info in given)
    print(f"PLUS asked about {len(given)} notices: {payable} can be paid;")
    print(f"  {len(given) - payable} cannot, past their due date or not allowed to be paid.")


def unpaid_list(settings: Settings) -> Path:
    """Return the file of the unpaid list that the demo's CAS works through."""
    return Path(settings.dev_keys).parent / "demo-unpaid.csv"


def sync_as_cas(settings: Settings, numbers: list[str]) -> None:
    """Work through an unpaid list as CAS does."""
    file = unpaid_list(settings)
    with file.open("w", newline="") as lines:
        write = csv.writer(lines).writerow
        write(["noticeNo", "suspensionType", "eprReasonOfSuspension", "processingStage"])
        for number in numbers:
            write([number, "PS", "PS-OTH", ""])
    # Each demo has an API key of its own, and so a limit that nothing has been sent against.
    for kept in (f"{file.name}.progress", SENT):
        file.with_name(kept).unlink(missing_ok=True)
    with CasClient(settings.partner_url, settings.partner_api_key) as client:
        sync = open_sync(file, client)
        known = sync.payment_statuses()["known"]
        print(f"CAS asked for the payment status of {len(numbers)} notices: OCMS knows {known}.")
        counts = sync.court_notices()
    print(f"CAS asked to suspend them (PS-OTH): {counts['updated']} were, {counts['failed']} were refused:")
    for count, why in refusals(sync):
        print(f"  {count} with {why}.")


def refusals(sync: CasSync) -> Iterator[tuple[int, str]]:
    """Yield how many notices were refused for each reason, the most frequent first."""
    refused = Counter(code for result in sync.progress.court_updates() for code in result.failed.values())
    for code, count in refused.most_common():
        yield count, f"{code}, {WHY.get(code, 'which docs/api/court.md explains')}"
