"""A process killed in the middle of a stage change leaves whole notices, and a repeat finishes the work."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, insert

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.stages import service
from ocms_core.stages.client_checks import ToppanRun
from tests.support import engines
from tests.support.builders import LATER, NOW
from tests.support.rows import notice_numbers, put_notices, rows_of
from tests.support.stage_builders import item
from tests.support.stage_rows import in_stage

KILLS = 20
# Every row a change by hand may touch.
TABLES = (
    t.ocms_valid_offence_notice,
    t.ocms_offence_notice_owner_driver,
    t.ocms_change_of_processing,
    t.ocms_outbox,
)
Rows = dict[str, list[dict[str, Any]]]


def submit(stores: SqlStageStores, numbers: Sequence[str]) -> Counter[str]:
    """Move notices to DN2, and count what was answered."""
    decision = service.submit([item(number) for number in numbers], "USER01", stores=stores, now=NOW)
    return Counter(answer.code.code for answer in decision.answers)


def took(work: Callable[[Callable[[], object]], object], killed_after: float | None) -> float | None:
    """
    Do work in a process of its own, killed so many seconds after it says that it has begun.

    Without a time it is left alone, or kills itself. How long it took, None when it was not done.
    """
    given, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(lambda: os.write(tell, b"b"))
            os.write(tell, b"e")
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(given, "rb", buffering=0) as said:
        assert said.read(1) == b"b"
        startup = time.monotonic()
        if killed_after is not None:
            time.sleep(killed_after)
            os.kill(child, signal.SIGKILL)
        done = said.read(1) == b"e"
        seconds = time.monotonic() - startup
    os.waitpid(child, 0)
    return seconds if done else None


def fresh(engine: Engine) -> Engine:
    """Open the database anew, as a process of its own does."""
    return engines.create(engine.url.render_as_string(hide_password=False))


def standing(engine: Engine, numbers: Sequence[str]) -> Rows:
    """Return every row of the notices, once no transaction of the dead holds one."""
    with SqlStageStores(engine).writing() as store:
        store.stage_facts(numbers, None)
    return {
        # But not the number the outbox itself gives a row.
        table.name: [
            {name: value for name, value in row.items() if name != "id"}
            for row in rows_of(engine, table, *numbers)
        ]
        for table in TABLES
    }


def moved(before: Rows) -> Rows:
    """Tell what rules S22, S40 and G12 leave of drivers' notices that were moved from DN1 to DN2."""
    now = datetime(2025, 1, 14, 11)  # noqa: DTZ001  # as the columns keep it
    audit = {"upd_date": now, "upd_user_id": "ocmsiz_app_conn"}
    notice = {
        "prev_processing_stage": "DN1",
        "prev_processing_date": datetime(2024, 12, 1, 9),  # noqa: DTZ001
        "last_processing_stage": "DN2",
        "last_processing_date": now,
        "next_processing_stage": "DR3",
        "next_processing_date": datetime(2025, 1, 28),  # noqa: DTZ001
        "amount_payable": Decimal("70.00"),
        "payment_acceptance_allowed": "Y",
        "is_sync": "N",
    }
    change = {
        "date_of_change": now,
        "new_processing_stage": "DN2",
        "last_processing_stage": "DN1",
        "reason_of_change": "SUP",
        "authorised_officer": "USER01",
        "source": "OCMS",
        "remarks": None,
    }
    written = {"cre_date": now, "cre_user_id": "ocmsiz_app_conn", "upd_date": None, "upd_user_id": None}
    outbox = {
        "kind": "NOTICE",
        "owner_driver_indicator": None,
        "attempts": 0,
        "next_attempt_at": now,
        "delivered_at": None,
        "last_error": None,
    }
    notices, people, _, _ = (before[table.name] for table in TABLES)
    numbers = [row["notice_no"] for row in notices]
    after = (
        [{**row, **notice, **audit} for row in notices],
        [{**row, "mha_dh_check_allow": "N", **audit} for row in people],
        [{"notice_no": number, **change, **written} for number in numbers],
        [{"notice_no": number, **outbox, **written} for number in numbers],
    )
    return {table.name: rows for table, rows in zip(TABLES, after, strict=True)}


@pytest.mark.rule("S22", "S30", "G12")
def test_a_submit_of_500_killed_at_any_moment_is_whole_or_has_not_been_and_a_repeat_completes_it(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(500)
    in_stage(engine, numbers, payment_acceptance_allowed="N")
    untouched = standing(engine, numbers)
    whole = moved(untouched)

    def work(startup: Callable[[], object]) -> None:
        opened = fresh(engine)
        event.listen(opened, "before_cursor_execute", lambda *_: startup(), once=True)
        submit(SqlStageStores(opened), numbers)

    def undo() -> None:
        with engine.begin() as connection:
            for table in TABLES:
                connection.execute(delete(table))
                if rows := untouched[table.name]:
                    connection.execute(insert(table), rows)

    def left_alone() -> float:
        undo()
        seconds = took(work, None)
        assert seconds is not None
        assert standing(engine, numbers) == whole
        return seconds

    submit(stores, numbers)  # the first of a process is the slowest
    assert standing(engine, numbers) == whole
    as_long_as = min(left_alone() for _ in range(3))
    chance = Random(1)  # a run that fails is run again the same
    interrupted, found = 0, Counter[str]()
    for tries in range(1, 3 * KILLS):
        undo()
        seconds = took(work, chance.uniform(0, 0.9) * as_long_as)
        interrupted += seconds is None
        as_long_as = min(as_long_as, seconds or as_long_as)  # the machine may have become faster since
        after = standing(engine, numbers)
        assert after in (untouched, whole)
        answered = submit(stores, numbers)
        assert answered == {"OCMS-2000" if after == untouched else "OCMS.CPS.DUPLICATE_RECORD": 500}
        assert standing(engine, numbers) == whole
        found["untouched" if after == untouched else "whole"] += 1
        if tries >= KILLS and interrupted > KILLS / 2:
            break
    assert interrupted > KILLS / 2, found


@pytest.mark.rule("S75")
def test_a_print_run_killed_half_way_is_finished_by_its_repeat(
    engine: Engine, stores: SqlStageStores
) -> None:
    numbers = notice_numbers(12_000)
    put_notices(engine, numbers, last_processing_stage="DN1", next_processing_stage="DN2")
    run = ToppanRun(tuple(numbers), "DN2", NOW)

    def until_the_first_chunk(startup: Callable[[], object]) -> None:
        startup()
        service.update_toppan_stages(
            run,
            stores=SqlStageStores(fresh(engine)),
            now=NOW,
            progress=lambda _: os.kill(os.getpid(), signal.SIGKILL),
        )

    assert took(until_the_first_chunk, None) is None
    done = {
        row["notice_no"]
        for row in rows_of(engine, t.ocms_valid_offence_notice)
        if row["last_processing_stage"] == "DN2"
    }
    assert done == set(sorted(numbers)[:5_000])
    repeat = service.update_toppan_stages(run, stores=stores, now=LATER)
    assert (repeat.automatic, repeat.skipped, repeat.errors) == (7_000, 5_000, ())
    again = service.update_toppan_stages(run, stores=stores, now=LATER)
    assert (again.automatic, again.manual, again.errors) == (0, 0, ())
    outbox = [row["notice_no"] for row in rows_of(engine, t.ocms_outbox)]
    assert len(outbox) == len(set(outbox)) == 12_000
