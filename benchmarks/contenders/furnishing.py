"""Furnishing as a team would usually write it: the ORM loads, changes and flushes, twice."""

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Engine, Table, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from ocms_adapters.sql import schema
from ocms_core.kernel.offender_details import Person


class Entity(DeclarativeBase):
    """Rows as objects."""


def entity(name: str, table: Table) -> Any:
    return type(name, (Entity,), {"__table__": table})


Notice = entity("FurnishedNotice", schema.ocms_valid_offence_notice)
Offender = entity("FurnishedOffender", schema.ocms_offence_notice_owner_driver)
Address = entity("FurnishedAddress", schema.ocms_offence_notice_owner_driver_addr)
Detail = entity("FurnishedDetail", schema.ocms_furnish_detail)
NoticeCopy = entity("FurnishedNoticeCopy", schema.eocms_valid_offence_notice)
OffenderCopy = entity("FurnishedOffenderCopy", schema.eocms_offence_notice_owner_driver)

SHOWN = [
    column.name
    for column in schema.eocms_valid_offence_notice.columns
    if column.name[:4] not in {"cre_", "upd_"}
]


@frozen
class TypicalFurnish:
    """Furnishes one notice, on two databases one after the other."""

    intranet: Engine
    internet: Engine
    notice_no: str

    def furnish(self, role: str, person: Person) -> None:
        now = datetime.now()  # noqa: DTZ005  # columns are local
        with Session(self.intranet) as session, session.begin():
            notice = session.scalars(
                select(Notice).where(Notice.notice_no == self.notice_no).with_for_update()
            ).one()
            offenders = session.scalars(select(Offender).where(Offender.notice_no == self.notice_no)).all()
            for offender in offenders:
                offender.offender_indicator = "N"
                offender.is_sync = "N"
            found = next((each for each in offenders if each.owner_driver_indicator == role), None)
            if found is None:
                found = Offender(notice_no=self.notice_no, owner_driver_indicator=role)
                session.add(found)
            found.id_type, found.id_no, found.name = person.id_type, person.id_no, person.name
            found.offender_indicator = "Y"
            key = {"notice_no": self.notice_no, "owner_driver_indicator": role}
            session.merge(
                Address(**key, type_of_address="furnished_mail", blk_hse_no="123", postal_code="238888")
            )
            session.merge(Detail(**key, remarks="measured"))
            notice.prev_processing_stage = notice.last_processing_stage
            notice.prev_processing_date = notice.last_processing_date
            notice.last_processing_stage = notice.next_processing_stage = "RD1"
            notice.last_processing_date, notice.next_processing_date = now, now + timedelta(days=1)
            notice.amount_payable, notice.is_sync = notice.composition_amount, "N"
        # Two officers copying at once run into each other's locks; a team meets that with a retry.
        while True:
            try:
                self.copy()
                break
            except (OperationalError, IntegrityError):
                continue
        with Session(self.intranet) as session, session.begin():
            session.get_one(Notice, self.notice_no).is_sync = "Y"
            for offender in session.scalars(select(Offender).where(Offender.notice_no == self.notice_no)):
                offender.is_sync = "Y"

    def copy(self) -> None:
        with Session(self.intranet) as reading, Session(self.internet) as session, session.begin():
            notice = reading.get(Notice, self.notice_no)
            session.merge(NoticeCopy(**{name: getattr(notice, name) for name in SHOWN}))
            for offender in reading.scalars(select(Offender).where(Offender.notice_no == self.notice_no)):
                session.merge(
                    OffenderCopy(
                        notice_no=offender.notice_no,
                        owner_driver_indicator=offender.owner_driver_indicator,
                        id_type=offender.id_type,
                        id_no=offender.id_no,
                        name=offender.name,
                        offender_indicator=offender.offender_indicator,
                    )
                )
