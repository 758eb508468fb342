"""The calls of a random sequence: each is drawn as data, a request once the notices are known."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from hypothesis import strategies as st

from ocms_conformance import requests
from ocms_conformance.case import Ask
from ocms_conformance.given_notices import PERSON, ROLE, STAGE, Numbers
from ocms_conformance.reference_data import COURT, NEXT_STAGE
from ocms_conformance.rows import Row, Rows

VON, ONOD = "ocms_valid_offence_notice", "ocms_offence_notice_owner_driver"
RECORDS, HST = "ocms_suspended_notice", "ocms_hst"
CURRENT = "Y"


@frozen
class Scene:
    """
    The notices of a sequence as their rows are, in which the next call is made.

    `last` is the last call that may be taken back, and its notice.
    """

    numbers: Numbers
    rows: Rows
    last: tuple[str, str] = ("", "")

    def notice(self, which: int) -> str:
        """Return the number of a notice; those that are not there begin anew."""
        return self.numbers.notices[which % len(self.numbers.notices)]

    def row(self, number: str) -> Row:
        """Return the row of a notice."""
        return self.rows[VON][number,]

    def of(self, table: str, number: str) -> list[Row]:
        """Return the rows of a table about a notice."""
        return [row for row in self.rows.get(table, {}).values() if row["notice_no"] == number]

    def current(self, number: str) -> list[Row]:
        """Return the current offenders of a notice."""
        return [row for row in self.of(ONOD, number) if row["offender_indicator"] == CURRENT]

    def role(self, number: str) -> str:
        """Return the role of the current offender, the owner's where there is none."""
        found = [row["owner_driver_indicator"] for row in self.current(number)]
        return found[0] if found and found[0] in requests.WORDS else "O"

    def open_records(self, number: str) -> list[Row]:
        """Return the suspensions that nobody has lifted."""
        return [row for row in self.of(RECORDS, number) if row["date_of_revival"] is None]

    def listed(self) -> list[str]:
        """Return the identities on the HST list."""
        return sorted(str(row["id_no"]) for row in self.rows.get(HST, {}).values())

    def identity_of(self, which: int) -> str:
        """Return the current offender of a notice, else one of the identities."""
        found = self.current(self.notice(which))
        return str(found[0]["id_no"]) if found else self.numbers.identities[which]

    def other_role(self, number: str, role: str) -> str:
        """Return a role, the next one where it is the current offender's."""
        roles = tuple(requests.WORDS)
        return role if role != self.role(number) else roles[(roles.index(role) + 1) % len(roles)]


@frozen
class Step:
    """A call of a sequence: `which` notice or person, and the rest of what was drawn for its kind."""

    kind: str
    which: int
    values: Mapping[str, Any]

    def ask(self, scene: Scene) -> Ask:
        """Return the request."""
        return BUILDERS[self.kind](scene, self.which, **self.values)

    def about(self, scene: Scene) -> Sequence[str]:
        """Return the notices that it may change."""
        if self.kind in OF_ALL_NOTICES:
            return scene.numbers.notices
        asked = json.dumps(self.ask(scene).json)
        return [each for each in scene.numbers.notices if each in asked]


def officer_change(scene: Scene, which: int, stage: str | None) -> Ask:
    """Move a notice by hand, to its next stage where none is given."""
    return requests.submit([requests.change(scene.notice(which), stage)])


def officer_changes(scene: Scene, which: int, stage: str | None) -> Ask:
    """Move all notices in one call, beginning with one of them."""
    numbers = scene.numbers.notices
    start = which % len(numbers)
    return requests.submit([requests.change(each, stage) for each in (*numbers[start:], *numbers[:start])])


def plus_change(scene: Scene, which: int, stage: str | None) -> Ask:
    """Move a notice as PLUS does, from the stage it is at; to the usual next one where none is given."""
    number = scene.notice(which)
    last = scene.row(number)["last_processing_stage"]
    usual = "DN1" if scene.role(number) == "D" and not last.startswith("D") else NEXT_STAGE.get(last, "RD1")
    return requests.plus_change([number], last, stage or usual)


def print_run(scene: Scene, which: int) -> Ask:
    """Report the letter of a notice's next stage as printed."""
    number = scene.notice(which)
    row = scene.row(number)
    stage = row["next_processing_stage"] or row["last_processing_stage"]
    return requests.print_run([number], stage, "2024-12-19T00:30:00")


def court_update(
    scene: Scene, which: int, suspension: str | None, reason: str | None, stage: str | None
) -> Ask:
    """Update a notice as CAS does."""
    fields = {"suspensionType": suspension, "eprReasonOfSuspension": reason, "processingStage": stage}
    given = {name: value for name, value in fields.items() if value}
    court = [each for each in scene.numbers.notices if scene.row(each)["last_processing_stage"] in COURT]
    number = court[which % len(court)] if court else scene.notice(which)
    return requests.court_update([{"noticeNo": number, **given}])


def payment_status(scene: Scene, which: int) -> Ask:
    """Read what is to be paid, as CAS does."""
    del which
    return requests.payment_status(scene.numbers.notices)


def notice_info(scene: Scene, which: int) -> Ask:
    """Read what can be paid, as PLUS does."""
    del which
    return requests.notice_info(scene.numbers.notices)


def furnish(scene: Scene, which: int, role: str, person: int) -> Ask:
    """Furnish a notice."""
    someone = requests.particulars(scene.numbers.identities[person], f"PERSON {person}")
    return requests.furnish(scene.notice(which), role, someone)


def redirect(scene: Scene, which: int, role: str, person: int) -> Ask:
    """Redirect a notice from its current offender."""
    number = scene.notice(which)
    someone = requests.particulars(scene.numbers.identities[person], f"PERSON {person}")
    return requests.redirect(number, scene.role(number), scene.other_role(number, role), someone)


def update(scene: Scene, which: int, name: str) -> Ask:
    """Change the name of a notice's current offender."""
    number = scene.notice(which)
    return requests.update(number, scene.role(number), {"name": name})


def apply_hst(scene: Scene, which: int) -> Ask:
    """Put the offender of a notice on the HST list."""
    return requests.apply_hst(scene.identity_of(which))


def revive_hst(scene: Scene, which: int) -> Ask:
    """Take an identity off the HST list."""
    listed = scene.listed() or scene.numbers.identities
    return requests.revive_hst(listed[which % len(listed)])


def reverse(scene: Scene, which: int) -> Ask:
    """Take the last change of a stage, furnish or redirect back."""
    kind, number = scene.last
    if kind in OFFENDER_MOVES:
        return requests.reverse_offender(number)
    return requests.reverse_stages(number or scene.notice(which))


BUILDERS = {
    each.__name__: each
    for each in (
        *(officer_change, officer_changes, plus_change, print_run, court_update, payment_status),
        *(notice_info, furnish, redirect, update, apply_hst, revive_hst, reverse),
    )
}
OFFENDER_MOVES = ("furnish", "redirect")
REVERSIBLE = (*OFFENDER_MOVES, "officer_change")
# Of these any notice of the sequence may be changed, as an identity may be the offender of all.
OF_ALL_NOTICES = ("apply_hst", "revive_hst", "officer_changes")
READS = ("payment_status", "notice_info")


def step(builder: Any, which: st.SearchStrategy[int] = PERSON, **values: st.SearchStrategy[Any]) -> Any:
    """Return the strategy of the calls of one kind."""
    return st.builds(Step, st.just(builder.__name__), which, st.fixed_dictionaries(values))


STAGE_OR_NEXT = st.none() | st.none() | STAGE
COURT_UPDATE = step(
    court_update,
    suspension=st.sampled_from((None, "PS", "TS")),
    reason=st.sampled_from((None, "PS-WWP", "PS-OTH")),
    stage=st.sampled_from((None, None, None, "WAR", "RD1")),
)
STEPS = st.one_of(
    step(apply_hst),
    step(furnish, role=ROLE, person=PERSON),
    step(redirect, role=ROLE, person=PERSON),
    COURT_UPDATE,
    step(officer_change, stage=STAGE_OR_NEXT),
    step(revive_hst),
    step(plus_change, stage=STAGE_OR_NEXT),
    step(print_run),
    step(officer_changes, stage=STAGE_OR_NEXT),
    step(update, name=st.sampled_from(("JOHN LEE UPDATED", "JANE LEE"))),
    step(reverse),
    step(payment_status, st.just(0)) | step(notice_info, st.just(0)),
)
SEQUENCES = st.lists(STEPS, min_size=1, max_size=10)
