"""Taking back what was last done to an identity on the HST list, once what that does has been shown (K4)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from ocms_core.hst import request_checks
from ocms_core.kernel.access import Operation, may
from ocms_core.reversals.explaining import ReversibleChange
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.tokens import new_token
from ocms_web.portal.visits import Answer, Moved, View, Visit

LIST = "/staff/hst"
TAKE_BACK = f"{LIST}/take-back"
MADE_BY: Mapping[str, str] = {Operation.APPLY_HST.value: "Listed", Operation.REVIVE_HST.value: "Revived"}

Reversible = Callable[[str, datetime], ReversibleChange | None]


@frozen
class HstTakeBackPage:
    """Takes back an apply or revive; `reversible` returns that of an identity which can be taken back now."""

    reversible: Reversible

    def offered(self, visit: Visit, id_no: str) -> Mapping[str, Any] | None:
        """Return what the officer may take back of an identity, None where there is nothing."""
        if not may(visit.principal, Operation.REVERSE_HST):
            return None
        found = self.reversible(id_no, visit.now)
        return {"id_no": id_no, "made": MADE_BY[found.made_by], "change": found} if found else None

    def done(self, visit: Visit, id_no: str, heading: str) -> View:
        """Return the page that follows a change of the list, with the way to take it back."""
        values = {"reversible": self.offered(visit, id_no), "effect": None}
        return View(values, title=heading, template="hst_take_back.html")

    def act(self, visit: Visit) -> Answer:
        """Show what taking back would do, or take back, as the form says."""
        id_no = request_checks.enquiry({"idNo": visit.form.text("idNo")})
        if not isinstance(id_no, str):
            return Moved(LIST, Message("That is no identity number.", Tone.WARNING))
        is_confirmed = visit.form.text("step") == "confirm"
        key = visit.form.text("key") if is_confirmed else ""
        answer = visit.call(Operation.REVERSE_HST, {"idNo": id_no}, key=key, dry_run=not is_confirmed)
        if not answer.is_success:
            reason = answer.body["data"]["message"]
            return Moved(LIST, Message(f"Nothing was taken back: {reason}", Tone.DANGER))
        effect = answer.body["data"]
        if is_confirmed:
            state = "is on the list again" if effect["hstListed"] else "is not on the list any more"
            return Moved(LIST, Message(f"It was taken back: the identity {state}."))
        return View({"reversible": None, "effect": effect, "id_no": id_no, "key": new_token()})
