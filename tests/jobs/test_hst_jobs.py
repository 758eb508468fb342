"""Every HST job run as by hand, with MHA, DataHive and the mail server at the other end of real sockets."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve, frozen
from sqlalchemy import update

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.schema import housekeeping, ocms_shedlock
from ocms_adapters.sql.schema import intranet as t
from ocms_app.cli import jobs
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, job_named
from ocms_app.jobs import hst
from ocms_app.jobs.context import JobContext
from ocms_app.keys import new_secret
from ocms_app.settings import Settings, variable
from ocms_core.hst import mha_file, service
from ocms_core.hst.reports import month_of, names
from ocms_core.jobs.runs import JobCounts, RunOutcome, RunResult
from ocms_core.kernel.dates import local
from ocms_demo.simulators.certificates import Authority
from ocms_demo.simulators.datahive import DataHiveSimulator
from ocms_demo.simulators.fake_registry import registry_entry
from ocms_demo.simulators.fault_injection import InjectedFault
from ocms_demo.simulators.mha import HOST, REQUESTS, RESPONSES, MhaSimulator
from tests.jobs.conftest import PASSWORD, USER, Mailbox
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database
from tests.support.log_lines import logs_as_before
from tests.support.postgres import free_port

PASSPORT = "E7654321X"
OFFICERS = "officers@example.sg"
NAMES = tuple(job.name for job in JOBS if job.run.__module__ == hst.__name__)


@pytest.fixture
def databases(on_both: Databases) -> Databases:
    """Give both kinds of database."""
    return on_both


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    """Give the Intranet database with a UIN and a passport on the list."""
    opened = hst_database(databases)
    opened.notices(["A", "B"])
    for listed in (application(), evolve(application(PASSPORT), id_type="P")):
        service.apply(listed, officer=OFFICER, stores=opened.stores, now=SystemClock().now())
    yield opened
    opened.engine.dispose()


@frozen
class Partners:
    """Who is asked for addresses."""

    mha: MhaSimulator
    datahive: DataHiveSimulator


@pytest.fixture
def partners(signer: Authority, tmp_path: Path) -> Iterator[Partners]:
    mha = MhaSimulator(tmp_path / "mha", SystemClock().now)
    datahive = DataHiveSimulator(signer.issue("datahive"), "hive-secret")
    with mha.running(), datahive.running():
        yield Partners(mha, datahive)


@pytest.fixture
def settings(
    databases: Databases, signer: Authority, mailbox: Mailbox, partners: Partners, tmp_path: Path
) -> Settings:
    mha, datahive = partners.mha, partners.datahive
    return Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        audit_keys=new_secret("audit_keys"),
        reports=str(tmp_path / "reports"),
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_ca=str(mailbox.ca),
        smtp_user=USER,
        smtp_password=PASSWORD,
        alert_to="operations@example.sg",
        mha_host=HOST,
        mha_port=mha.port,
        mha_key=str(mha.keys.client_key),
        mha_known_hosts=str(mha.keys.known_hosts),
        datahive_url=datahive.url,
        datahive_token=datahive.token,
        datahive_ca=str(signer.file),
        hst_reports_to=OFFICERS,
    )


@pytest.fixture
def by_hand(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], int]]:
    """Give `ocms jobs run`, which finds the settings in its environment; its exit status."""
    for name, value in asdict(settings).items():
        if value != asdict(Settings())[name]:
            monkeypatch.setenv(variable(name), str(value))
    with logs_as_before():
        yield jobs.run


@frozen
class Month:
    """What stands in the database, looked at job by job."""

    database: HstDatabase

    def last_run(self, name: str) -> tuple[str, dict[str, int]]:
        (run,) = SqlJobRuns(self.database.engine).history(name)
        return run.state, dict(run.counts)

    def answers(self) -> list[tuple[Any, ...]]:
        return self.database.rows(t.ocms_temp_unc_hst_addr, "id_no", "source", "report_generated")

    def queue(self) -> list[tuple[str, bool, bool]]:
        columns = ("id_no", "sent_to_mha_date", "sent_to_datahive_date")
        rows = self.database.rows(t.ocms_adhoc_nro_queue, *columns)
        return [(id_no, bool(mha), bool(datahive)) for id_no, mha, datahive in rows]

    def records(self, notice_no: str) -> list[tuple[int, str | None]]:
        """Give the records of a notice: number, and why closed."""
        rows = self.database.rows(t.ocms_suspended_notice, "notice_no", "sr_no", "revival_reason")
        return sorted(row[1:] for row in rows if row[0] == notice_no)


def attached(mail: Message) -> dict[str, bytes]:
    parts = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk()}
    return {name: content for name, content in parts.items() if name and isinstance(content, bytes)}


@pytest.mark.rule("H30", "H31", "H32", "H33", "H34", "H35", "H36")
def test_every_job_run_by_hand(
    by_hand: Callable[[str], int],
    database: HstDatabase,
    partners: Partners,
    mailbox: Mailbox,
    settings: Settings,
) -> None:
    month, run = Month(database), set[str]()

    def ran(name: str, done: int) -> None:
        run.add(name)
        assert by_hand(name) == 0
        assert month.last_run(name) == ("done", {"done": done, "failed": 0})

    database.notices(["C"])
    ran("suspend_hst_new_notices", 1)
    assert database.held() == ["A", "B", "C"]

    with database.engine.begin() as connection:
        record = t.ocms_suspended_notice
        due = local(SystemClock().now() - timedelta(days=1))
        connection.execute(update(record).where(record.c.notice_no == "A").values(due_date_of_revival=due))
    ran("loop_hst_suspensions", 1)
    assert month.records("A") == [(1, "SPO"), (2, None)]
    assert month.records("B") == [(1, None)]

    ran("query_hst_addresses", 2)
    assert month.queue() == [(PASSPORT, False, False), (IDENTITY, False, False)]

    ran("send_mha_requests", 1)
    (request,) = (partners.mha.folder / REQUESTS).iterdir()
    asked = mha_file.parse_request(request.read_bytes())
    assert isinstance(asked, mha_file.MhaRequest)
    assert asked.uins == (IDENTITY,)
    assert month.queue() == [(PASSPORT, False, False), (IDENTITY, True, False)]

    ran("receive_mha_responses", 1)
    assert month.answers() == [(IDENTITY, "MHA", "N")]
    ledger = database.rows(housekeeping.ocms_mha_file, "direction", "records")
    assert sorted(ledger) == [("IN", 1), ("OUT", 1)]

    ran("query_datahive", 2)
    assert len(partners.datahive.bodies) == 1
    assert month.answers() == [(PASSPORT, "DATAHIVE", "N"), (IDENTITY, "DATAHIVE", "N")]
    assert month.queue() == [(PASSPORT, False, True), (IDENTITY, True, True)]

    when_mailed: list[list[tuple[Any, ...]]] = []
    mailbox.upon_mail.append(lambda: when_mailed.append(month.answers()))
    ran("generate_hst_reports", 2)
    assert when_mailed == [[(PASSPORT, "DATAHIVE", "N"), (IDENTITY, "DATAHIVE", "N")]]
    assert month.answers() == [(PASSPORT, "DATAHIVE", "Y"), (IDENTITY, "DATAHIVE", "Y")]
    assert month.queue() == []
    (mail,) = mailbox.received
    assert mail["To"] == OFFICERS
    stored = [Path(settings.reports) / name for name in names(this_month(database))]
    assert attached(mail) == {path.name: path.read_bytes() for path in stored}

    assert run == set(NAMES)
    assert by_hand("generate_hst_reports") == jobs.HELD, "it ended a moment ago"
    listed = database.rows(t.ocms_hst, "id_no", "street_name")
    assert listed == [(PASSPORT, "Example Street"), (IDENTITY, "Example Street")], "answers change no list"


def this_month(database: HstDatabase) -> Any:
    (moment, *_) = database.rows(t.ocms_temp_unc_hst_addr, "response_date_time")[0]
    assert isinstance(moment, datetime)
    return month_of(moment)


def ran_again(runner: JobRunner, *job_names: str) -> RunOutcome:
    """Run jobs that may run again at once; how the last one ended."""
    ended: Any = None
    for name in job_names:
        ended = runner.run(evolve(job_named(name), at_least=timedelta(0)))
        assert isinstance(ended, RunOutcome), ended
    assert isinstance(ended, RunOutcome)
    return ended


def alerts(runner: JobRunner) -> list[str]:
    return [each.alert.subject for each in SqlAlerts(runner.databases.intranet).pending(runner.now())]


ASKING = ("query_hst_addresses", "send_mha_requests", "query_datahive")


@pytest.mark.rule("H35")
def test_a_mail_that_cannot_be_sent_only_warns(
    with_settings: Callable[..., JobRunner], database: HstDatabase, mailbox: Mailbox, settings: Settings
) -> None:
    runner = with_settings(smtp_port=free_port())
    ended = ran_again(runner, *ASKING, "generate_hst_reports")
    assert (ended.result.value, ended.counts) == ("done", {"done": 2, "failed": 0})
    assert alerts(runner) == ["OCMS OCMS-5002 Report not mailed"]
    assert mailbox.received == []
    assert all((Path(settings.reports) / name).exists() for name in names(this_month(database)))
    assert {marked for *_, marked in Month(database).answers()} == {"Y"}
    assert Month(database).queue() == []


@pytest.mark.rule("H35")
def test_a_report_store_that_cannot_be_written_leaves_everything_to_the_next_run(
    runner: JobRunner, database: HstDatabase, mailbox: Mailbox, settings: Settings
) -> None:
    ran_again(runner, *ASKING)
    folder = Path(settings.reports)
    folder.touch()
    assert ran_again(runner, "generate_hst_reports").counts == {"done": 0, "failed": 2}
    assert [subject[:14] for subject in alerts(runner)] == ["OCMS OCMS-5004"]
    assert mailbox.received == []
    assert {marked for *_, marked in Month(database).answers()} == {"N"}
    assert len(Month(database).queue()) == 2
    folder.unlink()
    assert ran_again(runner, "generate_hst_reports").counts == {"done": 2, "failed": 0}
    assert len(mailbox.received) == 1
    assert Month(database).queue() == []


@pytest.mark.rule("H33", "H34")
def test_partners_that_are_down_leave_the_queue_as_it_was(
    with_settings: Callable[..., JobRunner], database: HstDatabase, partners: Partners
) -> None:
    runner = with_settings(mha_port=free_port())
    partners.datahive.faults.extend(
        [
            InjectedFault(status=503),
            InjectedFault(reset=True),
            InjectedFault(cut_at=0.5),
            InjectedFault(status=500),
        ]
    )
    sent = ran_again(runner, "query_hst_addresses", "send_mha_requests")
    assert sent.result.value == "failed"
    assert str(sent.error).startswith("MHA (")
    assert "MHA" in str(SqlJobRuns(database.engine).history("send_mha_requests")[0].error)
    assert ran_again(runner, "query_datahive").counts == {"done": 0, "failed": 2}
    assert alerts(runner)[-1] == "OCMS job query_datahive left 2 for its next run"
    assert Month(database).queue() == [(PASSPORT, False, False), (IDENTITY, False, False)]
    assert ran_again(runner, "query_datahive").counts == {"done": 2, "failed": 0}
    answered = dict(database.rows(t.ocms_temp_unc_hst_addr, "id_no", "street_name"))
    assert answered == {each: registry_entry(each).address.street_name for each in (IDENTITY, PASSPORT)}


@pytest.mark.rule("H33", "H40")
@pytest.mark.usefixtures("partners")
def test_of_a_number_that_fits_no_request_operations_are_alerted(
    runner: JobRunner, database: HstDatabase
) -> None:
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_hst).where(t.ocms_hst.c.id_no == PASSPORT).values(id_type="N"))
    assert ran_again(runner, "query_hst_addresses", "send_mha_requests").counts == {"done": 1, "failed": 1}
    assert alerts(runner) == ["OCMS job send_mha_requests left 1 for its next run"]
    assert Month(database).queue() == [(PASSPORT, False, False), (IDENTITY, True, False)]


@pytest.mark.rule("H43")
def test_a_response_that_does_not_agree_is_told_once_however_many_runs_find_it(
    runner: JobRunner, database: HstDatabase, partners: Partners
) -> None:
    ran_again(runner, "query_hst_addresses", "send_mha_requests")
    (request,) = (partners.mha.folder / REQUESTS).iterdir()
    ending = request.name.removeprefix(mha_file.REQUEST_PREFIX)
    response = partners.mha.folder / RESPONSES / (mha_file.RESPONSE_PREFIX + ending)
    response.write_bytes(response.read_bytes() + b"more\n")
    for _ in range(3):
        assert ran_again(runner, "receive_mha_responses").counts == {"done": 0, "failed": 1}
    assert len(alerts(runner)) == 1
    assert Month(database).answers() == []


@pytest.mark.rule("H30", "H33")
@pytest.mark.parametrize("name", ["suspend_hst_new_notices", "query_hst_addresses"])
def test_a_lost_lock_refuses_the_writes_of_a_job(runner: JobRunner, database: HstDatabase, name: str) -> None:
    database.notices(["C"])
    held = database.held()

    def work(context: JobContext) -> JobCounts:
        with database.engine.begin() as connection:
            connection.execute(update(ocms_shedlock).values(locked_by="java-node"))
        return job_named(name).run(context)

    ended = runner.run(evolve(job_named(name), run=work))
    assert isinstance(ended, RunOutcome)
    assert (ended.result, str(ended.error).split(":")[0]) == (RunResult.LOST, f"{name} lost its lock")
    assert database.held() == held
    assert Month(database).queue() == []
    assert alerts(runner) == [f"OCMS job {name} failed"]
