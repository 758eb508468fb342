"""The whole HTTP application in this process, called as over the wire."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen
from litestar.types import ASGIApp

from ocms_adapters.clock import SystemClock
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_app.wiring import web
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from tests.support.databases import Databases
from tests.support.described_answers import DescribedAnswers

OFFICERS = count(1)


@contextmanager
def calling(databases: Databases, folder: Path, **given: Any) -> Iterator["Called"]:
    """Wire the application on the databases of a test, with other settings as told, while the block lasts."""
    settings = Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        dev_issuer=True,
        dev_keys=str(folder / "keys"),
        threads=2,
        **given,
    )
    opened = open_databases(settings)
    try:
        yield Called(folder, web(settings, opened))
    finally:
        opened.dispose()


@frozen
class Called:
    """The application, with callers' tokens."""

    folder: Path
    app: ASGIApp

    def token(
        self, role: Role = Role.OIC, kind: CallerKind = CallerKind.STAFF, name: str = ""
    ) -> dict[str, str]:
        """Return the header of a caller nobody has seen before."""
        issuer = DevIssuer(self.folder / "keys", switched_on=True)
        who = name or f"OFFICER{next(OFFICERS)}"
        return {"Authorization": f"Bearer {issuer.token(who, role, kind=kind, now=SystemClock().now())}"}

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post a body, as JSON unless it is bytes, as an officer unless other headers are given."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]  # Litestar's own ASGI types
            async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as client:
                return await client.post(path, content=content, headers=headers or self.token())

        answer = asyncio.run(call())
        DescribedAnswers(lambda: self.get("/openapi.json"))(answer)
        return answer

    def get(self, path: str) -> Any:
        """Get a JSON document."""

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]  # Litestar's own ASGI types
            async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as client:
                return await client.get(path)

        return asyncio.run(call()).json()
