"""The exchange of address enquiries with MHA: a request goes out, responses come in."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from ocms_core.hst import mha_file
from ocms_core.hst.answers import latest_answers
from ocms_core.hst.facts import JobResult
from ocms_core.hst.mha_file import MhaRecord, MhaRequest, UnusableFile
from ocms_core.hst.ports import Alerts, HstStores, MhaExchange, Progress, continue_always
from ocms_core.kernel.addresses import MHA
from ocms_core.kernel.changes import EnquirySent, FileExchanged
from ocms_core.kernel.codes import HST_FILE_MISMATCH
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.digests import sha256_hex
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.identity_numbers import FIN, NRIC
from ocms_core.kernel.rule_tags import rule

REQUEST, RESPONSE = "OUT", "IN"
WAITING, OVERDUE = "WAITING", "OVERDUE"
CHUNK = 10_000


@rule("H33", "H40")
def send_mha_requests(
    *, stores: HstStores, exchange: MhaExchange, now: datetime, progress: Progress = continue_always
) -> JobResult:
    """
    Send queued identities with a UIN or FIN to MHA; that they were sent is noted only after success (H33).

    A number that is neither fits no record of a request (H40): it is left queued and counts as failed.
    A run broken off sends again what it has not noted. Raises `Unavailable`.
    """
    tally, files, after = JobResult(), 0, ""
    while True:
        with stores.reading() as reader:
            batch = reader.queued_identities(MHA, (NRIC, FIN), after, CHUNK)
        if not batch:
            return tally
        uins = tuple(id_no for id_no in batch if mha_file.uin_of(id_no))
        if uins:
            # Files are named to the second, so that each further one is named a second later.
            send_request(MhaRequest(now + timedelta(seconds=files), uins), stores, exchange, now)
            files += 1
        tally = JobResult(tally.done + len(uins), tally.failed + len(batch) - len(uins))
        after = max(batch)
        if not progress(tally.done + tally.failed):
            return tally


def send_request(request: MhaRequest, stores: HstStores, exchange: MhaExchange, now: datetime) -> None:
    """Deliver a request, then note it and that its identities were sent."""
    name, content = mha_file.request_name(request.asked_at), mha_file.encode_request(request)
    exchange.put(name, content)
    sent = FileExchanged(sha256_hex(content), REQUEST, name, len(request.uins), now)
    with stores.writing() as store:
        store.record((*(EnquirySent(id_no, MHA, now) for id_no in request.uins), sent), now, isolate=False)


@rule("H43")
def receive_mha_responses(
    *,
    stores: HstStores,
    exchange: MhaExchange,
    alerts: Alerts,
    now: datetime,
    progress: Progress = continue_always,
) -> JobResult:
    """
    Apply each response whole and once, as `known_by` says; raise an alert for what cannot be applied (H43).

    A response without its totals has not wholly arrived and waits; one that waits for long raises an alert.
    The tally counts answers kept and files refused. Raises `Unavailable`.
    """
    names = exchange.names()
    report_waiting_files(mha_file.waiting_files(names), stores, alerts, now)
    done = refused = 0
    for name in names:
        if not name.startswith(mha_file.RESPONSE_PREFIX) or mha_file.control_names(name)[0] not in names:
            continue
        content = exchange.get(name)
        with stores.reading() as reader:
            if reader.file_applied(mha_file.known_by(name, content), RESPONSE):
                continue
        records = reconcile(name, content, names, exchange)
        kept = records if isinstance(records, str) else apply(name, content, records, stores, now)
        if isinstance(kept, str):
            alerts.alert(HST_FILE_MISMATCH, f"{name} {kept}")
            refused += 1
        else:
            done += kept
            if not progress(done):
                break
    return JobResult(done, refused)


@rule("H42")
def report_waiting_files(names: Sequence[str], stores: HstStores, alerts: Alerts, now: datetime) -> None:
    """Note what waits for the files it belongs with, and alert once when it waits into a later day (H42)."""
    if not names:
        return
    with stores.reading() as reader:
        noted = reader.files_waiting(names)
    new = [(WAITING, name) for name in names if (WAITING, name) not in noted]
    late = [
        (OVERDUE, name)
        for name in names
        if (OVERDUE, name) not in noted
        and singapore(noted.get((WAITING, name), now)).date() < singapore(now).date()
    ]
    for _, name in late:
        alerts.alert(HST_FILE_MISMATCH, f"{name} waits for the files it belongs with since an earlier day")
    if new or late:
        with stores.writing() as store:
            notes = (
                FileExchanged(sha256_hex(name.encode()), note, name, 0, now) for note, name in (*new, *late)
            )
            store.record(tuple(notes), now, isolate=False)


@rule("H42")
def reconcile(
    name: str, content: bytes, names: Collection[str], exchange: MhaExchange
) -> Sequence[MhaRecord] | str:
    """Return the records of a response that agrees with its control files, or what is wrong with it (H42)."""
    totals_name, exceptions_name = mha_file.control_names(name)
    records = mha_file.parse_response(content)
    if isinstance(records, UnusableFile):
        return str(records)
    totals = mha_file.parse_totals(exchange.get(totals_name))
    if isinstance(totals, UnusableFile):
        return f"control file {totals}"
    exceptions = mha_file.parse_exceptions(exchange.get(exceptions_name) if exceptions_name in names else b"")
    if isinstance(exceptions, UnusableFile):
        return f"exception file {exceptions}"
    wrong = mha_file.mismatch(records, totals, exceptions)
    return f"does not agree with its control files: {wrong}" if wrong else records


@rule("H43")
def apply(
    name: str, content: bytes, records: Sequence[MhaRecord], stores: HstStores, now: datetime
) -> int | str:
    """
    Record the answers of a response with the note that it was applied; return how many were kept.

    Of a response the database refuses a row of nothing is recorded; that is returned in words (H43).
    """
    answers = [mha_file.address_answer(record, now) for record in records]
    with stores.reading() as reader:
        listed = reader.listed_among([answer.id_no for answer in answers])
    kept = latest_answers(answers, listed, now)
    applied = FileExchanged(mha_file.known_by(name, content), RESPONSE, name, len(records), now)
    try:
        with stores.writing() as store:
            store.record((applied, *kept), now, isolate=False)
    except RowRejected:  # another run has applied it in the meantime: its content is in the ledger once
        with stores.reading() as reader:
            if reader.file_applied(applied.sha256, RESPONSE):
                return 0
        return "has a record that the database refuses"
    return len(kept)
