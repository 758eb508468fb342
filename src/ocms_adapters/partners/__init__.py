"""
Clients of OCMS for its partners: `CasClient` for APIs 1 and 2, `PlusClient` for API 4.

Three lines are enough:

    from ocms_adapters.partners import PlusClient
    with PlusClient("https://gateway.example", "https://gateway.example/token", "plus", secret) as plus:
        amounts = {notice.notice_no: notice.amount_payable for notice in plus.query(["1234567890"])}

What they return is typed: `PaymentStatus` (API 1), `CourtUpdateResult` (API 2, for each `CourtNoticeUpdate`)
and `NoticeInfo` (API 4). They raise `ApplicationError` when OCMS, or the gateway before it, refuses a call,
`RequestRejected` when the token endpoint does, `RetriesExhausted` when neither answers, and `MalformedData`,
naming the field, when an answer is not of the agreed form.
"""

from ocms_adapters.http.ocms_calls import ApplicationError
from ocms_adapters.http.retry import RequestRejected, RetriesExhausted
from ocms_adapters.partners.cas import CasClient, CourtNoticeUpdate, CourtUpdateResult, PaymentStatus
from ocms_adapters.partners.plus import NoticeInfo, PlusClient
from ocms_adapters.structuring import MalformedData

__all__ = [
    "ApplicationError",
    "CasClient",
    "CourtNoticeUpdate",
    "CourtUpdateResult",
    "MalformedData",
    "NoticeInfo",
    "PaymentStatus",
    "PlusClient",
    "RequestRejected",
    "RetriesExhausted",
]
