"""The jobs of the HST list go through all there is in chunks, and stop between two when they are to."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ocms_core.hst.address_check import query_datahive, query_hst_addresses
from ocms_core.hst.batch_jobs import loop_hst_suspensions, suspend_hst_new_notices
from ocms_core.hst.facts import HstNotice, JobResult
from ocms_core.hst.mha_exchange import receive_mha_responses, send_mha_requests
from ocms_core.hst.mha_file import MhaRecord, encode_response
from ocms_core.kernel.addresses import DATAHIVE, MHA, RegisteredAddress
from ocms_core.kernel.changes import AddressAnswered, Change, SuspensionsClosed, SuspensionsOpened
from ocms_core.kernel.errors import RowRejected
from tests.support.builders import HST, at
from tests.support.hst_facts import IDENTITY, NOW, answer, notice, suspended
from tests.support.hst_facts import record as suspension
from tests.support.in_memory_hst import Alarm, InMemoryDataHive, InMemoryHstStores, Outbox

SPOILT = "S0000005A"
EVERY_KIND = {"F1234567B": "F", "K1234567": "P", "S1234567A": "N", "T18LL0001A": "U"}


def numbered(count: int) -> dict[str, str]:
    return {f"S{number:07}A": "N" for number in range(count)}


def until(most: int) -> Callable[[int], bool]:
    """Stop once so much is done."""
    return lambda done: done < most


@pytest.mark.rule("H33")
def test_mha_is_asked_about_nric_and_fin_only_and_datahive_about_every_kind() -> None:
    stores, outbox, datahive = InMemoryHstStores(EVERY_KIND), Outbox(), InMemoryDataHive()
    assert send_mha_requests(stores=stores.stores, exchange=outbox, now=NOW) == JobResult(2)
    assert stores.sent_to(MHA) == ["F1234567B", "S1234567A"]
    (content,) = outbox.files.values()
    assert [line[:9] for line in content.decode().splitlines()[1:]] == ["F1234567B", "S1234567A"]
    assert query_datahive(stores=stores.stores, datahive=datahive, now=NOW) == JobResult(4)
    assert datahive.asked == [EVERY_KIND]
    assert stores.sent_to(DATAHIVE) == list(EVERY_KIND)


@pytest.mark.rule("H33", "H40")
def test_a_request_too_long_for_one_file_goes_on_in_the_next_named_a_second_later() -> None:
    stores, outbox = InMemoryHstStores(numbered(10_001)), Outbox()
    assert send_mha_requests(stores=stores.stores, exchange=outbox, now=NOW) == JobResult(10_001)
    assert outbox.names() == ["URA2NRO_20250114110000", "URA2NRO_20250114110001"]
    assert [(each.direction, each.name, each.records, each.at) for each in stores.files()] == [
        ("OUT", "URA2NRO_20250114110000", 10_000, NOW),
        ("OUT", "URA2NRO_20250114110001", 1, NOW),
    ]
    assert stores.sent_to(MHA) == list(stores.queue)


@pytest.mark.rule("H33", "H40")
def test_who_is_queued_while_a_request_is_sent_gets_one_of_another_name() -> None:
    class Growing(InMemoryHstStores):
        def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
            self.queue = numbered(len(self.queue) + 1) if len(self.queue) < 3 else self.queue
            return super().record(changes, now, isolate=isolate)

    stores, outbox = Growing(numbered(1)), Outbox()
    assert send_mha_requests(stores=stores.stores, exchange=outbox, now=NOW) == JobResult(3)
    assert {name: content.decode().split()[1] for name, content in outbox.files.items()} == {
        "URA2NRO_20250114110000": "S0000000A",
        "URA2NRO_20250114110001": "S0000001A",
        "URA2NRO_20250114110002": "S0000002A",
    }


@pytest.mark.rule("H33")
def test_sending_that_is_stopped_has_noted_what_it_sent_and_the_next_run_sends_the_rest() -> None:
    stores, outbox = InMemoryHstStores(numbered(10_001)), Outbox()
    stopped = send_mha_requests(stores=stores.stores, exchange=outbox, now=NOW, progress=until(1))
    assert stopped == JobResult(10_000)
    assert len(outbox.files) == 1
    assert send_mha_requests(stores=stores.stores, exchange=outbox, now=NOW) == JobResult(1)


@pytest.mark.rule("H34")
def test_datahive_is_asked_a_hundred_at_a_time_and_a_batch_that_fails_holds_up_no_other() -> None:
    stores = InMemoryHstStores(numbered(201))
    second = sorted(stores.queue)[100:200]
    datahive = InMemoryDataHive(unavailable_for=second[0])
    assert query_datahive(stores=stores.stores, datahive=datahive, now=NOW) == JobResult(101, 100)
    assert [len(batch) for batch in datahive.asked] == [100, 100, 1]
    assert set(stores.queue) - set(stores.sent_to(DATAHIVE)) == set(second), "they stay queued"


@pytest.mark.rule("H34", "H36")
def test_an_answer_is_kept_and_who_has_an_unreadable_one_stays_queued_and_counts_as_failed() -> None:
    stores = InMemoryHstStores({IDENTITY: "N", "S7654321B": "N"})
    datahive = InMemoryDataHive([answer(source=DATAHIVE)], unreadable=frozenset({"S7654321B"}))
    assert query_datahive(stores=stores.stores, datahive=datahive, now=NOW) == JobResult(1, 1)
    assert stores.sent_to(DATAHIVE) == [IDENTITY]
    assert [each for each in stores.written if isinstance(each, AddressAnswered)] == [
        AddressAnswered(answer(source=DATAHIVE))
    ]


class Picky(InMemoryHstStores):
    """Refuses what was answered about one identity."""

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        if any(isinstance(each, AddressAnswered) and each.answer.id_no == SPOILT for each in changes):
            raise RowRejected
        return super().record(changes, now, isolate=isolate)


@pytest.mark.rule("H34", "H36")
def test_an_answer_the_database_refuses_leaves_its_identity_queued_and_nobody_else() -> None:
    stores = Picky(numbered(250))
    answers = [answer(id_no=id_no, source=DATAHIVE) for id_no in stores.queue]
    datahive = InMemoryDataHive(answers)
    assert query_datahive(stores=stores.stores, datahive=datahive, now=NOW) == JobResult(249, 1)
    assert [len(batch) for batch in datahive.asked] == [100, 100, 50]
    assert set(stores.queue) - set(stores.sent_to(DATAHIVE)) == {SPOILT}
    assert len([each for each in stores.written if isinstance(each, AddressAnswered)]) == 249


@pytest.mark.rule("H34")
@pytest.mark.parametrize("unavailable_for, tally", [("", JobResult(100)), ("S0000000A", JobResult(0, 100))])
def test_asking_that_is_stopped_asks_no_further_batch(unavailable_for: str, tally: JobResult) -> None:
    datahive = InMemoryDataHive(unavailable_for=unavailable_for)
    stores = InMemoryHstStores(numbered(101))
    assert query_datahive(stores=stores.stores, datahive=datahive, now=NOW, progress=until(100)) == tally
    assert len(datahive.asked) == 1


@pytest.mark.rule("H43")
def test_receiving_that_is_stopped_has_applied_the_first_file_alone() -> None:
    stores, outbox = InMemoryHstStores({IDENTITY: "N"}), Outbox()
    for name, street in (("NRO2URA_1", "Old"), ("NRO2URA_2", "New")):
        living_there = MhaRecord(IDENTITY, address=RegisteredAddress("654321", street_name=street))
        outbox.lay_out(name, encode_response([living_there]), matched=1)
    assert receive_mha_responses(
        stores=stores.stores, exchange=outbox, alerts=Alarm(), now=NOW, progress=until(1)
    ) == JobResult(1)
    assert [(each.direction, each.name) for each in stores.files()] == [("IN", "NRO2URA_1")]
    assert receive_mha_responses(
        stores=stores.stores, exchange=outbox, alerts=Alarm(), now=NOW, progress=until(1)
    ) == JobResult(1), "the first file is not applied again"


@pytest.mark.rule("H43")
@pytest.mark.parametrize("applied_meanwhile", [True, False])
def test_a_response_another_run_has_applied_meanwhile_is_done_and_one_refused_otherwise_alerts(
    *, applied_meanwhile: bool
) -> None:
    class Overtaken(InMemoryHstStores):
        def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
            if applied_meanwhile:
                super().record(changes, now, isolate=isolate)
            raise RowRejected("the content is in the ledger")

    stores, outbox = Overtaken({IDENTITY: "N"}), Outbox()
    outbox.lay_out("NRO2URA_1", encode_response([MhaRecord(IDENTITY)]), matched=1)

    alarm = Alarm()
    tally = receive_mha_responses(stores=stores.stores, exchange=outbox, alerts=alarm, now=NOW)
    if applied_meanwhile:
        assert (tally, alarm.raised) == (JobResult(0), [])
    else:
        assert tally == JobResult(0, 1)
        assert alarm.raised == [("OCMS-5003", "NRO2URA_1 has a record that the database refuses")]


@pytest.mark.rule("H31")
def test_what_falls_due_before_midnight_is_looked_for() -> None:
    before: list[datetime] = []

    class Stores(InMemoryHstStores):
        def due_notices(self, before_day: datetime, after: str, most: int) -> Sequence[str]:
            before.append(before_day)
            return super().due_notices(before_day, after, most)

    loop_hst_suspensions(stores=Stores().stores, now=NOW)
    assert before == [at("2025-01-15T00:00:00")]


@pytest.mark.rule("H42", "H43")
def test_an_alert_says_what_is_wrong_with_a_file_that_is_refused() -> None:
    stores, outbox, alarm = InMemoryHstStores({IDENTITY: "N"}), Outbox(), Alarm()
    outbox.lay_out("NRO2URA_1", b"X234\n", matched=1)
    outbox.lay_out("NRO2URA_2", b"\n" + b"X234\n", matched=1)
    tally = receive_mha_responses(stores=stores.stores, exchange=outbox, alerts=alarm, now=NOW)
    assert tally == JobResult(0, 2)
    assert alarm.raised == [
        ("OCMS-5003", "NRO2URA_1 has a record without a valid UIN or FIN (line 1)"),
        ("OCMS-5003", "NRO2URA_2 has a record without a valid UIN or FIN (line 2)"),
    ]


@pytest.mark.rule("H42", "H43")
def test_a_file_that_waits_or_was_applied_holds_up_none_behind_it() -> None:
    stores, outbox = InMemoryHstStores({IDENTITY: "N"}), Outbox()
    outbox.files["NRO2URA_1"] = encode_response([MhaRecord(IDENTITY)])
    for name in ("NRO2URA_2", "NRO2URA_3"):
        outbox.lay_out(name, encode_response([MhaRecord(IDENTITY, name=name)]), matched=1)
    applied = []
    for _ in range(2):
        receive_mha_responses(stores=stores.stores, exchange=outbox, alerts=Alarm(), now=NOW)
        applied.append([each.name for each in stores.files() if each.direction == "IN"])
        outbox.lay_out("NRO2URA_4", encode_response([MhaRecord(IDENTITY, name="4")]), matched=1)
    assert applied == [["NRO2URA_2", "NRO2URA_3"], ["NRO2URA_2", "NRO2URA_3", "NRO2URA_4"]]


@pytest.mark.rule("H42")
def test_what_waits_is_noted_and_on_a_later_day_alerted_once() -> None:
    stores, outbox, alarm = InMemoryHstStores(), Outbox({"NRO2URA_1": b""}), Alarm()
    moments = [NOW, NOW + timedelta(hours=12), NOW + timedelta(days=1), NOW + timedelta(days=2)]
    alerted = []
    for moment in moments:
        receive_mha_responses(stores=stores.stores, exchange=outbox, alerts=alarm, now=moment)
        alerted.append(len(alarm.raised))
    assert alerted == [0, 0, 1, 1]
    assert alarm.raised == [
        ("OCMS-5003", "NRO2URA_1 waits for the files it belongs with since an earlier day")
    ]
    assert [(each.direction, each.name, each.records, each.at) for each in stores.files()] == [
        ("WAITING", "NRO2URA_1", 0, NOW),
        ("OVERDUE", "NRO2URA_1", 0, moments[2]),
    ]


def with_new_notices(count: int) -> dict[str, tuple[HstNotice, ...]]:
    return {id_no: (notice(f"N{id_no}", id_no=id_no),) for id_no in numbered(count)}


@pytest.mark.rule("H30")
def test_new_notices_are_suspended_chunk_by_chunk_and_one_refused_holds_up_no_other_chunk() -> None:
    stores = InMemoryHstStores(new=with_new_notices(501), refused=frozenset({"NS0000003A"}))
    assert suspend_hst_new_notices(stores=stores.stores, now=NOW) == JobResult(1, 500)
    assert stores.looked_for == [("", 500), ("S0000499A", 500), ("S0000500A", 500)]
    (opened,) = (each for each in stores.written if isinstance(each, SuspensionsOpened))
    assert opened.numbered == (("NS0000500A", 1),)


@pytest.mark.rule("H30")
def test_what_all_chunks_refused_hold_is_counted_together() -> None:
    stores = InMemoryHstStores(new=with_new_notices(501), refused=frozenset({"NS0000003A", "NS0000500A"}))
    assert suspend_hst_new_notices(stores=stores.stores, now=NOW) == JobResult(0, 501)


@pytest.mark.rule("G20", "H31")
def test_a_chunk_is_decided_after_the_suspensions_of_its_notices() -> None:
    soon = NOW + timedelta(minutes=1)
    stores = InMemoryHstStores(due={"N1": suspended("N1", suspension(HST, due=NOW, since=soon))})
    assert loop_hst_suspensions(stores=stores.stores, now=NOW) == JobResult(1)
    (opened,) = (each for each in stores.written if isinstance(each, SuspensionsOpened))
    assert opened.since > soon


@pytest.mark.rule("H32")
@pytest.mark.parametrize(
    "now, month",
    [
        (datetime(2025, 1, 31, 15, 59, 59, tzinfo=UTC), "2025-01-01T00:00:00"),
        (datetime(2025, 1, 31, 16, tzinfo=UTC), "2025-02-01T00:00:00"),
    ],
)
def test_the_month_in_which_all_are_queued_begins_at_midnight_in_singapore(now: datetime, month: str) -> None:
    asked: list[tuple[datetime, datetime]] = []

    class Listed(InMemoryHstStores):
        def queue_listed(self, now: datetime, month: datetime) -> int:
            asked.append((now, month))
            return 7

    assert query_hst_addresses(stores=Listed().stores, now=now) == JobResult(7)
    assert asked == [(now, at(month))]


@pytest.mark.rule("H30")
def test_what_all_chunks_have_done_is_counted_together() -> None:
    stores = InMemoryHstStores(new=with_new_notices(501))
    assert suspend_hst_new_notices(stores=stores.stores, now=NOW) == JobResult(501)


@pytest.mark.rule("H30")
@pytest.mark.parametrize(
    "refused, tally", [((), JobResult(500)), (("NS0000003A",), JobResult(0, 500))], ids=["done", "refused"]
)
def test_suspending_that_is_stopped_looks_for_no_further_chunk(
    refused: tuple[str, ...], tally: JobResult
) -> None:
    stores = InMemoryHstStores(new=with_new_notices(501), refused=frozenset(refused))
    assert suspend_hst_new_notices(stores=stores.stores, now=NOW, progress=until(500)) == tally
    assert stores.looked_for == [("", 500)]


def due(moment: datetime, number: int = 0) -> dict[str, HstNotice]:
    notice_no = f"N{number}"
    return {notice_no: suspended(notice_no, suspension(HST, due=moment))}


@pytest.mark.rule("H31")
@pytest.mark.parametrize(
    "moment, renewed",
    [("2025-01-14T00:00:00", True), ("2025-01-14T23:59:59", True), ("2025-01-15T00:00:00", False)],
)
def test_ts_hst_is_renewed_on_the_singapore_day_it_falls_due_whatever_the_hour(
    moment: str, *, renewed: bool
) -> None:
    stores = InMemoryHstStores(due=due(at(moment)))
    assert loop_hst_suspensions(stores=stores.stores, now=NOW) == JobResult(int(renewed))
    kinds = [type(each) for each in stores.written]
    assert kinds[:2] == ([SuspensionsClosed, SuspensionsOpened] if renewed else [])


@pytest.mark.rule("H31")
def test_the_loop_that_is_stopped_looks_for_no_further_chunk() -> None:
    stores = InMemoryHstStores(due=due(NOW, 1) | due(NOW, 2))
    assert loop_hst_suspensions(stores=stores.stores, now=NOW, progress=until(1)) == JobResult(2)
    assert stores.looked_for == [("", 500)]
    assert loop_hst_suspensions(stores=stores.stores, now=NOW, progress=until(9)) == JobResult(2)
    assert stores.looked_for[1:] == [("", 500), ("N2", 500)]
