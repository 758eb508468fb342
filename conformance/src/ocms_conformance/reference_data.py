"""What the rules say of stages, fees and reasons of suspension, and what a target has of them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen
from sqlalchemy import select

from ocms_conformance.rows import Database

COURT = ("CPC", "CFC", "CSD", "CSR", "WAR", "CWT")
OPEN_TO_CHANGE = ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC")
STAGES = (*OPEN_TO_CHANGE, "CSD", "CSR", "WAR", "CWT")
NEXT_STAGE = {
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
TEMPORARY_REASONS = [
    "HST",
    "APE",
    "APP",
    "CCE",
    "CLV",
    "FPL",
    "INS",
    "MS",
    "NRO",
    "OLD",
    "OUT",
    "PAM",
    "PDP",
    "PRI",
    "RED",
    "ROV",
    "SYS",
    "UNC",
    "ACR",
]
PERMANENT_REASONS = [
    "ANS",
    "APP",
    "CAN",
    "CFA",
    "CFP",
    "DBB",
    "DIP",
    "FCT",
    "FOR",
    "FP",
    "FTC",
    "IST",
    "MID",
    "OTH",
    "PRA",
    "RIP",
    "RP2",
    "SCT",
    "SLC",
    "SSV",
    "VCT",
    "VST",
    "WWC",
    "WWF",
    "WWP",
]
DEFAULT_PAIRS = frozenset(
    (*(("TS", reason) for reason in TEMPORARY_REASONS), *(("PS", reason) for reason in PERMANENT_REASONS))
)
# The rows of the amount matrix (S40); any other move to one of the eleven costs the composition alone.
MATRIX = (
    (("ROV", "ENA", "RD1", "RD2"), ("RR3",), "ADMIN_FEE"),
    (("DN1", "DN2"), ("DR3",), "ADMIN_FEE"),
    (("ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"), ("CFC", "CPC"), "SURCHARGE"),
    (("CFC", "CPC"), ("RR3", "DR3"), "ADMIN_FEE"),
)
FEES = {"ADMIN_FEE": "10.00", "SURCHARGE": "40.00"}


@frozen
class ReferenceData:
    """The fees of a target, by parameter, and the pairs of type and reason that it knows."""

    fees: Mapping[str, Decimal]
    pairs: frozenset[tuple[str, str]]

    def amount_after(self, composition: Decimal, before: str, after: str, amount: Any) -> Any:
        """Return what is payable after a move (S40); `amount` where the move leaves it."""
        if after not in OPEN_TO_CHANGE:
            return amount
        fee = next((fee for froms, tos, fee in MATRIX if before in froms and after in tos), None)
        return composition + (self.fees.get(fee, Decimal(0)) if fee else 0)


def fee_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the two fees, without which some moves are refused (S41)."""
    return {
        "ocms_parameter": [
            {"parameter_id": name, "code": "AMOUNT", "description": name, "value": value, **CREATED}
            for name, value in FEES.items()
        ]
    }


CREATED = {"cre_date": "2024-11-01T08:00:00", "cre_user_id": "other_app"}


def read_reference_data(database: Database) -> ReferenceData:
    """Read fees and pairs from a target; the pairs are the documented ones where its table is empty."""
    reasons = list(rows_of(database, "ocms_suspension_reason"))
    pairs = frozenset((row["suspension_type"], row["reason_of_suspension"]) for row in reasons)
    fees = {}
    for row in rows_of(database, "ocms_parameter"):
        if row["parameter_id"] in FEES and row["code"] == "AMOUNT":
            try:
                fees[row["parameter_id"]] = Decimal(row["value"].strip())
            except InvalidOperation:
                continue
    return ReferenceData(fees, pairs or DEFAULT_PAIRS)


def rows_of(database: Database, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table; none where the target lacks it."""
    table = database.tables.get(name)
    if table is not None:
        with database.engine.connect() as connection:
            yield from [dict(row) for row in connection.execute(select(table)).mappings()]
