"""The nightly work on suspensions, in chunks that each stand when the next one fails."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from ocms_core.hst import new_notices, renewing
from ocms_core.hst.facts import IdentityFacts, JobResult
from ocms_core.hst.ports import HstReader, HstStore, HstStores, Progress, continue_always
from ocms_core.kernel.codes import HST_INTERNAL_ERROR
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.decision_moments import dates_of
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import RefuseCall, execute

CHUNK = 500


@rule("H30")
def suspend_hst_new_notices(
    *, stores: HstStores, now: datetime, progress: Progress = continue_always
) -> JobResult:
    """
    Suspend the new notices of listed identities, chunk by chunk, and return how many (H30).

    Safe to repeat and to resume: what is suspended is no longer new. Raises `Unavailable`.
    """
    return in_chunks(
        stores,
        find=lambda reader, after: reader.with_new_notices(after, CHUNK),
        load=lambda store, id_nos: store.identity_facts(id_nos),
        decide=new_notices.decide,
        now=now,
        progress=progress,
    )


@rule("H31")
def loop_hst_suspensions(
    *, stores: HstStores, now: datetime, progress: Progress = continue_always
) -> JobResult:
    """
    Renew or end TS-HST that is due, chunk by chunk, and return the number of notices (H31).

    Safe to repeat and to resume: what was renewed is no longer due. Raises `Unavailable`.
    """
    tomorrow = datetime.combine(singapore(now).date() + timedelta(days=1), time(), SINGAPORE)
    return in_chunks(
        stores,
        find=lambda reader, after: reader.due_notices(tomorrow, after, CHUNK),
        load=lambda store, notice_nos: store.due_facts(notice_nos),
        decide=renewing.decide,
        now=now,
        progress=progress,
    )


def in_chunks(
    stores: HstStores,
    *,
    find: Callable[[HstReader, str], Sequence[str]],
    load: Callable[[HstStore, Sequence[str]], IdentityFacts],
    decide: Callable[[IdentityFacts, datetime], Decision[str]],
    now: datetime,
    progress: Progress,
) -> JobResult:
    """
    Find keys beyond the last, load them under lock, decide and record, until none is left.

    A chunk the database refuses is counted as failed, and the next one is gone on with.
    """
    done = failed = 0
    after = ""
    while True:
        with stores.reading() as reader:
            keys = find(reader, after)
        if not keys:
            return JobResult(done, failed)
        decision = execute(
            stores.writing,
            load=lambda store, now, keys=keys: facts_on(now, load(store, keys)),  # type: ignore[misc]  # mypy takes the default for Any
            decide=decide,
            now=now,
            dates=lambda facts: dates_of(facts.notices),
            on_refused_row=RefuseCall(HST_INTERNAL_ERROR),
        )
        if isinstance(decision, Decision):
            done += len(decision.answers)
        else:
            failed += len(keys)
        after = keys[-1]
        if not progress(done + failed):
            return JobResult(done, failed)
