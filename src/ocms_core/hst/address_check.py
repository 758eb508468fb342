"""The monthly address check: everybody on the list is asked about, DataHive by call."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from itertools import chain

from ocms_core.hst.answers import latest_answers
from ocms_core.hst.facts import JobResult
from ocms_core.hst.ports import DataHive, HstStores, Progress, continue_always
from ocms_core.kernel.addresses import DATAHIVE
from ocms_core.kernel.changes import Change, EnquirySent
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.errors import RowRejected, Unavailable
from ocms_core.kernel.identity_numbers import FIN, NRIC, PASSPORT, UEN
from ocms_core.kernel.rule_tags import rule

BATCH = 100
EVERY_ID_TYPE = (NRIC, FIN, UEN, PASSPORT)


@rule("H32")
def query_hst_addresses(*, stores: HstStores, now: datetime) -> JobResult:
    """
    Queue every listed identity once a month; one queued already stays as it is (H32).

    Safe to repeat: who was sent or has answered this month is not asked again. Raises `Unavailable`.
    """
    month = datetime.combine(singapore(now).date().replace(day=1), time(), SINGAPORE)
    with stores.writing() as store:
        return JobResult(store.queue_listed(now, month))


@rule("H33", "H34")
def query_datahive(
    *, stores: HstStores, datahive: DataHive, now: datetime, progress: Progress = continue_always
) -> JobResult:
    """
    Ask DataHive about queued identities of every kind, a hundred at a time; what fails stays queued.

    Answers and the moment of sending are kept together, batch by batch. Raises `Unavailable` when
    the database cannot be reached.
    """
    tally, after = JobResult(), ""
    while True:
        with stores.reading() as reader:
            batch = reader.queued_identities(DATAHIVE, EVERY_ID_TYPE, after, BATCH)
        if not batch:
            return tally
        after = max(batch)
        sent = ask_datahive(batch, stores, datahive, now)
        tally = JobResult(tally.done + sent, tally.failed + len(batch) - sent)
        if not progress(tally.done + tally.failed):
            return tally


@rule("H34")
def ask_datahive(batch: Mapping[str, str], stores: HstStores, datahive: DataHive, now: datetime) -> int:
    """
    Keep what comes back about a batch; return how many identities are done with.

    An answer that cannot be read, or not be kept, holds up nobody but its own identity (H34).
    """
    try:
        answered = datahive.ask(batch)
    except Unavailable:
        return 0
    with stores.reading() as reader:
        listed = reader.listed_among([answer.id_no for answer in answered.answers])
    latest = latest_answers(answered.answers, listed, answered.received_at)
    kept = {each.answer.id_no: each for each in latest}
    changes: list[tuple[Change, ...]] = [
        (*([kept[id_no]] if id_no in kept else ()), EnquirySent(id_no, DATAHIVE, now))
        for id_no in batch
        if id_no not in answered.unreadable
    ]
    return record_by_halves(changes, stores, now)


@rule("H34")
def record_by_halves(identities: Sequence[Sequence[Change]], stores: HstStores, now: datetime) -> int:
    """
    Record the changes of identities and return of how many; where the database refuses a row, half by half.

    Halves are recorded until the refused one is alone: it stays queued, the others do not (H34).
    """
    if not identities:
        return 0
    try:
        with stores.writing() as store:
            store.record(tuple(chain.from_iterable(identities)), now, isolate=False)
    except RowRejected:
        if len(identities) == 1:
            return 0
        middle = len(identities) // 2
        return sum(record_by_halves(half, stores, now) for half in (identities[:middle], identities[middle:]))
    return len(identities)
