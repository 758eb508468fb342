"""The moment of a change, over HTTP: an instant after what it follows, where another clock is ahead (G20)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Operation
from ocms_core.kernel.dates import local
from tests.spec.http.test_repeats import CALLS, deliver, prepared
from tests.support.http_server import Served, now
from tests.support.rows import rows_of

ENTERED, SUSPENDED = "last_processing_date", "epr_date_of_suspension"
# What each call dates of the notice it changes.
DATED = {
    Operation.CHANGE_STAGES: ENTERED,
    Operation.UPDATE_TOPPAN_STAGES: ENTERED,
    Operation.UPDATE_COURT_NOTICES: ENTERED,
    Operation.FURNISH_OFFENDER: ENTERED,
    Operation.REDIRECT_NOTICE: ENTERED,
    Operation.APPLY_HST: SUSPENDED,
}
NEAR, FAR = timedelta(minutes=10), timedelta(hours=3)


@pytest.mark.rule("G20")
@pytest.mark.parametrize("ahead", [NEAR, FAR], ids=["ten minutes ahead", "three hours ahead"])
@pytest.mark.parametrize("operation", DATED, ids=lambda operation: operation.value)
def test_a_change_is_dated_after_what_it_follows_unless_that_is_far_ahead(
    empty: Served, operation: Operation, ahead: timedelta
) -> None:
    (call,) = [each for each in CALLS if each.operation is operation]
    headers = prepared(empty, call)
    engine, notices = empty.deployment.engine, t.ocms_valid_offence_notice
    began = local(now())
    with engine.begin() as connection:
        connection.execute(update(notices).values(last_processing_date=began + ahead))
    assert deliver(empty, call, headers).status_code == 200
    (row,) = rows_of(engine, notices)
    changed: datetime = row[DATED[operation]]
    followed = began + ahead if ahead == NEAR else began
    latest = followed + timedelta(seconds=1) if ahead == NEAR else local(now())
    assert followed < changed <= latest
