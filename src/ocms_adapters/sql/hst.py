"""The reading and writing transactions of the HST services."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine

from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.hst_queries import Queries
from ocms_adapters.sql.locking import lock_identities
from ocms_adapters.sql.moments import local_or_none, singapore_or_none
from ocms_adapters.sql.reference import read_reference
from ocms_adapters.sql.row_sets import bind_keys
from ocms_adapters.sql.suspension_rows import open_suspension, suspensions
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.hst.facts import (
    CheckedIdentity,
    HstNotice,
    IdentityFacts,
    KnownOffender,
    ListedIdentity,
    ListedRow,
    Statistics,
    UnreportedAnswer,
)
from ocms_core.hst.listing import period
from ocms_core.hst.request_checks import HstListQuery
from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import Conflict
from ocms_core.kernel.identity_numbers import STORED_AS, kind_of
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.suspensions import OpenSuspension


class SqlHstReader:
    """One reading connection for the HST services."""

    def __init__(self, connection: Connection, queries: Queries) -> None:
        self._connection = connection
        self._queries = queries

    def known_offender(self, id_no: str) -> KnownOffender:
        """Return what is known of an identity, in one statement."""
        row = self._connection.execute(self._queries.known_offender, {"id_no": id_no}).one()
        return KnownOffender(
            listed=bool(row.listed),
            name=row.name,
            address=None if row.has_address is None else address(row),
            notices=row.notices,
        )

    def notice_facts(self, notice_no: str) -> IdentityFacts:
        """Return a notice with its current offender, also one that has none, without a lock."""
        offenders = self._offenders([notice_no])
        rows = self._among(self._queries.notices_unlocked, [notice_no])
        return self._facts(offenders, rows, self._among(self._queries.suspensions_of_notices, [notice_no]))

    def listing(self, query: HstListQuery) -> tuple[int, tuple[ListedRow, ...]]:
        """Return how many rows there are and one page of them, in two statements."""
        since, before = period(query)
        filters = {"id_no": query.id_no, "since": local_or_none(since), "before": local_or_none(before)}
        total = self._connection.execute(self._queries.listed_total, filters).scalar_one()
        page = filters | {"skip": query.skip, "limit": query.limit}
        return total, tuple(
            ListedRow(listed(row), row.notices, singapore_or_none(row.last_check))
            for row in self._connection.execute(self._queries.listed_page, page)
        )

    def with_new_notices(self, after: str, most: int) -> Sequence[str]:
        """Return listed identities beyond `after` that may have new notices."""
        bound = {"after": after, "most": most}
        return list(self._connection.execute(self._queries.with_new_notices, bound).scalars())

    def due_notices(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """Return notices beyond `after` with an open TS-HST due before a moment."""
        bound = {"before": local(before), "after": after, "most": most}
        return list(self._connection.execute(self._queries.due_notices, bound).scalars())

    def queued_identities(
        self, system: str, id_types: Sequence[str], after: str, most: int
    ) -> Mapping[str, str]:
        """Return queued identities beyond `after` that a system was not sent yet."""
        letters = [*id_types, *(letter for letter, kind in STORED_AS.items() if kind in id_types)]
        bound = bind_keys(self._connection.dialect, letters) | {"after": after, "most": most}
        rows = self._connection.execute(self._queries.to_send[system], bound)
        return {row.id_no: kind_of(row.id_type) for row in rows}

    def listed_among(self, id_nos: Sequence[str]) -> frozenset[str]:
        """Return which of these identities are on the list."""
        return frozenset(row.id_no for row in self._among(self._queries.listed, id_nos))

    def file_applied(self, sha256: str, direction: str) -> bool:
        """Return whether a file of this content was exchanged before."""
        bound = {"sha256": sha256, "direction": direction}
        return self._connection.execute(self._queries.file_applied, bound).first() is not None

    def files_waiting(self, names: Sequence[str]) -> Mapping[tuple[str, str], datetime]:
        """Return since when files are recorded as waiting or overdue."""
        rows = self._among(self._queries.files_waiting, names)
        return {(row.direction, row.name): singapore(row.applied_at) for row in rows}

    def unreported_answers(self) -> Sequence[UnreportedAnswer]:
        """Return the answers no report has shown yet."""
        return [
            UnreportedAnswer(id_no, singapore(answered_at), singapore(received_at))
            for id_no, answered_at, received_at in self._connection.execute(self._queries.unreported)
        ]

    def checked_identities(self, since: datetime, before: datetime) -> Iterator[CheckedIdentity]:
        """Return the identities whose latest answer came in within a period."""
        bound = {"since": local(since), "before": local(before)}
        answered = list(self._connection.execute(self._queries.checked, bound))
        on_list = {
            row.id_no: listed(row)
            for row in self._among(self._queries.listed, [row.id_no for row in answered])
        }
        return (CheckedIdentity(answer(row), on_list.get(row.id_no)) for row in answered)

    def listed_with_answer(self, id_no: str) -> tuple[ListedIdentity | None, AddressAnswer | None]:
        """Return an identity as it is listed and the latest answer about it, in two statements."""
        on_list = self._among(self._queries.listed, [id_no])
        answered = self._among(self._queries.answers, [id_no])
        return next(map(listed, on_list), None), next(map(answer, answered), None)

    def statistics(self, since: datetime, before: datetime) -> Statistics:
        """Count the list and its suspensions, in one statement."""
        bound = {"since": local(since), "before": local(before)}
        return Statistics(*self._connection.execute(self._queries.statistics, bound).one())

    def _offenders(self, notice_nos: Sequence[str]) -> list[str]:
        return sorted({row.id_no for row in self._among(self._queries.offenders, notice_nos)})

    def _facts(self, id_nos: Sequence[str], rows: Sequence[Any], suspended: Sequence[Any]) -> IdentityFacts:
        """
        Return the facts of notices from their rows and the suspensions read after them.

        Where the rows are locked, the current offender that the second reading found cannot change any more.
        A notice is one notice, however many current rows of its offender another system has left (H4).
        """
        # One identity may have ten thousand notices, and most have these in common: once for each value.
        record, moment, suspensions_of = cache(open_suspension), cache(singapore), cache(suspensions)
        offenders: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        several: dict[str, set[str]] = {}
        open_ones: dict[str, list[OpenSuspension]] = {}
        last_sr_no: dict[str, int] = {}
        released: set[str] = set()
        for notice_no, id_no, indicator, kind, reason, since, sr_no, due, last, over in suspended:
            first = offenders.setdefault(notice_no, (id_no, indicator, ()))
            if first[:2] != (id_no, indicator):  # its suspensions are read with the first one
                several.setdefault(notice_no, {first[1]}).add(indicator)
                continue
            if last:
                last_sr_no[notice_no] = last
            if over:
                released.add(notice_no)
            if kind:
                open_ones.setdefault(notice_no, []).append(record(kind, reason, since, sr_no, due))
        for notice_no, roles in several.items():  # of one identity: the query has no rows of another (U7)
            role, *others = sorted(roles, key=role_order)
            offenders[notice_no] = (offenders[notice_no][0], role, tuple(others))
        if not {id_no for id_no, *_ in offenders.values() if id_no} <= set(id_nos):
            raise Conflict("a notice has another offender meanwhile")
        once = {row[0]: row for row in rows}.values()  # a notice has a row for each current offender
        notices = tuple(
            HstNotice(
                notice_no,
                id_no,
                role,
                stage,
                payment_status,
                suspensions_of(
                    tuple(on_row), tuple(open_ones.get(notice_no, ())), last_sr_no.get(notice_no, 0)
                ),
                notice_no in released,
                further_roles,
                moment(stage_date),
            )
            for notice_no, stage, stage_date, payment_status, *on_row in once
            if notice_no in offenders
            for id_no, role, further_roles in (offenders[notice_no],)
        )
        return IdentityFacts(
            reference=read_reference(self._connection),
            listed={row.id_no: listed(row) for row in self._among(self._queries.listed, id_nos)},
            notices=notices,
            answers={row.id_no: answer(row) for row in self._among(self._queries.answers, id_nos)},
        )

    def _among(self, statement: Any, keys: Sequence[str]) -> Sequence[Any]:
        return self._connection.execute(statement, bind_keys(self._connection.dialect, keys)).all()


class SqlHstStore(ChangeStore, SqlHstReader):
    """One writing transaction for the HST services."""

    def __init__(self, connection: Connection, queries: Queries, changes: ChangeWriter) -> None:
        super().__init__(connection, queries)
        self._changes = changes

    def identity_facts(self, id_nos: Sequence[str]) -> IdentityFacts:
        """Lock identities and return them with all notices they are the current offender of."""
        lock_identities(self._connection, id_nos)
        rows = self._among(self._queries.notices_of_identities, id_nos)
        return self._facts(id_nos, rows, self._among(self._queries.suspensions_of_identities, id_nos))

    def due_facts(self, notice_nos: Sequence[str]) -> IdentityFacts:
        """Lock the current offenders of notices, then the notices, also those that have none; return both."""
        id_nos = self._offenders(notice_nos)
        lock_identities(self._connection, id_nos)
        rows = self._among(self._queries.notices, notice_nos)
        suspended = self._among(self._queries.suspensions_of_notices, notice_nos)
        return self._facts(id_nos, rows, suspended)

    def queue_listed(self, now: datetime, month: datetime) -> int:
        """Queue the listed identities that are to be asked about, in two statements."""
        moments = {"now": local(now), "month": local(month)}
        again = self._connection.execute(self._queries.queue_again, moments).rowcount
        return again + self._connection.execute(self._queries.queue_new, moments).rowcount

    def close_reported(self, reported: Sequence[UnreportedAnswer], now: datetime) -> None:
        """Mark answers as reported and delete their identities from the queue, in two statements."""
        rows = self._queries.reported.bind(sorted((each.id_no, each.answered_at) for each in reported))
        for statement in (self._queries.mark_reported, self._queries.leave_queue):
            self._connection.execute(statement, rows | {"now": local(now)})


class SqlHstStores:
    """Opens transactions on the Intranet database for the HST services."""

    def __init__(self, engine: Engine, check: Callable[[Connection], None] | None = None) -> None:
        """Take the database, and a check every writing transaction has to pass, such as a job's lock."""
        self._engine = engine
        self._check = check
        self._queries = built_once(Queries, engine.dialect)
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlHstReader]:
        """Open a connection that only reads."""
        with reading(self._engine) as connection:
            yield SqlHstReader(connection, self._queries)

    @contextmanager
    def writing(self) -> Iterator[SqlHstStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            if self._check:
                self._check(connection)
            yield SqlHstStore(connection, self._queries, self._changes)


def address(row: Any) -> RegisteredAddress:
    """Return the address of a row; a part the row has none of is empty."""
    return RegisteredAddress(
        row.postal_code or "",
        row.blk_hse_no or "",
        row.street_name or "",
        row.floor_no or "",
        row.unit_no or "",
        row.bldg_name or "",
    )


def listed(row: Any) -> ListedIdentity:
    """Return the listed identity of a row."""
    return ListedIdentity(
        row.id_no,
        kind_of(row.id_type),
        row.name,
        address(row),
        listed_at=singapore(row.cre_date),
        address_changed_at=singapore_or_none(row.date_of_addr_change),
    )


def answer(row: Any) -> AddressAnswer:
    """Return the answer of a row."""
    return AddressAnswer(
        id_no=row.id_no,
        id_type=row.id_type or "",
        source=row.source or "",
        address=address(row),
        answered_at=singapore(row.response_date_time),
        address_type=row.address_type or "",
        invalid_addr_tag=row.invalid_addr_tag or "",
        effective_date=singapore_or_none(row.effective_date),
    )
