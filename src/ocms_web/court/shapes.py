"""The JSON bodies of contract 1."""

from typing import Literal

from msgspec import UNSET, UnsetType

from ocms_web.shapes import Count, Dollars, Moment, NoticeNo, RequestId, Shape, Timestamp


class CourtError(Shape):
    """An error of contract 1: flat."""

    app_code: str
    message: str


class NoticeAsked(Shape):
    """A notice that a query names."""

    notice_no: NoticeNo


class NoticeQuery(Shape):
    """A query about notices (APIs 1 and 4)."""

    request_id: RequestId
    request_timestamp: Timestamp
    notices: list[NoticeAsked]


class CourtNoticeChange(Shape):
    """A court notice as CAS wants it; a field that is absent or null keeps its value."""

    notice_no: NoticeNo
    suspension_type: Literal["PS", "TS"] | UnsetType | None = UNSET
    epr_reason_of_suspension: Literal["PS-WWP", "PS-OTH", "PS-WWC"] | UnsetType | None = UNSET
    processing_stage: str | UnsetType | None = UNSET


class CourtUpdateRequest(Shape):
    """An update of court notices (API 2)."""

    request_id: RequestId
    request_timestamp: Timestamp
    notices: list[CourtNoticeChange]


class PaymentStatusLine(Shape):
    """The payment and suspension status of one notice."""

    notice_no: NoticeNo
    payment_status: str | None
    amount_payable: Dollars | None
    amount_paid: Dollars | None
    payment_allowance_flag: str
    suspension_type: str | None
    crs_reason_of_suspension: str | None
    epr_reason_of_suspension: str | None


class PaymentStatusData(Shape):
    """The notices found, in the order asked."""

    app_code: str
    message: str
    notices: list[PaymentStatusLine]


class PaymentStatusReply(Shape):
    """API 1's answer; `total` is the number of notices found."""

    total: Count
    limit: Count
    skip: Count
    data: PaymentStatusData


class CourtNoticeLine(Shape):
    """An updated court notice."""

    notice_no: NoticeNo
    amount_payable: Dollars | None
    payment_allowance_flag: str
    court_payment_due_date: Moment | None


class FailedCourtNotice(Shape):
    """A notice that was not updated, and why."""

    notice_no: str
    app_code: str
    message: str


class CourtUpdateData(Shape):
    """All notices were updated."""

    app_code: str
    message: str
    updated_count: Count
    notices: list[CourtNoticeLine]


class CourtUpdateReply(Shape):
    """API 2's answer when every item was updated."""

    data: CourtUpdateData


class PartialCourtUpdateData(Shape):
    """Some notices were updated, some failed."""

    app_code: str
    message: str
    updated_count: Count
    failed_count: Count
    notices: list[CourtNoticeLine]
    errors: list[FailedCourtNotice]


class PartialCourtUpdateReply(Shape):
    """API 2's answer when some items failed."""

    data: PartialCourtUpdateData


class NoticeInfoLine(Shape):
    """Whether a notice can be paid, how much, and until when."""

    notice_no: NoticeNo
    court_payment_due_date: Moment | None
    payment_allowance_flag: str
    amount_payable: Dollars | None


class NoticeInfoData(Shape):
    """The notices asked for."""

    app_code: str
    message: str
    notices: list[NoticeInfoLine]


class NoticeInfoReply(Shape):
    """API 4's answer."""

    total: Count
    data: NoticeInfoData
