"""Every call that changes something names its caller in an audit row, on both databases (K2)."""

import pytest
from sqlalchemy import func, select

from ocms_adapters.sql import schema as t
from tests.spec.http.test_repeats import Call, deliver, every_call, prepared
from tests.support.http_server import Served


@pytest.mark.rule("K2")
@every_call
def test_a_call_leaves_one_audit_row_that_says_who_made_it(empty: Served, call: Call) -> None:
    headers = {**prepared(empty, call), "X-Request-ID": "run-S1234567A-1"}
    engine = empty.deployment.engine
    with engine.connect() as connection:
        earlier = connection.execute(select(func.max(t.ocms_audit_row.c.id))).scalar() or 0
    for _ in range(2):  # a repeat changes nothing, so it leaves none
        assert deliver(empty, call, headers).status_code == 200
    with engine.connect() as connection:
        (row,) = connection.execute(select(t.ocms_audit_row).where(t.ocms_audit_row.c.id > earlier)).all()
    assert (row.operation, row.role) == (call.operation.value, call.role.value)
    assert row.request_id == "run-***-1"
    assert row.principal
    assert row.credential
    assert row.notice_no
    assert row.content
