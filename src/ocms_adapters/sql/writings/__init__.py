"""How each kind of change is written: one table, in the order of writing, parents before children."""

from collections.abc import Mapping

from ocms_adapters.sql.writings.address_checks import ADDRESS_CHECKS
from ocms_adapters.sql.writings.court_cases import COURT_CASES
from ocms_adapters.sql.writings.notices import NOTICES
from ocms_adapters.sql.writings.offenders import OFFENDERS
from ocms_adapters.sql.writings.outbox import OUTBOX
from ocms_adapters.sql.writings.stage_changes import STAGE_CHANGES
from ocms_adapters.sql.writings.suspensions import SUSPENSIONS
from ocms_adapters.sql.writings.writing import Writing
from ocms_core.kernel.changes import (
    AddressCheckSet,
    CourtDueDateRecorded,
    NoticeChanged,
    StageChangeRecorded,
    SuspensionOpened,
)
from ocms_core.mirror.outgoing import Outgoing

WRITINGS: Mapping[type, Writing] = {
    NoticeChanged: NOTICES,
    SuspensionOpened: SUSPENSIONS,
    StageChangeRecorded: STAGE_CHANGES,
    AddressCheckSet: ADDRESS_CHECKS,
    CourtDueDateRecorded: COURT_CASES,
    **OFFENDERS,
    Outgoing: OUTBOX,
}
