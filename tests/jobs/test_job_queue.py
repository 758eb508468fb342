"""Bulk work in chunks: shared by workers, done once in effect, finished whoever dies meanwhile."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve, frozen
from sqlalchemy import func, make_url, select, text, update

from ocms_adapters import job_queue
from ocms_adapters.job_queue import ChunkQueue
from ocms_adapters.sql import schema
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_app.cli.databases import upgrade_both
from ocms_app.cli.work import chunk_worker
from ocms_app.databases import Databases as Opened
from ocms_app.databases import open_databases
from ocms_app.distributed_reconciliation import CHUNK, reconciliation, whole
from ocms_app.job_runner import JobRunner
from ocms_app.jobs.context import JobContext
from ocms_app.keys import new_key
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts, Run, RunOutcome, RunResult, SkipReason
from ocms_core.kernel.errors import Conflict, Unavailable
from tests.support.databases import Databases, postgres_databases
from tests.support.namespaces import NAMESPACES, machines, means
from tests.support.offender_builders import OWNER
from tests.support.offender_rows import opened, put_notice, put_person
from tests.support.postgres import PostgresServer, running_server

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(b"1" * 32).decode()
NOTICES, SIZE = 40, 5
ROWS = 2 * NOTICES
# Of each kind eight ranges of five, one for numbers yet to come, and one for what only the copy has.
CHUNKS = 2 * (NOTICES // SIZE + 1 + 1)
WORKER = (sys.executable, "-m", "tests.support.chunk_worker")
OCMS = (sys.executable, "-c", "from ocms_app.cli import main; main()")


@frozen
class Bulk:
    """Databases with notices of which the Internet side has none, and a runner that wants that changed."""

    settings: Settings
    opened: Opened

    def reconciled(self) -> RunOutcome:
        ended = JobRunner(self.settings, self.opened).run(whole(SIZE, repair=True))
        assert not isinstance(ended, SkipReason)
        return ended

    def sent(self) -> Counter[int]:
        """Count how often each row was queued for replication."""
        outbox = schema.ocms_outbox
        row = (outbox.c.kind, outbox.c.notice_no, outbox.c.owner_driver_indicator)
        question = select(func.count()).select_from(outbox).group_by(*row)
        with self.opened.intranet.connect() as connection:
            return Counter(connection.execute(question).scalars())

    def chunk_runs(self) -> Sequence[Run]:
        return SqlJobRuns(self.opened.intranet).later_than(0, CHUNK)

    def workers(self) -> int:
        question = text("SELECT count(*) FROM ocms_queue.procrastinate_workers")
        with self.opened.intranet.connect() as connection:
            return int(connection.execute(question).scalar_one())


@contextmanager
def bulk(databases: Databases) -> Iterator[Bulk]:
    settings = Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        internet_keys=f"k1={KEY}",
        audit_keys=f"k1={KEY}",
    )
    with opened(databases.intranet) as (intranet,):
        for number in range(NOTICES):
            put_notice(intranet, f"N{number:03}")
            put_person(intranet, f"N{number:03}", "O", OWNER, current=True)
    pair = open_databases(settings)
    try:
        if pair.intranet.name == "postgresql":
            ChunkQueue(pair.intranet).upgrade()
        yield Bulk(settings, pair)
    finally:
        pair.dispose()


@pytest.fixture
def queued(postgres: PostgresServer) -> Iterator[Bulk]:
    """Give bulk work on PostgreSQL, reached by TCP."""
    with postgres_databases(postgres) as pair, bulk(pair) as found:
        yield found


def environment(settings: Settings, host: str | None = None) -> dict[str, str]:
    """Give the variables by which a process finds the databases, by another address of the server's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    urls = {"INTRANET": settings.intranet_url, "INTERNET": settings.internet_url}
    for side, address in urls.items():
        url = make_url(address).set(host=host) if host else make_url(address)
        kept[f"OCMS_{side}_URL"] = url.render_as_string(hide_password=False)
    return kept | {
        "OCMS_INTERNET_KEYS": settings.internet_keys,
        "OCMS_AUDIT_KEYS": settings.audit_keys,
        "OCMS_AUDIT_SIGNING_KEY": settings.audit_signing_key or new_key(),
        "OCMS_ACCESS_HASH_KEY": settings.access_hash_key or new_key(),
    }


def said(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run an `ocms` command to its end."""
    return subprocess.run([*OCMS, *words], capture_output=True, text=True, cwd=ROOT, env=env, check=False)


@contextmanager
def process(command: Sequence[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as running:
        try:
            yield running
        finally:
            running.kill()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_done_once_by(found: Bulk, ended: RunOutcome, workers: int) -> None:
    assert (ended.result, ended.error) == (RunResult.DONE, None)
    assert ended.counts == {"chunks": CHUNKS, "compared": ROWS, "on_their_way": 0, "missing": ROWS}
    assert found.sent() == {1: ROWS}
    runs = found.chunk_runs()
    assert sorted(run.counts["chunk"] for run in runs) == list(range(1, CHUNKS + 1))
    assert len({run.worker for run in runs}) == workers


@pytest.mark.parametrize("machines_are", [means()])
def test_workers_on_two_machines_share_the_chunks(machines_are: str) -> None:
    """
    Two network namespaces stand for machines; each reaches the one PostgreSQL by a network of its own.

    Where namespaces cannot be made (not root, no iproute2) the same is shown with two plain processes,
    and the test is named so.
    """
    apart = machines_are == NAMESPACES
    with machines(2 if apart else 0) as made, running_server() as server:
        hosts = [each.server for each in made] or ["127.0.0.1"] * 2
        if apart:
            with (server.data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 198.18.0.0/15 scram-sha-256\n")
            with (server.data / "postgresql.conf").open("a") as configuration:
                configuration.write(f"listen_addresses = '127.0.0.1,{','.join(hosts)}'\n")
            server.restart()
        with postgres_databases(server) as pair:
            by_tcp = Databases(
                *(
                    server.url(make_url(url).database or "", tcp=True)
                    for url in (pair.intranet, pair.internet)
                )
            )
            with bulk(by_tcp) as found:
                prefixes = [each.command for each in made] or [()] * 2
                commands = [[*prefix, *WORKER, "0.05"] for prefix in prefixes]
                first, second = (environment(found.settings, host) for host in hosts)
                with process(commands[0], first) as one, process(commands[1], second) as two:
                    until(lambda: found.workers() == 2)
                    assert_done_once_by(found, found.reconciled(), workers=2)
                    assert one.stdout
                    assert two.stdout
                    networks = {one.stdout.readline(), two.stdout.readline()}
                    ours = f"{Path('/proc/self/ns/net').readlink()}\n"
                    assert len(networks | {ours}) == (3 if apart else 1)


def test_a_killed_workers_chunk_is_done_by_another_and_nothing_twice(queued: Bulk) -> None:
    given: list[RunOutcome] = []
    waiting = threading.Thread(target=lambda: given.append(queued.reconciled()))
    with process([*WORKER, "600"], environment(queued.settings)) as doomed:
        waiting.start()
        until(lambda: bool(queued.sent()))
        doomed.send_signal(signal.SIGKILL)
    assert queued.chunk_runs() == [], "it died with its work done and nobody told"
    left = ChunkQueue(queued.opened.intranet).status()
    assert (left.waiting, left.at_work) == (CHUNKS - 1, 1)
    with process([*WORKER, "0"], environment(queued.settings)):
        waiting.join(60)
    (ended,) = given
    assert (ended.result, ended.error) == (RunResult.DONE, None)
    assert (ended.counts["missing"], ended.counts["on_their_way"]) == (ROWS - SIZE, SIZE)
    assert queued.sent() == {1: ROWS}
    assert sorted(run.counts["chunk"] for run in queued.chunk_runs()) == list(range(1, CHUNKS + 1))


def test_a_chunk_is_given_up_after_five_times(queued: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "RETRY_SECONDS", 0)
    queue, stopping, runs = ChunkQueue(queued.opened.intranet), threading.Event(), list[object]()

    def fails(**chunk: object) -> None:
        runs.append(chunk)
        raise Conflict("a row is locked")

    queue.put([{"work": 1, "chunk": 1}])
    worker = threading.Thread(target=queue.work, args=(fails, stopping))
    worker.start()
    deadline = time.monotonic() + 60
    while not queue.status().given_up and time.monotonic() < deadline:
        time.sleep(0.1)
    stopping.set()
    worker.join(30)
    assert (len(runs), queue.status().given_up) == (5, 1)


def test_chunks_given_up_fail_the_whole_and_the_next_try_is_whole(queued: Bulk) -> None:
    stopping = threading.Event()
    queue = ChunkQueue(queued.opened.intranet)
    ours = reconciliation(queued.settings, queued.opened)

    def fails_once(**chunk: object) -> None:
        if chunk["chunk"] == 3 and not failed.is_set():
            failed.set()
            raise KeyError("S1234567A")
        ours.do(**chunk)  # type: ignore[arg-type]  # as the queue does

    failed = threading.Event()
    worker = threading.Thread(target=queue.work, args=(fails_once, stopping))
    worker.start()
    ended = queued.reconciled()
    assert (ended.result, str(ended.error)[:19]) == (RunResult.FAILED, "1 chunks were given")
    assert queue.status().given_up == 1
    again = queued.reconciled()
    stopping.set()
    worker.join(30)
    assert again.counts["missing"] == SIZE
    assert again.counts["on_their_way"] == ROWS - SIZE
    assert queued.sent() == {1: ROWS}


def test_the_commands_do_the_whole_of_it(queued: Bulk) -> None:
    env = environment(queued.settings)
    upgrade_both(queued.opened)
    queue = ("replication", "reconcile", "--queued", "--chunk", str(SIZE))
    with process([*OCMS, "work", "--chunks"], env) as worker:
        until(lambda: queued.workers() == 1)
        repaired = said(env, *queue, "--repair")
        assert (repaired.returncode, repaired.stdout) == (0, f"missing: {ROWS}\n")
        again = said(env, *queue)
        assert (again.returncode, again.stdout) == (0, "")
        assert (
            f"compared {ROWS} rows in {CHUNKS + 2 * NOTICES // SIZE} chunks, 0 on their way" in again.stderr
        )
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    assert "waiting 0, at work 0, done" in said(env, "replication", "status").stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_reconciliation_asked_to_stop_leaves_its_chunks_on_the_queue(
    queued: Bulk, number: signal.Signals
) -> None:
    command = [*OCMS, "replication", "reconcile", "--queued", "--chunk", str(SIZE)]
    env = environment(queued.settings)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=env) as asking:
        queue = ChunkQueue(queued.opened.intranet)
        until(lambda: queue.status().waiting == CHUNKS)
        asking.send_signal(number)
        _, stderr = asking.communicate(timeout=30)
    assert asking.returncode == 1
    assert "failed: asked to stop; the chunks on the queue are done all the same\n" in stderr
    assert queue.status().waiting == CHUNKS


def test_a_reconciliation_without_a_queue_stops_before_its_next_chunk(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocms_app.distributed_reconciliation.queue_of", lambda _: None)
    with bulk(databases) as found:
        runner = JobRunner(found.settings, found.opened)
        runner.stopping.set()
        ended = runner.run(whole(SIZE, repair=True))
        assert isinstance(ended, RunOutcome)
        assert (ended.result, ended.error) == (
            RunResult.FAILED,
            "asked to stop; run it again for the whole",
        )
        assert found.chunk_runs() == []


def test_without_a_queue_the_same_command_does_the_chunks_here(databases: Databases) -> None:
    with bulk(databases) as found:
        given = said(
            environment(found.settings), "replication", "reconcile", "--queued", "--chunk", str(SIZE)
        )
        assert (given.returncode, given.stdout) == (1, f"missing: {ROWS}\n")
        assert len(found.chunk_runs()) == CHUNKS
        with pytest.raises(ValueError, match="PostgreSQL with the extra"):
            chunk_worker(JobRunner(found.settings, found.opened))


def test_a_database_without_the_queues_tables_says_what_it_needs(postgres: PostgresServer) -> None:
    with postgres_databases(postgres) as pair:
        settings = Settings(intranet_url=pair.intranet, internet_url=pair.internet)
        opened = open_databases(evolve(settings, internet_keys=f"k1={KEY}"))
        with pytest.raises(Unavailable, match="ocms db upgrade"):
            chunk_worker(JobRunner(settings, opened))
        opened.dispose()


def test_a_lost_lock_refuses_what_a_reconciliation_writes(databases: Databases) -> None:
    with bulk(databases) as found:
        job = whole(SIZE, repair=True)

        def taken_over(context: JobContext) -> JobCounts:
            with found.opened.intranet.begin() as connection:
                connection.execute(update(schema.ocms_shedlock).values(locked_by="java-node"))
            return job.run(context)

        ended = JobRunner(found.settings, found.opened).run(evolve(job, run=taken_over))
        assert isinstance(ended, RunOutcome)
        assert ended.result is RunResult.LOST
        assert found.sent() == {}
        assert found.chunk_runs() == []


def test_a_reconciliation_whose_chunks_are_not_all_on_record_has_failed(
    queued: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocms_app.distributed_reconciliation.wait", lambda *_: None)
    ended = queued.reconciled()
    assert (ended.result, ended.error) == (
        RunResult.FAILED,
        f"{CHUNKS} of {CHUNKS} chunks are not on record; run it again",
    )
