"""Whatever is sent to a call of contract 2, the answer is its own envelope, and the fault is never ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.access import Role
from tests.spec.http.stages.test_faults import BODIES
from tests.spec.http.stages.test_refusals import (
    CALLERS,
    DOWNLOAD,
    PLUS,
    REPORTS,
    SEARCH,
    SUBMIT,
    TOPPAN,
    VALIDATE,
)
from tests.spec.http.test_hostile_input import ANY_JSON, EXAMPLES
from tests.support.http_server import Served
from tests.support.rows import put_notices
from tests.support.stage_rows import put_offenders

PATHS = st.sampled_from(tuple(CALLERS))
PROBLEM = {"error", "message"}
# What every answer of a call has, good or bad; a report call has either its list or a problem.
ENVELOPES: dict[str, tuple[set[str], ...]] = {
    SEARCH: ({"eligibleNotices", "ineligibleNotices", "summary"},),
    VALIDATE: ({"changeableNotices", "nonChangeableNotices", "summary"},),
    SUBMIT: ({"status", "summary", "results"},),
    REPORTS: ({"reports", "totalReports", "totalNotices"}, PROBLEM),
    DOWNLOAD: (PROBLEM,),
    PLUS: ({"status", "message"},),
    TOPPAN: ({"totalNotices", "automaticUpdates", "manualUpdates", "skipped", "errors", "success"},),
}


def well_answered(served: Served, path: str, sent: bytes) -> None:
    answer = served.post(path, sent, headers=served.deployment.token(CALLERS[path]))
    assert answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert any(answer.json().keys() >= envelope for envelope in ENVELOPES[path]), answer.text


@pytest.mark.rule("G7", "G15")
@EXAMPLES
@given(sent=st.binary(max_size=200), path=PATHS)
def test_any_bytes_are_answered(portal: Served, sent: bytes, path: str) -> None:
    well_answered(portal, path, sent)


LIKELY = st.sampled_from(
    [
        *("N-001", "N-404", "DN1", "DN2", "ENA", "CFC", "OTH", "SUP", "005", "U", "D", True, False, None),
        *("S1234567A", "2025-01-14", "2025-01-14T10:30:00", "0001-01-01", "9999-12-31T23:59:59", "a\x00b"),
    ]
)
FIELD = LIKELY | ANY_JSON


def objects(*names: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={**dict.fromkeys(names, FIELD), **more})


ITEM = objects(
    *("noticeNo", "newStage", "reason", "remark", "source", "dhMhaCheck", "isConfirmation"),
    *("currentStage", "offenderType", "entityType"),
)
LIST = st.lists(ITEM | FIELD, max_size=4) | FIELD
REQUEST = objects(
    *("noticeNo", "idNo", "vehicleNo", "currentProcessingStage", "lastProcessingStage"),
    *("dateOfCurrentProcessingStage", "newProcessingStage", "reasonOfChange", "remarks"),
    *("startDate", "endDate", "reportId", "lastStageName", "nextStageName", "lastStageDate"),
    *("newStageDate", "offenceType", "source", "currentStage", "processingDate"),
    items=LIST,
    notices=LIST,
    noticeNumbers=LIST,
)


@pytest.fixture
def filled(portal: Served) -> Served:
    put_notices(portal.deployment.engine, ["N-001"], last_processing_stage="DN1", next_processing_stage="DN2")
    put_offenders(portal.deployment.engine, ["N-001"])
    return portal


@pytest.mark.rule("G7", "G15")
@EXAMPLES
@given(path=PATHS, part=REQUEST, bare=st.booleans(), other=ANY_JSON | st.none())
def test_any_json_is_answered(
    filled: Served,
    path: str,
    part: dict[str, Any],
    bare: bool,  # noqa: FBT001
    other: object,
) -> None:
    sent = other if bare and other is not None else {**({} if bare else BODIES[path]), **part}
    well_answered(filled, path, json.dumps(sent).encode())


@pytest.mark.rule("G7", "S51", "S52")
@EXAMPLES
@given(name=st.binary(max_size=60), start=st.binary(max_size=20), slashes=st.sampled_from(["", "/."]))
def test_any_address_is_answered(portal: Served, name: bytes, start: bytes, slashes: str) -> None:
    token = portal.deployment.token(Role.OIC)
    # Percent signs for all but what a path or a query is divided by, which comes both ways.
    report = f"{SUBMIT}/report/{quote(name, safe=slashes)}"
    days = f"{REPORTS}?startDate={quote(start, safe=slashes)}&endDate=2025-01-31&{quote(name)}"
    for path in (report, days):
        status, body = portal.get_as_written(path, token)
        assert status < 500
        assert any(body.keys() >= envelope for envelope in ENVELOPES[REPORTS]), body
