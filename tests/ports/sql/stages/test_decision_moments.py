"""Whoever has waited for a notice dates its decision after what it waited for, on each database."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, bindparam, text

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import update_court_notices
from ocms_core.hst import service as hst
from ocms_core.kernel.dates import local, singapore
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from tests.support.builders import NOW
from tests.support.hst_rows import application
from tests.support.offender_builders import EMPLOYEE, JOHN, ORCHARD
from tests.support.offender_rows import Undelivered
from tests.support.rows import notice_numbers, row_of, rows_of
from tests.support.stage_builders import item, requested
from tests.support.stage_rows import in_stage

pytestmark = pytest.mark.rule("G20")

MEANWHILE = NOW + timedelta(seconds=30)
MOVED = text(
    "UPDATE ocms_valid_offence_notice SET last_processing_date = :at WHERE notice_no = :notice_no"
).bindparams(bindparam("at", type_=t.ocms_valid_offence_notice.c.last_processing_date.type))
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Caller = Callable[[Engine, str], object]


def officer(engine: Engine, number: str) -> object:
    moved = item(number, change=requested("DN2"))
    return stages.submit([moved], "USER01", stores=SqlStageStores(engine), now=NOW)


def plus(engine: Engine, number: str) -> object:
    change = PlusChange((number,), "DN1", "DN2", None, "O")
    return stages.plus_change(change, stores=SqlStageStores(engine), now=NOW)


def toppan(engine: Engine, number: str) -> object:
    return stages.update_toppan_stages(
        ToppanRun((number,), "DN2", NOW), stores=SqlStageStores(engine), now=NOW
    )


def court(engine: Engine, number: str) -> object:
    update = CourtUpdate(number, processing_stage="WAR", epr_reason="WWP")
    return update_court_notices([update], stores=SqlCourtStores(engine), now=NOW)


def redirect(engine: Engine, number: str) -> object:
    request = FurnishRequest(number, "H", JOHN, ORCHARD, EMPLOYEE, from_role="D")
    return offenders.redirect(
        request, "USER01", stores=SqlOffenderStores(engine), delivery=Undelivered(), now=NOW
    )


def list_identity(engine: Engine, number: str) -> object:
    del number
    return hst.apply(application("S1234567A"), officer="USER01", stores=SqlHstStores(engine), now=NOW)


@contextmanager
def moved_meanwhile(engine: Engine, number: str) -> Iterator[None]:
    """Move a notice in a transaction that ends when the block does."""
    with engine.begin() as connection:
        connection.execute(MOVED, {"at": local(MEANWHILE), "notice_no": number})
        yield


def until_somebody_waits(engine: Engine) -> None:
    """Wait until a transaction waits for another; SQLite keeps that to itself."""
    deadline = time.monotonic() + 30
    while engine.name != "sqlite" and time.monotonic() < deadline:
        with engine.connect() as connection:
            if connection.execute(WAITING).scalar_one():
                return
        time.sleep(0.02)
    time.sleep(0.2)


def dates(engine: Engine, number: str) -> list[datetime]:
    """Return the dates a decision has left: of the stage where it moved, of suspensions and changes."""
    row = row_of(engine, t.ocms_valid_offence_notice, number)
    suspended = rows_of(engine, t.ocms_suspended_notice, number)
    changes = rows_of(engine, t.ocms_change_of_processing, number)
    found = [row["last_processing_date"]] if row["last_processing_stage"] != "DN1" else []
    found += [each["date_of_suspension"] for each in suspended]
    found += [each["date_of_change"] for each in changes]
    return [*map(singapore, found), singapore(row["upd_date"])]


@pytest.mark.parametrize("caller", [officer, plus, toppan, court, redirect, list_identity])
def test_who_waited_for_a_notice_decides_at_a_later_moment(engine: Engine, caller: Caller) -> None:
    (number,) = notice_numbers(1)
    stage = "CPC" if caller is court else "DN1"
    in_stage(engine, [number], stage, next_processing_stage="DN2")
    with ThreadPoolExecutor() as threads:
        with moved_meanwhile(engine, number):
            waiting = threads.submit(caller, engine, number)
            until_somebody_waits(engine)
        waiting.result()
    found = dates(engine, number)
    assert len(found) > 1
    assert all(MEANWHILE < date < MEANWHILE + timedelta(seconds=1) for date in found)
