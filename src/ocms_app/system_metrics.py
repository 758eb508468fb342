"""What a worker shows Prometheus of the whole system: the outbox, alerts, and what ends on a day."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from attrs import frozen
from cryptography import x509
from prometheus_client import Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.reconciliation import SqlReconciler
from ocms_app.databases import Databases
from ocms_app.keys import field_cipher
from ocms_app.settings import Settings
from ocms_core.kernel.errors import OcmsError

POOL = Gauge("ocms_database_connections_in_use", "Connections of this process at work", ["database"])


def show_connections(databases: Databases) -> None:
    """Show in the metrics of this process how many connections of each database are at work."""
    for side, engine in databases.sides():
        if isinstance(pool := engine.pool, QueuePool):
            POOL.labels(side).set_function(pool.checkedout)


@frozen(eq=False)
class SystemMetrics(Collector):
    """
    Metrics read from the database whenever Prometheus asks a worker.

    They are the same of every worker. Without an answer of the database `ocms_database_up` is 0, and the
    others are left out.
    """

    settings: Settings
    databases: Databases

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what there is, is seen when it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as they are now."""
        try:
            found = [*self._outbox(), *self._alerts(), *self._keys()]
        except OcmsError:
            found = []
        yield gauge("ocms_database_up", "Whether the Intranet database answered", float(bool(found)))
        yield from found
        yield from self._certificates()

    def _outbox(self) -> Iterator[Metric]:
        copy = InternetCopy(self.databases.internet, field_cipher(self.settings))
        status = SqlReconciler(self.databases.intranet, copy).outbox_status()
        waiting = GaugeMetricFamily(
            "ocms_outbox_waiting", "Rows of the outbox that wait for delivery", labels=["kind"]
        )
        for kind, count in sorted(status.waiting.items()):
            waiting.add_metric([kind], count)
        yield waiting
        yield gauge("ocms_outbox_failing", "Rows whose delivery has failed before", status.failing)
        age = (SystemClock().now() - status.oldest).total_seconds() if status.oldest else 0.0
        yield gauge("ocms_outbox_oldest_seconds", "How long the oldest row has waited", max(0.0, age))

    def _alerts(self) -> Iterator[Metric]:
        waiting = SqlAlerts(self.databases.intranet).unsent()
        yield gauge("ocms_alerts_waiting", "Alerts no mail server has accepted yet", waiting)

    def _keys(self) -> Iterator[Metric]:
        ends = GaugeMetricFamily(
            "ocms_api_key_ends_seconds", "When a live API key ends, as a Unix time", labels=["client", "key"]
        )
        now = SystemClock().now()
        for key in SqlCredentials(self.databases.intranet).list():
            if key.live(now) and key.expires_at:
                ends.add_metric([key.client, key.key_id], key.expires_at.timestamp())
        yield ends

    def _certificates(self) -> Iterator[Metric]:
        ends = GaugeMetricFamily(
            "ocms_certificate_ends_seconds", "When a certificate ends, as a Unix time", labels=["setting"]
        )
        for name in ("vip_certificate", "vip_ca"):
            if end := certificate_end(getattr(self.settings, name)):
                ends.add_metric([name], end.timestamp())
        yield ends


def certificate_end(file: str) -> datetime | None:
    """Return when the first certificate of a PEM file ends; None where there is no such file."""
    try:
        return x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc if file else None
    except (OSError, ValueError):
        return None  # `ocms check` and the job that needs it say what is wrong with it


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return a metric of one value."""
    return GaugeMetricFamily(name, meaning, value=value)
