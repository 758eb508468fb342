"""Whoever looks somebody up leaves a record of it."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, unique
from typing import Protocol

from ocms_core.kernel.access import Operation, Principal


@unique
class StaffPage(Enum):
    """A page on which an officer may see somebody; the value is the purpose its access records name."""

    FIND = "staff page: find"
    NOTICE = "staff page: notice"
    OFFENDER = "staff page: offender"
    HST = "staff page: HST"
    REPORTS = "staff page: reports"
    DASHBOARD = "staff page: dashboard"


class AccessRecords(Protocol):
    """Where look-ups of personal particulars are recorded, for good."""

    def record_access(
        self,
        who: Principal,
        operation: Operation | StaffPage,
        id_nos: Iterable[str],
        now: datetime,
        *,
        notice_no: str | None = None,
    ) -> None:
        """
        Record one look-up before its answer goes out: by an identity number, or of those it shows.

        `operation` is the call, or the staff page, for which somebody was looked up. The identity is kept
        as a keyed hash only. Unavailable when it cannot be recorded: then nothing is to be shown.
        """
