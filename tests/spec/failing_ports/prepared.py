"""What is there before a use case, put in by the services themselves or by other systems."""

from datetime import timedelta
from typing import Any

from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.hst import address_check
from ocms_core.hst import service as hst
from ocms_core.hst.mha_file import encode_response
from ocms_core.kernel.access import Operation
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.idempotency import (
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    StoredAnswer,
)
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.stages import service as stages
from ocms_core.stages.reports import ReportBatch, ReportEntry, names
from ocms_demo.simulators.mha import record
from tests.spec.failing_ports.world import Copies, World
from tests.support import offender_rows
from tests.support.builders import NOW
from tests.support.hst_facts import answer
from tests.support.hst_rows import HstDatabase, application
from tests.support.in_memory_hst import InMemoryDataHive
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, ORCHARD, OWNER
from tests.support.rows import put_notices
from tests.support.stage_builders import item
from tests.support.stage_rows import in_stage

OFFICER = "OIC001"
LISTED = ("S0000001Y", "S0000002Y")
LATER = NOW + timedelta(hours=2)


def call(operation: Operation) -> IdempotentCall[Any]:
    key = IdempotencyKey(operation, "caller", KeyOrigin.HEADER, "a key", "a hash")
    return IdempotentCall(key, lambda _: StoredAnswer("a hash", 200, b"{}", NOW))


def put_listed(world: World, id_no: str, *new: str) -> None:
    """List an identity with one notice a month ago, and give it new notices since."""
    database = HstDatabase(world.engine, SqlHstStores(world.engine))
    database.notices([f"{id_no}A"], id_no=id_no)
    hst.apply(application(id_no), officer=OFFICER, stores=database.stores, now=NOW - timedelta(days=31))
    database.notices(new, id_no=id_no)


def put_both_listed(world: World) -> None:
    for number, id_no in enumerate(LISTED):
        put_listed(world, id_no, f"NEW{number}A", f"NEW{number}B")


def queued(world: World) -> None:
    put_both_listed(world)
    address_check.query_hst_addresses(stores=SqlHstStores(world.engine), now=NOW)


def with_response(world: World) -> None:
    queued(world)
    content = encode_response([record(id_no, NOW) for id_no in LISTED])
    world.exchange.lay_out("NRO2URA_20250114103000", content, matched=len(LISTED))


def answered(world: World) -> None:
    queued(world)
    address_check.query_datahive(stores=SqlHstStores(world.engine), datahive=hive(), now=NOW)


def hive() -> InMemoryDataHive:
    return InMemoryDataHive([answer(id_no=id_no, source="DATAHIVE") for id_no in LISTED])


def contradicting(world: World) -> None:
    for number in ("X1", "X2"):
        put_notices(world.engine, [number], suspension_type="TS", epr_reason_of_suspension="HST")


def court_pair(world: World) -> None:
    put_notices(world.engine, ["C1", "C2"])


def driver_pair(world: World) -> None:
    in_stage(
        world.engine,
        ["D1", "D2"],
        next_processing_stage="DN2",
        next_processing_date="2025-01-14 00:00:00",
    )


def furnishable(world: World) -> None:
    offender_rows.put_notice(world.engine, NUMBER)
    offender_rows.put_person(world.engine, NUMBER, "O", OWNER, current=True)


def furnished(world: World) -> None:
    furnishable(world)
    earlier = NOW - timedelta(days=2)
    request = FurnishRequest(NUMBER, "H", JOHN, ORCHARD, EMPLOYEE)
    offenders.furnish(
        request,
        OFFICER,
        stores=SqlOffenderStores(world.engine),
        delivery=offender_rows.Undelivered(),
        now=earlier,
    )


def moved(world: World) -> None:
    driver_pair(world)
    stages.submit(
        [item("D1"), item("D2")], OFFICER, stores=SqlStageStores(world.engine), now=NOW - timedelta(hours=1)
    )


BATCH = ReportBatch(OFFICER, "OCMS", NOW - timedelta(hours=1), NOW - timedelta(hours=1))
REPORT = names(OFFICER, BATCH)[0]


def registered(world: World) -> None:
    moved(world)
    stages.register_entry(ReportEntry(REPORT, BATCH), SqlStageStores(world.engine))


def with_alerts(world: World) -> None:
    for number in range(2):
        SqlAlerts(world.engine).keep(Alert(f"incident {number}", "subject", "text"), NOW)


def submitted_and_delivered(world: World) -> None:
    driver_pair(world)
    stores = SqlStageStores(world.engine)
    stages.submit([item("D1")], OFFICER, stores=stores, now=NOW, call=call(Operation.CHANGE_STAGES))
    SqlReplication(world.engine, Copies()).run_once(NOW)
