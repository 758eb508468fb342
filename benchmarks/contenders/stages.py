"""Stage changes as others write them: the ORM notice by notice, Core's executemany, and asyncpg by hand."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it comes without types
from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from benchmarks.contenders.typical import Notice, OutboxRow, entity
from ocms_adapters.sql import schema

Person = entity("Person", schema.ocms_offence_notice_owner_driver)
ChangeRow = entity("ChangeRow", schema.ocms_change_of_processing)

USER = "peer"
MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def orm_submit(engine: Engine, numbers: Sequence[str], now: datetime) -> None:
    """Move notices one by one: look, change, flush."""
    midnight = now.replace(**MIDNIGHT)  # type: ignore[arg-type]  # whole numbers, all of them
    with Session(engine) as session:
        for number in numbers:
            notice = session.get(Notice, number)
            changed = session.scalars(
                select(ChangeRow).where(ChangeRow.notice_no == number, ChangeRow.date_of_change >= midnight)
            ).first()
            if changed is None:
                move(session, notice, now, midnight)
            session.flush()
        session.commit()


def move(session: Session, notice: Any, now: datetime, midnight: datetime) -> None:
    """Change one notice and what belongs to it."""
    for person in session.scalars(select(Person).where(Person.notice_no == notice.notice_no)):
        person.mha_dh_check_allow = "N"
    session.add(
        ChangeRow(
            notice_no=notice.notice_no,
            date_of_change=now,
            new_processing_stage="DN2",
            last_processing_stage=notice.last_processing_stage,
            reason_of_change="SUP",
            authorised_officer=USER,
            source="OCMS",
        )
    )
    notice.prev_processing_stage = notice.last_processing_stage
    notice.prev_processing_date = notice.last_processing_date
    notice.last_processing_stage, notice.last_processing_date = "DN2", now
    notice.next_processing_stage, notice.next_processing_date = "DR3", midnight + timedelta(days=14)
    notice.amount_payable, notice.payment_acceptance_allowed = notice.composition_amount, "Y"
    notice.is_sync = "N"
    session.add(OutboxRow(kind="NOTICE", notice_no=notice.notice_no))


def core_toppan(engine: Engine, numbers: Sequence[str], now: datetime) -> None:
    """Move a print run with one executemany."""
    von = schema.ocms_valid_offence_notice
    statement = (
        update(von)
        .where(von.c.notice_no == bindparam("number"), von.c.next_processing_stage == "DN2")
        .values(
            prev_processing_stage=von.c.last_processing_stage,
            prev_processing_date=von.c.last_processing_date,
            last_processing_stage="DN2",
            last_processing_date=now,
            next_processing_stage="DR3",
            next_processing_date=now.replace(**MIDNIGHT) + timedelta(days=14),  # type: ignore[arg-type]  # as above
            amount_payable=Decimal(70),
            is_sync="N",
        )
    )
    with engine.begin() as connection:
        connection.execute(statement, [{"number": number} for number in numbers])
        connection.execute(
            schema.ocms_outbox.insert(), [{"kind": "NOTICE", "notice_no": number} for number in numbers]
        )


CHANGED = """
    SELECT notice_no FROM ocms_change_of_processing
     WHERE notice_no = ANY($1::varchar[]) AND date_of_change >= $2 AND date_of_change < $3
"""
MOVE = """
    UPDATE ocms_valid_offence_notice v
       SET prev_processing_stage = v.last_processing_stage, prev_processing_date = v.last_processing_date,
           last_processing_stage = 'DN2', last_processing_date = $2, next_processing_stage = 'DR3',
           next_processing_date = $3, amount_payable = v.composition_amount,
           payment_acceptance_allowed = 'Y', is_sync = 'N', upd_date = $2, upd_user_id = 'peer'
      FROM unnest($1::varchar[]) AS r (notice_no) WHERE v.notice_no = r.notice_no RETURNING v.notice_no
"""
LOCK_WITH_ROLE = """
    SELECT v.notice_no, v.last_processing_stage, o.owner_driver_indicator
      FROM ocms_valid_offence_notice v
      LEFT JOIN ocms_offence_notice_owner_driver o ON o.notice_no = v.notice_no AND o.offender_indicator = 'Y'
     WHERE v.notice_no = ANY($1::varchar[]) ORDER BY v.notice_no FOR NO KEY UPDATE OF v
"""
MOVE_EACH = """
    UPDATE ocms_valid_offence_notice v
       SET prev_processing_stage = v.last_processing_stage, prev_processing_date = v.last_processing_date,
           last_processing_stage = r.stage, last_processing_date = $4, next_processing_stage = r.next,
           next_processing_date = $5, amount_payable = v.composition_amount + r.fee,
           payment_acceptance_allowed = 'Y', is_sync = 'N', upd_date = $4, upd_user_id = 'peer'
      FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $6::numeric[])
           AS r (notice_no, stage, next, fee) WHERE v.notice_no = r.notice_no
"""
# The target of each stage, by driver or not; what comes after it; what it costs.
TARGETS = {
    True: {"NPA": "DN1", "ENA": "DN1", "DN1": "DN2", "DN2": "DR3"},
    False: {"NPA": "ROV", "ROV": "RD1", "ENA": "RD1", "RD1": "RD2", "RD2": "RR3"},
}
AFTER = {"DN1": "DN2", "DN2": "DR3", "DR3": "CPC", "ROV": "RD1", "RD1": "RD2", "RD2": "RR3", "RR3": "CPC"}
FEES = {"DR3": Decimal(10), "RR3": Decimal(10)}
RECORD = """
    INSERT INTO ocms_change_of_processing (notice_no, date_of_change, new_processing_stage,
           last_processing_stage, reason_of_change, authorised_officer, source, cre_date, cre_user_id)
    SELECT n, $2, stage, last, 'SUP', 'peer', 'OCMS', $2, 'peer'
      FROM unnest($1::varchar[], $3::varchar[], $4::varchar[]) AS r (n, stage, last)
"""
FLAG = """
    UPDATE ocms_offence_notice_owner_driver SET mha_dh_check_allow = 'N', upd_date = $2
     WHERE notice_no = ANY($1::varchar[]) AND mha_dh_check_allow <> 'N'
"""
OUTBOX = """
    INSERT INTO ocms_outbox (kind, notice_no, cre_date, cre_user_id)
    SELECT 'NOTICE', n, $2, 'peer' FROM unnest($1::varchar[]) AS r (n)
"""
SEARCH = """
    SELECT v.notice_no, v.offence_type, v.notice_date_and_time, v.vehicle_no, v.last_processing_stage,
           v.last_processing_date, v.suspension_type, o.owner_driver_indicator, o.offender_indicator,
           o.id_no, o.name, o.lta_entity_type
      FROM ocms_valid_offence_notice v JOIN ocms_offence_notice_owner_driver o USING (notice_no)
     WHERE v.notice_no IN (SELECT notice_no FROM ocms_offence_notice_owner_driver WHERE id_no = $1)
     ORDER BY v.notice_no
"""


class ByHand:
    """One asyncpg connection, its statements prepared on first use, in a loop of its own."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection: Any = self._run(asyncpg.connect(**place(url)))

    def close(self) -> None:
        self._run(self._connection.close())
        self._loop.close()

    def submit(self, numbers: Sequence[str], now: datetime) -> None:
        self._run(self._submit(sorted(numbers), now))

    def toppan(self, numbers: Sequence[str], now: datetime) -> None:
        self._run(self._toppan(sorted(numbers), now))

    def search(self, id_no: str) -> list[Any]:
        found: list[Any] = self._run(self._connection.fetch(SEARCH, id_no))
        return found

    async def _submit(self, numbers: Sequence[str], now: datetime) -> None:
        midnight = now.replace(**MIDNIGHT)  # type: ignore[arg-type]  # as above
        async with self._connection.transaction():
            rows = await self._connection.fetch(LOCK_WITH_ROLE, numbers)
            stages = [stage for _, stage, _ in rows]
            targets = [TARGETS[role == "D"][stage] for _, stage, role in rows]
            following = [AFTER[target] for target in targets]
            fees = [FEES.get(target, Decimal(0)) for target in targets]
            planned = midnight + timedelta(days=14)
            await self._connection.fetch(CHANGED, numbers, midnight, midnight + timedelta(days=1))
            await self._connection.execute(MOVE_EACH, numbers, targets, following, now, planned, fees)
            await self._connection.execute(RECORD, numbers, now, targets, stages)
            await self._connection.execute(FLAG, numbers, now)
            await self._connection.execute(OUTBOX, numbers, now)

    async def _toppan(self, numbers: Sequence[str], now: datetime) -> None:
        midnight = now.replace(**MIDNIGHT)  # type: ignore[arg-type]  # as above
        for start in range(0, len(numbers), 5_000):
            chunk = numbers[start : start + 5_000]
            async with self._connection.transaction():
                await self._connection.fetch(MOVE, chunk, now, midnight + timedelta(days=14))
                await self._connection.execute(OUTBOX, chunk, now)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


def place(url: str) -> dict[str, Any]:
    """Say where a database is in asyncpg's words."""
    given = make_url(url)
    host, port = given.query.get("host", given.host), given.query.get("port", given.port)
    return {
        "host": host,
        "port": int(str(port)),
        "user": given.username,
        "password": given.password,
        "database": given.database,
    }


@contextmanager
def by_hand(url: str) -> Iterator[ByHand]:
    """Give a connection for as long as the block lasts."""
    hand = ByHand(url)
    try:
        yield hand
    finally:
        hand.close()
