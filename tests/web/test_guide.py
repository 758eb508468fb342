"""The documentation under /guide: served where it has been built, bound as every page is."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from ocms_web.app import create_app
from ocms_web.pages import HEADERS
from ocms_web.pipeline import Pipeline
from ocms_web.readiness import Readiness


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "guide"
    (folder / "api").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Guide</title>")
    (folder / "api" / "court.html").write_text("<title>Court</title>")
    return folder


def application(guide: Path | None) -> Any:
    nothing: Any = None
    pipeline = Pipeline(nothing, nothing, nothing, nothing)
    return create_app([], pipeline, ready=Readiness(nothing), version="1.2.3", guide=guide)


async def answer(guide: Path | None, path: str, method: str = "GET", *, app: Any = None) -> httpx.Response:
    app = app or application(guide)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ocms") as http:
        return await http.request(method, path)


@pytest.mark.anyio
@pytest.mark.parametrize("path, title", [("/guide/index.html", "Guide"), ("/guide/api/court.html", "Court")])
async def test_a_page_of_the_guide_is_shown_under_the_policy(guide: Path, path: str, title: str) -> None:
    page = await answer(guide, path)
    assert (page.status_code, page.text) == (200, f"<title>{title}</title>")
    assert page.headers["content-type"].startswith("text/html")
    assert all(page.headers[name] == value for name, value in HEADERS.items())
    assert (await answer(guide, path, "HEAD")).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/guide", "/guide/"])
async def test_the_guide_begins_at_its_first_page(guide: Path, path: str) -> None:
    page = await answer(guide, path)
    assert page.is_redirect
    assert page.headers["location"] == "/guide/index.html"


@pytest.mark.anyio
@pytest.mark.rule("G7")
@pytest.mark.parametrize("path", ["nothing.html", "..%2fsecret", "%2e%2e/secret", "a%00.html", "api"])
async def test_what_is_no_file_of_the_guide_is_404_in_json(guide: Path, path: str) -> None:
    page = await answer(guide, f"/guide/{path}")
    assert (page.status_code, page.json()["appCode"]) == (404, "OCMS-4041")


@pytest.mark.anyio
async def test_a_guide_built_while_the_system_runs_is_shown(guide: Path) -> None:
    ready, app = shutil.move(guide, guide.with_name("ready")), application(guide)
    missing = await answer(guide, "/guide/index.html", app=app)
    assert (missing.status_code, missing.json()["appCode"]) == (404, "OCMS-4041")
    shutil.move(ready, guide)
    for path in ("/guide/index.html", "/guide/api/court.html"):
        assert (await answer(guide, path, app=app)).status_code == 200


@pytest.mark.anyio
async def test_where_no_guide_is_built_there_is_none() -> None:
    for path in ("/guide", "/guide/index.html"):
        assert (await answer(None, path)).status_code == 404
