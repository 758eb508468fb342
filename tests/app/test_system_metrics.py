"""What Prometheus is shown of the whole system: the outbox, alerts, connections, keys and certificates."""

import datetime as dt
from datetime import timedelta
from pathlib import Path

from attrs import evolve
from prometheus_client import CollectorRegistry
from sqlalchemy import insert
from trustme import CA

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.databases import Databases as Opened
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_app.system_metrics import POOL, SystemMetrics, show_connections
from ocms_core.kernel.access import Role
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import local
from tests.support.databases import Databases
from tests.support.rows import put_notices


def read(settings: Settings, opened: Opened) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(SystemMetrics(settings, opened))
    return registry


def of(databases: Databases, folder: Path) -> Settings:
    return Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        internet_keys=f"k1={'A' * 43}=",
        audit_keys=f"k1={'A' * 43}=",
        dev_keys=str(folder / "dev"),
    )


def test_what_waits_and_what_ends_is_shown(databases: Databases, tmp_path: Path) -> None:
    until = dt.datetime(2031, 1, 14, 10, 30, tzinfo=dt.UTC)
    certificate = tmp_path / "vip.pem"
    certificate.write_bytes(CA().issue_cert("ocms.example", not_after=until).cert_chain_pems[0].bytes())
    settings = evolve(
        of(databases, tmp_path), vip_certificate=str(certificate), vip_ca=str(tmp_path / "gone")
    )
    opened, now = open_databases(settings), SystemClock().now()
    before = read(settings, opened)
    assert before.get_sample_value("ocms_database_up") == 1
    assert before.get_sample_value("ocms_outbox_oldest_seconds") == 0
    assert before.get_sample_value("ocms_alerts_waiting") == 0

    put_notices(opened.intranet, ["500500001A"])
    asked = local(now - timedelta(hours=1))
    row = insert(t.ocms_outbox).values(
        kind="notice", notice_no="500500001A", attempts=2, next_attempt_at=asked, cre_date=asked
    )
    with opened.intranet.begin() as connection:
        connection.execute(row)
    SqlAlerts(opened.intranet).keep(Alert("one", "Subject", "Text"), now)
    key = SqlCredentials(opened.intranet).issue("CAS", Role.CAS, now=now, days=10)
    after = read(settings, opened)
    assert after.get_sample_value("ocms_outbox_waiting", {"kind": "notice"}) == 1
    assert after.get_sample_value("ocms_outbox_failing") == 1
    assert 3599 < (after.get_sample_value("ocms_outbox_oldest_seconds") or 0) < 3900
    assert after.get_sample_value("ocms_alerts_waiting") == 1
    ends = after.get_sample_value("ocms_api_key_ends_seconds", {"client": "CAS", "key": key.split("_")[1]})
    assert abs((ends or 0) - (now + timedelta(days=10)).timestamp()) < 2
    assert (
        after.get_sample_value("ocms_certificate_ends_seconds", {"setting": "vip_certificate"})
        == until.timestamp()
    )
    assert after.get_sample_value("ocms_certificate_ends_seconds", {"setting": "vip_ca"}) is None
    opened.dispose()


def test_without_a_database_its_absence_is_shown(tmp_path: Path) -> None:
    gone = f"sqlite:///{tmp_path}/no/such/folder/file.db"
    settings = of(Databases(gone, gone), tmp_path)
    opened = open_databases(settings)
    registry = read(settings, opened)
    assert registry.get_sample_value("ocms_database_up") == 0
    assert registry.get_sample_value("ocms_outbox_failing") is None
    opened.dispose()


def test_connections_at_work_are_shown(databases: Databases, tmp_path: Path) -> None:
    opened = open_databases(of(databases, tmp_path))
    show_connections(opened)

    def at_work() -> float:
        (sample,) = (
            each for each in next(iter(POOL.collect())).samples if each.labels == {"database": "intranet"}
        )
        return sample.value

    with opened.intranet.connect():
        assert at_work() == 1
    assert at_work() == 0
    opened.dispose()
