"""CAS works through twelve thousand notices of a served OCMS, inside the limit and resumable."""

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from attrs import define, field

from ocms_adapters.partners import Answered, CasClient, CourtUpdate
from ocms_adapters.partners.cas_sync import COURT_NOTICES, PAYMENT_STATUS, TooEarly, open_sync
from ocms_adapters.partners.progress import OtherList, Progress
from ocms_adapters.partners.unpaid_list import read_list
from ocms_core.jobs.runs import LockLost
from tests.partners.conftest import Served, numbered
from tests.support.builders import NOW

HOUR = timedelta(hours=1)


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

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if len(self.calls) == self.dies_after:
            raise Killed
        numbers = tuple(notice["noticeNo"] for notice in json.loads(request.read())["notices"])
        path, now = request.url.path, self.time.now()
        recent = [at for called, at, _ in self.calls if called == path and now - at < HOUR]
        assert len(recent) < 10, "the eleventh call of an hour"
        assert len(numbers) <= 500
        self.calls.append((path, now, numbers))
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
    assert sync.payment_statuses() == {"batches": 24, "called": 24, "notices": 12_000, "known": 12_000}
    assert sync.court_notices() == {"batches": 24, "called": 24, "updated": 12_000, "failed": 0}
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


def test_a_line_cut_off_by_a_kill_counts_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    progress = Progress.of(file, "f")
    progress.answered(COURT_NOTICES, 0, {"updated": []})
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"answered": "update_cas')
    assert list(Progress.of(file, "f").finished(COURT_NOTICES)) == [0]
    assert file.read_bytes() == whole
    with pytest.raises(OtherList):
        Progress.of(file, "g")


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "name, text",
    [
        ("list.csv", "noticeNo,suspensionType,eprReasonOfSuspension,processingStage\nA1,PS,PS-WWP,\nA2,,,\n"),
        (
            "list.ndjson",
            '{"noticeNo": "A1", "suspensionType": "PS", "eprReasonOfSuspension":"PS-WWP"}\n{"noticeNo":"A2"}',
        ),
    ],
)
def test_the_list_is_csv_or_a_json_object_a_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    unpaid_list = read_list(tmp_path / name)
    assert unpaid_list.notice_nos == ("A1", "A2")
    assert unpaid_list.updates == (CourtUpdate("A1", "PS", "PS-WWP"),)


@pytest.mark.rule("P43")
@pytest.mark.parametrize("text", ["noticeNo\nA-1\n", "noticeNo\nA1\nA1\n", "number\nA1\n"])
def test_a_list_with_a_bad_number_is_refused_before_any_call(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(ValueError, match=r"list\.csv: entry"):
        read_list(tmp_path / "list.csv")


@pytest.mark.rule("P43")
def test_the_client_speaks_with_a_served_ocms(ocms: Served) -> None:
    with CasClient(ocms.url, ocms.api_key) as cas:
        told = cas.payment_statuses([*numbered(2), "X1"])
        assert [each.notice_no for each in told] == numbered(2)
        moved = CourtUpdate("0000000001", processing_stage="CSD")
        updated = cas.update_court_notices([moved, CourtUpdate("X1")])
        assert (updated.updated, dict(updated.failed)) == (("0000000001",), {"X1": "OCMS-4008"})
        assert dict(cas.update_court_notices([CourtUpdate("X1")]).failed) == {"X1": "OCMS-4008"}
    with CasClient(ocms.url, "wrong") as stranger, pytest.raises(Answered, match="OCMS-4011"):
        stranger.payment_statuses(["X1"])


@pytest.mark.rule("P43")
def test_the_command_works_through_a_list_under_both_locks(ocms: Served, tmp_path: Path) -> None:
    file = unpaid(tmp_path, 600, stage="CSD")

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("ocms")), *words]
        return subprocess.run(
            command, env=ocms.environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    said = run("partner", "cas-sync", str(file))
    assert said.returncode == 0, said.stderr
    assert f"{PAYMENT_STATUS}: done batches=2 called=2 notices=600 known=600" in said.stderr
    assert f"{COURT_NOTICES}: done batches=2 called=2 updated=600 failed=0" in said.stderr
    again = run("partner", "cas-sync", str(file))
    assert "called=0" in again.stderr
    history = run("jobs", "history").stdout
    assert history.count(COURT_NOTICES) == 2
