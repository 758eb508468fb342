"""CAS works through twelve thousand notices of a served OCMS, inside the limit and resumable."""

import json
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field
from sqlalchemy import Engine, update

from ocms_adapters.partners import ApplicationError, CasClient, CourtNoticeUpdate, CourtUpdateResult
from ocms_adapters.partners.cas_sync import TooEarly, open_sync
from ocms_adapters.partners.progress import (
    COURT_NOTICES,
    PAYMENT_STATUS,
    CourtNoticesAnswered,
    DamagedProgress,
)
from ocms_adapters.partners.unpaid_list import BadUnpaidList, read_list
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.schema import ocms_shedlock
from ocms_adapters.sql.utc_clock import utc_now
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named, schedules_in_effect
from ocms_app.scheduler import schedule_of
from ocms_app.settings import Settings, load
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import LockLease, LockLost, LockRequest, RunOutcome, RunResult
from ocms_core.kernel.dates import SINGAPORE
from ocms_demo.simulators.fault_injection import Simulator
from ocms_demo.simulators.tokens import reply_bytes as answer
from tests.partners.conftest import Served, numbered
from tests.support import engines
from tests.support.builders import NOW, at
from tests.support.http_server import API_1, API_2, OCMS
from tests.support.sync_progress import begun

HOUR = timedelta(hours=1)
ROOT = Path(__file__).parents[2]


@define
class Time:
    """A clock that only sleeping moves."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Killed(BaseException):
    """The process ends here."""


@define
class Ocms(httpx.BaseTransport):
    """Answers as OCMS does with its limit of ten calls an hour, on a simulated clock; dies on demand."""

    time: Time
    dies_after: int = 10_000
    calls: list[tuple[str, datetime, tuple[str, ...]]] = field(factory=list)
    malformed: frozenset[str] = frozenset()
    mishaps: list[int] = field(factory=list)
    request_ids: list[str] = field(factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if len(self.calls) == self.dies_after:
            raise Killed
        body = json.loads(request.read())
        numbers = tuple(notice["noticeNo"] for notice in body["notices"])
        self.request_ids.append(body["requestId"])
        path, now = request.url.path, self.time.now()
        recent = [at for called, at, _ in self.calls if called == path and now - at < HOUR]
        assert len(recent) < 10, "the eleventh request of an hour"
        assert len(numbers) <= 500
        self.calls.append((path, now, numbers))
        if mishap := self.mishaps.pop() if self.mishaps else 0:
            if mishap == 409:
                return httpx.Response(mishap, json={"appCode": "OCMS-4091", "message": "still running"})
            return httpx.Response(mishap, headers={"Retry-After": "60"})
        if self.malformed & set(numbers):
            return httpx.Response(400, json={"appCode": "OCMS-4007", "message": "Invalid processing stage"})
        if path.endswith("getPaymentStatus"):
            return httpx.Response(200, json={"data": {"notices": [status(number) for number in numbers]}})
        return httpx.Response(200, json={"data": {"notices": [{"noticeNo": number} for number in numbers]}})


def status(number: str) -> dict[str, object]:
    names = ("paymentStatus", "amountPayable", "amountPaid", "paymentAllowanceFlag", "suspensionType")
    reasons = ("crsReasonOfSuspension", "eprReasonOfSuspension")
    return {"noticeNo": number, **dict.fromkeys((*names, *reasons))}


def unpaid(folder: Path, count: int, *, stage: str = "WAR") -> Path:
    file = folder / "unpaid.csv"
    lines = ["noticeNo,suspensionType,eprReasonOfSuspension,processingStage"]
    file.write_text("\n".join([*lines, *(f"{number},,,{stage}" for number in numbered(count))]))
    return file


def client(ocms: Ocms) -> CasClient:
    return CasClient(
        "http://ocms", "key", httpx.Client(transport=ocms), sleep=ocms.time.sleep, now=ocms.time.now
    )


@pytest.mark.rule("P43")
def test_twelve_thousand_notices_stay_inside_ten_calls_an_hour(tmp_path: Path) -> None:
    ocms = Ocms(Time())
    sync = open_sync(unpaid(tmp_path, 12_000), client(ocms))
    counts = {"batches": 24, "called": 24, "refused": 0}
    assert sync.payment_statuses() == {**counts, "notices": 12_000, "known": 12_000}
    assert sync.court_notices() == {**counts, "updated": 12_000, "failed": 0}
    assert 2 * HOUR < ocms.time.now() - NOW < 5 * HOUR


@pytest.mark.rule("P43")
def test_killed_and_resumed_no_finished_batch_is_called_again(tmp_path: Path) -> None:
    file, time = unpaid(tmp_path, 12_000), Time()
    calls: list[tuple[str, datetime, tuple[str, ...]]] = []
    for _ in range(20):
        ocms = Ocms(time, dies_after=len(calls) + 7, calls=calls)
        try:
            sync = open_sync(file, client(ocms))
            sync.payment_statuses()
            done = sync.court_notices()
            break
        except Killed:
            time.sleep(30)
    else:
        pytest.fail("never came to an end")
    assert done["updated"] == 12_000
    assert set(Counter((path, numbers) for path, _, numbers in calls).values()) == {1}
    assert len(calls) == 48


@pytest.mark.rule("P43")
def test_court_notices_wait_until_the_payment_status_is_known(tmp_path: Path) -> None:
    ocms = Ocms(Time(), dies_after=1)
    sync = open_sync(unpaid(tmp_path, 600), client(ocms))
    with pytest.raises(Killed):
        sync.payment_statuses()
    with pytest.raises(TooEarly):
        sync.court_notices()
    assert len(ocms.calls) == 1


@pytest.mark.rule("P43")
def test_a_lost_lock_stops_before_the_next_call(tmp_path: Path) -> None:
    def lost() -> None:
        raise LockLost(PAYMENT_STATUS)

    ocms = Ocms(Time())
    with pytest.raises(LockLost):
        open_sync(unpaid(tmp_path, 5), client(ocms), lost).payment_statuses()
    assert ocms.calls == []


@pytest.mark.rule("P43")
def test_repeated_requests_count_too_and_never_more_than_ten_are_sent_in_an_hour(tmp_path: Path) -> None:
    ocms = Ocms(Time(), mishaps=[0, 503, 429, 0, 502, 0, 0, 429, 429, 429, 503, 503, 503] * 5)
    sync = open_sync(unpaid(tmp_path, 12_000), client(ocms))
    assert sync.payment_statuses()["known"] == 12_000
    assert sync.court_notices()["updated"] == 12_000
    assert len(ocms.calls) > 60, "48 batches, and those that had to be sent again"


@pytest.mark.rule("K1", "P43")
def test_a_repeat_whose_first_delivery_is_still_answered_is_sent_again(tmp_path: Path) -> None:
    ocms = Ocms(Time(), mishaps=[409, 409, 503])
    sync = open_sync(unpaid(tmp_path, 5), client(ocms))
    assert sync.payment_statuses() == {"batches": 1, "called": 1, "refused": 0, "notices": 5, "known": 5}
    assert len(ocms.calls) == 4


@pytest.mark.rule("K1", "P43")
def test_each_update_has_a_request_id_of_its_own_the_same_on_every_retry(tmp_path: Path) -> None:
    ocms = Ocms(Time())
    sync = open_sync(unpaid(tmp_path, 600), client(ocms))
    sync.payment_statuses()
    ocms.request_ids.clear()
    ocms.mishaps += [409, 503]
    assert sync.court_notices()["updated"] == 600
    *first, second = ocms.request_ids
    assert len(first) == 3
    assert len(set(first)) == 1
    assert second not in first


@pytest.mark.rule("P43")
def test_requests_before_a_restart_and_those_for_another_list_count_too(tmp_path: Path) -> None:
    time = Time()
    calls: list[tuple[str, datetime, tuple[str, ...]]] = []
    for number in range(4):
        file = unpaid(tmp_path, 1_500).rename(tmp_path / f"list-{number}.csv")
        open_sync(file, client(Ocms(time, calls=calls))).payment_statuses()
    assert len(calls) == 12
    assert calls[9][1] == NOW
    assert HOUR < calls[10][1] - NOW < HOUR + timedelta(minutes=1)


@pytest.mark.rule("P43")
def test_one_malformed_notice_stands_alone_and_holds_up_no_other(tmp_path: Path) -> None:
    wrong = frozenset({"0000000007", "0000000777", "0000001499"})
    time, file = Time(), unpaid(tmp_path, 1_500)
    calls: list[tuple[str, datetime, tuple[str, ...]]] = []
    ocms = Ocms(time, malformed=wrong, calls=calls)
    sync = open_sync(file, client(ocms))
    counts = sync.payment_statuses()
    assert (counts["notices"], counts["known"], counts["refused"]) == (1_500, 1_497, 3)
    assert sync.court_notices()["updated"] == 1_497
    assert set(sync.progress.refused(PAYMENT_STATUS).values()) == {"OCMS-4007"}
    alone = {first for first, many in sync.progress.refused(PAYMENT_STATUS) if many == 1}
    assert {numbered(1_500)[first] for first in alone} == wrong
    calls_before = len(calls)
    assert open_sync(file, client(ocms)).payment_statuses()["called"] == 0
    assert len(calls) == calls_before


@pytest.mark.rule("P43")
def test_a_halving_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    time, file = Time(), unpaid(tmp_path, 500)
    calls: list[tuple[str, datetime, tuple[str, ...]]] = []
    for _ in range(30):
        ocms = Ocms(time, malformed=frozenset({"0000000123"}), calls=calls, dies_after=len(calls) + 2)
        try:
            counts = open_sync(file, client(ocms)).payment_statuses()
            break
        except Killed:
            continue
    else:
        pytest.fail("never came to an end")
    assert (counts["known"], counts["refused"]) == (499, 1)
    assert set(Counter(numbers for _, _, numbers in calls).values()) == {1}


@pytest.mark.rule("P43")
@pytest.mark.parametrize("status", [401, 403, 413])
def test_a_refusal_of_the_call_is_not_looked_for_in_the_list(tmp_path: Path, status: int) -> None:
    ocms = Ocms(Time(), mishaps=[status])
    with pytest.raises(ApplicationError, match=str(status)):
        open_sync(unpaid(tmp_path, 600), client(ocms)).payment_statuses()
    assert len(ocms.calls) == 1


@pytest.mark.rule("P43")
def test_the_same_list_is_worked_through_anew_the_next_day(tmp_path: Path) -> None:
    time, file = Time(), unpaid(tmp_path, 600)
    ocms = Ocms(time)
    for _ in range(2):
        for called in (2, 0):
            sync = open_sync(file, client(ocms))
            assert sync.payment_statuses()["called"] == called
            assert sync.court_notices()["called"] == called
        time.sleep(timedelta(days=1).total_seconds())
    assert len(ocms.calls) == 8
    day = NOW.date()
    assert (tmp_path / f"unpaid.csv.progress.{day}").exists()
    assert (tmp_path / "unpaid.csv.progress").exists()


@pytest.mark.rule("P43")
def test_another_list_under_the_same_name_is_begun_anew(tmp_path: Path) -> None:
    ocms = Ocms(Time())
    for number, count in enumerate((600, 700, 800), start=1):
        counts = open_sync(unpaid(tmp_path, count), client(ocms)).payment_statuses()
        assert (counts["called"], counts["known"]) == (2, count)
        assert len(list(tmp_path.glob("unpaid.csv.progress*"))) == number


@pytest.mark.rule("P43")
def test_a_sync_that_goes_on_past_midnight_is_one(tmp_path: Path) -> None:
    time = Time(at("2025-01-14T23:00:00"))
    ocms, file = Ocms(time), unpaid(tmp_path, 12_000)
    read, day = read_list(file), time.now().date()
    open_sync(file, client(ocms), unpaid=read, day=day).payment_statuses()
    assert time.now().date() > day
    assert open_sync(file, client(ocms), unpaid=read, day=day).court_notices()["updated"] == 12_000
    assert len(ocms.calls) == 48


def test_a_line_cut_off_by_a_kill_counts_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    progress = begun(file, "f", NOW.date())
    progress.record(CourtNoticesAnswered(COURT_NOTICES, (0, 500), CourtUpdateResult((), {})))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"answered": "update_cas')
    assert list(begun(file, "f", NOW.date()).finished(COURT_NOTICES)) == [(0, 500)]
    assert file.read_bytes() == whole
    for damaged in (b"no progress\n", b"5\n"):
        file.write_bytes(damaged)
        with pytest.raises(DamagedProgress, match="move it away"):
            begun(file, "f", NOW.date())


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "name, text",
    [
        ("list.csv", "noticeNo,suspensionType,eprReasonOfSuspension,processingStage\nA1,PS,PS-WWP,\nA2,,,\n"),
        (
            "list.ndjson",
            '{"noticeNo": "A1", "suspensionType": "PS", "eprReasonOfSuspension":"PS-WWP"}\n{"noticeNo":"A2"}',
        ),
        (
            "LIST.JSONL",
            '{"noticeNo":"A1","suspensionType":"PS","eprReasonOfSuspension":"PS-WWP"}\n{"noticeNo":"A2"}\n',
        ),
    ],
)
def test_the_list_is_csv_or_a_json_object_a_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    unpaid_list = read_list(tmp_path / name)
    assert unpaid_list.notice_nos == ("A1", "A2")
    assert unpaid_list.updates == (CourtNoticeUpdate("A1", "PS", "PS-WWP"),)


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "text", ['{"noticeNo": "A1"}\n', '\ufeff{"noticeNo": "A1", "processingStage": "WAR"}\n']
)
def test_json_in_a_file_of_another_name_is_said_to_be_that(tmp_path: Path, text: str) -> None:
    (tmp_path / "n.json").write_text(text, "utf-8")
    with pytest.raises(
        BadUnpaidList, match=r"^n\.json holds JSON, .* let its name end in \.ndjson or \.jsonl$"
    ):
        read_list(tmp_path / "n.json")


@pytest.mark.rule("P43", "S25")
@pytest.mark.parametrize(
    "name, text",
    [
        ("list.csv", "noticeNo, processingStage\n A1 , WAR \n"),
        ("list.csv", "\ufeffnoticeNo;processingStage;\r\nA1;WAR;\r\n;;\r\n"),
        ("list.txt", '"noticeNo", "processingStage"\n"A1", "WAR\xa0"\n'),
        ("list.jsonl", '{" noticeNo": " A1", "processingStage ": "WAR ", "suspensionType": " "}\n\n'),
    ],
)
def test_blanks_around_titles_and_values_do_not_count(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_list(tmp_path / name).updates == (CourtNoticeUpdate("A1", processing_stage="WAR"),)


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "name, content, problem",
    [
        ("list.csv", b"noticeNo\nA-1\n", "entry 1 has no noticeNo of 1 to 10 letters and digits; correct it"),
        ("list.csv", b"noticeNo\nA1\x1f\n", "entry 1 has no noticeNo of 1 to 10 letters and digits"),
        ("list.csv", b"noticeNo\nA1\nA1\n", "entry 2 repeats a notice number; leave one of them out"),
        ("list.csv", b"number\nA1\n", "list.csv: has no column noticeNo; its titles are 'number'."),
        ("list.csv", b"noticeNo,Processing Stage\nA1,WAR\n", "'Processing Stage'; write processingStage."),
        ("list.csv", b"noticeNo,processingStage,processingStage\n", "more than one column processingStage"),
        ("list.csv", b"noticeNo\nA1,WAR\n", "list.csv: cell B2 stands under no title"),
        (
            "list.csv",
            "noticeNo\nA1\n".encode("utf-16"),
            "is not CSV with a header, in UTF-8; have it written",
        ),
        (
            "list.ndjson",
            b'{"noticeNo": "A1"}\n{"noticeNo": "A2", "stage": "WAR"}',
            "entry 2: nobody knows the",
        ),
        (
            "list.ndjson",
            b'{"noticeNo": "A1", "noticeNo ": "A2"}',
            "entry 1: has more than one column noticeNo",
        ),
        ("list.ndjson", b"{}", "entry 1 has no noticeNo"),
        ("list.ndjson", b'{"noticeNo": {"A": 1}}', "entry 1 has no noticeNo"),
        ("list.csv", b"", "holds no notice; there is nothing to do"),
        ("list.csv", b"noticeNo\n", "holds no notice; there is nothing to do"),
        ("list.csv", b"\xff\xfe", "is not CSV with a header, in UTF-8; have it written anew"),
        ("list.csv", b'noticeNo\n"A1', "is not CSV with a header"),
        ("list.csv", b"noticeNo\n" + b"A" * 200_000, "is not CSV with a header"),
        ("list.ndjson", b"noticeNo\nA1\n", "is not one JSON object a line, in UTF-8; have it written anew"),
        ("list.ndjson", b"[1]\n", "is not one JSON object a line"),
        ("folder", None, "cannot be read: Is a directory; give the path of the list"),
        ("gone.csv", None, "cannot be read: No such file or directory; give the path of the list"),
    ],
)
def test_a_bad_list_is_refused_in_plain_words_before_any_call(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    (tmp_path / "folder").mkdir()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadUnpaidList, match=problem):
        read_list(tmp_path / name)


@pytest.mark.rule("P43")
def test_the_client_speaks_with_a_served_ocms(ocms: Served) -> None:
    with CasClient(ocms.url, ocms.api_key) as cas:
        statuses = cas.payment_statuses([*numbered(2), "X1"])
        assert [each.notice_no for each in statuses] == numbered(2)
        moved = CourtNoticeUpdate("0000000001", processing_stage="CSD")
        updated = cas.update_court_notices([moved, CourtNoticeUpdate("X1")])
        assert (updated.updated, dict(updated.failed)) == (("0000000001",), {"X1": "OCMS-4008"})
        assert dict(cas.update_court_notices([CourtNoticeUpdate("X1")]).failed) == {"X1": "OCMS-4008"}
    with CasClient(ocms.url, "wrong") as stranger, pytest.raises(ApplicationError, match="OCMS-4011"):
        stranger.payment_statuses(["X1"])


def command(
    ocms: Served, folder: Path, *words: str, cas_list: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    env = ocms.environment | ({"OCMS_CAS_LIST": str(cas_list)} if cas_list else {})
    return subprocess.run([OCMS, *words], env=env, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.rule("P43")
def test_the_command_works_through_a_list_under_both_locks(ocms: Served, tmp_path: Path) -> None:
    file = unpaid(tmp_path, 600, stage="CSD")
    ran = command(ocms, tmp_path, "partner", "cas-sync", str(file))
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert f"{PAYMENT_STATUS}: done batches=2 called=2 refused=0 notices=600 known=600" in ran.stderr
    assert f"{COURT_NOTICES}: done batches=2 called=2 refused=0 updated=600 failed=0" in ran.stderr
    again = command(ocms, tmp_path, "partner", "cas-sync", str(file))
    assert "called=0" in again.stderr
    listed = command(ocms, tmp_path, "jobs", "list").stdout.splitlines()
    assert all("done" in line for line in listed if PAYMENT_STATUS in line or COURT_NOTICES in line)
    assert COURT_NOTICES not in command(ocms, tmp_path, "jobs", "history").stdout
    note = command(ocms, tmp_path, "jobs", "history", COURT_NOTICES).stderr
    assert note.startswith(f"{COURT_NOTICES} leaves no runs on record")


@pytest.mark.rule("P43")
def test_a_sync_whose_notices_ocms_refuses_ends_with_a_status_of_its_own(
    ocms: Served, tmp_path: Path
) -> None:
    file = unpaid(tmp_path, 2, stage="CSD")
    with file.open("a") as lines:
        lines.write("\n9999999999,,,CSD\n")
    ran = command(ocms, tmp_path, "partner", "cas-sync", str(file))
    assert (ran.returncode, ran.stdout) == (4, ""), ran.stderr
    assert f"{COURT_NOTICES}: done batches=1 called=1 refused=0 updated=2 failed=1" in ran.stderr
    assert ran.stderr.endswith(f"OCMS refused 1 times; {file}.progress says why.\n")
    assert '"9999999999": "OCMS-4008"' in (tmp_path / f"{file.name}.progress").read_text()


@pytest.mark.rule("P43")
def test_a_bad_list_takes_no_lock_and_leaves_no_run(ocms: Served, tmp_path: Path) -> None:
    before = command(ocms, tmp_path, "jobs", "history").stdout
    ran = command(ocms, tmp_path, "partner", "cas-sync", "gone.csv")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "gone.csv cannot be read: No such file or directory; give the path of the list\n"
    assert command(ocms, tmp_path, "jobs", "history").stdout == before


@pytest.mark.rule("P43")
def test_both_jobs_are_listed_and_have_a_schedule_where_a_list_is_set(ocms: Served, tmp_path: Path) -> None:
    def lines(cas_list: Path | None = None) -> list[str]:
        listed = command(ocms, tmp_path, "jobs", "list", cas_list=cas_list).stdout.splitlines()
        return [line for line in listed if PAYMENT_STATUS in line or COURT_NOTICES in line]

    without, (status_line, notices_line) = lines(), lines(tmp_path / "unpaid.csv")
    assert len(without) == 2
    assert all("by hand" in line and "* * *" not in line for line in without)
    assert "0 4 * * *" in status_line
    assert "45 4 * * *" in notices_line
    assert "by hand" not in status_line + notices_line


@pytest.mark.rule("P43")
def test_a_schedule_is_in_effect_only_where_the_list_is_set() -> None:
    lines = {PAYMENT_STATUS: "0 5 * * *"}
    assert schedules_in_effect(Settings(schedules=lines))[PAYMENT_STATUS] == ""
    with_list = schedules_in_effect(Settings(schedules=lines, cas_list="unpaid.csv"))
    assert (with_list[PAYMENT_STATUS], with_list[COURT_NOTICES]) == ("0 5 * * *", "45 4 * * *")
    assert schedules_in_effect(Settings())["send_alerts"] == "* * * * *"
    assert schedules_in_effect(Settings(schedules={"send_alerts": "off"}))["send_alerts"] == ""
    never = schedule_of(job_named(PAYMENT_STATUS), {PAYMENT_STATUS: ""})
    assert never.next_after(NOW) is None


@pytest.mark.rule("P43")
def test_both_jobs_run_by_name_the_second_after_the_first(ocms: Served, tmp_path: Path) -> None:
    without = command(ocms, tmp_path, "jobs", "run", PAYMENT_STATUS)
    assert without.returncode == 1
    assert "set cas_list, the file of the unpaid list" in without.stdout
    file = unpaid(tmp_path, 600, stage="CSD")
    early = command(ocms, tmp_path, "jobs", "run", COURT_NOTICES, cas_list=file)
    assert early.returncode == 1
    assert f"{COURT_NOTICES} waits until {PAYMENT_STATUS} has finished with this list" in early.stdout
    first = command(ocms, tmp_path, "jobs", "run", PAYMENT_STATUS, cas_list=file)
    assert "done batches=2 called=2 refused=0 notices=600 known=600" in first.stdout
    second = command(ocms, tmp_path, "jobs", "run", COURT_NOTICES, cas_list=file)
    assert "done batches=2 called=2 refused=0 updated=600 failed=0" in second.stdout
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.rule("P43")
def test_the_second_job_waits_while_the_first_is_at_work(ocms: Served, tmp_path: Path) -> None:
    settings = load(ocms.environment | {"OCMS_CAS_LIST": str(unpaid(tmp_path, 5, stage="CSD"))})
    databases = open_databases(settings)
    locks, slept = JobLocks(SqlJobStore(databases.intranet)), list[float]()
    lease = locks.take(LockRequest(PAYMENT_STATUS, "another", timedelta(minutes=5)))
    assert isinstance(lease, LockLease)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            with CasClient(settings.partner_url, settings.partner_api_key) as cas:
                open_sync(Path(settings.cas_list), cas).payment_statuses()
            locks.end(lease, RunResult.DONE, {}, None)

    outcome = JobRunner(settings, databases, sleep=sleep).run(job_named(COURT_NOTICES))
    databases.dispose()
    assert isinstance(outcome, RunOutcome)
    assert (outcome.result, outcome.counts["updated"], len(slept)) == (RunResult.DONE, 5, 3)


@pytest.mark.rule("P43")
def test_the_second_job_waits_for_a_first_that_begins_at_the_same_moment(
    ocms: Served, tmp_path: Path
) -> None:
    settings = load(ocms.environment | {"OCMS_CAS_LIST": str(unpaid(tmp_path, 5, stage="CSD"))})
    databases, slept = open_databases(settings), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            first = JobRunner(settings, databases).run(job_named(PAYMENT_STATUS))
            assert isinstance(first, RunOutcome)
            assert first.result is RunResult.DONE

    outcome = JobRunner(settings, databases, sleep=sleep).run(job_named(COURT_NOTICES))
    databases.dispose()
    assert isinstance(outcome, RunOutcome)
    assert (outcome.result, outcome.counts["updated"], len(slept)) == (RunResult.DONE, 5, 2)


@pytest.mark.rule("P43")
def test_the_second_job_fails_where_no_first_begins_within_ten_seconds(ocms: Served, tmp_path: Path) -> None:
    settings = load(ocms.environment | {"OCMS_CAS_LIST": str(unpaid(tmp_path, 5, stage="CSD"))})
    databases, slept = open_databases(settings), list[float]()
    outcome = JobRunner(settings, databases, sleep=slept.append).run(job_named(COURT_NOTICES))
    databases.dispose()
    assert isinstance(outcome, RunOutcome)
    assert (outcome.result, sum(slept)) == (RunResult.FAILED, 10)
    assert outcome.error == f"{COURT_NOTICES} waits until {PAYMENT_STATUS} has finished with this list"


@pytest.mark.rule("K3")
def test_the_daily_job_removes_archived_progress_of_the_list_in_the_settings(
    ocms: Served, tmp_path: Path
) -> None:
    file = unpaid(tmp_path, 5)
    settings = load(
        ocms.environment | {"OCMS_CAS_LIST": str(file), "OCMS_REPORTS": str(tmp_path / "reports")}
    )
    days = [datetime.now(SINGAPORE).date() - timedelta(days=days) for days in (93, 92)]
    for day in days:
        file.with_name(f"unpaid.csv.progress.{day}").touch()
    databases = open_databases(settings)
    outcome = JobRunner(settings, databases).run(job_named("remove_old_rows"))
    databases.dispose()
    assert isinstance(outcome, RunOutcome)
    assert (outcome.result, outcome.counts["sync_progress"]) == (RunResult.DONE, 1)
    assert [path.name for path in tmp_path.glob("*.progress.*")] == [f"unpaid.csv.progress.{days[1]}"]


class Recording(Simulator):
    """Answers as OCMS does, and kills a process when it has been called so often."""

    def __init__(self, clock: Path) -> None:
        super().__init__()
        self.clock = clock
        self.calls: list[tuple[str, datetime, tuple[str, ...]]] = []
        self.victim: subprocess.Popen[str] | None = None
        self.kill_at = 0

    def reply(self, path: str, headers: Any, body: bytes) -> Any:
        del headers
        numbers = tuple(notice["noticeNo"] for notice in json.loads(body)["notices"])
        self.calls.append((path, datetime.fromisoformat(self.clock.read_text()), numbers))
        if self.victim and len(self.calls) == self.kill_at:
            self.victim.kill()
        notices = [status(number) for number in numbers]
        return answer(200, {"data": {"notices": notices}})


@pytest.mark.rule("P43")
def test_a_command_killed_and_started_again_repeats_no_finished_batch(ocms: Served, tmp_path: Path) -> None:
    file, clock = unpaid(tmp_path, 12_000), tmp_path / "clock"
    clock.write_text(NOW.isoformat())
    engine = engines.create(ocms.environment["OCMS_INTRANET_URL"])
    process = [sys.executable, "-m", "tests.support.sync_process", str(file), str(clock)]
    recording, held = Recording(clock), 0
    with recording.running():
        env = ocms.environment | {"OCMS_PARTNER_URL": recording.url}
        finished: set[tuple[str, tuple[int, int]]] = set()
        for kill_at in (1, 9, 24, 25, 40, 0):
            recording.kill_at = kill_at
            calls_before = len(recording.calls)
            with subprocess.Popen(process, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
                recording.victim = running
                assert running.stderr
                for line in running.stderr:
                    if "(held until " in line:
                        held += 1
                        expire(engine)
            assert running.returncode == (-signal.SIGKILL if kill_at else 0)
            again = {
                (path, (int(numbers[0]), len(numbers))) for path, _, numbers in recording.calls[calls_before:]
            } & finished
            assert again == set(), "a finished batch is not sent again"
            finished = on_record(file)
    engine.dispose()
    assert held == 5, "each time the lock of the one killed was waited for, and that was said"
    assert len(finished) == 48
    assert 48 <= len(recording.calls) <= 48 + 5
    for path in {path for path, _, _ in recording.calls}:
        moments = [moment for each, moment, _ in recording.calls if each == path]
        assert all(later - first >= HOUR for first, later in zip(moments, moments[10:], strict=False))


def expire(engine: Engine) -> None:
    """Let the lock of the one killed run out, a little sooner than it would by itself."""
    with engine.begin() as connection:
        connection.execute(update(ocms_shedlock).values(lock_until=utc_now(connection)))


def on_record(file: Path) -> set[tuple[str, tuple[int, int]]]:
    """Read the finished batches off the progress."""
    paths = {PAYMENT_STATUS: API_1, COURT_NOTICES: API_2}
    lines = file.with_name(f"{file.name}.progress").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith('{"answered"')]
    return {(paths[each["answered"]], (each["batch"][0], each["batch"][1])) for each in entries}
