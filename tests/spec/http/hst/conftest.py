"""The running system as contract 4 sees it: an officer calls, the database is looked at."""

import json
from typing import Any

import httpx
import pytest
from attrs import frozen
from sqlalchemy import delete

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from tests.support.hst_rows import HstDatabase
from tests.support.http_server import Deployment, Headers, Served, now

TABLES = (
    t.ocms_hst,
    t.ocms_temp_unc_hst_addr,
    t.ocms_adhoc_nro_queue,
    t.ocms_suspended_notice,
    t.ocms_offence_notice_owner_driver_addr,
    t.ocms_offence_notice_owner_driver,
    t.ocms_valid_offence_notice,
    housekeeping.ocms_outbox,
)


@frozen
class HstClient:
    """The running system, called by officers nobody has seen before unless they are named."""

    served: Served

    def token(self, role: Role = Role.OIC, *, name: str = "") -> Headers:
        """Give the header of a caller."""
        deployment = self.served.deployment
        if not name:
            return deployment.token(role)
        issuer = DevIssuer(deployment.folder / "dev", switched_on=True)
        return {"Authorization": f"Bearer {issuer.token(name, role, kind=CallerKind.STAFF, now=now())}"}

    def post(self, path: str, body: object, headers: Headers | None = None) -> httpx.Response:
        """Post a body, as JSON unless it is bytes."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.served.http.post(path, content=content, headers=headers or self.token())

    def get(self, path: str) -> Any:
        """Get a JSON document."""
        return self.served.http.get(path).json()


@pytest.fixture
def hst_client(served: Served) -> HstClient:
    """Give the running system with nothing of contract 4 in it."""
    with served.deployment.engine.begin() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    return HstClient(served)


@pytest.fixture
def database(hst_client: HstClient, deployment: Deployment) -> HstDatabase:
    """Give the database of the running system."""
    del hst_client  # empties it first
    return HstDatabase(deployment.engine, SqlHstStores(deployment.engine))
