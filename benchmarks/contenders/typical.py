"""What a team would usually write: FastAPI, pydantic and the SQLAlchemy ORM in synchronous handlers."""

# ruff: noqa: N815  # the names are the contract's

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Table, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from ocms_adapters.sql import schema
from ocms_core.kernel.dates import SINGAPORE


class Entity(DeclarativeBase):
    """Rows as objects."""


def entity(name: str, table: Table) -> Any:
    return type(name, (Entity,), {"__table__": table})


Notice = entity("Notice", schema.ocms_valid_offence_notice)
Suspension = entity("Suspension", schema.ocms_suspended_notice)
CourtCase = entity("CourtCase", schema.ocms_court_case)
OutboxRow = entity("OutboxRow", schema.ocms_outbox)

Row = TypeVar("Row")


class Item(BaseModel):
    noticeNo: Annotated[str, Field(pattern="^[0-9A-Za-z]{1,10}$")]
    suspensionType: str | None = None
    eprReasonOfSuspension: str | None = None
    processingStage: str | None = None


class Call(BaseModel):
    requestId: UUID
    requestTimestamp: datetime
    notices: Annotated[list[Item], Field(min_length=1, max_length=500)]


class PaymentStatus(BaseModel):
    noticeNo: str
    paymentStatus: str | None
    amountPayable: float | None
    amountPaid: float | None
    paymentAllowanceFlag: str
    suspensionType: str | None
    crsReasonOfSuspension: str | None
    eprReasonOfSuspension: str | None


class NoticeInfo(BaseModel):
    noticeNo: str
    courtPaymentDueDate: datetime | None
    paymentAllowanceFlag: str
    amountPayable: float | None


class Data(BaseModel, Generic[Row]):
    appCode: str = "OCMS-2000"
    message: str = "Success"
    notices: list[Row]


class Answer(BaseModel, Generic[Row]):
    total: int
    data: Data[Row]


sessions = sessionmaker()
app = FastAPI()


def create() -> FastAPI:
    url = os.environ["BENCH_DATABASE"]
    sessions.configure(bind=create_engine(url, pool_size=16, max_overflow=0))
    return app


def session() -> Iterator[Session]:
    with sessions() as opened:
        yield opened


Database = Annotated[Session, Depends(session)]


@app.post("/v1/ocms/cas-getPaymentStatus")
def payment_status(call: Call, database: Database) -> Answer[PaymentStatus]:
    found = load(call.notices, database)
    notices = [
        PaymentStatus(
            noticeNo=notice.notice_no,
            paymentStatus=notice.payment_status,
            amountPayable=notice.amount_payable,
            amountPaid=notice.amount_paid,
            paymentAllowanceFlag=notice.payment_acceptance_allowed,
            suspensionType=notice.suspension_type,
            crsReasonOfSuspension=notice.crs_reason_of_suspension,
            eprReasonOfSuspension=shown(notice),
        )
        for item in call.notices
        if (notice := found.get(item.noticeNo))
    ]
    return Answer(total=len(notices), data=Data(notices=notices))


@app.post("/v1/ocms/cas-updateCourtNotices")
def court_notices(call: Call, database: Database) -> Answer[NoticeInfo]:
    now = datetime.now(SINGAPORE).replace(tzinfo=None)
    found = load(call.notices, database)
    numbers = select(Suspension.notice_no, func.max(Suspension.sr_no)).group_by(Suspension.notice_no)
    numbers = numbers.where(Suspension.notice_no.in_(list(found)))
    last: dict[str, int] = dict(database.execute(numbers).tuples().all())
    for item in call.notices:
        notice = found.get(item.noticeNo)
        if notice:
            update(notice, item, now)
            database.add(opened(notice, item, last.get(notice.notice_no, 0) + 1, now))
            database.add(
                OutboxRow(kind="NOTICE", notice_no=notice.notice_no, cre_date=now, cre_user_id="typical")
            )
    notices = [info(notice) for notice in found.values()]
    database.commit()
    return Answer(total=len(notices), data=Data(notices=notices))


@app.post("/v1/plus-queryNoticeInfo")
def notice_info(call: Call, database: Database) -> Answer[NoticeInfo]:
    found = load(call.notices, database)
    if len(found) < len(call.notices):
        raise HTTPException(404)
    for item in call.notices:
        due = found[item.noticeNo].payment_due_date
        database.merge(
            CourtCase(
                notice_no=item.noticeNo,
                court_payment_due_date=due,
                cre_user_id="typical",
            )
        )
    notices = [info(found[item.noticeNo]) for item in call.notices]
    database.commit()
    return Answer(total=len(notices), data=Data(notices=notices))


def load(items: Sequence[Item], database: Session) -> dict[str, Any]:
    requested = [item.noticeNo for item in items]
    found = database.scalars(select(Notice).where(Notice.notice_no.in_(requested)))
    return {notice.notice_no: notice for notice in found}


def shown(notice: Any) -> str | None:
    reason: str | None = notice.epr_reason_of_suspension
    return f"PS-{reason}" if notice.suspension_type == "PS" and reason in {"WWP", "OTH", "WWC"} else reason


def update(notice: Any, item: Item, now: datetime) -> None:
    if item.processingStage:
        notice.prev_processing_stage = notice.last_processing_stage
        notice.prev_processing_date = notice.last_processing_date
        notice.last_processing_stage = item.processingStage
        notice.last_processing_date = now
    if item.suspensionType and item.eprReasonOfSuspension:
        notice.suspension_type = item.suspensionType
        notice.epr_reason_of_suspension = item.eprReasonOfSuspension[3:]
        notice.epr_date_of_suspension = now
    notice.is_sync = "N"
    notice.upd_date = now
    notice.upd_user_id = "typical"


def opened(notice: Any, item: Item, sr_no: int, now: datetime) -> Any:
    return Suspension(
        notice_no=notice.notice_no,
        date_of_suspension=now,
        sr_no=sr_no,
        suspension_source="CAS",
        suspension_type=item.suspensionType,
        reason_of_suspension=(item.eprReasonOfSuspension or "")[3:],
        officer_authorising_suspension="CAS",
        cre_date=now,
        cre_user_id="typical",
    )


def info(notice: Any) -> NoticeInfo:
    due = notice.payment_due_date and notice.payment_due_date.replace(tzinfo=SINGAPORE)
    overdue = due is not None and datetime.now(SINGAPORE) > due
    return NoticeInfo(
        noticeNo=notice.notice_no,
        courtPaymentDueDate=due,
        paymentAllowanceFlag="N" if overdue else notice.payment_acceptance_allowed,
        amountPayable=notice.amount_payable,
    )
