"""The hash tree over audit rows and access records: continued by a job, and checked by whoever likes (K2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import Connection, Engine, RowMapping, Select, Table, exists, func, insert, or_, select

from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.transactions import unchecked, writing
from ocms_core.kernel.audit_heads import Head, HeadSigner, Leaf, RecordKind
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.merkle import HashTree, joined, parted
from ocms_core.kernel.rule_tags import rule

LATEST = timedelta(days=1)
"""How long after its number was given a row may be committed at the latest."""

MOST = 1_000
"""How many rows a head adds at most: one that adds fewer left nothing waiting."""

NEVER = datetime.min  # noqa: DTZ901  # columns hold Singapore time without a zone

leaf, head = h.ocms_audit_leaf, h.ocms_audit_head

STAMP = ("cre_date", "cre_user_id", "upd_date", "upd_user_id")


class TreeNotContinued(OcmsError):
    """The newest head is not what its tree says, so nothing is added to it: `ocms audit verify` says more."""


@frozen
class SealedTable:
    """A table whose rows are sealed: when a row was made, and every column that its digest is over."""

    table: Table
    moment: str
    columns: tuple[str, ...]
    last: str

    def select(self) -> Select[Any]:
        """Select the number and the columns of rows."""
        return select(self.table.c.id, *(self.table.c[name] for name in self.columns))

    def leaf(self, kind: RecordKind, position: int, row: RowMapping) -> Leaf:
        """Return the leaf of a row at a position."""
        values = [row[name] for name in self.columns]
        digest = sha256(msgspec.json.encode([kind.value, row["id"], *values])).hexdigest()
        return Leaf(position, kind, row["id"], row[self.moment], digest)


# The columns by name: one that a later version adds is in no digest of this one.
SEALED: Mapping[RecordKind, SealedTable] = {
    RecordKind.AUDIT_ROW: SealedTable(
        h.ocms_audit_row,
        "changed_at",
        (
            *("changed_at", "principal", "role", "credential", "operation", "request_id"),
            *("notice_no", "notice_nos", "content", *STAMP),
        ),
        "last_audit_row",
    ),
    RecordKind.ACCESS_RECORD: SealedTable(
        h.ocms_access_record,
        "looked_up_at",
        ("looked_up_at", "principal", "role", "operation", "notice_no", "identities", "identity_set", *STAMP),
        "last_access_record",
    ),
}


@frozen
class SqlAuditTree:
    """The tree in the Intranet database, for the job that continues it; `check` is called before it does."""

    _engine: Engine
    _signer: HeadSigner
    _check: Callable[[Connection], None] = unchecked

    @rule("K2")
    def extend(self, now: datetime, most: int) -> int:
        """
        Add up to `most` rows that are not in the tree to its end, with a signed head; return how many (K2).

        The order is that of adding: a row that is committed after others of higher numbers comes after them.
        Raises `TreeNotContinued` where the newest head does not fit what is kept with it.
        """
        with writing(self._engine) as connection:
            self._check(connection)
            tree, last = read_tree(connection)
            leaves = list(new_leaves(connection, tree.size, now, most))
            if leaves:
                for each in leaves:
                    tree.add(each.hash)
                self._write(connection, leaves, tree, last, now)
        return len(leaves)

    def _write(
        self,
        connection: Connection,
        leaves: Sequence[Leaf],
        tree: HashTree,
        last: Mapping[RecordKind, int],
        now: datetime,
    ) -> None:
        stamp = creation_stamp(local(now))
        rows = [
            {
                "position": each.position,
                "record_kind": each.kind.value,
                "record_id": each.number,
                "recorded_at": each.recorded_at,
                "digest": each.digest,
                **stamp,
            }
            for each in leaves
        ]
        connection.execute(insert(leaf), rows)
        signed = self._signer.signed(Head(tree.size, tree.root().hex(), singapore(now)))
        numbers = {
            kind: max([last[kind], *(each.number for each in leaves if each.kind is kind)]) for kind in SEALED
        }
        connection.execute(
            insert(head).values(
                size=signed.size,
                root=signed.root,
                signed_at=local(signed.signed_at),
                key_id=signed.key_id,
                signature=signed.signature,
                complete_trees=joined(tree.roots),
                **{sealed.last: numbers[kind] for kind, sealed in SEALED.items()},
                **stamp,
            )
        )


def read_tree(connection: Connection) -> tuple[HashTree, Mapping[RecordKind, int]]:
    """Return the tree of the newest head, and the highest number of each kind in it."""
    row = connection.execute(select(head).order_by(head.c.size.desc()).limit(1)).mappings().first()
    if row is None:
        return HashTree(), dict.fromkeys(SEALED, 0)
    try:
        tree = HashTree(row["size"], parted(row["complete_trees"] or ""))
    except ValueError:
        raise TreeNotContinued(f"the trees of the head of {row['size']} leaves cannot be") from None
    if tree.root().hex() != row["root"]:
        raise TreeNotContinued(f"the head of {row['size']} leaves was signed for others")
    return tree, {kind: row[sealed.last] for kind, sealed in SEALED.items()}


def new_leaves(connection: Connection, size: int, now: datetime, most: int) -> Iterator[Leaf]:
    """
    Yield leaves for up to `most` rows that are in no tree, from position `size` on.

    Of each kind those of the lowest numbers, so that none stays below a number that is in the tree.
    """
    after = settled_numbers(connection, now) or (0,) * len(SEALED)
    found = [
        [
            sealed.leaf(kind, 0, row)
            for row in connection.execute(unsealed(kind, number).limit(most)).mappings()
        ]
        for (kind, sealed), number in zip(SEALED.items(), after, strict=True)
    ]
    in_order = islice(merge(*found, key=attrgetter("recorded_at", "kind.value")), most)
    for position, each in enumerate(in_order, size):
        yield Leaf(position, each.kind, each.number, each.recorded_at, each.digest)


def settled_numbers(connection: Connection, now: datetime) -> Sequence[int] | None:
    """Return up to which number of each kind every row there will ever be is in the tree; None for none."""
    # Not by the time now: a row that was committed after that head has not been looked for yet.
    looked_for = connection.execute(none_waited()).scalar() or NEVER + LATEST
    settled = (
        select(*(head.c[sealed.last] for sealed in SEALED.values()))
        .where(head.c.signed_at < min(local(now), looked_for) - LATEST)
        .order_by(head.c.size.desc())
        .limit(1)
    )
    return connection.execute(settled).first()


def none_waited() -> Select[Any]:
    """Select when the newest head was signed that left no row waiting: it adds fewer than it may."""
    before = head.alias("before")
    adds_fewer = or_(
        head.c.size < MOST,
        exists().where(before.c.size < head.c.size, before.c.size > head.c.size - MOST),
    )
    return select(head.c.signed_at).where(adds_fewer).order_by(head.c.size.desc()).limit(1)


def unsealed(kind: RecordKind, after: int | None) -> Select[Any]:
    """Select the rows of a kind that are in no tree, in their order; with a number only those beyond it."""
    table = SEALED[kind].table
    in_tree = select(leaf.c.position).where(leaf.c.record_kind == kind.value, leaf.c.record_id == table.c.id)
    beyond = [] if after is None else [table.c.id > after]
    return SEALED[kind].select().where(*beyond, ~in_tree.exists()).order_by(table.c.id)


def size_of_record(connection: Connection) -> tuple[int, int]:
    """Return how many leaves there are, and the size of the newest head, both at one moment."""
    leaves = select(func.count()).select_from(leaf).scalar_subquery()
    newest = select(func.coalesce(func.max(head.c.size), 0)).scalar_subquery()
    row = connection.execute(select(leaves, newest)).one()
    return int(row[0]), int(row[1])


def leaves_of(connection: Connection, before: int, chunk: int) -> Iterator[list[Leaf]]:
    """Yield the leaves at positions before one, chunk by chunk."""
    last = -1
    while rows := connection.execute(
        select(leaf)
        .where(leaf.c.position > last, leaf.c.position < before)
        .order_by(leaf.c.position)
        .limit(chunk)
    ).all():
        yield [
            Leaf(row.position, RecordKind(row.record_kind), row.record_id, row.recorded_at, row.digest)
            for row in rows
        ]
        last = rows[-1].position


def heads_of(connection: Connection, most: int | None = None) -> Iterator[Head]:
    """Yield the heads by their sizes, or those up to a size."""
    up_to = [] if most is None else [head.c.size <= most]
    for row in connection.execute(select(head).where(*up_to).order_by(head.c.size)):
        yield Head(row.size, row.root, singapore(row.signed_at), row.key_id, row.signature)


def rows_of(connection: Connection, kind: RecordKind, numbers: Sequence[int]) -> Mapping[int, Leaf]:
    """Return what the leaves of some rows would be now, by their numbers, all at position 0."""
    sealed = SEALED[kind]
    rows = connection.execute(sealed.select().where(sealed.table.c.id.in_(numbers))).mappings()
    return {row["id"]: sealed.leaf(kind, 0, row) for row in rows}
