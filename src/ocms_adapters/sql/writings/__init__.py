"""How each kind of change is written: one table, in the order of writing, parents before children."""

from collections.abc import Mapping

from ocms_adapters.sql.writings.address_checks import ADDRESS_CHECKS
from ocms_adapters.sql.writings.address_enquiries import ANSWERS, FILES, SENT, WITHDRAWN
from ocms_adapters.sql.writings.court_cases import COURT_CASES
from ocms_adapters.sql.writings.hst import (
    CLOSED_TOGETHER,
    DELISTED,
    FURNISHED_TOGETHER,
    LISTED,
    LISTED_CHANGED,
    OPENED_TOGETHER,
    RENAMED,
    SHOWN_TOGETHER,
)
from ocms_adapters.sql.writings.notices import NOTICES
from ocms_adapters.sql.writings.offenders import OFFENDERS
from ocms_adapters.sql.writings.outbox import OUTBOX, OUTBOX_TOGETHER
from ocms_adapters.sql.writings.stage_changes import STAGE_CHANGES
from ocms_adapters.sql.writings.suspensions import SUSPENSIONS
from ocms_adapters.sql.writings.writing import Written
from ocms_core.kernel.changes import (
    AddressAnswered,
    AddressCheckSet,
    CourtDueDateRecorded,
    EnquirySent,
    EnquiryWithdrawn,
    FileExchanged,
    FurnishedAddressesWritten,
    IdentityDelisted,
    IdentityListed,
    ListedIdentityChanged,
    NoticeChanged,
    NoticesShow,
    OffendersRenamed,
    StageChangeRecorded,
    SuspensionOpened,
    SuspensionsClosed,
    SuspensionsOpened,
)
from ocms_core.mirror.outgoing import Outgoing, OutgoingTogether

WRITINGS: Mapping[type, Written] = {
    IdentityListed: LISTED,
    ListedIdentityChanged: LISTED_CHANGED,
    IdentityDelisted: DELISTED,
    NoticeChanged: NOTICES,
    NoticesShow: SHOWN_TOGETHER,
    SuspensionOpened: SUSPENSIONS,
    StageChangeRecorded: STAGE_CHANGES,
    AddressCheckSet: ADDRESS_CHECKS,
    **OFFENDERS,
    SuspensionsClosed: CLOSED_TOGETHER,
    SuspensionsOpened: OPENED_TOGETHER,
    CourtDueDateRecorded: COURT_CASES,
    OffendersRenamed: RENAMED,
    FurnishedAddressesWritten: FURNISHED_TOGETHER,
    FileExchanged: FILES,
    AddressAnswered: ANSWERS,
    EnquirySent: SENT,
    EnquiryWithdrawn: WITHDRAWN,
    Outgoing: OUTBOX,
    OutgoingTogether: OUTBOX_TOGETHER,
}
