"""The refresh of VIP vehicles: a CAS behind mutual TLS that fails on demand, and a real mail server."""

# ruff: noqa: DTZ001 - columns hold times without a zone

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import func, select, update

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.vip_source import LONGEST, TooSlow, VipSource
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.schema import ocms_alert, ocms_shedlock, ocms_vip_vehicle
from ocms_adapters.sql.transactions import reading, writing
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.jobs.context import JobContext
from ocms_app.jobs.refreshing_vip_vehicles import mutual_tls
from ocms_core.court.vip_vehicles import LIST_HELD_BACK, REFRESH_FAILED, RETRIES_EXHAUSTED
from ocms_core.jobs.runs import JobCounts, RunOutcome, RunResult, SkipReason
from ocms_demo.simulators.cas import CasSimulator, sample_vehicles
from ocms_demo.simulators.certificates import Authority, Certificate, authority
from ocms_demo.simulators.fault_injection import InjectedFault
from tests.jobs.conftest import Mailbox
from tests.support.databases import Databases

REFRESH, SEND = job_named("refresh_vip_vehicle"), job_named("send_alerts")


@pytest.fixture
def databases(on_both: Databases) -> Databases:
    """Give both kinds of database."""
    return on_both


def refresh(runner: JobRunner, *, accepting: bool = False) -> RunOutcome:
    ended = runner.run(evolve(REFRESH, at_least=timedelta(0)), forced=True, accepting=accepting)
    assert isinstance(ended, RunOutcome), ended
    return ended


def attempt(runner: JobRunner) -> RunOutcome:
    """Refresh without forcing, however often it ran today."""
    ended = runner.run(evolve(REFRESH, at_least=timedelta(0), once_a_day=False))
    assert isinstance(ended, RunOutcome), ended
    return ended


def vehicles(runner: JobRunner) -> int:
    with reading(runner.databases.intranet) as connection:
        return int(connection.execute(select(func.count()).select_from(ocms_vip_vehicle)).scalar_one())


def subjects(runner: JobRunner) -> list[str]:
    with reading(runner.databases.intranet) as connection:
        return list(connection.scalars(select(ocms_alert.c.subject)))


def bodies(runner: JobRunner) -> list[str]:
    with reading(runner.databases.intranet) as connection:
        return list(connection.scalars(select(ocms_alert.c.body)))


@pytest.mark.rule("P40", "P41")
def test_the_list_of_cas_is_taken_over_and_told_in_counts(runner: JobRunner, cas: CasSimulator) -> None:
    ended = refresh(runner)
    assert (ended.result, ended.counts) == (
        RunResult.DONE,
        {"before": 0, "after": 200, "added": 200, "changed": 0, "removed": 0},
    )
    assert vehicles(runner) == 200
    assert b"requestId" in cas.bodies[0]
    assert b"requestTimestamp" in cas.bodies[0]


@pytest.mark.rule("P40")
@pytest.mark.parametrize("mishap", ["500", "502", "503", "504", "reset", "cut=0.5", "cut=0"])
def test_what_may_pass_is_tried_four_times_and_told_once(
    runner: JobRunner, cas: CasSimulator, mailbox: Mailbox, mishap: str
) -> None:
    refresh(runner)
    cas.bodies.clear()
    waits: list[float] = []
    cas.faults.extend([InjectedFault.parse(mishap)] * 10)

    ended = attempt(evolve(runner, sleep=waits.append))

    assert ended.result is RunResult.FAILED
    assert len(cas.bodies) == 4, "exactly one call and three more"
    assert [round(wait - 0.25) for wait in waits] == [2, 4, 8]
    assert vehicles(runner) == 200, "yesterday's list stays"
    runner.run(SEND)
    runner.run(SEND)
    (mail,) = mailbox.received
    assert mail["Subject"] == RETRIES_EXHAUSTED
    assert mail["To"] == "operations@example.sg, duty@example.sg"
    text = str(mail.get_payload())
    assert "Attempts: 4" in text
    assert "Error: CAS" in text
    assert "Time: 20" in text


@pytest.mark.rule("P40")
def test_a_server_that_answers_too_late_is_asked_again(
    runner: JobRunner, cas: CasSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocms_adapters.http.mutual_tls.TIMEOUT", httpx.Timeout(0.3))
    cas.faults.extend([InjectedFault.parse("late=2")] * 2)
    assert refresh(runner).result is RunResult.DONE
    assert len(cas.bodies) == 3
    cas.faults.extend([InjectedFault.parse("late=2")] * 4)
    assert attempt(runner).error == "CAS cannot be reached (ReadTimeout) (4 attempts)"
    assert subjects(runner) == [RETRIES_EXHAUSTED]


@pytest.mark.rule("P40")
def test_a_list_that_comes_drop_by_drop_is_given_up_while_the_lock_holds_by_itself(
    runner: JobRunner, cas: CasSimulator
) -> None:
    assert REFRESH.at_most > LONGEST
    passed = iter(range(0, 10_000, 200))
    tls = mutual_tls(runner.settings)
    source = VipSource(cas.address, tls, runner.now, runner.sleep, lambda: next(passed))
    cas.vehicles = sample_vehicles(5000)
    with pytest.raises(TooSlow), source.fetch():
        pass
    tls.close()
    assert source.attempts == 1


@pytest.mark.rule("P40", "P41")
@pytest.mark.parametrize("mishaps, attempts", [(["503", "401"], 2), (["reset", "502", "403"], 3)])
def test_a_refusal_after_retries_is_told_with_all_its_attempts(
    runner: JobRunner, cas: CasSimulator, mishaps: list[str], attempts: int
) -> None:
    cas.faults.extend(map(InjectedFault.parse, mishaps))
    attempt(runner)
    assert f"Attempts: {attempts}\n" in bodies(runner)[0]


@pytest.mark.rule("P41")
def test_a_bad_list_after_a_retry_is_told_with_both_attempts(runner: JobRunner, cas: CasSimulator) -> None:
    cas.vehicles = [*sample_vehicles(2), *sample_vehicles(1)]
    cas.faults.append(InjectedFault(status=503))
    attempt(runner)
    assert "Attempts: 2\n" in bodies(runner)[0]


class Garbled(CasSimulator):
    """Says its answer is compressed, which it is not."""

    def reply(self, path: str, headers: Any, body: bytes) -> Any:
        status, _, parts, length = super().reply(path, headers, body)
        return status, {"Content-Encoding": "gzip"}, parts, length


@pytest.mark.rule("P41")
def test_an_answer_that_cannot_be_unpacked_leaves_yesterdays_list_and_is_told(
    runner: JobRunner, signer: Authority
) -> None:
    refresh(runner)
    garbled = Garbled(signer.issue("cas"), signer.file, sample_vehicles(3))
    with garbled.running():
        ended = attempt(evolve(runner, settings=evolve(runner.settings, vip_url=garbled.address)))
    assert ended.error == "CAS cannot be reached (DecodingError) (4 attempts)"
    assert (vehicles(runner), subjects(runner)) == (200, [RETRIES_EXHAUSTED])


@pytest.mark.rule("P41")
def test_an_error_nobody_foresaw_is_told_too(
    runner: JobRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refresh(runner)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert attempt(runner).error == "FileNotFoundError: No such file or directory"
    assert (vehicles(runner), subjects(runner)) == (200, [REFRESH_FAILED])


@pytest.mark.rule("P41")
@pytest.mark.parametrize("odd", ["a\rb", '"', "\\.", "\n", "a,b", "\\N", " ", "\x1c", "\u2028", "'"])
def test_a_description_is_kept_to_the_letter(runner: JobRunner, cas: CasSimulator, odd: str) -> None:
    cas.vehicles = [*sample_vehicles(2), {**sample_vehicles(3)[2], "description": odd}]
    assert refresh(runner).result is RunResult.DONE
    assert refresh(runner).counts["changed"] == 0
    with reading(runner.databases.intranet) as connection:
        assert odd in connection.scalars(select(ocms_vip_vehicle.c.description)).all()


@pytest.mark.rule("P41", "P42")
def test_a_lost_run_is_told_and_does_not_count_as_the_run_of_the_day(runner: JobRunner) -> None:
    job = evolve(REFRESH, at_least=timedelta(0), at_most=timedelta(seconds=0.3))

    def sleeps_past_its_time(context: JobContext) -> JobCounts:
        with writing(runner.databases.intranet) as connection:
            connection.execute(update(ocms_shedlock).values(lock_until=datetime(2025, 1, 14)))
        return job.run(context)

    ended = runner.run(evolve(job, run=sleeps_past_its_time))
    assert isinstance(ended, RunOutcome)
    assert ended.result is RunResult.LOST
    assert (vehicles(runner), subjects(runner)) == (0, [REFRESH_FAILED])
    runs = SqlJobRuns(runner.databases.intranet)
    assert [run.state for run in runs.latest()] == ["lost"]
    assert runs.history() == []
    assert isinstance(runner.run(evolve(job, at_most=timedelta(minutes=1))), RunOutcome)
    assert vehicles(runner) == 200
    assert runner.run(job) is SkipReason.RAN_TODAY


@pytest.mark.rule("P40")
def test_a_call_that_succeeds_the_fourth_time_raises_no_alert(runner: JobRunner, cas: CasSimulator) -> None:
    cas.faults.extend(
        [InjectedFault.parse("503"), InjectedFault.parse("reset"), InjectedFault.parse("cut=0.99")]
    )
    assert refresh(runner).result is RunResult.DONE
    assert subjects(runner) == []


@pytest.mark.rule("P40")
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 429])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(
    runner: JobRunner, cas: CasSimulator, status: int
) -> None:
    cas.faults.append(InjectedFault(status=status))
    ended = attempt(runner)
    assert ended.error == f"CAS answered {status}"
    assert len(cas.bodies) == 1
    assert subjects(runner) == [REFRESH_FAILED]


@pytest.mark.rule("P41")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_stream_cut_anywhere_leaves_yesterdays_list(
    runner: JobRunner, cas: CasSimulator, share: float
) -> None:
    refresh(runner)
    cas.vehicles = sample_vehicles(210)
    cas.faults.extend([InjectedFault(cut_at=share)] * 4)
    assert attempt(runner).result is RunResult.FAILED
    assert vehicles(runner) == 200


@pytest.mark.rule("P41")
def test_a_bad_list_leaves_yesterdays_and_is_told(runner: JobRunner, cas: CasSimulator) -> None:
    refresh(runner)
    twice = [*sample_vehicles(200), *sample_vehicles(1)]
    for bad in ([], twice, [*sample_vehicles(200), {"vehicleNo": "X"}]):
        cas.vehicles = bad
        assert attempt(runner).result is RunResult.FAILED
        assert vehicles(runner) == 200
    assert subjects(runner) == [REFRESH_FAILED] * 3


@pytest.mark.rule("P41")
def test_a_list_that_shrinks_is_held_back_and_told(runner: JobRunner, cas: CasSimulator) -> None:
    refresh(runner)
    cas.vehicles = sample_vehicles(100)
    ended = attempt(runner)
    assert "held back" in str(ended.error)
    assert subjects(runner) == [LIST_HELD_BACK]
    assert refresh(runner).result is RunResult.FAILED, "that it may run again today is another matter"
    assert vehicles(runner) == 200
    assert subjects(runner) == [LIST_HELD_BACK], "the same once a day"
    assert refresh(runner, accepting=True).counts["removed"] == 100


@pytest.mark.rule("P40")
@pytest.mark.parametrize("wrong", ["authority", "expired", "name"])
def test_no_request_leaves_to_a_server_that_cannot_show_who_it_is(
    runner: JobRunner, signer: Authority, tmp_path: Path, wrong: str
) -> None:
    own: Certificate = {
        "authority": lambda: authority(tmp_path, "stranger").issue("cas"),
        "expired": lambda: signer.issue("expired", ends=SystemClock().now() - timedelta(hours=1)),
        "name": lambda: signer.issue("elsewhere", host="cas.example"),
    }[wrong]()
    simulator = CasSimulator(own, signer.file, sample_vehicles(3))
    with simulator.running():
        ended = attempt(evolve(runner, settings=evolve(runner.settings, vip_url=simulator.address)))
    assert "ConnectError" in str(ended.error)
    assert simulator.bodies == []
    assert subjects(runner) == [RETRIES_EXHAUSTED]


@pytest.mark.rule("P40")
@pytest.mark.parametrize("ours", ["missing", "no file", "stranger's", "expired"])
def test_no_request_leaves_without_a_certificate_of_ours_that_cas_accepts(
    with_settings: Callable[..., JobRunner], cas: CasSimulator, signer: Authority, tmp_path: Path, ours: str
) -> None:
    shown: Certificate = {
        "missing": lambda: Certificate(Path(), Path()),
        "no file": lambda: Certificate(tmp_path / "none.pem", tmp_path / "none.key"),
        "stranger's": lambda: authority(tmp_path, "stranger").issue("ocms"),
        "expired": lambda: signer.issue("ended", ends=SystemClock().now() - timedelta(hours=1)),
    }[ours]()
    files = ("", "") if ours == "missing" else (str(shown.certificate), str(shown.key))
    runner = with_settings(vip_certificate=files[0], vip_key=files[1])
    assert attempt(runner).result is RunResult.FAILED
    assert cas.bodies == []
    assert len(subjects(runner)) == 1


@pytest.mark.rule("P40")
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_that_is_encrypted_is_refused_with_its_setting(
    runner: JobRunner, with_settings: Callable[..., JobRunner], tmp_path: Path, form: PrivateFormat
) -> None:
    key = load_pem_private_key(Path(runner.settings.vip_key).read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret")))
    ended = attempt(with_settings(vip_key=str(encrypted)))
    assert ended.result is RunResult.FAILED
    assert str(ended.error).startswith("OCMS_VIP_KEY: the key file is encrypted, ")


@pytest.mark.rule("P40")
def test_a_renewed_certificate_is_shown_without_a_restart(
    runner: JobRunner, cas: CasSimulator, signer: Authority
) -> None:
    serials = []
    tls = mutual_tls(runner.settings)
    source = VipSource(cas.address, tls, runner.now, runner.sleep)
    for _ in range(2):
        with source.fetch():
            pass
        certificate = x509.load_pem_x509_certificate(Path(runner.settings.vip_certificate).read_bytes())
        serials.append(f"{certificate.serial_number:X}".rjust(40, "0"))
        signer.issue("ocms")
    tls.close()
    assert [shown["serialNumber"].rjust(40, "0") for shown in cas.shown] == serials
    assert len(set(serials)) == 2


@pytest.mark.rule("P42")
def test_one_run_a_day_and_a_forced_one_by_hand(runner: JobRunner, cas: CasSimulator) -> None:
    job = evolve(REFRESH, at_least=timedelta(0))
    cas.faults.extend([InjectedFault(status=401)])
    assert isinstance(runner.run(job), RunOutcome)
    assert runner.run(job) is SkipReason.RAN_TODAY
    assert isinstance(runner.run(job, forced=True), RunOutcome)
