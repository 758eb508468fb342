"""The sample data comes into both databases once, whatever is in them already."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

from ocms_adapters.clock import SystemClock
from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.reconciliation import ReconciliationResult, SqlReconciler
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_adapters.sql.transactions import writing
from ocms_core.kernel.dates import local
from ocms_core.suspensions import service
from ocms_demo.sample import SampleReport, load_sample, loading
from ocms_demo.sample.bulk_insert import insert_row_set
from ocms_demo.sample.examples import example_notices
from ocms_demo.sample.generator import block
from ocms_demo.sample.rows import rows_of
from tests.support.builders import at
from tests.support.databases import Databases

VON, ONOD, SUSPENDED = (
    t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver, t.ocms_suspended_notice,
)  # fmt: skip


@pytest.fixture
def intranet(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


@pytest.fixture
def internet(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.internet)
    yield engine
    engine.dispose()


NOW = at("2026-02-10T15:30:00")
CIPHER = FieldCipher({"k1": b"k" * 32})
EXAMPLES = sum(1 for _ in example_notices())


def load(
    intranet: Engine, internet: Engine, notices: int, seed: int = 1, now: datetime = NOW
) -> SampleReport:
    return load_sample(
        intranet, internet, cipher=CIPHER, notices=notices, seed=seed, now=now, progress=lambda *_: None
    )


def everything(*sides: Engine) -> dict[str, list[Any]]:
    """Read every row of the tables the sample goes into, but for the moments the database chose."""
    found = {}
    for engine, metadata in zip(sides, (t.INTRANET, t.INTERNET), strict=True):
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                columns = [column for column in table.columns if column.name != "next_attempt_at"]
                found[table.name] = sorted(map(repr, connection.execute(select(*columns))))
    return found


def count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_what_was_loaded_is_what_was_drawn_whatever_the_parts(
    intranet: Engine, internet: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "PART", 2_000)
    progress: list[tuple[int, int]] = []
    report = load_sample(
        intranet,
        internet,
        cipher=CIPHER,
        notices=4_500,
        seed=1,
        now=NOW,
        progress=lambda *done: progress.append(done),
    )
    assert progress == [(2_000, 4_500), (4_000, 4_500), (4_500, 4_500)]
    assert report.notices == count(intranet, VON) == 4_500 + EXAMPLES
    assert report.offenders == count(intranet, ONOD)
    assert sum(report.suspensions.values()) > 0
    contradictions = service.check(
        stores=SqlSuspensionStores(intranet), now=NOW, progress=lambda _looked_at: None
    )
    assert list(contradictions) == []
    assert report.payments.total() == report.notices
    assert "4,544 notices" in str(report)
    numbers = islice(chain.from_iterable(block(1, n, local(NOW)) for n in range(3)), 4_500)
    drawn_rows = loading.by_table(chain.from_iterable(map(rows_of, numbers)))[VON]
    names = tuple(drawn_rows[0])
    with intranet.connect() as connection:
        stored = connection.execute(
            select(*(VON.c[name] for name in names))
            .where(VON.c.notice_no.like("SM%"))
            .order_by(VON.c.notice_no)
        )
        assert [dict(row._mapping) for row in stored] == drawn_rows


@pytest.mark.rule("G12", "F62")
def test_what_is_said_to_be_in_the_internet_database_is_and_the_rest_is_on_its_way(
    intranet: Engine, internet: Engine
) -> None:
    load(intranet, internet, 1_000)
    copy = InternetCopy(internet, CIPHER)
    reconciler, relay = SqlReconciler(intranet, copy), SqlReplication(intranet, copy)
    found = reconciler.reconcile(NOW, repair=False)
    assert (found.found, found.compared) == (Counter(), count(intranet, VON) + count(intranet, ONOD))
    status = reconciler.outbox_status()
    waiting = status.waiting
    assert (status.oldest, status.failing) == (NOW, 0)
    assert found.on_their_way == sum(waiting.values()) > 0
    assert 0 < waiting["NOTICE"] < waiting["OFFENDER"] < count(intranet, ONOD) / 2
    # The database has dated what waits, by its own clock.
    later = SystemClock().now() + timedelta(minutes=1)
    assert relay.run_once(later, 5_000).delivered == found.on_their_way
    assert reconciler.reconcile(later, repair=False) == ReconciliationResult(found.compared)
    with internet.connect() as connection:
        people = connection.execute(select(t.eocms_offence_notice_owner_driver)).all()
    assert len(people) == count(intranet, ONOD)
    assert all(person.id_no.startswith("k1") for person in people)


def test_loading_again_adds_nothing_though_the_seed_and_the_day_are_others(
    intranet: Engine, internet: Engine
) -> None:
    first = load(intranet, internet, 300)
    before = everything(intranet, internet)
    again = load(intranet, internet, 300, seed=2, now=NOW + timedelta(3))
    assert (first.present, again.present, again.notices) == (0, first.notices, 0)
    assert everything(intranet, internet) == before


def test_a_larger_sample_adds_to_a_smaller_one(intranet: Engine, internet: Engine) -> None:
    load(intranet, internet, 100)
    assert load(intranet, internet, 250).notices == 150
    assert count(intranet, VON) == 250 + EXAMPLES
    assert load(intranet, internet, 0).notices == 0


def test_a_notice_that_is_there_already_is_left_with_its_rows_and_the_fees_with_their_values(
    intranet: Engine, internet: Engine
) -> None:
    load(intranet, internet, 0)
    fee = t.ocms_parameter.c.parameter_id == "SURCHARGE"
    with writing(intranet) as connection:
        connection.execute(VON.update().values(vehicle_no="CHANGED"))
        connection.execute(t.ocms_parameter.update().where(fee).values(value="55.00"))
        connection.execute(SUSPENDED.delete())
    load(intranet, internet, 0)
    with intranet.connect() as connection:
        assert set(connection.scalars(select(VON.c.vehicle_no))) == {"CHANGED"}
        assert connection.scalar(select(t.ocms_parameter.c.value).where(fee)) == "55.00"
    assert count(intranet, SUSPENDED) == 0


@pytest.mark.parametrize("notices", [-1, 10_000_001])
def test_a_number_no_sample_can_have_is_refused(notices: int, tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path}/any.sqlite")
    with pytest.raises(ValueError, match="0 to 10,000,000"):
        load(engine, engine, notices)


def test_every_way_of_inserting_puts_in_the_same_rows(intranet: Engine, internet: Engine) -> None:
    load(intranet, internet, 50)
    before = everything(intranet, internet)
    notices = [*example_notices(), *islice(block(1, 0, local(NOW)), 50)]
    rows = loading.by_table(chain.from_iterable(map(rows_of, notices)))
    with writing(intranet) as connection:
        for table in (VON, ONOD, SUSPENDED):
            connection.execute(table.delete())
            insert_row_set(connection, table, rows[table])
    assert everything(intranet, internet) == before
