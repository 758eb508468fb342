"""What the officers do on a day."""

from ocms_core.hst import service as hst
from ocms_core.hst.request_checks import HstApplication, HstListQuery, HstRevival, HstUpdate
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.changes import notice_of
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest, ParticularsPatch
from ocms_core.offenders.service import ActionOutcome
from ocms_core.stages import service as stages
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.reports import ReportBatch
from ocms_core.stages.request_checks import ChangeItem
from tests.campaigns.year.city import City
from tests.campaigns.year.known_notices import ASSIGNED, MANUAL, Entry
from tests.campaigns.year.other_systems import PRINT_STAGES, times
from tests.campaigns.year.partners import Call
from tests.campaigns.year.reversals import copy_of, note, take_back
from tests.support.offender_rows import Undelivered

OFFICER = Principal("OIC001", Role.OIC, "OIC001")
MADE_UP = RegisteredAddress("123456", "1", "Example Street", "01", "01", "")
FURNISHED = MailingAddress("1", "Example Street", "", "01", "01", "123456")


def updating(city: City, patch: ParticularsPatch) -> Call:
    """Return the call of an update of particulars."""
    return lambda now, call: offenders.update(
        patch, OFFICER.name, stores=city.offenders, delivery=Undelivered(), now=now, call=call
    )


def officers(city: City, new: int) -> None:
    """Let the officers furnish, redirect, update, move, list and revive, and take some of it back."""
    city.yesterday, city.today = city.today, []
    for _ in times(city, "furnished", new):
        if entry := city.chosen(lambda each: each.stage in PRINT_STAGES and not each.paid):
            assign(city, entry, city.random.choice("HD"))
    for _ in times(city, "redirected", new):
        if entry := city.chosen(
            lambda each: each.role != "O" and each.stage in PRINT_STAGES and not each.paid
        ):
            assign(city, entry, "D" if entry.role == "H" else "H", from_role=entry.role)
    for _ in times(city, "updated", new):
        if entry := city.chosen(lambda each: each.stage in PRINT_STAGES and not each.paid):
            telephone = f"6{city.random.randrange(10**7):07}"
            patch = ParticularsPatch(entry.number, entry.role, {"tel_no": telephone}, {}, {})
            city.call(
                Operation.UPDATE_OFFENDER,
                OFFICER,
                updating(city, patch),
                id_nos=[entry.id_no],
                notice_no=entry.number,
            )
            note(city, Operation.UPDATE_OFFENDER, [entry.number])
            city.counts["particulars updated"] += 1
    chosen = [
        entry
        for _ in times(city, "moved by hand", new)
        if (entry := city.chosen(lambda each: each.stage in PRINT_STAGES and not each.paid))
    ]
    if chosen:
        submit(city, {entry.number: entry for entry in chosen})
    for _ in times(city, "listed", new):
        if entry := city.chosen(lambda each: each.id_no not in city.listed):
            apply(city, entry)
    for _ in times(city, "revived", new):
        if city.listed:
            id_no = city.random.choice(city.listed)
            revive(city, id_no)
    take_back(city, OFFICER)
    city.call(
        Operation.HST_LIST,
        OFFICER,
        lambda _now, _call: hst.show_list(HstListQuery(), stores=city.hst),
        id_nos=city.listed[:10],
    )


def assign(city: City, entry: Entry, role: str, from_role: str | None = None) -> None:
    """Furnish or redirect a notice to somebody new, now and then to somebody on the HST list."""
    to_listed = city.listed and city.random.random() < 0.05
    id_no = city.random.choice(city.listed) if to_listed else f"S{city.random.randrange(10**7):07}B"
    person = Person("N", id_no, f"PERSON {id_no[1:8]}")
    request = FurnishRequest(entry.number, role, person, FURNISHED, FurnishDetail(), from_role)
    action = offenders.redirect if from_role else offenders.furnish
    operation = Operation.REDIRECT_NOTICE if from_role else Operation.FURNISH_OFFENDER
    outcome = city.call(
        operation,
        OFFICER,
        lambda now, call: action(
            request, OFFICER.name, stores=city.offenders, delivery=Undelivered(), now=now, call=call
        ),
        id_nos=[entry.id_no, id_no],
        notice_no=entry.number,
    )
    if isinstance(outcome, ActionOutcome):
        note(city, operation, [entry.number], "", copy_of(entry))
        city.observe([entry.number], None, ASSIGNED)
        entry.role, entry.id_no = role, id_no
        entry.assignments += 1
        city.counts["redirected" if from_role else "furnished"] += 1


def submit(city: City, entries: dict[str, Entry]) -> None:
    """Move notices by hand to the next stage of their offender, with a report."""
    items = [ChangeItem(number, RequestedChange(None, "SUP", None), False) for number in entries]
    submitted = city.clock.now()
    decision = city.call(
        Operation.CHANGE_STAGES,
        OFFICER,
        lambda now, call: stages.submit(items, OFFICER.name, stores=city.stages, now=now, call=call),
        id_nos=[entry.id_no for entry in entries.values()],
    )
    if not isinstance(decision, Decision):
        return
    moved = {answer.key: answer.detail.new_stage for answer in decision.answers if answer.detail}
    before = [copy_of(entries[number]) for number in moved]
    note(city, Operation.CHANGE_STAGES, list(moved), "", *before)
    for target in sorted(set(moved.values())):
        city.observe([number for number, to in moved.items() if to == target], target, MANUAL, OFFICER.name)
    if moved and decision.decided_at:
        batch = ReportBatch(OFFICER.name, "OCMS", decision.decided_at, submitted)
        stages.publish(batch, stores=city.stages, store=city.reports, now=city.clock.now(), valid_hours=24)
        city.counts["workbooks"] += 1


def apply(city: City, entry: Entry) -> None:
    """Put the offender of a notice on the HST list."""
    application = HstApplication(entry.id_no, "N", f"LISTED {entry.id_no[1:8]}", MADE_UP)
    decision = city.call(
        Operation.APPLY_HST,
        OFFICER,
        lambda now, call: hst.apply(application, officer=OFFICER.name, stores=city.hst, now=now, call=call),
        id_nos=[entry.id_no],
    )
    if isinstance(decision, Decision):
        note(city, Operation.APPLY_HST, touched(decision), entry.id_no)
        city.listed.append(entry.id_no)
        city.counts["put on the HST list"] += 1


def revive(city: City, id_no: str) -> None:
    """Change the address of a listed identity, then take it off the list."""
    change = HstUpdate(id_no, f"LISTED {id_no[1:8]}", MADE_UP)
    updated = city.call(
        Operation.UPDATE_HST,
        OFFICER,
        lambda now, call: hst.update(change, stores=city.hst, now=now, call=call),
        id_nos=[id_no],
    )
    if isinstance(updated, Decision):
        note(city, Operation.UPDATE_HST, touched(updated), id_no)
    decision = city.call(
        Operation.REVIVE_HST,
        OFFICER,
        lambda now, call: hst.revive(
            HstRevival(id_no, "found"), officer=OFFICER.name, stores=city.hst, now=now, call=call
        ),
        id_nos=[id_no],
    )
    if isinstance(decision, Decision):
        note(city, Operation.REVIVE_HST, touched(decision), id_no)
        city.listed.remove(id_no)
        city.counts["taken off the HST list"] += 1


def touched(decision: Decision[str]) -> frozenset[str]:
    """Return the notices that a decision changes."""
    return frozenset(filter(None, map(notice_of, decision.changes)))
