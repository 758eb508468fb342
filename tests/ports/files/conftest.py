"""The report stores under test."""

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from attrs import frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.files.azure import AzureStore, azure_store
from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_core.kernel.report_store import ReportArchive
from ocms_web.signed_files import SignedFiles
from tests.support.azurite import running_azurite

LINKS = SignedLinks(b"k" * 32, "https://ocms.example/reports/")


@frozen
class Kept:
    """A store, how a link to it is opened, and what in a link is its expiry and its signature."""

    store: ReportArchive
    opened: Callable[[str], tuple[int, object]]
    expiry: str
    signature: str


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """Give the connection string of a real Azurite."""
    with running_azurite() as account:
        yield account


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    """Give an empty store in a folder."""
    return FolderStore(tmp_path / "reports", LINKS)


@pytest.fixture
def azure(azurite: str) -> Iterator[AzureStore]:
    """Give an empty store in a container."""
    store = azure_store(azurite, f"reports-{secrets.token_hex(8)}")
    store.container.create_container()
    with store.container:
        yield store


@pytest.fixture(params=["folder", "azure"])
def kept(request: pytest.FixtureRequest) -> Kept:
    """Give each store in turn."""
    store = request.getfixturevalue(request.param)
    if request.param == "azure":
        return Kept(store, fetched, "se", "sig")
    return Kept(store, partial(served, store), "expires", "signature")


def fetched(link: str) -> tuple[int, object]:
    """Fetch a link as anybody could."""
    answer = httpx.get(link)
    return answer.status_code, answer.content


class Unrecorded:
    """Takes the record of a look and keeps none: what is shown here is the link."""

    def record_access(self, *_: object, **__: object) -> None:
        """Keep nothing."""


def served(store: FolderStore, link: str) -> tuple[int, object]:
    """Open a link to the API."""
    address = urlsplit(link)
    kind, name = address.path.removeprefix("/reports/").split("/")
    files = SignedFiles(store, store.links, SystemClock(), Unrecorded())
    reply = files.fetch(kind, name, dict(parse_qsl(address.query)))
    return reply.status, reply.body
