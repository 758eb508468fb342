"""The running system as contract 3 sees it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import schema
from ocms_core.kernel.access import Role
from tests.support.http_server import Served
from tests.support.offender_builders import JOHN, OWNER
from tests.support.offender_rows import emptied, opened

BASE = "/api/v1/notice"

# Whoever the calls of any test are about: nothing of them is ever said outside an answer.
WORDS = (
    *(JOHN.id_no, JOHN.name, JOHN.email, JOHN.tel_no),
    *(OWNER.id_no, OWNER.name, OWNER.email, OWNER.tel_no),
    *("ORCHARD ROAD", "PLAZA TOWER", "238888", "JOHN LEE UPDATED", "MARINA BAY", "018989"),
)
# By themselves: a moment or a duration may have any digits in it.
NEVER_SAID = re.compile(rf"(?<![0-9.])(?:{'|'.join(re.escape(str(each)) for each in WORDS)})(?!\.?[0-9])")


@frozen
class OfficerClient:
    """Calls the running system as an officer, and reads both databases."""

    served: Served
    intranet: Engine
    internet: Engine
    headers: Mapping[str, str]

    def call(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:
        """Call a path below the base, as an officer unless `headers` say otherwise."""
        content = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        return self.served.http.request(
            method, f"{BASE}/{path}", **{"headers": self.headers, **content, **options}
        )

    def post(self, path: str, body: object) -> httpx.Response:
        """Post a body."""
        return self.call("POST", path, body)


@pytest.fixture
def officer_client(empty: Served) -> Iterator[OfficerClient]:
    """Return a client with no notice in either database, and nobody listed for HST."""
    served, databases = empty, empty.deployment.databases
    with opened(databases.intranet, databases.internet) as (intranet, internet):
        emptied(internet, schema.eocms_valid_offence_notice, schema.eocms_offence_notice_owner_driver)
        yield OfficerClient(served, intranet, internet, served.deployment.token(Role.OIC))
    said = served.log_file.read_text() + served.http.get("/metrics").text
    assert not NEVER_SAID.findall(said)
