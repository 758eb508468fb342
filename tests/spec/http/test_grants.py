"""The printed grants let every process do its work, and nobody alter what was written down (K2)."""

import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from attrs import evolve, frozen
from sqlalchemy import Engine, delete, insert, make_url, select, text, update
from sqlalchemy.exc import ProgrammingError

from ocms_adapters.clock import SystemClock
from ocms_adapters.job_queue import ChunkQueue, QueueStatus
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.grants import (
    GRANTS,
    DatabaseRole,
    chunk_grant_statements,
    grant_statements,
    role_statements,
)
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.migrations import METADATA
from ocms_adapters.sql.replication import SqlReplication
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.keys import field_cipher
from ocms_app.settings import Settings
from ocms_core.jobs.runs import RunOutcome, RunResult
from ocms_core.kernel.access import Role
from tests.spec.http.hst.conftest import TABLES as HST_TABLES
from tests.spec.http.test_repeats import CALLS, deliver, prepared
from tests.support import offender_rows
from tests.support.databases import Databases, postgres_databases
from tests.support.engines import create
from tests.support.http_server import Deployment, serving
from tests.support.postgres import PostgresServer
from tests.support.rows import put_notices
from tests.support.stage_rows import emptied_of_changes

JOBS_RUN = (
    *("seal_audit_rows", "remove_old_rows", "suspend_hst_new_notices", "query_hst_addresses"),
    *("deliver_to_internet", "report_stuck_cases", "loop_hst_suspensions"),
)
SEALED = (t.ocms_audit_row, t.ocms_audit_leaf, t.ocms_audit_head)


@frozen
class Granted:
    """A pair of databases with the roles of the printed text."""

    databases: Databases
    prefix: str

    def as_role(self, role: DatabaseRole) -> Databases:
        """Return the databases as a role reaches them."""
        urls = (
            make_url(url).set(username=f"{self.prefix}_{role.value}").render_as_string(hide_password=False)
            for url in (self.databases.intranet, self.databases.internet)
        )
        return Databases(*urls)


@pytest.fixture
def granted(postgres: PostgresServer) -> Iterator[Granted]:
    prefix = f"g{os.getpid()}_{secrets.token_hex(3)}"
    with postgres_databases(postgres) as pair:
        sides = {"intranet": pair.intranet, "internet": pair.internet}
        run(pair.intranet, "\n".join(role_statements(prefix)))
        for side in METADATA:
            run(sides[side], "\n".join(grant_statements(side, prefix)))
        yield Granted(pair, prefix)
        for side in METADATA:
            for role in DatabaseRole:
                run(sides[side], f"DROP OWNED BY {prefix}_{role.value}")
        for role in DatabaseRole:
            run(pair.intranet, f"DROP ROLE {prefix}_{role.value}")


def run(url: str, statements: str) -> None:
    engine = create(url)
    with engine.begin() as connection:
        for statement in statements.splitlines():
            connection.execute(text(statement))
    engine.dispose()


def test_every_table_is_granted_to_somebody() -> None:
    for side, roles in GRANTS.items():
        assert {table for grants in roles.values() for table in grants} == METADATA[side].tables.keys()


@pytest.mark.rule("K2")
def test_no_role_is_granted_to_alter_an_audit_row_a_leaf_or_a_head() -> None:
    for grants in GRANTS["intranet"].values():
        for table in SEALED:
            assert set(grants.get(table.name, ())) <= {"SELECT", "INSERT"}
    web = GRANTS["intranet"][DatabaseRole.WEB]
    assert web["ocms_access_record"] == ("SELECT", "INSERT")
    assert not {"ocms_audit_leaf", "ocms_audit_head"} & web.keys()


@pytest.mark.rule("K2")
def test_every_call_is_made_and_every_table_is_kept_with_the_role_of_the_web(
    granted: Granted, tmp_path: Path
) -> None:
    deployment = Deployment(granted.databases, tmp_path)
    as_web = granted.as_role(DatabaseRole.WEB)
    with serving(deployment, intranet_url=as_web.intranet, internet_url=as_web.internet) as served:
        for call in CALLS:
            emptied_of_changes(deployment.engine)
            offender_rows.emptied(deployment.engine)
            with deployment.engine.begin() as connection:
                for table in HST_TABLES:
                    connection.execute(delete(table))
            assert deliver(served, call, prepared(served, call)).status_code == 200, call
        assert served.http.get("/health/ready").status_code == 200
        stuck = served.http.get("/ocms/v1/stuck-cases", headers=deployment.token(Role.OIC))
        assert stuck.status_code == 200
    deployment.engine.dispose()
    web = create(as_web.intranet)
    assert_refused(web, *SEALED, t.ocms_access_record)
    web.dispose()


@pytest.mark.rule("K2")
def test_jobs_relay_and_auditor_do_their_work_with_their_roles(granted: Granted, tmp_path: Path) -> None:
    as_worker = granted.as_role(DatabaseRole.WORKER)
    settings = Settings(
        as_worker.intranet, as_worker.internet, dev_issuer=True, dev_keys=str(tmp_path / "dev")
    )
    put_audit_row(granted.databases.intranet)
    opened = open_databases(settings)
    runner = JobRunner(settings, opened)
    for name in JOBS_RUN:
        outcome = runner.run(job_named(name))
        assert isinstance(outcome, RunOutcome)
        assert outcome.result is RunResult.DONE, outcome
    assert_refused(opened.intranet, *SEALED)
    opened.dispose()
    as_relay = granted.as_role(DatabaseRole.RELAY)
    relay = open_databases(evolve(settings, intranet_url=as_relay.intranet, internet_url=as_relay.internet))
    put_outbox_row(granted.databases.intranet)
    delivery = SqlReplication(relay.intranet, InternetCopy(relay.internet, field_cipher(settings)))
    assert delivery.run_once(SystemClock().now()).delivered == 1
    assert_refused(relay.intranet, *SEALED, t.ocms_access_record)
    relay.dispose()
    auditor = create(granted.as_role(DatabaseRole.AUDITOR).intranet)
    with auditor.connect() as connection:
        assert len(connection.execute(select(t.ocms_audit_leaf)).all()) == 1
    assert_refused(auditor, *SEALED, t.ocms_access_record, t.ocms_valid_offence_notice)
    auditor.dispose()


@pytest.mark.rule("K2")
def test_chunks_are_queued_and_done_with_the_role_of_the_worker(granted: Granted) -> None:
    owner = create(granted.databases.intranet)
    ChunkQueue(owner).upgrade()
    owner.dispose()
    run(granted.databases.intranet, "\n".join(chunk_grant_statements(granted.prefix)))
    worker = create(granted.as_role(DatabaseRole.WORKER).intranet)
    queue, stopping, done = ChunkQueue(worker), Event(), list[int]()

    def do(*, chunk: int, **_: int) -> None:
        done.append(chunk)
        if len(done) == 2:
            stopping.set()

    for _ in range(2):  # queuing again drops what is done
        queue.put([{"work": 1, "chunk": number} for number in (1, 2)])
        queue.work(do, stopping)
        assert queue.status(1) == QueueStatus(waiting=0, at_work=0, done=2, given_up=0)
        assert sorted(done) == [1, 2]
        done.clear()
        stopping.clear()
    worker.dispose()


def put_outbox_row(url: str) -> None:
    engine = create(url)
    put_notices(engine, ["500500303J"])
    with engine.begin() as connection:
        row = {"kind": "notice", "notice_no": "500500303J", "next_attempt_at": datetime(2025, 1, 1)}  # noqa: DTZ001  # columns are local
        connection.execute(insert(t.ocms_outbox).values(row))
    engine.dispose()


def put_audit_row(url: str) -> None:
    engine = create(url)
    with engine.begin() as connection:
        connection.execute(
            insert(t.ocms_audit_row).values(
                changed_at=text("now()"), principal="a", role="oic", credential="c", operation="o"
            )
        )
    engine.dispose()


def assert_refused(engine: Engine, *tables: object) -> None:
    for table in tables:
        for statement in (update(table).values(cre_user_id="x"), delete(table)):  # type: ignore[arg-type]
            with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
                connection.execute(statement)
