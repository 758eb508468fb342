"""The statement of each kind of change, in the order of writing: parents before children."""

from collections.abc import Mapping

from ocms_adapters.sql.change_statements.address_checks import ADDRESS_CHECKS
from ocms_adapters.sql.change_statements.address_enquiries import ANSWERS, FILES, SENT, WITHDRAWN
from ocms_adapters.sql.change_statements.court_cases import COURT_CASES
from ocms_adapters.sql.change_statements.hst import (
    CLOSED_TOGETHER,
    DELISTED,
    FURNISHED_TOGETHER,
    LISTED,
    LISTED_CHANGED,
    OPENED_TOGETHER,
    RENAMED,
    SHOWN_TOGETHER,
)
from ocms_adapters.sql.change_statements.notices import MOVED, NOTICES, NOTICES_TOGETHER
from ocms_adapters.sql.change_statements.offenders import OFFENDERS
from ocms_adapters.sql.change_statements.outbox import OUTBOX, OUTBOX_TOGETHER
from ocms_adapters.sql.change_statements.put_back import PUT_BACK
from ocms_adapters.sql.change_statements.stage_changes import STAGE_CHANGES
from ocms_adapters.sql.change_statements.statement import ChangeStatement
from ocms_adapters.sql.change_statements.suspensions import (
    CLOSED_SUSPENSIONS,
    SUSPENSIONS,
    SUSPENSIONS_TOGETHER,
)
from ocms_core.kernel.changes import (
    AddressAnswered,
    AddressCheckSet,
    CourtDueDateRecorded,
    EnquirySent,
    EnquiryWithdrawn,
    FileExchanged,
    FurnishedAddressesWritten,
    IdentityListed,
    IdentityRemoved,
    ListedIdentityChanged,
    NoticeChanged,
    NoticesChanged,
    NoticesMoved,
    OffendersRenamed,
    StageChangeRecorded,
    SuspensionClosed,
    SuspensionOpened,
    SuspensionRecordsOpened,
    SuspensionsClosed,
    SuspensionShownOnNotices,
    SuspensionsOpened,
)
from ocms_core.replication.outbox_rows import OutboxRow, OutboxRows

CHANGE_STATEMENTS: Mapping[type, ChangeStatement] = {
    IdentityListed: LISTED,
    ListedIdentityChanged: LISTED_CHANGED,
    IdentityRemoved: DELISTED,
    NoticeChanged: NOTICES,
    NoticesChanged: NOTICES_TOGETHER,
    NoticesMoved: MOVED,
    SuspensionShownOnNotices: SHOWN_TOGETHER,
    SuspensionClosed: CLOSED_SUSPENSIONS,
    SuspensionOpened: SUSPENSIONS,
    SuspensionRecordsOpened: SUSPENSIONS_TOGETHER,
    StageChangeRecorded: STAGE_CHANGES,
    AddressCheckSet: ADDRESS_CHECKS,
    **PUT_BACK,
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
    OutboxRow: OUTBOX,
    OutboxRows: OUTBOX_TOGETHER,
}
