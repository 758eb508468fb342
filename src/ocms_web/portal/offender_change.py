"""Furnishing, redirecting and updating the offenders of a notice: typed, shown as it would be, and done."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.codes import NOT_FURNISHABLE
from ocms_core.kernel.identity_numbers import ID_TYPES
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.eligibility import buttons
from ocms_core.offenders.facts import ROLES
from ocms_core.offenders.ports import OffenderStores
from ocms_web.json_codec import Malformed, decode
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.visits import NOT_FOUND, UNDELIVERED, Answer, CallAnswer, Moved, Page, View, Visit

PATH = "/staff/notices/{noticeNo:str}/offenders/{role:str}"
FORM, PREVIEW = "offender.html", "offender_preview.html"
FURNISH, REDIRECT, UPDATE = "furnish", "redirect", "update"
OPERATIONS: Mapping[str, Operation] = {
    FURNISH: Operation.FURNISH_OFFENDER,
    REDIRECT: Operation.REDIRECT_NOTICE,
    UPDATE: Operation.UPDATE_OFFENDER,
}
TITLES: Mapping[str, str] = {
    FURNISH: "Furnish the {role}",
    REDIRECT: "Redirect to the {role}",
    UPDATE: "Update the {role}",
}
DONE: Mapping[str, str] = {
    FURNISH: "The {role} is furnished.",
    REDIRECT: "The notice is redirected to the {role}.",
    UPDATE: "The particulars of the {role} are updated.",
}
IDENTITY = ("idType", "idNo")
CONTACT = ("name", "email", "countryCode", "contactNo")
ADDRESS = ("blockNo", "streetName", "buildingName", "unitNo", "postalCode")
RENTAL = ("relationship", "rentalPeriodFrom", "rentalPeriodTo")
REMARKS = ("remarks",)
FIELDS: Mapping[str, tuple[str, ...]] = {
    FURNISH: (*IDENTITY, *CONTACT, *ADDRESS, *RENTAL, *REMARKS),
    REDIRECT: (*IDENTITY, *CONTACT, *ADDRESS, *REMARKS),
    UPDATE: (*CONTACT, *ADDRESS, *REMARKS),
}
"""The fields of each form, as the call names them."""

LABELS: Mapping[str, str] = {
    "idType": "Kind of identity",
    "idNo": "Identity number",
    "name": "Name",
    "email": "E-mail",
    "countryCode": "Country code of the telephone",
    "contactNo": "Telephone",
    "blockNo": "Block or house number",
    "streetName": "Street",
    "buildingName": "Building",
    "unitNo": "Floor and unit",
    "postalCode": "Postal code",
    "relationship": "Relationship",
    "rentalPeriodFrom": "Rented from",
    "rentalPeriodTo": "Rented until",
    "remarks": "Remarks",
}

NOBODY_TO_REDIRECT_FROM = "no owner, hirer or driver is its current offender"

# What a notice's details do not tell of a person, so that an empty field leaves it as it is.
NOT_SHOWN = frozenset({"countryCode", "remarks"})
TOLD = "The offenders of this notice have changed since you looked. This is how it is now; check it again."


@frozen
class OffenderState:
    """What the page knows of a notice: its number, its details, and the role the page is about."""

    details: Mapping[str, Any]
    role: str
    events: int

    @property
    def notice_no(self) -> str:
        """The notice's number."""
        return str(self.details["noticeNo"])

    @property
    def stage(self) -> str:
        """Its present stage."""
        return str(self.details["currentProcessingStage"])

    @property
    def holder(self) -> Mapping[str, Any]:
        """Who is in the role."""
        block: Mapping[str, Any] = self.details[self.role]
        return block

    @property
    def current_role(self) -> str:
        """The role of the current offender; empty without one."""
        roles = (word.lower() for word in ROLES)
        return next((role for role in roles if self.details[role]["isCurrentOffender"]), "")

    @property
    def action(self) -> str:
        """What is offered for the role (F14)."""
        shown = buttons(exists=self.holder["exists"], is_current=self.holder["isCurrentOffender"])
        if shown.furnish:
            return FURNISH
        return UPDATE if shown.update else REDIRECT

    @property
    def key(self) -> str:
        """The key of whatever is done next to the notice: the same for everybody who sees this state."""
        text = json.dumps([self.details, self.events], sort_keys=True)
        return f"{self.notice_no}-{sha256(text.encode()).hexdigest()}"


@frozen
class SentForm:
    """A form as it came back: the action it offered, what was typed, and what it had shown as stored."""

    action: str
    typed: Mapping[str, str]
    seen: Mapping[str, str]

    @property
    def changed(self) -> dict[str, str]:
        """What the officer has typed in place of what was shown."""
        return {name: value for name, value in self.typed.items() if value != self.seen.get(name, "")}


@frozen
class OffenderPage:
    """The page on which officers change who is in a role of a notice."""

    stores: OffenderStores

    def page(self) -> Page:
        """Return the page."""
        return Page(
            PATH,
            "Offender",
            FORM,
            StaffPage.OFFENDER,
            show=self.show,
            act=self.act,
            operations=(*OPERATIONS.values(), Operation.GET_OFFENDERS, Operation.CHECK_OFFENDER_ELIGIBILITY),
        )

    def show(self, visit: Visit) -> Answer:
        """Show the form of what can be done in the role."""
        state = state_of(visit)
        tell_what_prevents(visit, state)
        return form_view(state, stored_fields(state))

    def act(self, visit: Visit) -> Answer:
        """Answer the form: show what it would do, or do it."""
        state = state_of(visit)
        # What is done is what the officer saw offered, whatever can be done by now.
        action = visit.form.text("action")
        if action not in OPERATIONS:
            return form_view(state, stored_fields(state))
        typed = {name: visit.form.text(name) for name in FIELDS[action]}
        form = SentForm(action, typed, fields_seen(visit, state, action))
        step = visit.form.text("step")
        if step == "confirm":
            return self.confirm(visit, state, form)
        if not is_as_seen(state, form):
            return self.anew(visit, state, form)
        if step == "edit":
            return form_view(state, typed)
        return self.preview(visit, state, typed)

    def preview(
        self, visit: Visit, state: OffenderState, typed: Mapping[str, str], status: int = HTTPStatus.OK
    ) -> Answer:
        """Show in words what the form would do."""
        body = body_of(state, typed)
        tried = visit.call(OPERATIONS[state.action], body, dry_run=True)
        if not tried.is_success:
            return form_view(state, typed, errors_of(tried), tried.status)
        values = {
            "state": state,
            "typed": typed,
            "body": json.dumps(body),
            "seen": json.dumps(stored_fields(state)),
            "effects": list(effects(state, tried.body)),
            "labels": LABELS,
        }
        return View(values, status, title=title_of(state), template=PREVIEW)

    def confirm(self, visit: Visit, state: OffenderState, form: SentForm) -> Answer:
        """
        Do what the preview showed; where somebody was faster, do nothing and show it anew.

        The key is the state the officer saw, shared by all officers: of two who act on it, one does.
        """
        operation, key = OPERATIONS[form.action], visit.form.text("key")
        try:
            body = decode(visit.form.text("body"))
        except Malformed:
            return self.anew(visit, state, form)
        answer = visit.repeat_of(operation, body, key, self.stores, is_shared=True)
        if answer is None:
            if key != state.key:
                return self.anew(visit, state, form)
            answer = visit.call(operation, body, key=key, is_shared=True)
        if answer.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
            return self.anew(visit, state_of(visit), form)
        page = f"/staff/notices/{state.notice_no}"
        if answer.is_undelivered:
            done = DONE[form.action].format(role=state.role)
            return Moved(page, Message(f"{done} {UNDELIVERED}", Tone.WARNING))
        if not answer.is_success:
            return form_view(state, form.typed, errors_of(answer), answer.status)
        return Moved(page, Message(str(answer.body["message"])))

    def anew(self, visit: Visit, state: OffenderState, form: SentForm) -> Answer:
        """Show how it is now and that it has changed, with what was typed where that can be used."""
        visit.tell(TOLD, Tone.WARNING)
        if is_as_seen(state, form):
            return self.preview(visit, state, form.typed, HTTPStatus.CONFLICT)
        differing = differing_fields(state, form)
        return form_view(state, fields_now(state, form), differing, HTTPStatus.CONFLICT)


def state_of(visit: Visit) -> OffenderState:
    """Return what is known of the notice and role in the address. Raise `PageProblem` for none."""
    notice = {"noticeNo": visit.path_params["noticeNo"]}
    role = visit.path_params["role"].lower()
    answer = visit.call(Operation.GET_OFFENDERS, notice)
    if not answer.is_success or role.upper() not in ROLES:
        raise NOT_FOUND
    happened = visit.call(Operation.GET_TIMELINE, {**notice, "limit": 1})
    return OffenderState(answer.body, role, happened.body["total"])


@rule("F12", "F13")
def tell_what_prevents(visit: Visit, state: OffenderState) -> None:
    """Add the message why a form would be refused (F12, F13); an update is never prevented."""
    if state.action == UPDATE:
        return
    body = {"noticeNo": state.notice_no, "offenderType": state.role.upper()}
    eligibility = visit.call(Operation.CHECK_OFFENDER_ELIGIBILITY, body).body
    reason = eligibility.get("reasonMessage")
    # The reason is that of a furnish, whose stages do not matter to a redirect.
    if state.action == REDIRECT and eligibility.get("reasonCode") in (None, NOT_FURNISHABLE.code):
        reason = None if eligibility.get("canRedirect", True) else NOBODY_TO_REDIRECT_FROM
    if reason:
        visit.tell(f"This cannot be done now: {reason}.", Tone.WARNING)


def stored_fields(state: OffenderState) -> dict[str, str]:
    """Return what is stored of who is in the role, by the fields of the form."""
    holder = state.holder
    address = holder.get("address") or {}
    names = FIELDS[state.action]
    return {name: str(holder.get(name) or address.get(name) or "") for name in names}


def fields_seen(visit: Visit, state: OffenderState, action: str) -> Mapping[str, str]:
    """Return what was stored when the form was shown, which it carries; without that, what is stored now."""
    try:
        given = decode(visit.form.text("seen"))
    except Malformed:
        given = None
    if not isinstance(given, dict):
        return {**dict.fromkeys(FIELDS[action], ""), **stored_fields(state)}
    return {name: str(value) for name, value in given.items()}


def is_as_seen(state: OffenderState, form: SentForm) -> bool:
    """Return whether what the officer saw offered still is, for the person whose particulars were shown."""
    return state.action == form.action and all(
        value == form.seen.get(name, "") for name, value in stored_fields(state).items()
    )


def fields_now(state: OffenderState, form: SentForm) -> dict[str, str]:
    """Return what is stored now, with what the officer has typed in place of what was shown."""
    changed = form.changed
    return {name: changed.get(name, value) for name, value in stored_fields(state).items()}


def differing_fields(state: OffenderState, form: SentForm) -> dict[str, str]:
    """Return by field what is stored now where both the officer and somebody else have changed it."""
    changed = form.changed
    return {
        name: f"{LABELS[name]}: now {value or 'empty'} on record."
        for name, value in stored_fields(state).items()
        if name in changed and form.seen.get(name, "") != value != changed[name]
    }


def body_of(state: OffenderState, typed: Mapping[str, str]) -> dict[str, object]:
    """Return the body of the call that does what was typed."""
    body: dict[str, object] = {"noticeNo": state.notice_no}
    if state.action == REDIRECT:
        body |= {"fromOffenderType": state.current_role.upper(), "toOffenderType": state.role.upper()}
    else:
        body["offenderType"] = state.role.upper()
    if state.action == UPDATE:
        return body | changed_fields(stored_fields(state), typed)
    address = {name: typed[name] or None for name in ADDRESS}
    further = {name: value or None for name, value in typed.items() if name not in ADDRESS}
    return body | further | ({"address": address} if any(address.values()) else {})


@rule("F40")
def changed_fields(stored: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, object]:
    """Return the fields of an update that differ from what is stored; an emptied one is cleared (F40)."""
    changed = {
        name: value or None
        for name, value in typed.items()
        if value != stored[name] and (value or name not in NOT_SHOWN)
    }
    address = {name: changed.pop(name) for name in ADDRESS if name in changed}
    return {**changed, **({"address": address} if address else {})}


def effects(state: OffenderState, reply: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would happen, in sentences."""
    if state.action == UPDATE:
        yield f"The particulars of the {state.role} change; stage {state.stage} stays."
        return
    new_stage = reply["newProcessingStage"]
    if new_stage == state.stage:
        yield f"Stage {state.stage} begins anew."
    else:
        yield f"Stage {state.stage} becomes {new_stage}."
    yield f"The {state.role} becomes the current offender."
    if state.current_role:
        yield f"The {state.current_role} is no longer the current offender."
    if state.holder["exists"]:
        yield f"Who is {state.role} now is replaced."


@rule("F52")
def errors_of(answer: CallAnswer) -> dict[str, str]:
    """Return what is wrong by field, in the contract's order; of no single field, under no name (F52)."""
    body = answer.body
    found: dict[str, str] = {}
    for each in body.get("violations", ({"field": None, "message": body.get("message", "")},)):
        found.setdefault(each["field"] or "", str(each["message"]))
    return found


def title_of(state: OffenderState) -> str:
    """Return the title of what can be done in the role."""
    return TITLES[state.action].format(role=state.role)


def form_view(
    state: OffenderState,
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> View:
    """Return the form with what was typed, and what is wrong with it."""
    names = FIELDS[state.action]
    values = {
        "state": state,
        "names": names,
        "typed": {name: typed.get(name, "") for name in names},
        "seen": json.dumps(stored_fields(state)),
        "errors": errors or {},
        "id_types": [("", "Choose"), *((each, each) for each in ID_TYPES)],
        "labels": LABELS,
    }
    return View(values, status, title=title_of(state))
