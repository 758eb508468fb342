"""The use cases of jobs that take over VIP vehicles, seal audit rows and deliver to the Internet."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from ocms_adapters.http.vip_source import VipList
from ocms_adapters.signing import Ed25519Signer
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.audit_tree import SqlAuditTree
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_app.jobs import delivering_to_internet, refreshing_vip_vehicles, sealing_audit_rows
from ocms_core.kernel.alerts import Alert
from tests.spec.failing_ports.prepared import LATER, furnished, moved
from tests.spec.failing_ports.world import UseCase, World, Wrap
from tests.support.builders import NOW

SIGNER = Ed25519Signer(b"1" * 32)
BEFORE = ("SVP1", "leaves"), ("SVP2", "changes"), ("SVP3", "stays")
AFTER = ("SVP2", "changed"), ("SVP3", "stays"), ("SVP4", "comes")


class HeldLock:
    """The lock of a job that still has it."""

    def check(self, connection: Connection) -> None:
        """Find nothing wrong."""
        del connection


class VipVehicles:
    """A list of VIP vehicles at CAS, by their numbers and descriptions."""

    def __init__(self, vehicles: tuple[tuple[str, str], ...]) -> None:
        self.vehicles = vehicles

    @contextmanager
    def fetch(self) -> Iterator[VipList]:
        """Yield the list."""
        rows = "".join(f'"{number}","Y","{description}","A"\n' for number, description in self.vehicles)
        file = io.TextIOWrapper(io.BytesIO(rows.encode()), encoding="utf-8", newline="")
        yield VipList(file, in_order=True)


def refresh(vehicles: tuple[tuple[str, str], ...], world: World, wrap: Wrap[Any]) -> None:
    refreshing_vip_vehicles.refresh(
        wrap(VipVehicles(vehicles)),
        SqlVipVehicles(wrap(world.engine)),
        lambda: NOW,
        largest_percent=20,
        accepted=False,
        check=wrap(HeldLock()).check,
    )


def seal(world: World, wrap: Wrap[Any]) -> None:
    tree = SqlAuditTree(wrap(world.engine), wrap(SIGNER), wrap(HeldLock()).check)
    sealing_audit_rows.seal(tree, lambda: NOW, lambda: False)


def deliver(world: World, wrap: Wrap[Any]) -> None:
    replication = SqlReplication(wrap(world.engine), wrap(world.copies))
    delivering_to_internet.deliver(replication, lambda: NOW, lambda: False)


def deliver_later(world: World) -> None:
    replication = SqlReplication(world.engine, world.copies)
    delivering_to_internet.deliver(replication, lambda: LATER, lambda: False)


def alert_of_late(world: World, wrap: Wrap[Any]) -> None:
    alerts = wrap(SqlAlerts(world.engine))
    delivering_to_internet.alert_of_late(
        wrap(SqlWaitingCases(world.engine)),
        lambda incident, subject, text: alerts.keep(Alert(incident, subject, text), NOW),
        NOW,
    )


JOB_CASES = (
    UseCase(
        "refresh_vip_vehicle",
        lambda world, wrap: refresh(AFTER, world, wrap),
        lambda world: refresh(BEFORE, world, lambda port: port),
    ),
    UseCase("seal_audit_rows in two chunks", seal, moved),
    UseCase("deliver_to_internet in two batches", deliver, moved, deliver_later, by_item=True),
    UseCase("alert of what deliver_to_internet leaves", alert_of_late, furnished),
)
