"""Facts of the HST capability: each builder returns a valid value, and takes by keyword what differs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import evolve

from ocms_core.hst.facts import HstNotice, IdentityFacts, ListedIdentity
from ocms_core.hst.request_checks import HstApplication
from ocms_core.kernel.addresses import MHA, AddressAnswer, RegisteredAddress
from ocms_core.kernel.suspensions import OpenSuspension, ShownSuspension, SuspensionReason, Suspensions
from tests.support.builders import HST, at, reference

IDENTITY = "S1234567A"
ADDRESS = RegisteredAddress("123456", "123", "Example Street", "01", "01", "Example Building")
NEW_ADDRESS = RegisteredAddress("654321", "456", "New Street", "02", "02", "New Building")
APPLICATION = HstApplication(IDENTITY, "N", "John Tan", ADDRESS)
OFFICER = "OIC.TAN"
SUSPENSIONS = {"shown", "open_records", "last_sr_no", "crs_reason"}
UNC = SuspensionReason("TS", "UNC")

SINCE = at("2024-12-20T10:00:00")
NOW = at("2025-01-14T11:00:00")
LISTED = ListedIdentity(IDENTITY, "N", "John Tan", ADDRESS, listed_at=SINCE)
DUE = at("2025-02-13T11:00:00")  # thirty days after NOW
EARLIER, LATER = at("2025-02-01T00:00:00"), at("2025-03-01T00:00:00")


def notice(notice_no: str = "500500001A", **different: Any) -> HstNotice:
    """Build an unpaid notice at ROV, not suspended, of the identity."""
    suspensions = Suspensions(**{name: different.pop(name) for name in SUSPENSIONS & different.keys()})
    return evolve(HstNotice(notice_no, IDENTITY, "O", "ROV", None, suspensions), **different)


def record(
    reason: SuspensionReason = HST, sr_no: int = 1, due: datetime | None = EARLIER, since: datetime = SINCE
) -> OpenSuspension:
    """Build an open suspension record."""
    return OpenSuspension(reason, since, sr_no, due)


def suspended(notice_no: str, *records: OpenSuspension, **different: Any) -> HstNotice:
    """Build a notice with open records, the last of which its row shows."""
    last = records[-1]
    shown = ShownSuspension(last.reason.type, last.reason.code, last.since, last.due)
    return notice(
        notice_no, **{"shown": shown, "open_records": records, "last_sr_no": len(records)} | different
    )


def facts(
    *notices: HstNotice,
    listed: Iterable[ListedIdentity] = (),
    answers: Iterable[AddressAnswer] = (),
) -> IdentityFacts:
    """Build the facts of identities."""
    return IdentityFacts(
        reference=reference(),
        listed={each.id_no: each for each in listed},
        notices=notices,
        answers={each.id_no: each for each in answers},
    )


def answer(**different: Any) -> AddressAnswer:
    """Build an answer of MHA that found the owner at a new address."""
    return evolve(AddressAnswer(IDENTITY, "N", MHA, NEW_ADDRESS, NOW), **different)
