"""The court's decisions once more, on the types of another library: pydantic models or msgspec structs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pydantic
from attrs import frozen

from ocms_core.kernel.stages import BEFORE_COURT

Type = Any
Fields = Mapping[str, Any]

MOMENT = datetime | None
TEXT = str | None

NOTICE: Fields = {
    "notice_no": str,
    "stage": str,
    "stage_date": datetime,
    "suspension_type": TEXT,
    "epr_reason": TEXT,
    "payment_due_date": MOMENT,
    "payment_acceptance_allowed": str,
    "has_court_case": bool,
    "court_payment_due_date": MOMENT,
}
ANSWER: Fields = {"key": str, "code": str, "detail": Any}
DUE_DATE_RECORDED: Fields = {"notice_no": str, "court_payment_due_date": MOMENT}
NOTICE_CHANGED: Fields = {
    "notice_no": str, "stage": str, "stage_date": datetime, "prev_stage": str, "prev_date": datetime,
    "suspension_type": TEXT, "epr_reason": TEXT, "since": datetime,
}  # fmt: skip
SUSPENSION_OPENED: Fields = {
    "notice_no": str, "date_of_suspension": datetime, "sr_no": int, "source": str, "type": str, "reason": str,
    "officer": str, "due": MOMENT,
}  # fmt: skip


@frozen
class Library:
    """How a library makes a type, and a changed copy of a value."""

    type: Callable[[str, Fields], Type]
    changed: Callable[..., Any]


def struct(name: str, fields: Fields) -> Type:
    return msgspec.defstruct(name, list(fields.items()), frozen=True)


def model(name: str, fields: Fields) -> Type:
    frozen_model = pydantic.ConfigDict(frozen=True)
    typed: dict[str, Any] = {field: (kind, ...) for field, kind in fields.items()}
    return pydantic.create_model(name, __config__=frozen_model, **typed)


MSGSPEC = Library(struct, msgspec.structs.replace)
PYDANTIC = Library(model, lambda value, **changes: value.model_copy(update=changes))


@frozen
class Decisions:
    """The decisions on the types of a library, for the notices of one batch."""

    library: Library
    notices: Mapping[str, Any]
    answer: Type
    due_date_recorded: Type
    notice_changed: Type
    suspension_opened: Type

    def payment_status(self, numbers: Sequence[str]) -> object:
        return tuple(self._shown(self.notices[number]) for number in numbers if number in self.notices)

    def _shown(self, notice: Any) -> Any:
        if notice.suspension_type == "PS" and notice.epr_reason in {"WWP", "OTH", "WWC"}:
            return self.library.changed(notice, epr_reason=f"PS-{notice.epr_reason}")
        return notice

    def plus_query(self, numbers: Sequence[str], now: datetime) -> object:
        if any(number not in self.notices for number in numbers):
            return None
        answers, changes = [], []
        for number in numbers:
            notice = self.notices[number]
            overdue = notice.payment_due_date is not None and now > notice.payment_due_date
            allowed = "N" if overdue else notice.payment_acceptance_allowed
            shown = self.library.changed(notice, payment_acceptance_allowed=allowed)
            answers.append(self.answer(key=number, code="OCMS-2000", detail=shown))
            if not (notice.has_court_case and notice.court_payment_due_date == notice.payment_due_date):
                changes.append(
                    self.due_date_recorded(notice_no=number, court_payment_due_date=notice.payment_due_date)
                )
        return answers, changes

    def court_notices(self, updates: Sequence[Any], now: datetime) -> object:
        answers, changes = [], []
        asked: set[str] = set()
        for update in updates:
            number = update.notice_no
            notice = self.notices.get(number)
            if number in asked or notice is None or notice.stage in BEFORE_COURT:
                answers.append(self.answer(key=number, code="OCMS-4008", detail=None))
                continue
            asked.add(number)
            answers.append(self.answer(key=number, code="OCMS-2000", detail=notice))
            changes.append(
                self.notice_changed(
                    notice_no=number, stage=update.processing_stage, stage_date=now, prev_stage=notice.stage,
                    prev_date=notice.stage_date, suspension_type=update.suspension_type,
                    epr_reason=update.epr_reason, since=now,
                )
            )  # fmt: skip
            changes.append(
                self.suspension_opened(
                    notice_no=number, date_of_suspension=now, sr_no=1, source="CAS",
                    type=update.suspension_type, reason=update.epr_reason, officer="CAS", due=None,
                )
            )  # fmt: skip
        return answers, changes


def decisions(library: Library, rows: Sequence[Mapping[str, Any]]) -> Decisions:
    """Give the decisions on a library's types, on notices of these fields."""
    notice = library.type("Notice", NOTICE)
    return Decisions(
        library,
        {row["notice_no"]: notice(**row) for row in rows},
        library.type("Answer", ANSWER),
        library.type("DueDateRecorded", DUE_DATE_RECORDED),
        library.type("NoticeChanged", NOTICE_CHANGED),
        library.type("SuspensionOpened", SUSPENSION_OPENED),
    )
