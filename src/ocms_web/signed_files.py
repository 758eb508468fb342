"""Serves stored reports to whoever holds a signed link to one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from attrs import frozen
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.access_log import AccessRecords
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule
from ocms_web.json_codec import Reply, body_bytes
from ocms_web.pipeline import Clock
from ocms_web.problems import Problem
from ocms_web.stages.replies import report_not_found, report_problem, workbook_reply
from ocms_web.stages.shapes import StageError

log = structlog.get_logger()

# Links are given to officers; which of them opens one, nobody can tell.
HOLDER = Principal("holder of a signed link", Role.OIC, "signed link")

PATH = "/reports/{kind:str}/{name:str}"


class LinkVerifier(Protocol):
    """Verifies the links it has signed."""

    def opens(self, name: str, expires: str, signature: str, now: datetime) -> bool:
        """Return whether a link opens this file now."""


@frozen
class SignedFiles:
    """Reports by signed link; the link is the only credential."""

    store: ReportStore
    links: LinkVerifier
    clock: Clock
    records: AccessRecords

    @rule("S53", "G15")
    def fetch(self, kind: str, name: str, query: Mapping[str, str]) -> Reply:
        """Return the file a link was signed for, until it expires; the link opens nothing else."""
        path = f"{kind}/{name}"
        expires, signature = query.get("expires", ""), query.get("signature", "")
        now = self.clock.now()
        if not self.links.opens(path, expires, signature, now):
            return Reply(403, StageError("FORBIDDEN", "The link has expired or is not valid"))
        try:
            content = self.store.read(path)
            if content is None:
                return report_not_found(name)
            self.records.record_access(HOLDER, Operation.DOWNLOAD_STAGE_REPORT, (), now)
        except Unavailable as fault:
            log.warning("report_unavailable", reason=str(fault))
            return report_problem(Problem.UNAVAILABLE)
        except Exception:  # the last line of defence, as behind every other call
            log.exception("report_failed")
            return report_problem(Problem.INTERNAL_ERROR)
        return workbook_reply(name, content)

    def route(self) -> HTTPRouteHandler:
        """Return the route of the files."""

        def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
            asked = request.path_params
            reply = self.fetch(str(asked["kind"]), str(asked["name"]), dict(request.query_params))
            body = body_bytes(reply)
            media_type = reply.headers.get("Content-Type", "application/json")
            return Response(
                body,
                status_code=reply.status,
                media_type=media_type,
                headers={"Cache-Control": "no-store", **reply.headers},
            )

        return HTTPRouteHandler(PATH, http_method=HttpMethod.GET, sync_to_thread=True)(handle)
