"""Contract 2 over HTTP: the portal's calls, PLUS and Toppan."""

from collections.abc import Callable, Mapping

import structlog
from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.batch_limits import BatchCap, batch_cap
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule
from ocms_core.stages import client_checks, officer_changes, plus, request_checks, search, service
from ocms_core.stages.ports import StageStores
from ocms_core.stages.reports import ReportBatch, link_hours
from ocms_core.stages.request_fields import InvalidRequest
from ocms_web import stages_api
from ocms_web.endpoints import MEBIBYTE, Endpoint, Request
from ocms_web.envelopes import stages as envelope
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem

log = structlog.get_logger()


@frozen
class StageCalls:
    """The calls of contract 2, on the stores and reference data they are given."""

    stores: StageStores
    reference: Callable[[], Reference]
    reports: ReportStore

    def search(self, asked: Request) -> Reply:
        """Answer a search."""
        try:
            criteria = request_checks.criteria(asked.body)
        except InvalidRequest as refused:
            return envelope.search_refused(refused)
        found = service.search_notices(criteria, stores=self.stores)
        by = [criteria.id_no] if criteria.id_no else []
        asked.record_access([*by, *search.identities(found)], notice_no=criteria.notice_no)
        return envelope.found(found)

    def validate(self, asked: Request) -> Reply:
        """Answer a validation."""
        try:
            validation = request_checks.validation(asked.body, self._cap(BatchCap.STAGE_CHANGE))
        except InvalidRequest as refused:
            return envelope.validate_refused(refused)
        answers = service.validate(validation, stores=self.stores)
        named = {notice.notice_no: notice for notice in reversed(validation.notices)}
        return envelope.validated(answers, named)

    @rule("G4")
    def submit(self, asked: Request) -> Reply:
        """The officer of a change is whom the token names."""
        try:
            items = request_checks.change_items(asked.body, self._cap(BatchCap.STAGE_CHANGE))
        except InvalidRequest as refused:
            return envelope.submit_refused(refused)
        officer = asked.principal.name
        decision = service.submit(items, officer, stores=self.stores, now=asked.now)
        if not decision.changes:
            return envelope.submitted(decision, None)
        return envelope.submitted(
            decision, self._published(ReportBatch(officer, officer_changes.SOURCE, asked.now, asked.now))
        )

    def list_reports(self, asked: Request) -> Reply:
        """Answer the report list, asked for by address or by body."""
        given = request_fields(asked)
        try:
            days = request_checks.date_range(given.get("startDate"), given.get("endDate"))
        except InvalidRequest as refused:
            return envelope.report_refused(refused)
        return envelope.report_list(service.list_reports(days, stores=self.stores))

    def download(self, asked: Request) -> Reply:
        """Answer a download, asked for by address or by body."""
        try:
            name = request_checks.report_id(request_fields(asked).get("reportId"))
        except InvalidRequest as refused:
            return envelope.report_refused(refused)
        content = service.download(name, stores=self.stores, store=self.reports, now=asked.now)
        if content is None:
            return envelope.report_not_found(name)
        asked.record_access([])
        return envelope.workbook(name, content)

    def plus(self, asked: Request) -> Reply:
        """Answer PLUS."""
        try:
            change = client_checks.plus_change(asked.body, self._cap(BatchCap.STAGE_CHANGE))
        except InvalidRequest as refused:
            return envelope.plus_refused(refused.code, too_large=refused.too_large)
        decision = service.plus_change(change, stores=self.stores, now=asked.now)
        if isinstance(decision, Refusal):
            return envelope.plus_refused(decision.code)
        if decision.changes:
            at = change.at or asked.now
            self._published(ReportBatch(client_checks.PLUS_CODE, plus.SOURCE, at, asked.now))
        return envelope.plus_changed(len(change.notice_nos))

    def toppan(self, asked: Request) -> Reply:
        """Answer Toppan; also what fails half-way names how many notices were asked for."""
        try:
            run = client_checks.toppan_run(asked.body, self._cap(BatchCap.TOPPAN))
        except InvalidRequest as refused:
            return envelope.toppan_refused(refused)
        try:
            tally = service.update_toppan_stages(run, stores=self.stores, now=asked.now)
        except (Unavailable, Conflict) as fault:
            log.warning("toppan_unavailable", reason=str(fault))
            return envelope.toppan_problem(Problem.UNAVAILABLE, len(run.notice_nos))
        except Exception:  # the caller is told in the contract's shape, with the number it asked for
            log.exception("toppan_failed")
            return envelope.toppan_problem(Problem.INTERNAL_ERROR, len(run.notice_nos))
        return envelope.toppan_done(tally)

    def _cap(self, cap: BatchCap) -> int:
        return batch_cap(cap, self.reference())

    @rule("S23")
    def _published(self, batch: ReportBatch) -> service.ReportLink | None:
        """A report that fails is logged and can be built again; the batch it is about stands."""
        try:
            hours = link_hours(self.reference())
            return service.publish(
                batch, stores=self.stores, store=self.reports, now=batch.submitted, valid_hours=hours
            )
        except Exception:  # nothing a report does may fail a batch that is committed
            log.exception("report_failed", officer=batch.officer, source=batch.source)
            return None


@rule("G2")
def request_fields(asked: Request) -> Mapping[str, object]:
    """What a call asks is in its address or, for its POST twin, in its body."""
    return {**asked.url_params, **(asked.body if isinstance(asked.body, Mapping) else {})}


BASE = "/ocms/v1"
PORTAL = f"{BASE}/change-processing-stage"


def endpoints(calls: StageCalls) -> tuple[Endpoint, ...]:
    """List the endpoints of contract 2, those with an address of their own beside their POST twins."""
    return (
        Endpoint(
            Operation.SEARCH_STAGES,
            f"{PORTAL}/search",
            calls.search,
            envelope.search_problem,
            stages_api.SEARCH,
        ),
        Endpoint(
            Operation.VALIDATE_STAGES,
            f"{PORTAL}/validate",
            calls.validate,
            envelope.validate_problem,
            stages_api.VALIDATE,
        ),
        Endpoint(
            Operation.CHANGE_STAGES,
            PORTAL,
            calls.submit,
            envelope.submit_problem,
            stages_api.SUBMIT,
        ),
        Endpoint(
            Operation.LIST_STAGE_REPORTS,
            f"{PORTAL}/reports",
            calls.list_reports,
            envelope.report_problem,
            stages_api.REPORTS_BY_ADDRESS,
            method="GET",
        ),
        Endpoint(
            Operation.LIST_STAGE_REPORTS,
            f"{PORTAL}/reports",
            calls.list_reports,
            envelope.report_problem,
            stages_api.REPORTS,
        ),
        Endpoint(
            Operation.DOWNLOAD_STAGE_REPORT,
            # All that is left of the path: an id with a slash in it is refused as an id.
            f"{PORTAL}/report/{{reportId:path}}",
            calls.download,
            envelope.report_problem,
            stages_api.DOWNLOAD_BY_ADDRESS,
            method="GET",
            also=(f"{PORTAL}/report",),
        ),
        Endpoint(
            Operation.DOWNLOAD_STAGE_REPORT,
            f"{PORTAL}/report/download",
            calls.download,
            envelope.report_problem,
            stages_api.DOWNLOAD,
        ),
        Endpoint(
            Operation.PLUS_CHANGE_STAGES,
            f"{BASE}/external/plus/change-processing-stage",
            calls.plus,
            envelope.plus_problem,
            stages_api.PLUS,
        ),
        Endpoint(
            Operation.UPDATE_TOPPAN_STAGES,
            f"{BASE}/internal/toppan/update-stages",
            calls.toppan,
            envelope.toppan_problem,
            stages_api.TOPPAN,
            largest_body=4 * MEBIBYTE,
        ),
    )
