"""The use cases that take something back, and those that staff pages bring."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stage_ageing import SqlAgeingStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.hst import service as hst
from ocms_core.hst.request_checks import HstRevival
from ocms_core.kernel.access import Operation, Role
from ocms_core.kernel.actors import Actor, acting
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.reversals import explaining, service
from ocms_core.reversals.reversing import OFFENDER_REVERSAL, STAGE_REVERSAL
from ocms_core.stages import ageing
from ocms_core.stages import service as stages
from tests.spec.failing_ports.prepared import LISTED, OFFICER, call, furnishable, moved, put_both_listed
from tests.spec.failing_ports.world import UseCase, World, Wrap
from tests.support import offender_rows
from tests.support.builders import NOW
from tests.support.hst_facts import IDENTITY
from tests.support.hst_rows import HstDatabase, application
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, ORCHARD

EARLIER = NOW - timedelta(hours=1)


def reversal_case(run: Callable[[SqlReversalStores], object]) -> Callable[[World, Wrap[Any]], object]:
    return lambda world, wrap: run(wrap(SqlReversalStores(world.engine)))


def furnished_today(world: World) -> None:
    furnishable(world)
    offenders.furnish(
        FurnishRequest(NUMBER, "H", JOHN, ORCHARD, EMPLOYEE),
        OFFICER,
        stores=SqlOffenderStores(world.engine),
        delivery=offender_rows.Undelivered(),
        now=EARLIER,
    )


def actor(operation: Operation) -> Actor:
    return Actor(OFFICER, Role.OIC.value, "caller", operation.value, None)


def listed_today(world: World) -> None:
    stores = SqlHstStores(world.engine)
    HstDatabase(world.engine, stores).notices(["H1", "H2"], id_no=IDENTITY)
    with acting(actor(Operation.APPLY_HST)):
        hst.apply(application(), officer=OFFICER, stores=stores, now=EARLIER)


def revived_today(world: World) -> None:
    put_both_listed(world)
    stores = SqlHstStores(world.engine)
    with acting(actor(Operation.REVIVE_HST)):
        hst.revive(HstRevival(LISTED[0], "found"), officer=OFFICER, stores=stores, now=EARLIER)


def hst_reversal(id_no: str) -> Callable[[World, Wrap[Any]], object]:
    return reversal_case(
        lambda stores: service.reverse_hst(
            id_no, OFFICER, stores=stores, now=NOW, call=call(Operation.REVERSE_HST)
        )
    )


REVERSAL_CASES = (
    UseCase(
        "reversal of a submit",
        reversal_case(
            lambda stores: service.reverse(
                ["D1", "D2"],
                STAGE_REVERSAL,
                OFFICER,
                stores=stores,
                now=NOW,
                call=call(Operation.REVERSE_STAGES),
            )
        ),
        moved,
    ),
    UseCase(
        "reversal of a furnish",
        reversal_case(
            lambda stores: service.reverse(
                [NUMBER],
                OFFENDER_REVERSAL,
                OFFICER,
                stores=stores,
                now=NOW,
                call=call(Operation.REVERSE_OFFENDER),
            )
        ),
        furnished_today,
    ),
    UseCase("reversal of an HST application", hst_reversal(IDENTITY), listed_today),
    UseCase("reversal of an HST revival", hst_reversal(LISTED[0]), revived_today),
    UseCase(
        "what can be taken back",
        reversal_case(lambda stores: explaining.explain("D1", stores=stores, now=NOW)),
        moved,
        writes=False,
    ),
)

PAGE_CASES = (
    UseCase(
        "ages of notices",
        lambda world, wrap: ageing.count_ages(stores=wrap(SqlAgeingStores(world.engine)), now=NOW),
        moved,
        writes=False,
    ),
    UseCase(
        "changes of a day",
        lambda world, wrap: ageing.changes_of_day(
            OFFICER, NOW.date(), stores=wrap(SqlAgeingStores(world.engine))
        ),
        moved,
        writes=False,
    ),
    UseCase(
        "list of notices by number",
        lambda world, wrap: stages.list_notices(["D1"], stores=wrap(SqlStageStores(world.engine))),
        moved,
        writes=False,
    ),
    UseCase(
        "details of notices",
        lambda world, wrap: stages.details_of(["D1"], stores=wrap(SqlStageStores(world.engine))),
        moved,
        writes=False,
    ),
    UseCase(
        "outcomes of address checks by month",
        lambda world, wrap: hst.count_outcomes(months=3, stores=wrap(SqlHstStores(world.engine)), now=NOW),
        put_both_listed,
        writes=False,
    ),
    UseCase(
        "identity on the HST list",
        lambda world, wrap: hst.show_identity(LISTED[0], stores=wrap(SqlHstStores(world.engine))),
        put_both_listed,
        writes=False,
    ),
)
