"""The links a submit returns: what opens, until when, and what is told of any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ocms_adapters.files.links import SignedLinks
from ocms_core.kernel.access import Role
from tests.support.http_server import Served, now
from tests.support.rows import notice_numbers, put_notices

SUBMIT = "/ocms/v1/change-processing-stage"
REFUSED = {"error": "FORBIDDEN", "message": "The link has expired or is not valid"}


@pytest.fixture
def link(portal: Served) -> str:
    """Give the link to the report of a submit, as a path on the running system."""
    (number,) = notice_numbers(1)
    put_notices(portal.deployment.engine, [number], last_processing_stage="ROV")
    answer = portal.post(
        SUBMIT, {"items": [{"noticeNo": number}]}, headers=portal.deployment.token(Role.OIC)
    ).json()
    url = str(answer["report"]["url"])
    assert url.startswith("http://127.0.0.1:8000/reports/change-stage/")
    return url.removeprefix("http://127.0.0.1:8000")


def given(portal: Served, link: str) -> tuple[int, object]:
    answer = portal.http.get(link)
    is_json = answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json() if is_json else answer.content[:2]


@pytest.mark.rule("S53")
def test_a_link_opens_its_own_path_alone(portal: Served, link: str) -> None:
    assert given(portal, link) == (200, b"PK")
    path, query = link.split("?")
    for changed in (
        path.replace("ChangeStageReport_2", "ChangeStageReport_1"),
        path.replace("change-stage", "hst"),
        path.replace(".xlsx", ".xlsx.xlsx"),
    ):
        assert changed != path
        assert given(portal, f"{changed}?{query}") == (403, REFUSED)
    later = str(int((now() + timedelta(days=365)).timestamp()))
    expires, signature = query.split("&")
    assert given(portal, f"{path}?expires={later}&{signature}") == (403, REFUSED)
    assert given(portal, f"{path}?{expires}") == (403, REFUSED)
    assert given(portal, link) == (200, b"PK")


@pytest.mark.rule("S53")
def test_a_link_past_its_expiry_opens_nothing(portal: Served, link: str) -> None:
    name = link.partition("?")[0].removeprefix("/reports/")
    # With the key of the running system itself: nobody can wait for a day.
    links = SignedLinks((portal.deployment.folder / "var/.reports-link-key").read_bytes(), "/reports")
    assert given(portal, links.make(name, now() + timedelta(minutes=1))) == (200, b"PK")
    assert given(portal, links.make(name, now() - timedelta(seconds=1))) == (403, REFUSED)


@pytest.mark.rule("S53", "G15")
def test_a_store_that_is_down_is_503_in_the_words_of_the_family(portal: Served, link: str) -> None:
    with gone(portal.deployment.folder / "var/reports"):
        answer = given(portal, link)
    assert answer == (503, {"error": "SERVICE_UNAVAILABLE", "message": "Service unavailable"})
    assert given(portal, link) == (200, b"PK")


@contextmanager
def gone(folder: Path) -> Iterator[None]:
    """Put a file where a folder is."""
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        away.rename(folder)
