"""What Toppan, PLUS and CAS ask for on a day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.dates import local
from ocms_core.kernel.idempotency import IdempotentCall
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from tests.campaigns.year.city import VON, City
from tests.campaigns.year.known_notices import CAS, PLUS, PRINTED, Unexplained
from tests.campaigns.year.other_systems import PRINT_STAGES, times

CAS_CLIENT = Principal("CAS", Role.CAS, "cas-key")
PLUS_CLIENT = Principal("PLUS", Role.PLUS, "plus")
TOPPAN = Principal("Toppan", Role.TOPPAN, "toppan")
COURT_NEXT = {"CPC": "CSD", "CSD": "CSR", "CSR": "WAR", "WAR": "CWT"}


def due_notices(city: City) -> dict[str, list[str]]:
    """Return the notices whose next stage is due, by that stage: unpaid and free."""
    due = select(VON.c.notice_no, VON.c.next_processing_stage).where(
        VON.c.next_processing_date <= local(city.clock.time),
        VON.c.next_processing_stage.is_not(None),
        VON.c.suspension_type.is_(None),
        or_(VON.c.payment_status.is_(None), VON.c.payment_status != "FP"),
    )
    found: dict[str, list[str]] = {}
    with city.databases.intranet.connect() as connection:
        for number, stage in connection.execute(due):
            if not city.known[number].lost:
                found.setdefault(stage, []).append(number)
    return found


Call = Callable[[datetime, IdempotentCall[Any] | None], Any]


def printing(city: City, run: ToppanRun) -> Call:
    """Return the call of a print run."""
    return lambda now, call: stages.update_toppan_stages(run, stores=city.stages, now=now, call=call)


def moving(city: City, change: PlusChange) -> Call:
    """Return the call of PLUS."""
    return lambda now, call: stages.plus_change(change, stores=city.stages, now=now, call=call)


def print_runs(city: City) -> None:
    """Print the letters of the day by plan, and let PLUS move to court what has had its last letter."""
    due = due_notices(city)
    for stage in PRINT_STAGES:
        numbers = tuple(due.get(stage, ()))
        if not numbers:
            continue
        run = ToppanRun(numbers, stage, city.clock.time)
        result = city.call(
            Operation.UPDATE_TOPPAN_STAGES,
            TOPPAN,
            printing(city, run),
        )
        if result.automatic != len(numbers):
            raise Unexplained(f"print run of {stage}: {result}")
        city.observe(numbers, stage, PRINTED)
        city.clock.tick(60)
    for number_of_last in ("RR3", "DR3"):
        numbers = tuple(each for each in due.get("CPC", ()) if city.known[each].stage == number_of_last)
        for start in range(0, len(numbers), 500):
            part = numbers[start : start + 500]
            change = PlusChange(part, number_of_last, "CPC", None, None)
            city.call(
                Operation.PLUS_CHANGE_STAGES,
                PLUS_CLIENT,
                moving(city, change),
            )
            city.observe(part, "CPC", PLUS, "005")
            city.clock.tick(60)


def court_work(city: City, new: int) -> None:
    """Let CAS move the notices of the court on, and PLUS ask about some."""
    with city.databases.intranet.connect() as connection:
        due = connection.execute(
            select(VON.c.notice_no, VON.c.last_processing_stage).where(
                VON.c.last_processing_stage.in_(COURT_NEXT),
                VON.c.last_processing_date <= local(city.clock.time - timedelta(days=14)),
                VON.c.suspension_type.is_(None),
            )
        ).all()
    due = [row for row in due if not city.known[row.notice_no].lost]
    for start in range(0, len(due), 200):
        update_court(city, due[start : start + 200])
    asked = [
        entry.number for _ in times(city, "asked by PLUS", new) if (entry := city.chosen(lambda _: True))
    ]
    if asked:
        numbers = list(dict.fromkeys(asked))
        city.call(
            Operation.QUERY_NOTICE_INFO,
            PLUS_CLIENT,
            lambda now, _: court.query_notice_info(numbers, stores=city.court, now=now),
        )
        city.counts["notices PLUS asked about"] += len(numbers)


def update_court(city: City, due: Sequence[Any]) -> None:
    """Make one call of API 2: most go to the next stage, some back, some are withdrawn."""
    updates, targets = list[CourtUpdate](), dict[str, str]()
    for number, stage in due:
        chance = city.random.random()
        if chance < 0.05:
            updates.append(CourtUpdate(number, suspension_type="PS", epr_reason="WWP"))
            city.known[number].closed = True
            city.counts["withdrawn by the court"] += 1
            continue
        targets[number] = "RR3" if chance < 0.08 and stage == "CPC" else COURT_NEXT[stage]
        updates.append(CourtUpdate(number, processing_stage=targets[number]))
    result = city.call(
        Operation.UPDATE_COURT_NOTICES,
        CAS_CLIENT,
        lambda now, call: court.update_court_notices(updates, stores=city.court, now=now, call=call),
    )
    if result is None:
        for each in updates:
            city.known[each.notice_no].closed &= each.suspension_type is None
        return
    for target in sorted(set(targets.values())):
        city.observe([number for number, to in targets.items() if to == target], target, CAS)
    city.clock.tick(400)
