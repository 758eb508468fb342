"""The HST list: who is on it, listing somebody, correcting and reviving."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from attrs import frozen

from ocms_core.hst import reports, request_checks, service
from ocms_core.hst.facts import CheckedIdentity, ListedIdentity
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.texts import stripped
from ocms_web.portal.hst_checks import answer_shown, workbook_rows
from ocms_web.portal.hst_forms import (
    ID_TYPES,
    LABELS,
    OPTIONAL,
    PARTICULARS,
    fields_of_address,
    typed,
    wrong_fields,
)
from ocms_web.portal.hst_take_back import TAKE_BACK, HstTakeBackPage
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.tokens import new_token
from ocms_web.portal.visits import Answer, CallAnswer, Moved, Page, View, Visit

HST = "/staff/hst"
APPLY, IDENTITY = f"{HST}/apply", f"{HST}/identity"

LINES = 50
MOST_NAMED = 20
CORRECTED = (
    "Somebody has corrected this identity since you opened it. Nothing was done: compare what you typed "
    "with the name and address below, which are on the list now."
)
FILTERS = ("idNo", "dateFrom", "dateTo")


@frozen
class HstPages:
    """The pages of the HST list; an identity number is only ever posted."""

    stores: HstStores
    take_back: HstTakeBackPage

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        looks = Operation.HST_LIST, Operation.HST_EXISTS
        changes = *looks, Operation.UPDATE_HST, Operation.REVIVE_HST
        page = partial(Page, purpose=StaffPage.HST)
        return (
            page(
                HST,
                "HST list",
                "hst.html",
                show=self.show_list,
                act=self.filter_list,
                operations=looks,
                navigation="HST",
            ),
            page(
                APPLY,
                "List an identity",
                "hst_apply.html",
                show=self.begin,
                act=self.apply,
                operations=(*looks, Operation.APPLY_HST),
            ),
            page(
                IDENTITY,
                "Listed identity",
                "hst_identity.html",
                show=to_list,
                act=self.identity,
                operations=changes,
            ),
            page(
                TAKE_BACK,
                "Take back",
                "hst_take_back.html",
                show=to_list,
                act=self.take_back.act,
                operations=(*looks, Operation.REVERSE_HST),
            ),
        )

    def show_list(self, visit: Visit) -> Answer:
        """Show the list, the newest first, with the filters that may stand in an address."""
        filters = {name: stripped(visit.query.get(name, "")) for name in FILTERS if name != "idNo"}
        return self._list(visit, filters, visit.query.get("page", ""))

    def filter_list(self, visit: Visit) -> Answer:
        """Show the list filtered by what was posted."""
        return self._list(visit, typed(visit.form, *FILTERS), visit.form.text("page"))

    def _list(self, visit: Visit, filters: Mapping[str, str], page: str) -> Answer:
        number = int(page) if re.fullmatch("[1-9][0-9]{0,6}", page) else 1
        body = {"$skip": (number - 1) * LINES, "$limit": LINES, "filter": dict(filters)}
        answer = visit.call(Operation.HST_LIST, body)
        values: dict[str, Any] = {
            "filters": {name: filters.get(name, "") for name in FILTERS},
            "labels": LABELS,
            "id_types": ID_TYPES,
            "page_number": number,
            "workbooks": workbook_rows(visit),
            "reversible": None,
        }
        if not answer.is_success:
            return View({**values, "errors": errors_of(answer, FILTERS), "listed": None}, answer.status)
        listed = {**answer.body, "pages": -(-answer.body["total"] // LINES)}
        # Somebody who was taken off the list today is found by the number, to be put back.
        found = {each["idNo"] for each in listed["data"]}
        sought = filters.get("idNo", "").upper()
        reversible = None
        if sought and sought not in found:
            visit.record_access([sought])
            reversible = self.take_back.offered(visit, sought)
        return View({**values, "errors": {}, "listed": listed, "reversible": reversible})

    def begin(self, _visit: Visit) -> Answer:
        """Show the form that asks whom to list."""
        return apply_view({}, "look-up")

    def apply(self, visit: Visit) -> Answer:
        """Look somebody up, show what listing would do, or list the identity, as the form says."""
        steps: Mapping[str, Callable[[Visit], Answer]] = {
            "preview": self._preview,
            "change": lambda visit: apply_view(application_fields(visit), "fill-in"),
            "apply": self._apply,
        }
        return steps.get(visit.form.text("step"), self._look_up)(visit)

    def _look_up(self, visit: Visit) -> Answer:
        fields = application_fields(visit)
        if wrong := wrong_fields(request_checks.enquiry, {"idNo": fields["idNo"]}):
            return apply_view(fields, "look-up", wrong)
        answer = visit.call(Operation.HST_EXISTS, {"idNo": fields["idNo"]})
        if not answer.is_success:
            return apply_view(fields, "look-up", errors_of(answer, ("idNo",)))
        known = answer.body["data"]
        if known["isHstId"]:
            return apply_view(fields, "listed")
        address = service.find(fields["idNo"].upper(), stores=self.stores).address
        found = {"name": known["offenderName"] or "", **(fields_of_address(address) if address else {})}
        return apply_view({**fields, **found}, "fill-in", known=known)

    def _preview(self, visit: Visit) -> Answer:
        fields = application_fields(visit)
        if wrong := wrong_fields(request_checks.application, fields):
            return apply_view(fields, "fill-in", wrong)
        answer = visit.call(Operation.APPLY_HST, fields, dry_run=True)
        if not answer.is_success:
            return apply_view(fields, "fill-in", errors_of(answer, ()))
        return apply_view(fields, "confirm", effect=answer.body["data"])

    def _apply(self, visit: Visit) -> Answer:
        fields = application_fields(visit)
        answer = visit.call(Operation.APPLY_HST, fields, key=visit.form.text("key"))
        if not answer.is_success:
            return apply_view(fields, "fill-in", errors_of(answer, ()))
        suspended = numbers_of(answer.body["data"]["noticesSuspended"])
        visit.tell(f"The identity is listed. Notices suspended: {suspended}.")
        return self.take_back.done(visit, fields["idNo"].upper(), "The identity is listed")

    def identity(self, visit: Visit) -> Answer:
        """Show a listed identity, correct it, show what reviving would do, or revive it, as the form says."""
        steps: Mapping[str, Callable[[Visit, str], Answer]] = {
            "update": self._update,
            "preview": self._preview_revival,
            "revive": self._revive,
        }
        id_no = request_checks.enquiry({"idNo": visit.form.text("idNo")})
        if not isinstance(id_no, str):
            return Moved(HST, Message("That is no identity number.", Tone.WARNING))
        return steps.get(visit.form.text("step"), self._show_identity)(visit, id_no)

    def _show_identity(self, visit: Visit, id_no: str, **further: Any) -> Answer:
        visit.record_access([id_no])
        listed, answer = service.show_identity(id_no, stores=self.stores)
        if listed is None:
            return Moved(HST, Message("This identity is not on the list.", Tone.WARNING))
        values = {
            "listed": listed,
            "id_type": ID_TYPES.get(listed.id_type, listed.id_type),
            "fields": {"name": listed.name, **fields_of_address(listed.address)},
            "answer": answer_shown(CheckedIdentity(answer, listed)) if answer else None,
            "revival": {"revivalReason": "", "remarks": ""},
            "errors": {},
            "revived": None,
            "address": reports.one_line(listed.address),
            "seen": version_of(listed),
            "reversible": self.take_back.offered(visit, id_no),
        }
        return identity_view({**values, **further})

    def _update(self, visit: Visit, id_no: str) -> Answer:
        fields = typed(visit.form, *PARTICULARS)
        if wrong := wrong_fields(request_checks.update, {"idNo": id_no, **fields}):
            return self._show_identity(visit, id_no, fields=fields, errors=wrong)
        body, key = {"idNo": id_no, **fields}, visit.form.text("key")
        answer = visit.repeat_of(Operation.UPDATE_HST, body, key, self.stores)
        if answer is None:
            listed, _ = service.show_identity(id_no, stores=self.stores)
            if listed and visit.form.text("seen") != version_of(listed):
                return self._show_identity(visit, id_no, fields=fields, errors={"": CORRECTED})
            answer = visit.call(Operation.UPDATE_HST, body, key=key)
        if not answer.is_success:
            return self._show_identity(visit, id_no, fields=fields, errors=errors_of(answer, PARTICULARS))
        touched = answer.body["data"]["noticesUpdated"]
        notices = "1 notice" if touched == 1 else f"{touched} notices"
        visit.tell(f"Name and address are corrected, on the list and on {notices}.")
        return self._show_identity(visit, id_no)

    def _preview_revival(self, visit: Visit, id_no: str) -> Answer:
        return self._revival(visit, id_no, dry_run=True)

    def _revive(self, visit: Visit, id_no: str) -> Answer:
        return self._revival(visit, id_no, dry_run=False)

    def _revival(self, visit: Visit, id_no: str, *, dry_run: bool) -> Answer:
        revival = typed(visit.form, "revivalReason", "remarks")
        body = {"idNo": id_no, **revival}
        if wrong := wrong_fields(request_checks.revival, body):
            return self._show_identity(visit, id_no, revival=revival, errors=wrong)
        key = "" if dry_run else visit.form.text("key")
        answer = visit.call(Operation.REVIVE_HST, body, key=key, dry_run=dry_run)
        if not answer.is_success:
            return self._show_identity(visit, id_no, revival=revival, errors=errors_of(answer, ()))
        done = answer.body["data"]
        if dry_run:
            return self._show_identity(visit, id_no, revival=revival, revived=done)
        revived = numbers_of(done["noticesRevived"])
        visit.tell(f"The identity is off the list. Notices revived: {revived}.")
        return self.take_back.done(visit, id_no, "The identity is off the list")


def to_list(_visit: Visit) -> Answer:
    """Return the way to the list: which identity is meant stands in no address."""
    return Moved(HST)


def apply_view(
    fields: Mapping[str, str],
    step: str,
    errors: Mapping[str, str] | None = None,
    *,
    known: Mapping[str, Any] | None = None,
    effect: Mapping[str, Any] | None = None,
) -> View:
    """Return the page of an application at one of its steps; each has a key of its own (K1)."""
    shown = {name: fields.get(name, "") for name in ("idNo", "idType", *PARTICULARS)}
    return View(
        {
            "fields": shown,
            "step": step,
            "errors": errors or {},
            "known": known,
            "effect": effect,
            "labels": LABELS,
            "optional": OPTIONAL,
            "particulars": PARTICULARS,
            "id_types": ID_TYPES,
            "key": new_token(),
        }
    )


def identity_view(values: Mapping[str, Any]) -> View:
    """Return the page of a listed identity; its forms have a key of their own (K1)."""
    further = {"labels": LABELS, "optional": OPTIONAL, "particulars": PARTICULARS, "key": new_token()}
    return View({**values, **further})


def application_fields(visit: Visit) -> dict[str, str]:
    """Return the fields of an application as they were typed."""
    return typed(visit.form, "idNo", "idType", *PARTICULARS)


def errors_of(answer: CallAnswer, names: Iterable[str]) -> dict[str, str]:
    """Return the error of a call at the field it begins with, else at none: under an empty name."""
    text = str(answer.body["data"]["message"])
    name = next((each for each in names if text.startswith(f"{each} ")), "")
    return {name: text.replace(name, LABELS[name], 1) if name else text}


def numbers_of(notices: Sequence[Mapping[str, str]]) -> str:
    """Return the numbers of notices in a row, the first of many."""
    row = ", ".join(each["noticeNo"] for each in notices[:MOST_NAMED]) or "none"
    return f"{row} and {len(notices) - MOST_NAMED} more" if len(notices) > MOST_NAMED else row


def version_of(listed: ListedIdentity) -> str:
    """Return what tells a listed name and address from those before a correction: a digest of both."""
    return sha256(repr((listed.name, listed.address)).encode()).hexdigest()
