"""What must hold in every state and on every edge: written from the rules, without the code they judge."""

from collections.abc import Mapping

from ocms_core.kernel import codes
from tests.spec.state_space.exploring import Edge, EdgeCheck, StateCheck
from tests.spec.state_space.rows import PS, TS, is_permanent, right_row
from tests.spec.state_space.states import (
    COMPOSITION_ALONE,
    FOUND,
    LISTED,
    NOT_LISTED,
    PARTS,
    REASON_WORDS,
    WITH_ADMIN_FEE,
    WITH_SURCHARGE,
    Offender,
    State,
)
from tests.support.stored_notice import REASONS

TS_HST = "TS-HST"
HST_DAYS = 30
BEFORE_COURT = frozenset({"NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"})
ELEVEN = BEFORE_COURT | {"CPC", "CFC"}
FURNISHABLE = frozenset({"ENA", "RD1", "RD2", "RR3"})
DRIVERS_STAGES = frozenset({"DN1", "DN2", "DR3"})
PLANNED: Mapping[str, str] = {
    "NPA": "ROV",
    "ENA": "RD1",
    "ROV": "RD1",
    "RD1": "RD2",
    "RD2": "RR3",
    "RR3": "CPC",
    "DN1": "DN2",
    "DN2": "DR3",
    "DR3": "CPC",
    "CPC": "CSD",
    "CSD": "CSR",
}
"""NEXT_STAGE of the reference data."""
DEARER: Mapping[str, int] = {COMPOSITION_ALONE: 0, WITH_ADMIN_FEE: 1, WITH_SURCHARGE: 2}
OWNER_WAY = ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "CFC", "CPC", "CSD", "CSR", "WAR", "CWT")
DRIVER_WAY = ("NPA", "ROV", "ENA", "DN1", "DN2", "DR3", "CFC", "CPC", "CSD", "CSR", "WAR", "CWT")


def amount_of_move(before: str, after: str) -> str | None:
    """Return what is payable after a move, None where it stays: the rows of S40 in their order."""
    if before in {"ROV", "ENA", "RD1", "RD2"} and after == "RR3":
        return WITH_ADMIN_FEE
    if before in {"DN1", "DN2"} and after == "DR3":
        return WITH_ADMIN_FEE
    if before in {"ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"} and after in {"CFC", "CPC"}:
        return WITH_SURCHARGE
    if before in {"CFC", "CPC"} and after in {"RR3", "DR3"}:
        return WITH_ADMIN_FEE
    return COMPOSITION_ALONE if after in ELEVEN else None


AMOUNTS_AT: Mapping[str, frozenset[str | None]] = {
    stage: frozenset(amount_of_move(before, stage) for before in ELEVEN) for stage in ELEVEN
}
"""What can be payable at a stage by a move of officers, PLUS or Toppan (S40)."""


def ps_holds(state: State) -> bool:
    """Return whether a permanent suspension holds: by a payment, a record or the row (U1, U3)."""
    return bool(state.paid) or state.row.type == PS or any(map(is_permanent, state.records))


def under_hst(state: State) -> bool:
    """Return whether TS-HST is open."""
    return any(each.reason == TS_HST for each in state.records)


def status(state: State, name: str) -> str:
    """Return where somebody stands with the HST list; nobody is not on it."""
    return state.listed["AB".index(name)] if name else NOT_LISTED


def changed(edge: Edge, *besides: str) -> bool:
    """Return whether a call changed a state in any part besides those named."""
    return edge.after is not edge.before and any(
        was is not now and was != now
        for name, was, now in zip(PARTS, edge.before, edge.after, strict=True)
        if name not in besides
    )


# Of one state.


def row_shows_what_is_open(state: State) -> str | None:
    right = right_row(state.row, state.records, state.paid)
    return None if right == state.row else f"U1: the row shows {state.row}, but should show {right}"


def records_are_of_the_table(state: State) -> str | None:
    for record in state.records:
        reason = REASON_WORDS.get(record.reason)
        if reason is None:
            return f"U2: no table has the pair {record.reason}"
        if (reason.type == TS) != (record.due is not None) or (reason.type == TS) != (
            REASONS[reason] is not None
        ):
            return f"U2: the record of {record.reason} ends {record.due}"
    return None


def one_record_of_a_reason(state: State) -> str | None:
    reasons = [each.reason for each in state.records]
    return None if len(set(reasons)) == len(reasons) else f"P24: two open records of one reason: {reasons}"


def no_print_run_is_stuck(state: State) -> str | None:
    stuck = state.by_hand and state.next_stage == state.stage
    return "S72: every print run says manual, and the notice moves no more" if stuck else None


def ts_hst_has_an_end(state: State) -> str | None:
    endless = any(each.reason == TS_HST and each.due is None for each in state.records)
    return "U5: TS-HST without an end" if endless else None


OF_A_STATE: tuple[StateCheck, ...] = (
    row_shows_what_is_open,
    records_are_of_the_table,
    one_record_of_a_reason,
    no_print_run_is_stuck,
    ts_hst_has_an_end,
)


# Of one edge.


def moved_by_stage_changes(edge: Edge) -> str | None:
    """Return what is wrong with a move of an officer, PLUS or Toppan."""
    before, after = edge.before, edge.after
    if not changed(edge):
        return None
    if ps_holds(before):
        return "U3: moved although a permanent suspension holds (S12, S63, S76)"
    if before.stage not in ELEVEN:
        return "S11, S63, S76: moved although it is in court"
    if edge.call.capability == "Toppan" and after.stage not in ELEVEN:
        return "S76: a print run moved it into court"
    if changed(edge, "stage", "next_stage", "by_hand", "changed_today", "amount", "accepts"):
        return "S22: a move changed more than it may"
    if after.next_stage != PLANNED.get(after.stage):
        return f"S22: {after.next_stage} is planned after {after.stage}"
    amount = amount_of_move(before.stage, after.stage) or before.amount
    if before.amount and after.amount != amount:
        return f"S40: payable is {after.amount}, but should be {amount}"
    return None


def no_way_forward_lowers_the_amount(edge: Edge) -> str | None:
    before, after = edge.before, edge.after
    if before.stage == after.stage or before.amount is None or after.amount is None:
        return None
    if before.amount not in AMOUNTS_AT.get(before.stage, {before.amount}):
        return None  # CAS gave it back from court with what it owed there: GIVEN_BACK in gaps.py
    if edge.call.capability == "offenders" or DEARER[after.amount] >= DEARER[before.amount]:
        return None
    for way in (OWNER_WAY, DRIVER_WAY):
        if before.stage in way and after.stage in way and way.index(before.stage) < way.index(after.stage):
            return f"U4: a move forward lowers what is payable from {before.amount} to {after.amount}"
    return None


def acceptance(edge: Edge) -> str | None:
    if edge.before.accepts is None:
        return None
    begins = edge.call.capability in {"officer", "PLUS"} or edge.call.about[:1] in {
        ("furnish",),
        ("redirect",),
    }
    if begins and changed(edge) and edge.after.accepts != "Y":
        return "U4: payable, but payment is not accepted (S22, F21)"
    if not begins and edge.after.accepts != edge.before.accepts:
        return "U4: the acceptance of payment was changed"
    return None


def officer_change(edge: Edge) -> str | None:
    target, confirmed = edge.call.about
    before, after = edge.before, edge.after
    if before.changed_today and not confirmed and changed(edge):
        return "S30: moved twice in a day without confirmation"
    if changed(edge) and (after.stage != target if target else after.stage == before.stage):
        return "S15: moved elsewhere than asked"
    if changed(edge) and not (after.changed_today and after.by_hand):
        return "S22: an officer's move is not recorded"
    if changed(edge) and (after.stage in DRIVERS_STAGES) != (before.offender.role == "D"):
        return "S14, S17, U7: moved to a stage of another role than the current offender's"
    return None


def plus_change(edge: Edge) -> str | None:
    target, _ = edge.call.about
    if changed(edge) and (edge.after.stage != target or target in {"CFC", "ENA"}):
        return "S61: PLUS moved it elsewhere than asked, or where it never may"
    if changed(edge) and not (edge.after.changed_today and edge.after.by_hand):
        return "S64: the move of PLUS is not recorded"
    return None


def printed(edge: Edge) -> str | None:
    (stage,) = edge.call.about
    before, after = edge.before, edge.after
    if ps_holds(before) or before.stage not in ELEVEN or stage not in ELEVEN:
        return None  # S76, by `moved_by_stage_changes`
    if before.stage == stage and before.by_hand:
        return (
            None if not changed(edge) and edge.code == codes.TOPPAN_MANUAL else "S72: not left to its officer"
        )
    if before.next_stage == stage:
        moved = edge.code == codes.TOPPAN_AUTOMATIC and after.stage == stage and not after.by_hand
        on = moved and after.next_stage == PLANNED.get(stage)
        return None if on else "S72, S73: the print run did not move it on"
    return "S74: a print run moved it out of its turn" if changed(edge) else None


def cas_update(edge: Edge) -> str | None:
    kind, reason, stage = edge.call.about
    before, after = edge.before, edge.after
    if before.stage in BEFORE_COURT and changed(edge):
        return "P22: CAS changed a notice that is not in court"
    if kind == TS and reason and changed(edge):
        return "P21: TS with a reason of CAS, all of which are of PS"
    if before.paid and after.row.type != PS:
        return "P21: a paid notice shows no permanent suspension"
    if changed(edge, "stage", "next_stage", "by_hand", "row", "records"):
        return "P24: CAS changed more than it may"
    if stage and edge.code == codes.SUCCESS and after.stage != stage:
        return "P24: not moved where CAS says"
    if before.stage != after.stage and after.next_stage != PLANNED.get(after.stage) and before.next_stage:
        return "P24: the old plan stays"
    if under_hst(before) != under_hst(after):
        return "H9: CAS opened or closed TS-HST"
    if reason and edge.code == codes.SUCCESS and after.row[:2] != (PS, reason):
        return "P24: the row does not show what CAS sent"
    return None


def new_offender(edge: Edge) -> str | None:
    """Return what is wrong with a furnish or redirect; `about` is which, the role and the person."""
    what, role, *names = edge.call.about
    before, after = edge.before, edge.after
    if what == "update":
        return "F40: an update changed more than who stands there" if changed(edge, "offender") else None
    if what == "redirect" and changed(edge) and before.offender.role != names[1]:
        return "F30, U7: redirected from somebody who is not the current offender"
    if what == "furnish" and before.offender == (role, names[0], True, None):
        return (
            None
            if not changed(edge) and edge.code == codes.OFFENDER_FURNISHED
            else "F24: repeated, and moved on"
        )
    if not changed(edge):
        return None
    if ps_holds(before):
        return "U3: a new offender although a permanent suspension holds (F10)"
    if before.stage not in (FURNISHABLE if what == "furnish" else BEFORE_COURT):
        return "F11, F12: a new offender at a stage that takes none"
    if after.offender != Offender(role, str(names[0]), True):
        return "F23: not the one current offender"
    if after.stage != after.next_stage or after.stage not in {"RD1", "RD2", "DN1"}:
        return "F21: its stage was not begun anew"
    if before.amount and after.amount != COMPOSITION_ALONE:
        return "F21: a new offender owes more than the composition amount"
    if under_hst(after) != (status(before, str(names[0])) != NOT_LISTED):
        return "H10, U5: under TS-HST although nobody listed has it, or the other way round"
    return None


def hst_call(edge: Edge) -> str | None:
    what, name = edge.call.about
    before, after = edge.before, edge.after
    own = before.offender.name == name
    if what == "apply":
        return applied(edge, own=own, name=str(name))
    if what == "update":
        return "H6: an update changed more than names" if changed(edge, "offender") else None
    if changed(edge, "listed", "row", "records", "released"):
        return "H7: a revival changed more than the suspension"
    if status(before, str(name)) == NOT_LISTED:
        return "H7: revived although nobody listed" if changed(edge) else None
    if status(after, str(name)) != NOT_LISTED or (own and under_hst(after)):
        return "H7: still listed, or still under TS-HST"
    if own and under_hst(before) and after.released:
        return "H7: a revival counts as the end of a period"
    return None


def applied(edge: Edge, *, own: bool, name: str) -> str | None:
    before, after = edge.before, edge.after
    if status(before, name) != NOT_LISTED:
        return "H3: listed twice" if changed(edge) else None
    if changed(edge, "listed", "row", "records", "released") or status(after, name) != LISTED:
        return "H3: not listed"
    skipped = not own or ps_holds(before) or before.stage not in ELEVEN or under_hst(before)
    if skipped:
        return "H4: suspended what it is to leave" if before.records != after.records else None
    return None if under_hst(after) else "H4: not suspended"


def hst_job(edge: Edge) -> str | None:
    (job,) = edge.call.about
    if changed(edge, "row", "records", "released"):
        return "H30, H31: a job changed more than the suspension"
    return taken_up(edge) if job == "new notices" else renewed(edge)


def taken_up(edge: Edge) -> str | None:
    before, after = edge.before, edge.after
    open_to_it = (
        status(before, before.offender.name) != NOT_LISTED
        and before.stage in ELEVEN
        and not ps_holds(before)
        and before.row.type is None
        and not before.records
        and not before.released
    )
    if open_to_it:
        return None if under_hst(after) else "U8: listed, suspended by nothing, and no job takes it"
    return "H30: suspended what it is to leave" if changed(edge) else None


def renewed(edge: Edge) -> str | None:
    before, after = edge.before, edge.after
    due = any(each.reason == TS_HST and each.due is not None and each.due <= 0 for each in before.records)
    where = status(before, before.offender.name)
    if not due or (where != NOT_LISTED and ps_holds(before)):
        return "H31: not due, and changed" if changed(edge) else None
    if where == LISTED:
        left = [each.due for each in after.records if each.reason == TS_HST]
        return None if left == [HST_DAYS] and not after.released else "H31: not renewed"
    why = "of a new address" if where == FOUND else "it is not listed any more"
    return None if not under_hst(after) and after.released else f"H31, H10: still suspended although {why}"


OF_A_CAPABILITY: Mapping[str, tuple[EdgeCheck, ...]] = {
    "officer": (moved_by_stage_changes, officer_change),
    "PLUS": (moved_by_stage_changes, plus_change),
    "Toppan": (moved_by_stage_changes, printed),
    "CAS": (cas_update,),
    "offenders": (new_offender,),
    "HST": (hst_call,),
    "HST jobs": (hst_job,),
}


def follows_its_rules(edge: Edge) -> str | None:
    """Check an edge by the rules of its capability."""
    return next(filter(None, (check(edge) for check in OF_A_CAPABILITY[edge.call.capability])), None)


def whoever_writes_puts_the_row_right(edge: Edge) -> str | None:
    before, after = edge.before, edge.after
    if (before.row, before.records) == (after.row, after.records):
        return None
    return row_shows_what_is_open(after)


OF_AN_EDGE: tuple[EdgeCheck, ...] = (follows_its_rules, no_way_forward_lowers_the_amount, acceptance)
