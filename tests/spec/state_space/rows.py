"""Rule U1 once more, written for the exploration alone: what a row shows of its open records."""

from collections.abc import Sequence

from tests.spec.state_space.states import NOT_SHOWN, Record, Row

PS, TS = "PS", "TS"


def is_permanent(record: Record) -> bool:
    """Return whether a record is of a permanent suspension."""
    return record.reason.startswith(PS)


def place_of_shown(records: Sequence[Record]) -> int | None:
    """Return the place of the record that a row shows: the newest PS, else the TS that is due last (U1)."""
    permanent = [place for place, each in enumerate(records) if is_permanent(each)]
    if permanent:
        return permanent[-1]
    by_end = [(each.due is None, each.due or 0, place) for place, each in enumerate(records)]
    return max(by_end)[2] if by_end else None


def row_of_record(records: Sequence[Record], place: int) -> Row:
    """Return the row that shows the record at a place."""
    kind, code = records[place].reason.split("-")
    return Row(kind, code, 2 * place + 1, records[place].due)


def right_row(row: Row, records: Sequence[Record], paid: str | None) -> Row:
    """
    Return what a row must show where it shows another thing now (U1).

    A type without a reason, which CAS gave, stands until a record of its kind is there; a payment is
    permanent whatever the records say, and leaves what else the row says. A suspension that another system
    wrote on the row without a record counts as one of its type.
    """
    place = place_of_shown(records)
    alone = row.reason is not None and row.since is not None and row.since % 2 == 0
    if place is not None and is_permanent(records[place]):
        newer = alone and row.type == PS and (row.since or 0) > 2 * place
        return row if newer else row_of_record(records, place)
    if paid:
        return row._replace(type=PS)
    if row.type == PS and (alone or not row.reason):
        return row
    if place is None:
        return row if alone or (row.type == TS and not row.reason) else NOT_SHOWN
    later = alone and (row.due is None or row.due > (records[place].due or 0))
    return row if later else row_of_record(records, place)
