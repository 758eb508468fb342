"""The monthly address check: everybody on the list is asked about, DataHive by call."""

from collections.abc import Mapping
from datetime import datetime, time

from ocms_core.hst.answers import accepted
from ocms_core.hst.facts import Tally
from ocms_core.hst.ports import DataHive, HstStores, Progress, go_on
from ocms_core.kernel.addresses import DATAHIVE
from ocms_core.kernel.changes import Change, EnquirySent
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.faults import Unavailable
from ocms_core.kernel.persons import FIN, NRIC, PASSPORT, UEN
from ocms_core.kernel.spec import rule

BATCH = 100
EVERY_KIND = (NRIC, FIN, UEN, PASSPORT)


@rule("H32")
def query_hst_addresses(*, stores: HstStores, now: datetime) -> Tally:
    """
    Every listed identity is queued once a month; one queued already is fine.

    Safe to repeat: who was sent this month is not sent again. Raises `Unavailable`.
    """
    month = datetime.combine(singapore(now).date().replace(day=1), time(), SINGAPORE)
    with stores.writing() as store:
        return Tally(store.queue_listed(now, month))


@rule("H33", "H34")
def query_datahive(
    *, stores: HstStores, datahive: DataHive, now: datetime, progress: Progress = go_on
) -> Tally:
    """
    DataHive is asked about queued identities of every kind, a hundred at a time; a failed batch stays queued.

    Answers and the moment of sending are kept together, batch by batch. Raises `Unavailable` when
    the database cannot be reached.
    """
    tally, after = Tally(), ""
    while True:
        with stores.reading() as reader:
            batch = reader.to_send(DATAHIVE, EVERY_KIND, after, BATCH)
        if not batch:
            return tally
        after = max(batch)
        if ask(batch, stores, datahive, now):
            tally = Tally(tally.done + len(batch), tally.failed)
        else:
            tally = Tally(tally.done, tally.failed + len(batch))
        if not progress(tally.done + tally.failed):
            return tally


def ask(batch: Mapping[str, str], stores: HstStores, datahive: DataHive, now: datetime) -> bool:
    """Ask about one batch, no transaction open, and keep what comes back; False when nothing does."""
    try:
        answers = datahive.ask(batch)
    except Unavailable:
        return False
    with stores.reading() as reader:
        listed = reader.listed_among([answer.id_no for answer in answers])
    sent = (EnquirySent(id_no, DATAHIVE, now) for id_no in batch)
    changes: tuple[Change, ...] = (*accepted(answers, listed, now), *sent)
    with stores.writing() as store:
        store.record(changes, now, isolate=False)
    return True
