"""Whether audit rows and access records are still what the signed heads of their tree say (K2)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from attrs import define, field, frozen
from sqlalchemy import Connection, RowMapping

from ocms_adapters.encryption import DecryptionFailed, FieldCipher
from ocms_adapters.sql.audit_rows import audit_row
from ocms_adapters.sql.audit_tree import (
    LATEST,
    MOST,
    SEALED,
    heads_of,
    leaves_of,
    rows_of,
    size_of_record,
    unsealed,
)
from ocms_core.kernel.audit_heads import Head, HeadChecker, Leaf, RecordKind
from ocms_core.kernel.dates import local
from ocms_core.kernel.merkle import HashTree
from ocms_core.kernel.rule_tags import rule

CHUNK = 1_000


@define
class AuditReport:
    """
    What a check came to: each problem in words, and counts.

    `sealed` are the leaves, `waiting` rows that are not in the tree yet, `expired` access records that were
    removed after their time.
    """

    problems: list[str] = field(factory=list)
    sealed: int = 0
    heads: int = 0
    waiting: int = 0
    expired: int = 0


@frozen
class AuditCheck:
    """
    Checks the record of a database.

    Access records made before `kept_from` may be gone. With a `cipher`, also rows that are not in the tree
    yet are looked at: only OCMS can have written them. `outside` are heads that were kept elsewhere.
    """

    checker: HeadChecker
    kept_from: datetime | None = None
    cipher: FieldCipher | None = None
    outside: Sequence[Head] = ()

    @rule("K2")
    def report(self, connection: Connection) -> AuditReport:
        """Name every row and head that was altered, removed, added or put elsewhere (K2)."""
        report = AuditReport()
        # What the job adds from here on is left to the next check.
        leaves, newest = size_of_record(connection)
        own = list(heads_of(connection, newest))
        report.heads = len(own)
        signed = [each for each in own if self.checker.is_signed(each)]
        report.problems += [
            f"head of {each.size} leaves: it is not signed with a known key"
            for each in (*own, *self.outside)
            if not self.checker.is_signed(each)
        ]
        outside = [each for each in self.outside if self.checker.is_signed(each)]
        tree = self._check_leaves(connection, max(leaves, newest), [*signed, *outside], report)
        report.sealed = tree.size
        covered = max((each.size for each in signed), default=0)
        if tree.size > covered:
            report.problems.append(f"leaves {covered} to {tree.size - 1}: no head is signed for them")
        report.problems += [
            f"head of {each.size} leaves: there are only {tree.size} leaves"
            for each in (*signed, *outside)
            if each.size > tree.size
        ]
        # A head of as many rows as it may add says nothing of what waited beside them.
        sizes = pairwise([0, *(each.size for each in own)])
        none_waited = {size for before, size in sizes if size - before < MOST}
        last_signed = max((each.signed_at for each in signed if each.size in none_waited), default=None)
        for kind in SEALED:
            self._check_unsealed(connection, kind, last_signed, report)
        return report

    def _check_leaves(
        self, connection: Connection, before: int, heads: Iterable[Head], report: AuditReport
    ) -> HashTree:
        """Compare each leaf with its row, and the tree with each head at its size; return the tree."""
        roots: dict[int, set[str]] = {}
        for head in heads:
            roots.setdefault(head.size, set()).add(head.root)
        tree, good, fits = HashTree(), 0, True
        for leaves in leaves_of(connection, before, CHUNK):
            now = {
                kind: rows_of(connection, kind, [each.number for each in leaves if each.kind is kind])
                for kind in SEALED
            }
            for each in leaves:
                report.problems += self._problems_of(each, now[each.kind].get(each.number), report)
                if fits and each.position != tree.size:
                    report.problems.append(f"leaf {tree.size}: it was removed")
                    fits = False
                tree.add(each.hash)
                if fits and tree.size in roots:
                    fits = roots[tree.size] == {tree.root().hex()}
                    if not fits:
                        report.problems.append(f"leaves {good} to {tree.size - 1}: their head has others")
                    good = tree.size
        return tree

    def _problems_of(self, sealed: Leaf, row: Leaf | None, report: AuditReport) -> Iterator[str]:
        name = f"{sealed.kind.value} {sealed.number}"
        if row is None:
            if self._may_be_gone(sealed):
                report.expired += 1
            else:
                yield f"{name}: it was removed"
        elif (row.digest, row.recorded_at) != (sealed.digest, sealed.recorded_at):
            yield f"{name}: it was altered"

    def _may_be_gone(self, sealed: Leaf) -> bool:
        return (
            sealed.kind is RecordKind.ACCESS_RECORD
            and self.kept_from is not None
            and sealed.recorded_at < local(self.kept_from)
        )

    def _check_unsealed(
        self, connection: Connection, kind: RecordKind, last_signed: datetime | None, report: AuditReport
    ) -> None:
        """Name rows that are in no tree and have no reason not to be."""
        for row in connection.execute(unsealed(kind, None)).mappings():
            made: datetime = row[SEALED[kind].moment]
            if last_signed is not None and made < local(last_signed - LATEST):
                report.problems.append(f"{kind.value} {row['id']}: it was added later than it says")
            elif kind is RecordKind.AUDIT_ROW and not self._is_own(row):
                report.problems.append(f"{kind.value} {row['id']}: OCMS did not write it")
            else:
                report.waiting += 1

    def _is_own(self, row: RowMapping) -> bool:
        try:
            if self.cipher is not None:
                audit_row(row, self.cipher)
        except DecryptionFailed:
            return False
        return True
