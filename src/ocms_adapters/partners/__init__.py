"""
Clients of OCMS for its partners: CAS and PLUS.

Three lines are enough:

    from ocms_adapters.partners import PlusClient
    with PlusClient("https://gateway.example", "https://gateway.example/token", "plus", secret) as plus:
        amounts = {notice.notice_no: notice.amount_payable for notice in plus.query(["1234567890"])}
"""

from ocms_adapters.http.ocms_calls import ApplicationError
from ocms_adapters.http.retry import RequestRejected, RetriesExhausted
from ocms_adapters.partners.cas import CasClient, CourtNoticeUpdate, CourtUpdateResult, PaymentStatus
from ocms_adapters.partners.plus import NoticeInfo, PlusClient

__all__ = [
    "ApplicationError",
    "CasClient",
    "CourtNoticeUpdate",
    "CourtUpdateResult",
    "NoticeInfo",
    "PaymentStatus",
    "PlusClient",
    "RequestRejected",
    "RetriesExhausted",
]
