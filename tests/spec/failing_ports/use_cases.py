"""The table of use cases, each with its ports wrapped as the test says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve

from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.old_rows import SqlOldRows
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import address_check, batch_jobs, mha_exchange, reporting
from ocms_core.hst import service as hst
from ocms_core.hst.request_checks import HstListQuery, HstRevival, HstUpdate
from ocms_core.jobs.alerts import send_alerts
from ocms_core.jobs.retention import RowKind, remove_old_rows
from ocms_core.jobs.stuck_case_list import StuckCaseQuery, stuck_case_page
from ocms_core.jobs.stuck_cases import GRACE, report_stuck_cases
from ocms_core.kernel.access import Operation
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest, ParticularsPatch, RoleRequest
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.request_checks import Criteria, DateRange, Validation
from ocms_core.suspensions import service as suspensions
from tests.spec.failing_ports.prepared import (
    BATCH,
    LATER,
    LISTED,
    OFFICER,
    REPORT,
    answered,
    call,
    contradicting,
    court_pair,
    driver_pair,
    furnishable,
    furnished,
    hive,
    moved,
    put_both_listed,
    queued,
    registered,
    submitted_and_delivered,
    with_alerts,
    with_response,
)
from tests.spec.failing_ports.world import Mailer, UseCase, World, Wrap
from tests.support.builders import NOW
from tests.support.hst_facts import IDENTITY, NEW_ADDRESS
from tests.support.hst_rows import HstDatabase, application
from tests.support.in_memory_hst import Alarm
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, ORCHARD
from tests.support.stage_builders import item, requested


def deliver(world: World, wrap: Wrap[Any]) -> Any:
    return SqlReplication(world.engine, wrap(world.copies))


def publish(world: World, wrap: Wrap[Any]) -> object:
    return stages.publish(
        BATCH,
        stores=wrap(SqlStageStores(world.engine)),
        store=wrap(world.reports),
        now=NOW,
        valid_hours=1,
    )


def download(world: World, wrap: Wrap[Any]) -> object:
    return stages.download(
        REPORT,
        stores=wrap(SqlStageStores(world.engine)),
        store=wrap(world.reports),
        now=NOW,
    )


def publish_again(world: World) -> None:
    if download(world, lambda port: port) is None:
        publish(world, lambda port: port)


def offender_call(
    action: Callable[..., object], request: object, operation: Operation
) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: action(
        request,
        OFFICER,
        stores=wrap(SqlOffenderStores(world.engine)),
        delivery=deliver(world, wrap),
        now=NOW,
        call=call(operation),
    )


HIRER = FurnishRequest(NUMBER, "H", JOHN, ORCHARD, EMPLOYEE)
DRIVER = FurnishRequest(NUMBER, "D", evolve(JOHN, id_no="S7654321B"), ORCHARD, EMPLOYEE, from_role="H")
PATCH = ParticularsPatch(NUMBER, "H", {"name": "JOHN LEE UPDATED"}, {"street_name": "MARINA BAY"}, {})


def court_case(run: Callable[[SqlCourtStores], object]) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: run(wrap(SqlCourtStores(world.engine)))


def stage_case(run: Callable[[SqlStageStores], object]) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: run(wrap(SqlStageStores(world.engine)))


def offender_case(run: Callable[[SqlOffenderStores], object]) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: run(wrap(SqlOffenderStores(world.engine)))


def hst_case(run: Callable[[SqlHstStores], object]) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: run(wrap(SqlHstStores(world.engine)))


def stuck(cases: SqlWaitingCases, alerts: SqlAlerts) -> object:
    later = NOW + timedelta(days=100)
    return report_stuck_cases(
        cases,
        lambda incident, subject, text: alerts.keep(Alert(incident, subject, text), later),
        lambda: later,
        GRACE,
    )


UPDATES = (
    CourtUpdate("C1", processing_stage="WAR"),
    CourtUpdate("C2", suspension_type="PS", epr_reason="WWP", processing_stage="CSD"),
)
TOPPAN_RUN = ToppanRun(("D1", "D2"), "DN2", NOW)
KEPT_FOR_NO_TIME = dict.fromkeys(RowKind, 1)

USE_CASES = (
    UseCase(
        "payment status",
        court_case(lambda stores: court.get_payment_status(["C1"], stores=stores)),
        court_pair,
        writes=False,
    ),
    UseCase(
        "court update",
        court_case(
            lambda stores: court.update_court_notices(
                UPDATES, stores=stores, now=NOW, call=call(Operation.UPDATE_COURT_NOTICES)
            )
        ),
        court_pair,
    ),
    UseCase(
        "query of PLUS",
        court_case(lambda stores: court.query_notice_info(["C1", "C2"], stores=stores, now=NOW)),
        court_pair,
    ),
    UseCase(
        "search",
        stage_case(lambda stores: stages.search_notices(Criteria(vehicle_no="SBA1234A"), stores=stores)),
        driver_pair,
        writes=False,
    ),
    UseCase(
        "validate",
        stage_case(
            lambda stores: stages.validate(Validation(("D1",), requested("DN2")), stores=stores, now=NOW)
        ),
        driver_pair,
        writes=False,
    ),
    UseCase(
        "preview",
        stage_case(lambda stores: stages.preview([item("D1")], OFFICER, stores=stores, now=NOW)),
        driver_pair,
        writes=False,
    ),
    UseCase(
        "submit",
        stage_case(
            lambda stores: stages.submit(
                [item("D1", check_addresses=True), item("D2")],
                OFFICER,
                stores=stores,
                now=NOW,
                call=call(Operation.CHANGE_STAGES),
            )
        ),
        driver_pair,
    ),
    UseCase(
        "stage change of PLUS",
        stage_case(
            lambda stores: stages.plus_change(
                PlusChange(("D1", "D2"), "DN1", "DN2", None, None),
                stores=stores,
                now=NOW,
                call=call(Operation.PLUS_CHANGE_STAGES),
            )
        ),
        driver_pair,
    ),
    UseCase(
        "print run of two chunks",
        stage_case(
            lambda stores: stages.update_toppan_stages(
                TOPPAN_RUN, stores=stores, now=NOW, call=call(Operation.UPDATE_TOPPAN_STAGES)
            )
        ),
        driver_pair,
        by_item=True,
    ),
    UseCase("report of a submit", publish, moved, publish_again, (Unavailable, Conflict)),
    UseCase(
        "list of reports",
        stage_case(
            lambda stores: stages.list_reports(
                DateRange(NOW.date() - timedelta(1), NOW.date()), stores=stores
            )
        ),
        moved,
        writes=False,
    ),
    UseCase("download of a report that is not stored yet", download, registered),
    UseCase(
        "eligibility",
        offender_case(lambda stores: offenders.check_eligibility(RoleRequest(NUMBER, "H"), stores=stores)),
        furnishable,
        writes=False,
    ),
    UseCase(
        "details",
        offender_case(lambda stores: offenders.offenders_of(NUMBER, stores=stores)),
        furnished,
        writes=False,
    ),
    UseCase(
        "timeline",
        offender_case(lambda stores: offenders.history_of(NUMBER, stores=stores)),
        furnished,
        writes=False,
    ),
    UseCase("furnish", offender_call(offenders.furnish, HIRER, Operation.FURNISH_OFFENDER), furnishable),
    UseCase("redirect", offender_call(offenders.redirect, DRIVER, Operation.REDIRECT_NOTICE), furnished),
    UseCase(
        "update of particulars", offender_call(offenders.update, PATCH, Operation.UPDATE_OFFENDER), furnished
    ),
    UseCase(
        "relay",
        lambda world, wrap: SqlReplication(world.engine, wrap(world.copies)).run_once(NOW),
        furnished,
        repeat=lambda world: SqlReplication(world.engine, world.copies).run_once(LATER),
    ),
    UseCase(
        "HST enquiry",
        hst_case(lambda stores: hst.find(LISTED[0], stores=stores)),
        put_both_listed,
        writes=False,
    ),
    UseCase(
        "HST application",
        hst_case(
            lambda stores: hst.apply(
                application(), officer=OFFICER, stores=stores, now=NOW, call=call(Operation.APPLY_HST)
            )
        ),
        lambda world: HstDatabase(world.engine, SqlHstStores(world.engine)).notices(
            ["H1", "H2"], id_no=IDENTITY
        ),
    ),
    UseCase(
        "HST update",
        hst_case(
            lambda stores: hst.update(
                HstUpdate(LISTED[0], "JOHN LEE", NEW_ADDRESS),
                stores=stores,
                now=NOW,
                call=call(Operation.UPDATE_HST),
            )
        ),
        put_both_listed,
    ),
    UseCase(
        "HST revival",
        hst_case(
            lambda stores: hst.revive(
                HstRevival(LISTED[0], "found"),
                officer=OFFICER,
                stores=stores,
                now=NOW,
                call=call(Operation.REVIVE_HST),
            )
        ),
        put_both_listed,
    ),
    UseCase(
        "HST list",
        hst_case(lambda stores: hst.show_list(HstListQuery(), stores=stores)),
        put_both_listed,
        writes=False,
    ),
    UseCase(
        "suspend_hst_new_notices in two chunks",
        hst_case(lambda stores: batch_jobs.suspend_hst_new_notices(stores=stores, now=NOW)),
        put_both_listed,
        by_item=True,
    ),
    UseCase(
        "loop_hst_suspensions in two chunks",
        hst_case(lambda stores: batch_jobs.loop_hst_suspensions(stores=stores, now=NOW)),
        put_both_listed,
        by_item=True,
    ),
    UseCase(
        "query_hst_addresses",
        hst_case(lambda stores: address_check.query_hst_addresses(stores=stores, now=NOW)),
        put_both_listed,
    ),
    UseCase(
        "query_datahive in two batches",
        lambda world, wrap: address_check.query_datahive(
            stores=wrap(SqlHstStores(world.engine)), datahive=wrap(hive()), now=NOW
        ),
        queued,
        by_item=True,
    ),
    UseCase(
        "send_mha_requests",
        lambda world, wrap: mha_exchange.send_mha_requests(
            stores=wrap(SqlHstStores(world.engine)), exchange=wrap(world.exchange), now=NOW
        ),
        queued,
    ),
    UseCase(
        "receive_mha_responses",
        lambda world, wrap: mha_exchange.receive_mha_responses(
            stores=wrap(SqlHstStores(world.engine)),
            exchange=wrap(world.exchange),
            alerts=wrap(Alarm()),
            now=NOW,
        ),
        with_response,
    ),
    UseCase(
        "generate_hst_reports",
        lambda world, wrap: reporting.generate_hst_reports(
            stores=wrap(SqlHstStores(world.engine)),
            store=wrap(world.reports),
            post=wrap(Mailer()),
            alerts=wrap(Alarm()),
            now=NOW,
        ),
        answered,
    ),
    UseCase(
        "check of suspensions",
        lambda world, wrap: list(
            suspensions.check(
                stores=wrap(SqlSuspensionStores(world.engine)), now=NOW, progress=lambda _: None
            )
        ),
        contradicting,
        writes=False,
    ),
    UseCase(
        "repair of suspensions in two pages",
        lambda world, wrap: list(
            suspensions.repair(
                officer=OFFICER,
                stores=wrap(SqlSuspensionStores(world.engine)),
                now=NOW,
                progress=lambda _: None,
            )
        ),
        contradicting,
        by_item=True,
    ),
    UseCase(
        "send_alerts",
        lambda world, wrap: send_alerts(wrap(SqlAlerts(world.engine)), wrap(world.sender), lambda: LATER),
        with_alerts,
        lambda world: send_alerts(SqlAlerts(world.engine), world.sender, lambda: LATER + timedelta(hours=1)),
        by_item=True,
    ),
    UseCase(
        "remove_old_rows",
        lambda world, wrap: remove_old_rows(
            wrap(SqlOldRows(world.engine)),
            {kind: 0 if kind in (RowKind.REPORTS, RowKind.SYNC_PROGRESS) else 1 for kind in RowKind},
            lambda: NOW + timedelta(days=9),
            lambda: False,
        ),
        submitted_and_delivered,
    ),
    UseCase(
        "report_stuck_cases",
        lambda world, wrap: stuck(wrap(SqlWaitingCases(world.engine)), wrap(SqlAlerts(world.engine))),
        driver_pair,
    ),
    UseCase(
        "list_stuck_cases",
        lambda world, wrap: stuck_case_page(
            wrap(SqlWaitingCases(world.engine)), StuckCaseQuery(), NOW + timedelta(days=100), GRACE
        ),
        driver_pair,
        writes=False,
    ),
)
