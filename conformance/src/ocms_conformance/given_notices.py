"""Notices as they may stand before a law or a sequence of calls, drawn at random, and their rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from hypothesis import strategies as st

from ocms_conformance.reference_data import COURT, CREATED, NEXT_STAGE, STAGES

COMPOSITION = "70.00"
SINCE = "2024-12-01T09:00:00"
# Some to begin with, of which records of suspension are drawn: type and reason, and days to the end.
SUSPENSIONS = (
    (),
    (),
    (),
    (("TS", "PDP", 21),),
    (("TS", "APE", 14), ("TS", "PDP", 21)),
    (("PS", "OTH", None),),
)
PAYABLE = {"RR3": "80.00", "DR3": "80.00", **dict.fromkeys(COURT, "110.00")}


@frozen
class GivenNotice:
    """
    A notice as it stands at first.

    `role` and `person` say who is its current offender, nobody where `role` is None; `suspensions` are its
    open records; `paid` one is closed by payment; `due` days from now is its payment due date.
    """

    stage: str
    role: str | None
    person: int
    suspensions: tuple[tuple[str, str, int | None], ...] = ()
    paid: bool = False
    due: int | None = None


# The first of each is what a failure is shrunk to.
STAGE = st.sampled_from(("RD1", "RR3", "CPC", "DN1", "RD2", "DR3", "CPC", *STAGES))
ROLE = st.sampled_from(("O", "H", "D"))
PERSON = st.integers(0, 2)
# More often one at which a notice may be furnished than not.
GIVEN_STAGE = st.sampled_from(("RD1", "RD2", "ENA", "RR3", "RD2", "CPC", "DN2", "RD2", "RR3", *STAGES))
NOTICE = st.builds(
    GivenNotice,
    GIVEN_STAGE,
    st.sampled_from(("O", "H", "D", "O", "D", None)),
    PERSON,
    st.sampled_from(SUSPENSIONS),
    st.sampled_from((False, False, False, True)),
    st.sampled_from((None, 14, -14)),
)
NOTICES = st.lists(NOTICE, min_size=1, max_size=3)


@frozen
class Numbers:
    """The numbers of one example: its notices, its identities, and the vehicle that all its notices have."""

    notices: tuple[str, ...]
    identities: tuple[str, ...]
    vehicle: str

    @property
    def all(self) -> list[str]:
        """Every number of which it has rows."""
        return [*self.notices, *self.identities]


def rows_of_notices(
    notices: Sequence[GivenNotice], numbers: Numbers, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of some notices, by table."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for given, number in zip(notices, numbers.notices, strict=False):
        rows.setdefault("ocms_valid_offence_notice", []).append(notice_row(given, number, numbers, now))
        if given.role:
            person = person_row(given, number, numbers.identities[given.person])
            rows.setdefault("ocms_offence_notice_owner_driver", []).append(person)
        for sr_no, suspension in enumerate(given.suspensions, 1):
            record = record_row(number, sr_no, suspension, now)
            rows.setdefault("ocms_suspended_notice", []).append(record)
    return rows


def notice_row(given: GivenNotice, number: str, numbers: Numbers, now: datetime) -> dict[str, Any]:
    """Return the row of a notice, which shows the one of its records that U1 names."""
    amount = PAYABLE.get(given.stage, COMPOSITION)
    row: dict[str, Any] = {
        "notice_no": number,
        "vehicle_no": numbers.vehicle,
        "offence_notice_type": "O",
        "offence_type": "SP",
        "notice_date_and_time": "2024-11-01T07:45:00",
        "computer_rule_code": 10300,
        "vehicle_category": "C",
        "pp_code": "A0001",
        "composition_amount": COMPOSITION,
        "amount_payable": amount,
        "amount_paid": amount if given.paid else "0.00",
        "payment_status": "FP" if given.paid else "NP",
        "payment_acceptance_allowed": "N" if given.paid else "Y",
        "last_processing_stage": given.stage,
        "last_processing_date": SINCE,
        "next_processing_stage": NEXT_STAGE.get(given.stage),
        "next_processing_date": "2024-12-15T00:00:00",
        "is_sync": "Y",
        **CREATED,
    }
    if given.due is not None:
        row["payment_due_date"] = text_of(now, given.due)
    if given.paid:
        paid = {"crs_reason_of_suspension": "FP", "crs_date_of_suspension": SINCE}
        return {**row, "suspension_type": "PS", **paid}
    if given.suspensions:
        kind, reason, days = given.suspensions[-1]
        row |= {"suspension_type": kind, "epr_reason_of_suspension": reason}
        row |= {"epr_date_of_suspension": SINCE, "due_date_of_revival": text_of(now, days)}
    return row


def person_row(given: GivenNotice, number: str, identity: str) -> dict[str, Any]:
    """Return the row of a current offender."""
    return {
        "notice_no": number,
        "owner_driver_indicator": given.role,
        "id_type": "N",
        "id_no": identity,
        "name": "VEHICLE OWNER",
        "offender_indicator": "Y",
        "mha_dh_check_allow": "Y",
        "is_sync": "Y",
        **CREATED,
    }


def record_row(
    number: str, sr_no: int, suspension: tuple[str, str, int | None], now: datetime
) -> dict[str, Any]:
    """Return the row of an open suspension."""
    kind, reason, days = suspension
    return {
        "notice_no": number,
        "date_of_suspension": SINCE,
        "sr_no": sr_no,
        "suspension_source": "OCMS",
        "suspension_type": kind,
        "reason_of_suspension": reason,
        "officer_authorising_suspension": "OFFICER",
        "due_date_of_revival": text_of(now, days),
        **CREATED,
    }


def text_of(now: datetime, days: int | None) -> str | None:
    """Return midnight so many days from now, as a row has it."""
    if days is None:
        return None
    return (now + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
