"""The limit that CAS keeps by itself believes no clock that was wrong for longer than a period."""

from datetime import timedelta
from pathlib import Path

import pytest

from ocms_adapters.partners.sending_limit import MARGIN, PERIOD, REQUESTS, SendingLimit, line_of
from tests.support.builders import NOW

PATH = "/v1/ocms/cas-getPaymentStatus"


@pytest.mark.rule("P43")
@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=5), timedelta(days=1)])
def test_requests_dated_in_the_future_are_waited_for_no_longer_than_a_period(
    tmp_path: Path, ahead: timedelta
) -> None:
    file, waited = tmp_path / "sent", list[float]()
    file.write_bytes(line_of(PATH, NOW + ahead) * REQUESTS)
    for _ in range(2):
        SendingLimit(file, lambda: NOW, waited.append).wait(PATH)
    assert waited == [(PERIOD + MARGIN).total_seconds()] * 2
    later = NOW + PERIOD + MARGIN
    SendingLimit(file, lambda: later, waited.append).wait(PATH)
    assert len(waited) == 2
