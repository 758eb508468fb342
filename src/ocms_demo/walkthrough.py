"""A walkthrough of the jobs and the partners' calls, on the running demo."""

import csv
import time
from datetime import timedelta
from pathlib import Path

import httpx
from attrs import evolve
from sqlalchemy import select

from ocms_adapters.partners import CasClient, PlusClient
from ocms_adapters.partners.cas_sync import SENT, open_sync
from ocms_adapters.sql.schema import ocms_valid_offence_notice as notice
from ocms_adapters.sql.transactions import reading
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, job_named, schedules_in_effect
from ocms_app.settings import Settings
from ocms_core.jobs.runs import RunOutcome
from ocms_core.kernel.notice_numbers import is_notice_no

# A notice of the contracts' examples, which the sample has.
EXAMPLE = "1234567890"
NOTICES_QUERIED = 250
NOTICES_SYNCED = 20
WAITS = 100


def walkthrough(settings: Settings, runner: JobRunner) -> None:
    """List the jobs, refresh the VIP vehicles, and call OCMS as PLUS and CAS do."""
    if not is_up(settings.partner_url):
        print("The API did not answer; the walkthrough is left out.")
        return
    print("\nJobs:")
    schedules = schedules_in_effect(settings)
    lines = [(job.name, schedules[job.name] or "by hand", job.what) for job in JOBS]
    name_width, schedule_width, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    for name, schedule, what in lines:
        print(f"  {name:{name_width}} {schedule:{schedule_width}} {what}")
    # Its lock is given back at once: the same job is among the commands printed to be tried.
    refresh = evolve(job_named("refresh_vip_vehicle"), at_least=timedelta(0))
    ended = runner.run(refresh, forced=True)
    counts = dict(ended.counts) if isinstance(ended, RunOutcome) else ended.value
    print(f"VIP vehicles taken over from CAS (simulated, mutual TLS): {counts}")
    with reading(runner.databases.intranet) as connection:
        chosen = select(notice.c.notice_no).order_by(notice.c.notice_no).limit(2 * NOTICES_QUERIED)
        # The contracts' examples, in the sample too, have numbers that no call of CAS or PLUS may name.
        numbers = list(filter(is_notice_no, connection.scalars(chosen)))[:NOTICES_QUERIED]
    ask_as_plus(settings, numbers)
    # The README shows what is answered for the example as it was loaded.
    synced = [number for number in numbers if number != EXAMPLE]
    sync_as_cas(settings, synced[:NOTICES_SYNCED])


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
    print(f"PLUS client asked about {len(given)} notices: {payable} can be paid")


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
        print(f"CAS sync of {file}: {dict(sync.payment_statuses())}, then {dict(sync.court_notices())}")
