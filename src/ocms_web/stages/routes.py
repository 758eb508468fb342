"""Contract 2 over HTTP: the portal's calls, PLUS and Toppan."""

from collections.abc import Callable

import structlog
from attrs import evolve, frozen

from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.dates import today
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.dry_runs import DryRunStores
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, RepeatedCall, StoredAnswer
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.reversing import STAGE_REVERSAL
from ocms_core.reversals.service import reverse
from ocms_core.stages import client_checks, officer_changes, plus, request_checks, search, service
from ocms_core.stages.ports import StageStores, WritingStageStores
from ocms_core.stages.reports import ReportBatch, link_hours
from ocms_core.stages.request_fields import InvalidRequest, fields
from ocms_core.stages.service import ReportLink
from ocms_core.stages.stage_transition import StageTransition
from ocms_web.endpoints import MEBIBYTE, Endpoint, Request
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem
from ocms_web.repeats import call_of, rendered_once, stored
from ocms_web.stages import description
from ocms_web.stages.replies import (
    plus_error,
    plus_problem,
    plus_reply,
    report_error,
    report_list_reply,
    report_not_found,
    report_problem,
    reversal_reply,
    search_error,
    search_problem,
    search_reply,
    submit_error,
    submit_problem,
    submit_reply,
    toppan_error,
    toppan_problem,
    toppan_reply,
    validate_error,
    validate_problem,
    validate_reply,
    workbook_reply,
)

log = structlog.get_logger()

StageCall = IdempotentCall[Decision[StageTransition]]


@frozen
class StageCalls:
    """The calls of contract 2, on the stores and reference data they are given."""

    stores: StageStores
    reference: Callable[[], Reference]
    reports: ReportStore
    reversals: ReversalStores

    def search(self, request: Request) -> Reply:
        """Answer a search; whom it is for and whom it shows is recorded before it is answered."""
        try:
            criteria = request_checks.criteria(request.body)
        except InvalidRequest as invalid:
            return search_error(invalid)
        result = service.search_notices(criteria, stores=self.stores)
        searched_for = [criteria.id_no] if criteria.id_no else []
        request.record_access([*searched_for, *search.identities(result)], notice_no=criteria.notice_no)
        return search_reply(result)

    def validate(self, request: Request) -> Reply:
        """Answer a validation."""
        try:
            validation = request_checks.validation(
                request.body, self._cap(Operation.VALIDATE_STAGES, request)
            )
        except InvalidRequest as invalid:
            return validate_error(invalid)
        return validate_reply(service.validate(validation, stores=self.stores, now=request.now))

    @rule("G4")
    def submit(self, request: Request) -> Reply:
        """Answer a submit; the officer of a change is whom the token names (G4)."""
        try:
            read = request_checks.change_items(request.body, self._cap(Operation.CHANGE_STAGES, request))
        except InvalidRequest as invalid:
            return submit_error(invalid)
        items = [evolve(each, seen_stage=request.seen_stages.get(each.notice_no)) for each in read]
        officer, now = request.principal.name, request.now
        call: StageCall | None = call_of(
            request, Operation.CHANGE_STAGES, without_report, is_final=has_no_report
        )
        decision = service.submit(items, officer, stores=self._stores(request), now=now, call=call)
        if not decision.changes or request.dry_run:
            return without_report(decision)
        at = decision.decided_at or now
        link = self._publish_report(ReportBatch(officer, officer_changes.SOURCE, at, now))
        reply = submit_reply(decision, link)
        if call:
            self._complete_answer(call.key, stored(reply, call.key, request))
        return reply

    def reverse(self, request: Request) -> Reply:
        """Answer a reversal; the officer of it is whom the token names (G4)."""
        try:
            numbers = request_checks.notices_to_reverse(
                request.body, self._cap(Operation.REVERSE_STAGES, request)
            )
        except InvalidRequest as invalid:
            return submit_error(invalid)
        stores: ReversalStores = DryRunStores(self.reversals) if request.dry_run else self.reversals
        reply_of = rendered_once(reversal_reply)
        call = call_of(request, Operation.REVERSE_STAGES, reply_of)
        officer, now = request.principal.name, request.now
        return reply_of(reverse(numbers, STAGE_REVERSAL, officer, stores=stores, now=now, call=call))

    def list_reports(self, request: Request) -> Reply:
        """Answer with the reports between two days."""
        given = fields(request.body)
        try:
            days = request_checks.date_range(given.get("startDate"), given.get("endDate"))
        except InvalidRequest as invalid:
            return report_error(invalid)
        return report_list_reply(service.list_reports(days, stores=self.stores))

    def download(self, request: Request) -> Reply:
        """Answer with a report; the look is recorded before it is answered."""
        try:
            name = request_checks.report_id(fields(request.body).get("reportId"))
        except InvalidRequest as invalid:
            return report_error(invalid)
        content = service.download(name, stores=self.stores, store=self.reports, now=request.now)
        if content is None:
            return report_not_found(name)
        request.record_access([])
        return workbook_reply(name, content)

    def plus(self, request: Request) -> Reply:
        """Answer a stage change of PLUS."""
        try:
            change = client_checks.plus_change(request.body, self._cap(Operation.PLUS_CHANGE_STAGES, request))
        except InvalidRequest as invalid:
            return plus_error(invalid.code, too_large=invalid.too_large)
        reply = plus_reply(len(change.notice_nos))
        call: StageCall | None = call_of(request, Operation.PLUS_CHANGE_STAGES, lambda _decision: reply)
        decision = service.plus_change(change, stores=self._stores(request), now=request.now, call=call)
        if isinstance(decision, Refusal):
            return plus_error(decision.code)
        if decision.changes and not request.dry_run:
            at = decision.decided_at or request.now
            batch = ReportBatch(client_checks.PLUS_CODE, plus.SOURCE, change.at or at, request.now)
            self._publish_report(batch)
        return reply

    def toppan(self, request: Request) -> Reply:
        """Answer Toppan; also what fails half-way names how many notices were asked for."""
        try:
            run = client_checks.toppan_run(request.body, self._cap(Operation.UPDATE_TOPPAN_STAGES, request))
        except InvalidRequest as invalid:
            return toppan_error(invalid)
        reply_of = rendered_once(toppan_reply)
        call = call_of(request, Operation.UPDATE_TOPPAN_STAGES, reply_of)
        try:
            result = service.update_toppan_stages(
                run, stores=self._stores(request), now=request.now, call=call
            )
        except RepeatedCall:
            raise
        except (Unavailable, Conflict) as fault:
            log.warning("toppan_unavailable", reason=str(fault))
            return toppan_problem(Problem.UNAVAILABLE, len(run.notice_nos))
        except Exception:  # the caller gets the contract's shape, with the number it asked for
            log.exception("toppan_failed")
            return toppan_problem(Problem.INTERNAL_ERROR, len(run.notice_nos))
        return reply_of(result)

    def _stores(self, request: Request) -> WritingStageStores:
        return DryRunStores(self.stores) if request.dry_run else self.stores

    def _cap(self, operation: Operation, request: Request) -> int:
        return batch_cap_of(operation, self.reference().on(today(request.now)))

    def _complete_answer(self, key: IdempotencyKey, answer: StoredAnswer | None) -> None:
        """Add the link of a batch's report to its kept answer; the batch stands whatever fails here (S23)."""
        if answer is None:
            return
        try:
            service.complete_answer(key, answer, stores=self.stores)
        except Exception:  # a repeat gets the answer without the link
            log.exception("answer_not_completed", operation=key.operation.value)

    @rule("S23")
    def _publish_report(self, batch: ReportBatch) -> ReportLink | None:
        """Publish the report of a batch, which stands whatever fails here; it can be built again (S23)."""
        try:
            hours = link_hours(self.reference().on(today(batch.submitted)))
            return service.publish(
                batch, stores=self.stores, store=self.reports, now=batch.submitted, valid_hours=hours
            )
        except Exception:  # nothing a report does may fail a batch that is committed
            log.exception("report_failed", officer=batch.officer, source=batch.source)
            return None


def has_no_report(decision: Decision[StageTransition]) -> bool:
    """Return whether a submit has moved nothing, so that there is no report of it."""
    return not decision.changes


def without_report(decision: Decision[StageTransition]) -> Reply:
    """Return the reply of a submit before its report is there, or that has none."""
    return submit_reply(decision, None)


BASE = "/ocms/v1"
PORTAL = f"{BASE}/change-processing-stage"


@rule("G2")
def endpoints(calls: StageCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints of contract 2: each GET at the contract's own path has a POST form beside it."""
    return (
        Endpoint(
            Operation.SEARCH_STAGES,
            f"{PORTAL}/search",
            calls.search,
            search_problem,
            description.SEARCH,
        ),
        Endpoint(
            Operation.VALIDATE_STAGES,
            f"{PORTAL}/validate",
            calls.validate,
            validate_problem,
            description.VALIDATE,
        ),
        Endpoint(
            Operation.CHANGE_STAGES,
            PORTAL,
            calls.submit,
            submit_problem,
            description.SUBMIT,
        ),
        Endpoint(
            Operation.REVERSE_STAGES,
            f"{PORTAL}/reverse",
            calls.reverse,
            submit_problem,
            description.REVERSE,
        ),
        Endpoint(
            Operation.LIST_STAGE_REPORTS,
            f"{PORTAL}/reports",
            calls.list_reports,
            report_problem,
            description.GET_REPORTS,
            method="GET",
        ),
        Endpoint(
            Operation.LIST_STAGE_REPORTS,
            f"{PORTAL}/reports",
            calls.list_reports,
            report_problem,
            description.POST_REPORTS,
        ),
        Endpoint(
            Operation.DOWNLOAD_STAGE_REPORT,
            # All that is left of the path: an id with a slash in it is refused as an id.
            f"{PORTAL}/report/{{reportId:path}}",
            calls.download,
            report_problem,
            description.GET_REPORT,
            method="GET",
            also=(f"{PORTAL}/report", f"{PORTAL}/report/download"),
        ),
        Endpoint(
            Operation.DOWNLOAD_STAGE_REPORT,
            f"{PORTAL}/report/download",
            calls.download,
            report_problem,
            description.POST_REPORT,
        ),
        Endpoint(
            Operation.PLUS_CHANGE_STAGES,
            f"{BASE}/external/plus/change-processing-stage",
            calls.plus,
            plus_problem,
            description.PLUS,
        ),
        Endpoint(
            Operation.UPDATE_TOPPAN_STAGES,
            f"{BASE}/internal/toppan/update-stages",
            calls.toppan,
            toppan_problem,
            description.TOPPAN,
            largest_body=4 * MEBIBYTE,
        ),
    )
