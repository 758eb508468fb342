"""A serving process stays as large as its first thousands of calls have made it."""

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from uuid import uuid4

import httpx
import pytest
from hypothesis import settings

from ocms_core.kernel.access import Role
from tests.support.builders import body
from tests.support.http_server import API_1, API_4, Deployment, Served, serving
from tests.support.rows import notice_numbers, put_notices
from tests.support.stage_rows import put_offenders

PORTAL = "/ocms/v1/change-processing-stage"
PARTS = 20
CALLERS = 4
MANY = 20_000
MOST_GROWTH = 1.1
SHORT_RUN_GROWTH = 2


def calls(served: Served, numbers: list[str], many: int) -> None:
    """Make calls of every kind, good and bad, as callers who are new each hundred calls."""
    deployment, some = served.deployment, tuple({"noticeNo": number} for number in numbers)
    officer, plus, cas = deployment.token(Role.OIC), deployment.token(), deployment.key()
    kinds: tuple[tuple[str, object, dict[str, str]], ...] = (
        (API_4, body(some), plus),
        (f"{PORTAL}/search", {"vehicleNo": "SBA1234A"}, officer),
        ("/api/v1/notice/offender/get-details", {"noticeNo": numbers[0]}, officer),
        ("/hstexists", {"idNo": "S1234567A"}, officer),
        (f"{PORTAL}/validate", {"notices": some, "newProcessingStage": "RD1"}, officer),
        (API_1, body(some), {}),
        (API_1, body(some, requestId=str(uuid4())), cas),
        (API_4, {"notices": 7}, plus),
        ("/nowhere", {}, {}),
        ("/api/v1/notice/timeline", {"noticeNo": numbers[0]}, officer),
    )
    with httpx.Client(base_url=served.http.base_url, timeout=60, trust_env=False) as http:
        for path, asked, headers in islice(cycle(kinds), many):
            assert http.post(path, json=asked, headers=headers).status_code < 500


@pytest.mark.rule("G19")
def test_a_server_ends_a_long_mixed_run_within_a_tenth_of_its_first_plateau(
    sqlite_deployment: Deployment,
) -> None:
    # Twenty thousand calls while soaking; else enough to see that each kind is answered and read from /proc.
    many = MANY if settings.get_current_profile_name() == "soak" else 800
    numbers = notice_numbers(50)
    put_notices(sqlite_deployment.engine, numbers)
    put_offenders(sqlite_deployment.engine, numbers)
    sizes = []
    with serving(sqlite_deployment) as served, ThreadPoolExecutor(CALLERS) as threads:
        for _ in range(PARTS):
            share = [many // PARTS // CALLERS] * CALLERS
            list(threads.map(lambda each: calls(served, numbers, each), share))
            sizes.append(served.memory())
    print("kB of memory after each part:", *sizes)  # noqa: T201  # the figures, shown by `pytest -s`
    plateau = max(sizes[: PARTS // 5])
    assert sizes[-1] <= (MOST_GROWTH if many == MANY else SHORT_RUN_GROWTH) * plateau, sizes
