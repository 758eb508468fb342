"""The services of stage changes: what officers, PLUS and Toppan can ask, start to end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from ocms_core.kernel import codes
from ocms_core.kernel.decision_moments import AN_INSTANT, dates_of
from ocms_core.kernel.decisions import Answer, Decision, Refusal, decision_by_item
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, StoredAnswer, answer_store
from ocms_core.kernel.notice_numbers import possible_numbers
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import IsolateRow, RaiseRowRejected, execute
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages import officer_changes, plus, reports, search, toppan
from ocms_core.stages.client_checks import PLUS_CODE, PlusChange, ToppanRun
from ocms_core.stages.eligibility import Eligible
from ocms_core.stages.facts import Period, StageFacts, ToppanFacts, day_of
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.ports import StageStore, StageStores, WritingStageStores
from ocms_core.stages.reports import DailyReport, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import ChangeItem, Criteria, DateRange, Validation
from ocms_core.stages.stage_transition import StageTransition


def dates_of_facts(facts: StageFacts | ToppanFacts) -> Iterator[datetime]:
    """Yield the dates that a stage change is to follow."""
    return dates_of(facts.notices.values())


def instant(moment: datetime) -> Period:
    """Return the period of one moment alone."""
    return moment, moment + AN_INSTANT


def search_notices(criteria: Criteria, *, stores: StageStores) -> search.SearchResult:
    """
    Find notices, each with whether it may be moved.

    Raises `Unavailable` when the database cannot be reached. Contract 2, 1.1; rules S1 to S4.
    """
    with stores.reading() as reader:
        return search.decide(*reader.search(criteria, search.MOST_LISTED))


def list_notices(notice_nos: Sequence[str], *, stores: StageStores) -> search.SearchResult:
    """
    Find the notices of a list of numbers, each with whether it may be moved, as a search shows them.

    Numbers without a notice are left out. Raises `Unavailable` when the database cannot be reached. Rules S2
    to S4.
    """
    with stores.reading() as reader:
        found = reader.listed(notice_nos)
    return search.decide(found, len(found))


def details_of(notice_nos: Sequence[str], *, stores: StageStores) -> Mapping[str, NoticeDetails]:
    """
    Return the notices that exist, by number, with what an officer's screen shows.

    Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        return reader.details(notice_nos)


def validate(
    request: Validation, *, stores: StageStores, now: datetime | None = None
) -> tuple[Answer[Eligible], ...]:
    """
    Return for each notice whether a submit would move it; nothing is written.

    The detail of one that would be is the notice as stored, with its target. Without `now` no dated value of
    the reference data is looked at (G18).

    Contract 2, 1.2; rules S10 to S19 and S24.
    """
    with stores.reading() as reader:
        facts = reader.stage_facts(possible_numbers(request.notice_nos), None)
    facts = facts_on(now, facts) if now else facts
    return officer_changes.validate(request.notice_nos, request.requested, facts)


@rule("S30", "G13")
def submit(
    items: Sequence[ChangeItem],
    officer: str,
    *,
    stores: WritingStageStores,
    now: datetime,
    call: IdempotentCall[Decision[StageTransition]] | None = None,
) -> Decision[StageTransition]:
    """
    Move notices for an officer; duplicates are looked for under the lock, so of two officers one is refused.

    Each item is moved or refused for itself. Raises `Conflict` when overtaken three times running,
    `Unavailable` when the database cannot be reached, a `RepeatedCall` for a repeat of `call`. Contract 2,
    1.3; rules S10 to S30 and K1.
    """
    notice_nos = possible_numbers(item.notice_no for item in items)
    decision = execute(
        stores.writing,
        load=lambda store, now: facts_on(now, store.stage_facts(notice_nos, day_of(now))),
        decide=lambda facts, moment: officer_changes.decide(items, facts, officer, moment, now),
        dates=dates_of_facts,
        now=now,
        on_refused_row=IsolateRow(codes.CPS_UNEXPECTED),
        call=call,
    )
    return decision_by_item(decision)


def preview(
    items: Sequence[ChangeItem], officer: str, *, stores: StageStores, now: datetime
) -> Decision[StageTransition]:
    """Decide a submit as it would be decided now, and write nothing."""
    with stores.reading() as reader:
        numbers = possible_numbers(item.notice_no for item in items)
        facts = reader.stage_facts(numbers, day_of(now))
    return officer_changes.decide(items, facts_on(now, facts), officer, now)


def plus_change(
    change: PlusChange,
    *,
    stores: WritingStageStores,
    now: datetime,
    call: IdempotentCall[Decision[StageTransition]] | None = None,
) -> Decision[StageTransition] | Refusal:
    """
    Move notices as PLUS asks, all or none; a call that moves nothing has no answers.

    A row the database refuses raises `RowRejected` and undoes the whole call. Contract 2, 2.1; S60 to S65.
    """
    return execute(
        stores.writing,
        load=lambda store, now: facts_on(
            change.at or now,
            store.stage_facts(change.notice_nos, instant(change.at or now), change.next),
        ),
        decide=lambda facts, moment: plus.decide(change, facts, moment, now),
        dates=dates_of_facts,
        now=now,
        on_refused_row=RaiseRowRejected(),
        call=call,
    )


@rule("S75")
def update_toppan_stages(
    run: ToppanRun,
    *,
    stores: WritingStageStores,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    call: IdempotentCall[toppan.ToppanResult] | None = None,
) -> toppan.ToppanResult:
    """
    Commit each chunk of a print run by itself, so that a repeat after a crash finishes what was left (S75).

    `progress` is called with the number of notices of each chunk done; the answer of `call` is kept after
    the last. Contract 2, 3.1; rules S71 to S75 and K1.
    """
    answers = toppan_answers(run, stores, now, progress, call)
    result = toppan.toppan_result(len(run.notice_nos), answers)
    if call and (answer := call.answer_of(result)):
        with stores.writing() as store:
            kept = answer_store(store)
            kept.claim(call.key, now)  # another delivery of the run may have been faster
            kept.keep_answer(call.key, answer)
    return result


def toppan_answers(
    run: ToppanRun,
    stores: WritingStageStores,
    now: datetime,
    progress: Callable[[int], None] | None,
    call: IdempotentCall[toppan.ToppanResult] | None,
) -> Iterator[Answer[StageTransition]]:
    """Decide a print run chunk by chunk and yield what became of each notice."""
    # A chunk is no answer to be kept.
    claim = IdempotentCall[Decision[StageTransition]](call.key, lambda _chunk: None) if call else None
    for chunk in toppan.chunks(run.notice_nos):
        known = possible_numbers(chunk)
        yield from decision_by_item(
            execute(
                stores.writing,
                load=partial(load_toppan, known),
                decide=lambda facts, now, chunk=chunk: toppan.decide(chunk, run, facts, now),  # type: ignore[misc]  # bound at once
                now=now,
                dates=dates_of_facts,
                on_refused_row=IsolateRow(codes.CPS_UNEXPECTED),
                call=claim,
            )
        ).answers
        if progress:
            progress(len(chunk))


def complete_answer(key: IdempotencyKey, answer: StoredAnswer, *, stores: StageStores) -> None:
    """Replace the kept answer of a submit by the one with the link to its report (K1)."""
    with stores.writing() as store:
        answer_store(store).complete_answer(key, answer)


@value_object
class ReportLink:
    """Where a report can be fetched, and until when."""

    url: str
    expires_at: datetime


@rule("S23")
def publish(
    batch: ReportBatch, *, stores: StageStores, store: ReportStore, now: datetime, valid_hours: int
) -> ReportLink:
    """
    Register, store and link a batch's report; registered, it can be built again if storing fails (S23).

    Raises what the database or the store raises; the batch itself stands whatever happens here.
    """
    name = register(batch, stores)
    build(ReportEntry(name, batch), stores=stores, store=store, now=now)
    expires_at = now + timedelta(hours=valid_hours)
    return ReportLink(store.link(reports.stored_name(name), expires_at), expires_at)


def register(batch: ReportBatch, stores: StageStores) -> str:
    """Register a batch's report under a name of its own, and return that."""
    officer = plus.REPORTED_AS if batch.officer == PLUS_CODE else batch.officer
    usual, further = reports.names(officer, batch)
    try:
        return register_entry(ReportEntry(usual, batch), stores)
    except RowRejected:  # another batch of the same officer in the same second was first
        return register_entry(ReportEntry(further, batch), stores)


def register_entry(entry: ReportEntry, stores: StageStores) -> str:
    """Insert a report into the registry and return its name. Raises `RowRejected` when that is taken."""
    with stores.writing() as writer:
        writer.register(entry)
    return entry.name


def build(entry: ReportEntry, *, stores: StageStores, store: ReportStore, now: datetime) -> None:
    """Write a batch's workbook from its change rows and note that it is stored."""
    with stores.streaming() as reader:
        written = store.put(reports.stored_name(entry.name), reports.sheet(reader.batch_rows(entry.batch)))
    with stores.writing() as writer:
        writer.record_stored(entry.name, written, now)


def list_reports(days: DateRange, *, stores: StageStores) -> tuple[DailyReport, ...]:
    """List the days with changes, the newest first. Contract 2, 1.4; rule S51."""
    with stores.reading() as reader:
        return reports.daily_reports(reader.days(days.start, days.end))


@rule("S52")
def download(name: str, *, stores: StageStores, store: ReportStore, now: datetime) -> bytes | None:
    """
    Return any report a submit or the list has named; a daily workbook is built when asked for (S52).

    None when there is no such report. Contract 2, 1.5.
    """
    with stores.reading() as reader:
        entry = reader.report(name)
    if entry is None:
        return daily_workbook(name, stores, store)
    content = store.read(reports.stored_name(name)) if entry.is_stored else None
    if content is None:
        build(entry, stores=stores, store=store, now=now)
        content = store.read(reports.stored_name(name))
    return content


def daily_workbook(name: str, stores: StageStores, store: ReportStore) -> bytes | None:
    """Build the workbook of a day from its change rows; None when the list never had such a name."""
    day = reports.day_of_name(name)
    if day is None:
        return None
    with stores.streaming() as reader:
        if name not in reports.names_of_day(reader.days(day, day)):
            return None
        store.put(reports.stored_name(name), reports.sheet(reader.day_rows(day)))
    return store.read(reports.stored_name(name))


def load_toppan(notice_nos: Sequence[str], store: StageStore, now: datetime) -> ToppanFacts:
    """Load the facts of one chunk."""
    return facts_on(now, store.toppan_facts(notice_nos))
