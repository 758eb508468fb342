"""Contract 4 over HTTP: the five calls of the HST list."""

from collections.abc import Mapping

from attrs import evolve, frozen

from ocms_core.hst import listing, request_checks, service
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.access import Operation
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.dry_runs import DryRunStores
from ocms_core.kernel.rule_tags import rule
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.service import reverse_hst
from ocms_web.endpoints import Endpoint, Request
from ocms_web.hst import description
from ocms_web.hst.replies import (
    application_reply,
    error_reply,
    exists_reply,
    list_reply,
    problem_reply,
    reversal_reply,
    revival_reply,
    update_reply,
)
from ocms_web.json_codec import Reply
from ocms_web.repeats import call_of, rendered_once


@frozen
class HstCalls:
    """
    The calls of contract 4, on the stores they are given.

    The identities asked about are recorded before the list is touched: a call without its record does
    nothing.
    """

    stores: HstStores
    reversals: ReversalStores

    def exists(self, request: Request) -> Reply:
        """Answer whether an identity is listed."""
        id_no = request_checks.enquiry(request.body)
        if isinstance(id_no, Refusal):
            return error_reply(id_no)
        request.record_access([id_no])
        return exists_reply(id_no, service.find(id_no, stores=self.stores))

    def apply(self, request: Request) -> Reply:
        """Answer a request to list an identity."""
        application = request_checks.application(request.body)
        if isinstance(application, Refusal):
            return error_reply(application)
        request.record_access([application.id_no])
        reply_of = rendered_once(application_reply)
        call = call_of(request, Operation.APPLY_HST, reply_of)
        decision = service.apply(
            application,
            officer=request.principal.name,
            stores=self._stores(request),
            now=request.now,
            call=call,
        )
        return error_reply(decision) if isinstance(decision, Refusal) else reply_of(decision)

    def update(self, request: Request) -> Reply:
        """Answer a request to change a listed identity."""
        update = request_checks.update(request.body)
        if isinstance(update, Refusal):
            return error_reply(update)
        request.record_access([update.id_no])
        reply_of = rendered_once(update_reply)
        call = call_of(request, Operation.UPDATE_HST, reply_of)
        decision = service.update(update, stores=self._stores(request), now=request.now, call=call)
        return error_reply(decision) if isinstance(decision, Refusal) else reply_of(decision)

    @rule("G2")
    def update_by_path(self, request: Request) -> Reply:
        """Answer as `update` does, for the identity in the path, whatever the body says."""
        body = request.body
        if isinstance(body, Mapping):
            body = {**body, "idNo": request.url_params["idNo"]}
        return self.update(evolve(request, body=body))

    def revive(self, request: Request) -> Reply:
        """Answer a request to revive an identity."""
        revival = request_checks.revival(request.body)
        if isinstance(revival, Refusal):
            return error_reply(revival)
        request.record_access([revival.id_no])
        reply_of = rendered_once(revival_reply)
        call = call_of(request, Operation.REVIVE_HST, reply_of)
        decision = service.revive(
            revival,
            officer=request.principal.name,
            stores=self._stores(request),
            now=request.now,
            call=call,
        )
        return error_reply(decision) if isinstance(decision, Refusal) else reply_of(decision)

    def reverse(self, request: Request) -> Reply:
        """Answer a request to take back an apply or revive."""
        id_no = request_checks.enquiry(request.body)
        if isinstance(id_no, Refusal):
            return error_reply(id_no)
        request.record_access([id_no])
        reply_of = rendered_once(reversal_reply)
        call = call_of(request, Operation.REVERSE_HST, reply_of)
        stores: ReversalStores = DryRunStores(self.reversals) if request.dry_run else self.reversals
        officer = request.principal.name
        decision = reverse_hst(id_no, officer, stores=stores, now=request.now, call=call)
        return error_reply(decision) if isinstance(decision, Refusal) else reply_of(decision)

    def show_list(self, request: Request) -> Reply:
        """Answer with a page of the list."""
        query = request_checks.list_query(request.body)
        if isinstance(query, Refusal):
            return error_reply(query)
        page = service.show_list(query, stores=self.stores)
        request.record_access(listing.identities(page))
        return list_reply(page)

    def _stores(self, request: Request) -> HstStores:
        return DryRunStores(self.stores) if request.dry_run else self.stores


def endpoints(calls: HstCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints of contract 4."""
    rows = (
        (Operation.HST_EXISTS, "/hstexists", calls.exists, description.EXISTS),
        (Operation.APPLY_HST, "/v1/apply-hst", calls.apply, description.APPLY),
        (Operation.UPDATE_HST, "/v1/update-hst/{idNo:str}", calls.update_by_path, description.UPDATE_BY_PATH),
        (Operation.UPDATE_HST, "/v1/update-hst", calls.update, description.UPDATE),
        (Operation.REVIVE_HST, "/v1/revive-hst", calls.revive, description.REVIVE),
        (Operation.REVERSE_HST, "/v1/reverse-hst", calls.reverse, description.REVERSE),
        (Operation.HST_LIST, "/hstlist", calls.show_list, description.LIST),
    )
    return tuple(
        Endpoint(operation, path, answer, problem_reply, described)
        for operation, path, answer, described in rows
    )
