"""How long an officer's session lasts."""

from datetime import timedelta

import pytest

from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.staff_sessions import SessionLimits, StaffSession
from tests.support.builders import NOW

LIMITS = SessionLimits(idle=timedelta(minutes=30), longest=timedelta(hours=10))
OFFICER = Principal("USER01", Role.OIC, "staff:USER01")
SECOND = timedelta(seconds=1)


def session(signed_in: timedelta, used: timedelta) -> StaffSession:
    """Return a session that was begun and last used so long ago."""
    return StaffSession(OFFICER, signed_in_at=NOW - signed_in, used_at=NOW - used)


@pytest.mark.parametrize(
    "signed_in, used, is_live",
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(hours=1), LIMITS.idle - SECOND, True),
        (timedelta(hours=1), LIMITS.idle, False),
        (LIMITS.longest - SECOND, timedelta(0), True),
        (LIMITS.longest, timedelta(0), False),
    ],
)
def test_a_session_ends_when_it_is_idle_and_when_it_is_old(
    signed_in: timedelta, used: timedelta, *, is_live: bool
) -> None:
    assert session(signed_in, used).is_live(LIMITS, NOW) is is_live


def test_a_use_is_recorded_once_a_minute_at_most() -> None:
    assert not session(timedelta(hours=1), timedelta(seconds=59)).is_use_to_be_recorded(NOW)
    assert session(timedelta(hours=1), timedelta(minutes=1)).is_use_to_be_recorded(NOW)


def test_a_new_session_keeps_nothing() -> None:
    assert session(timedelta(0), timedelta(0)).content is None
