"""Contract 4 over HTTP: the five calls of the HST list."""

from collections.abc import Mapping

from attrs import evolve, frozen

from ocms_core.hst import listing, request_checks, service
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.access import Operation
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_web import hst_api
from ocms_web.endpoints import Endpoint, Request
from ocms_web.envelopes.hst import applied, existing, hst_list, hst_problem, refused, revived, updated
from ocms_web.json_codec import Reply


@frozen
class HstCalls:
    """
    The calls of contract 4, on the stores they are given.

    Who is asked about is recorded before the list is touched: what lacks its record did nothing.
    """

    stores: HstStores

    def exists(self, asked: Request) -> Reply:
        """Answer whether an identity is listed."""
        id_no = request_checks.enquiry(asked.body)
        if isinstance(id_no, Refusal):
            return refused(id_no)
        asked.record_access([id_no])
        return existing(id_no, service.find(id_no, stores=self.stores))

    def apply(self, asked: Request) -> Reply:
        """Answer the wish to list an identity."""
        application = request_checks.application(asked.body)
        if isinstance(application, Refusal):
            return refused(application)
        asked.record_access([application.id_no])
        verdict = service.apply(application, officer=asked.principal.name, stores=self.stores, now=asked.now)
        return refused(verdict) if isinstance(verdict, Refusal) else applied(verdict)

    def update(self, asked: Request) -> Reply:
        """Answer the wish to change a listed identity."""
        update = request_checks.update(asked.body)
        if isinstance(update, Refusal):
            return refused(update)
        asked.record_access([update.id_no])
        verdict = service.update(update, stores=self.stores, now=asked.now)
        return refused(verdict) if isinstance(verdict, Refusal) else updated(verdict)

    @rule("G2")
    def update_by_path(self, asked: Request) -> Reply:
        """The identity in the path counts, whatever the body says; else the call is its twin's."""
        body = asked.body
        if isinstance(body, Mapping):
            body = {**body, "idNo": asked.url_params["idNo"]}
        return self.update(evolve(asked, body=body))

    def revive(self, asked: Request) -> Reply:
        """Answer the wish to revive an identity."""
        revival = request_checks.revival(asked.body)
        if isinstance(revival, Refusal):
            return refused(revival)
        asked.record_access([revival.id_no])
        verdict = service.revive(revival, officer=asked.principal.name, stores=self.stores, now=asked.now)
        return refused(verdict) if isinstance(verdict, Refusal) else revived(verdict)

    def show_list(self, asked: Request) -> Reply:
        """Answer with a page of the list."""
        query = request_checks.list_query(asked.body)
        if isinstance(query, Refusal):
            return refused(query)
        page = service.show_list(query, stores=self.stores)
        asked.record_access(listing.identities(page))
        return hst_list(page)


def endpoints(calls: HstCalls) -> tuple[Endpoint, ...]:
    """List the endpoints of contract 4."""
    rows = (
        (Operation.HST_EXISTS, "/hstexists", calls.exists, hst_api.EXISTS),
        (Operation.APPLY_HST, "/v1/apply-hst", calls.apply, hst_api.APPLY),
        (Operation.UPDATE_HST, "/v1/update-hst/{idNo:str}", calls.update_by_path, hst_api.UPDATE_BY_PATH),
        (Operation.UPDATE_HST, "/v1/update-hst", calls.update, hst_api.UPDATE),
        (Operation.REVIVE_HST, "/v1/revive-hst", calls.revive, hst_api.REVIVE),
        (Operation.HST_LIST, "/hstlist", calls.show_list, hst_api.LIST),
    )
    return tuple(
        Endpoint(operation, path, answer, hst_problem, description)
        for operation, path, answer, description in rows
    )
