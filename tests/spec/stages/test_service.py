"""The services of stage changes, start to end, over stores in memory."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import Change, NoticesMoved, StageChangeRecorded
from ocms_core.kernel.dated_values import DatedValue
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    StoredAnswer,
)
from ocms_core.kernel.report_store import StoredReport
from ocms_core.stages import service
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.facts import EntryChange, FoundNotice, day_of
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.reports import DailyReport, OfficerDay, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria, DateRange, Validation
from ocms_core.stages.toppan import ToppanResult
from tests.support.builders import NOW, SINCE, at, with_dated
from tests.support.cases import outcome
from tests.support.in_memory_stages import InMemoryReports, InMemoryStageStores
from tests.support.stage_builders import WITHOUT_FEES, item, requested, stage_notice

OFFICER = "OIC001"
AN_INSTANT = timedelta(microseconds=1)


def stores_with(*numbers: str, **parts: object) -> InMemoryStageStores:
    notices = {number: stage_notice(number, next_stage="DN2") for number in numbers}
    return InMemoryStageStores(notices, **parts)  # type: ignore[arg-type]  # parts by name


def moved(changes: Iterable[Change]) -> list[str]:
    moves = [change for change in changes if isinstance(change, NoticesMoved)]
    return [notice_no for move in moves for notice_no, _ in move.since]


@pytest.mark.rule("S4")
def test_a_search_lists_a_thousand_and_counts_all() -> None:
    found = [FoundNotice(f"{number:04}", "O", SINCE, "SNC7392R", "RD1", SINCE) for number in range(1_001)]
    stores = InMemoryStageStores(found=found)
    criteria = Criteria(vehicle_no="SNC7392R")
    result = service.search_notices(criteria, stores=stores)
    assert ([each.notice.notice_no for each in result.listed], result.total) == (
        [each.notice_no for each in found[:1_000]],
        1_001,
    )
    assert (stores.asked, stores.opened) == ([criteria], ["reading"])


@pytest.mark.rule("S24", "S30")
def test_a_validation_reads_alone_and_looks_for_no_duplicate() -> None:
    stores = stores_with("A", changed={"A": NOW})
    answers = service.validate(Validation(("A", "B"), requested("DN2")), stores=stores)
    assert [(each.key, each.code) for each in answers] == [
        ("A", codes.CPS_ELIGIBLE),
        ("B", codes.CPS_NOT_FOUND),
    ]
    assert (stores.opened, stores.written) == (["reading"], [])


@pytest.mark.rule("G18", "S24", "S41")
def test_a_validation_has_the_reference_data_of_its_day_where_a_day_is_given() -> None:
    unpriced = with_dated(
        WITHOUT_FEES, parameters=(DatedValue(("ADMIN_FEE", "AMOUNT"), "20.00", NOW.date()),)
    )
    stores = InMemoryStageStores({"A": stage_notice("A", stage="DN2")}, reference=unpriced)
    asked = Validation(("A",), requested("DR3"))
    codes_on = [service.validate(asked, stores=stores, now=day)[0].code for day in (None, SINCE, NOW)]
    missing = codes.CPS_FEE_MISSING.worded(fee="ADMIN_FEE")
    assert codes_on == [missing, missing, codes.CPS_ELIGIBLE]


def test_the_details_of_notices_are_of_those_that_exist() -> None:
    shown = {"A": NoticeDetails(stage_notice("A"), "O", SINCE, "SBA1234A")}
    assert service.details_of(["A", "B"], stores=InMemoryStageStores(shown=shown)) == shown


SOON = NOW + timedelta(minutes=1)
WRITING: dict[str, Callable[[InMemoryStageStores], object]] = {
    "submit": lambda stores: service.submit([item("A")], OFFICER, stores=stores, now=NOW),
    "plus_change": lambda stores: service.plus_change(
        PlusChange(("A",), "DN1", "DN2", None, None), stores=stores, now=NOW
    ),
    "update_toppan_stages": lambda stores: service.update_toppan_stages(
        ToppanRun(("A",), "DN2", NOW), stores=stores, now=NOW
    ),
}


@pytest.mark.rule("G20")
@pytest.mark.parametrize("name", WRITING)
def test_a_notice_is_moved_after_the_moment_it_entered_its_stage(name: str) -> None:
    stores = InMemoryStageStores({"A": stage_notice("A", stage_date=SOON, next_stage="DN2")})
    WRITING[name](stores)
    (moved_at,) = (each.date for each in stores.written if isinstance(each, NoticesMoved))
    assert moved_at > SOON


@pytest.mark.rule("S30", "S22")
def test_a_submit_writes_and_looks_for_duplicates_of_the_singapore_day() -> None:
    midnight = at("2025-01-14T00:00:00")
    changed = {"A": midnight, "B": midnight - AN_INSTANT, "C": midnight + timedelta(days=1)}
    stores = stores_with("A", "B", "C", changed=changed)
    decision = service.submit([item(each) for each in "ABC"], OFFICER, stores=stores, now=NOW)
    assert outcome(decision) == (
        ("A", codes.CPS_DUPLICATE_RECORD),
        ("B", codes.CPS_SUCCESS),
        ("C", codes.CPS_SUCCESS),
    )
    assert stores.opened == ["writing"]
    assert moved(stores.written) == ["B", "C"]
    records = [each.record for each in stores.written if isinstance(each, StageChangeRecorded)]
    assert {(each.officer, each.date_of_change) for each in records} == {(OFFICER, NOW)}


@pytest.mark.rule("S22", "P25")
def test_a_row_the_database_refuses_fails_its_item_alone() -> None:
    stores = stores_with("A", "B", refuses=frozenset({"A"}))
    decision = service.submit([item("A"), item("B")], OFFICER, stores=stores, now=NOW)
    assert outcome(decision) == (("A", codes.CPS_UNEXPECTED), ("B", codes.CPS_SUCCESS))
    assert moved(stores.written) == moved(decision.changes) == ["B"]


@pytest.mark.rule("S30")
def test_a_preview_decides_as_the_submit_would_and_writes_nothing() -> None:
    def stored() -> InMemoryStageStores:
        return stores_with("A", "B", changed={"A": NOW})

    stores, items = stored(), [item("A"), item("B"), item("C")]
    previewed = service.preview(items, OFFICER, stores=stores, now=NOW)
    assert previewed == service.submit(items, OFFICER, stores=stored(), now=NOW)
    assert (stores.opened, stores.written) == (["reading"], [])


@pytest.mark.rule("S63", "S64")
@pytest.mark.parametrize("at_plus", [None, SINCE], ids=["now", "at the moment PLUS says"])
def test_plus_moves_all_notices_at_one_moment_which_no_other_change_may_have(at_plus: object) -> None:
    moment = SINCE if at_plus else NOW
    change = PlusChange(("A", "B"), "DN1", "DN2", SINCE if at_plus else None, None)
    stores = stores_with("A", "B", changed={"A": moment - AN_INSTANT, "B": moment + AN_INSTANT})
    decision = service.plus_change(change, stores=stores, now=NOW)
    assert outcome(decision) == (("A", codes.PLUS_STAGE_CHANGED), ("B", codes.PLUS_STAGE_CHANGED))
    assert (stores.opened, moved(stores.written)) == (["writing"], ["A", "B"])
    records = [each.record for each in stores.written if isinstance(each, StageChangeRecorded)]
    assert {each.date_of_change for each in records} == {moment}
    taken = stores_with("A", "B", changed={"B": moment})
    assert service.plus_change(change, stores=taken, now=NOW) == Refusal(
        codes.PLUS_NOTICES.worded(notices="B (Notice was changed at that moment already)")
    )
    assert taken.written == []


@pytest.mark.rule("S63")
def test_a_row_refused_undoes_the_whole_call_of_plus() -> None:
    stores = stores_with("A", "B", refuses=frozenset({"B"}))
    with pytest.raises(RowRejected):
        service.plus_change(PlusChange(("A", "B"), "DN1", "DN2", None, None), stores=stores, now=NOW)
    assert stores.written == []


@pytest.mark.rule("S75", "S71", "S72")
def test_a_print_run_is_committed_chunk_by_chunk() -> None:
    numbers = [f"{number:06}" for number in range(5_001)]
    stores = stores_with(*numbers[:2], numbers[-1])
    by_hand = stage_notice(numbers[1], stage="DN2", next_stage="DR3")
    stores.notices = {**stores.notices, numbers[1]: by_hand}
    stores.entries = {numbers[1]: EntryChange("OCMS", "DN2", SINCE)}
    done: list[int] = []
    run = ToppanRun((*reversed(numbers), "not a number", numbers[0]), "DN2", NOW)
    result = service.update_toppan_stages(run, stores=stores, now=NOW, progress=done.append)
    assert (result.total, result.automatic, result.manual) == (5_003, 2, 1)
    assert len(result.errors) == 4_999
    assert {"not a number: VON not found", "000002: VON not found"} <= set(result.errors)
    assert moved(stores.written) == [numbers[0], numbers[-1]]
    assert (stores.opened, done) == (["writing", "writing"], [5_000, 2])
    assert stores.asked == [tuple(numbers[:5_000]), (numbers[5_000],)]


@pytest.mark.rule("S75", "P25")
def test_a_row_of_a_print_run_the_database_refuses_fails_alone() -> None:
    stores = stores_with("A", "B", refuses=frozenset({"A"}))
    run = ToppanRun(("A", "B"), "DN2", NOW)
    assert service.update_toppan_stages(run, stores=stores, now=NOW) == ToppanResult(
        2, automatic=1, errors=("A: Unexpected error: the notice could not be changed",)
    )
    assert moved(stores.written) == ["B"]


KEY = IdempotencyKey(Operation.CHANGE_STAGES, "staff:OIC001", KeyOrigin.HEADER, "k", "hash")


def kept_answer(outcome: object) -> StoredAnswer:
    return StoredAnswer("hash", 200, type(outcome).__name__.encode(), NOW)


CALLS: dict[str, Callable[[InMemoryStageStores], object]] = {
    "Decision": lambda stores: service.submit(
        [item("A")], OFFICER, stores=stores, now=NOW, call=IdempotentCall(KEY, kept_answer)
    ),
    "ToppanResult": lambda stores: service.update_toppan_stages(
        ToppanRun(("A",), "DN2", NOW), stores=stores, now=NOW, call=IdempotentCall(KEY, kept_answer)
    ),
    "PLUS": lambda stores: service.plus_change(
        PlusChange(("A",), "DN1", "DN2", None, None),
        stores=stores,
        now=NOW,
        call=IdempotentCall(KEY, kept_answer),
    ),
}


@pytest.mark.rule("K1")
@pytest.mark.parametrize("kind", CALLS)
def test_the_answer_of_a_call_is_kept_and_its_repeat_writes_nothing(kind: str) -> None:
    stores = stores_with("A")
    CALLS[kind](stores)
    word = "Decision" if kind == "PLUS" else kind
    assert stores.answers == {KEY: StoredAnswer("hash", 200, word.encode(), NOW)}
    written = list(stores.written)
    assert moved(written) == ["A"]
    with pytest.raises(AlreadyAnswered):
        CALLS[kind](stores)
    assert stores.written == written


@pytest.mark.rule("K1", "S75")
def test_a_print_run_claims_its_key_in_every_chunk_and_keeps_its_answer_after_the_last() -> None:
    claimed: list[datetime] = []

    class Counting(InMemoryStageStores):
        def claim(self, key: IdempotencyKey, now: datetime) -> None:
            assert key == KEY
            assert self.answers == {}
            claimed.append(now)

    numbers = tuple(f"{number:06}" for number in range(5_001))
    call = IdempotentCall[ToppanResult](KEY, kept_answer)
    stores = Counting()
    service.update_toppan_stages(ToppanRun(numbers, "DN2", NOW), stores=stores, now=NOW, call=call)
    assert claimed == [NOW, NOW, NOW]
    assert list(stores.answers) == [KEY]
    unkept = Counting()
    run = ToppanRun(("A",), "DN2", NOW)
    service.update_toppan_stages(run, stores=unkept, now=NOW, call=IdempotentCall(KEY, lambda _: None))
    assert unkept.answers == {}


@pytest.mark.rule("K1", "S23")
def test_the_answer_with_the_link_takes_the_place_of_the_one_kept() -> None:
    stores = InMemoryStageStores(answers={KEY: StoredAnswer("hash", 200, b"", NOW, is_final=False)})
    complete = StoredAnswer("hash", 200, b"link", NOW)
    service.complete_answer(KEY, complete, stores=stores)
    assert (stores.answers, stores.opened) == ({KEY: complete}, ["writing"])


BATCH = ReportBatch(OFFICER, "OCMS", NOW, NOW)
USUAL = "ChangeStageReport_20250114_110000_OIC001.xlsx"
FURTHER = "ChangeStageReport_20250114_110000_OIC001-000000.xlsx"
ROWS = (("500500303J", "O"), ("500500304J", "O"))
NUMBERED = b"[(1, '500500303J', 'O'), (2, '500500304J', 'O')]"


@pytest.mark.rule("S23", "S50")
def test_a_report_is_registered_stored_and_linked_for_its_hours() -> None:
    stores, kept = InMemoryStageStores(rows={BATCH: ROWS}), InMemoryReports()
    link = service.publish(BATCH, stores=stores, store=kept, now=NOW, valid_hours=24)
    in_a_day = NOW + timedelta(days=1)
    assert link == service.ReportLink(
        f"/download/change-stage/{USUAL}?until={in_a_day.isoformat()}", in_a_day
    )
    assert stores.registry == {USUAL: ReportEntry(USUAL, BATCH)}
    assert kept.kept == {f"change-stage/{USUAL}": NUMBERED}
    assert stores.stored == [(USUAL, StoredReport(2, f"digest of change-stage/{USUAL}"), NOW)]
    assert stores.opened == ["writing", "streaming", "writing"]


@pytest.mark.rule("S50")
def test_a_second_batch_of_one_second_has_a_name_of_its_own() -> None:
    stores = InMemoryStageStores(rows={BATCH: ROWS})
    assert [service.register(BATCH, stores) for _ in range(2)] == [USUAL, FURTHER]
    assert stores.registry == {name: ReportEntry(name, BATCH) for name in (USUAL, FURTHER)}
    with pytest.raises(RowRejected):
        service.register(BATCH, stores)


@pytest.mark.rule("S50", "S64")
def test_a_batch_of_plus_is_reported_under_its_name() -> None:
    batch = ReportBatch("005", "PLUS", NOW, NOW)
    stores = InMemoryStageStores()
    assert service.register(batch, stores) == "ChangeStageReport_20250114_110000_PLUS_SYSTEM.xlsx"


@pytest.mark.rule("S51")
def test_the_list_has_the_days_asked_for_both_included() -> None:
    days = [OfficerDay(date(2025, 1, number), OFFICER, number) for number in (1, 2, 3, 4)]
    listed = service.list_reports(
        DateRange(date(2025, 1, 2), date(2025, 1, 3)), stores=InMemoryStageStores(officer_days=days)
    )
    assert listed == (
        DailyReport(date(2025, 1, 3), (OFFICER,), 3),
        DailyReport(date(2025, 1, 2), (OFFICER,), 2),
    )


def download(name: str, stores: InMemoryStageStores, kept: InMemoryReports) -> bytes | None:
    return service.download(name, stores=stores, store=kept, now=NOW)


@pytest.mark.rule("S52")
def test_a_stored_report_is_downloaded_as_it_is() -> None:
    stores = InMemoryStageStores(registry={USUAL: ReportEntry(USUAL, BATCH, is_stored=True)})
    kept = InMemoryReports({f"change-stage/{USUAL}": b"as it is"})
    assert download(USUAL, stores, kept) == b"as it is"
    assert stores.stored == []


@pytest.mark.rule("S23", "S52")
@pytest.mark.parametrize("is_stored", [True, False], ids=["lost", "never stored"])
def test_a_report_that_is_not_there_is_built_again(*, is_stored: bool) -> None:
    stores = InMemoryStageStores(
        registry={USUAL: ReportEntry(USUAL, BATCH, is_stored=is_stored)}, rows={BATCH: ROWS}
    )
    kept = InMemoryReports() if is_stored else InMemoryReports({f"change-stage/{USUAL}": b"half"})
    assert download(USUAL, stores, kept) == NUMBERED
    assert [(name, now) for name, _, now in stores.stored] == [(USUAL, NOW)]


@pytest.mark.rule("S52")
def test_the_report_of_a_day_is_built_when_it_is_asked_for() -> None:
    day = date(2025, 1, 14)
    stores = InMemoryStageStores(officer_days=[OfficerDay(day, OFFICER, 2)], rows={day: ROWS})
    kept = InMemoryReports()
    name = "ChangeStageReport_20250114_OIC001.xlsx"
    assert download(name, stores, kept) == NUMBERED
    assert kept.kept == {f"change-stage/{name}": NUMBERED}
    assert stores.opened == ["reading", "streaming"]


@pytest.mark.rule("S52")
@pytest.mark.parametrize(
    "name",
    [
        "ChangeStageReport_20250114_OIC002.xlsx",
        "ChangeStageReport_20250113_OIC001.xlsx",
        "ChangeStageReport_20250230_OIC001.xlsx",
        "another.xlsx",
    ],
)
def test_a_name_that_was_never_listed_is_no_report(name: str) -> None:
    stores = InMemoryStageStores(officer_days=[OfficerDay(date(2025, 1, 14), OFFICER, 2)])
    kept = InMemoryReports()
    assert download(name, stores, kept) is None
    assert kept.kept == {}


@pytest.mark.rule("G5", "S13")
def test_the_day_of_a_moment_is_from_midnight_to_midnight_in_singapore() -> None:
    midnight = at("2025-01-14T00:00:00")
    for moment in (midnight, midnight + timedelta(days=1) - AN_INSTANT):
        assert day_of(moment) == (midnight, midnight + timedelta(days=1))
