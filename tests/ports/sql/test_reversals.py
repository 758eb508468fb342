"""What a reversal of furnishes reads of the HST list, and locks before it, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import schema
from ocms_adapters.sql.locking import lock_identities
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.transactions import writing
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.offender_builders import JOHN, OWNER
from tests.support.offender_rows import MADE, opened, put, put_notice, put_person
from tests.support.rows import put_suspension
from tests.support.statements import recorded

FORMER = "S7654321C"
LISTED = {
    "id_type": "N",
    "name": "JOHN LEE",
    **dict.fromkeys(("postal_code", "blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name"), ""),
}


@frozen
class Reversals:
    """Notices of John, whose owner and former hirer are kept, on one database."""

    engine: Engine
    stores: SqlReversalStores

    def put(self, numbers: list[str], **suspension: str) -> None:
        """Put notices in, each with a closed suspension record."""
        for number in numbers:
            put_notice(self.engine, number)
            put_person(self.engine, number, "O", OWNER)
            put_person(self.engine, number, "H", JOHN, current=True)
            former = {"former_id_no": FORMER, "former_offender_indicator": "N"}
            action = {"action": "FURNISH", "officer": "OIC001", "changed_at": MADE["cre_date"]}
            role = {"notice_no": number, "owner_driver_indicator": "H"}
            put(self.engine, schema.ocms_offender_history, role | action | former)
            put_suspension(self.engine, number, date_of_revival="2024-12-20 00:00:00", **suspension)

    def listed(self, *numbers: str) -> frozenset[str]:
        """Return who of the people of notices is found to be listed, in a transaction that writes."""
        with self.stores.writing() as store:
            return store.reversal_facts(numbers, NOW, with_list=True).listed


@pytest.fixture
def reversals(databases: Databases) -> Iterator[Reversals]:
    with opened(databases.intranet) as (engine,):
        listed = (JOHN.id_no, OWNER.id_no, FORMER, "S0000001A")
        put(engine, schema.ocms_hst, *({**LISTED, "id_no": id_no} for id_no in listed))
        yield Reversals(engine, SqlReversalStores(engine))


HST = {"suspension_type": "TS", "reason_of_suspension": "HST"}


@pytest.mark.rule("K4", "H10")
def test_the_list_is_looked_at_for_whoever_is_or_was_in_a_role(reversals: Reversals) -> None:
    reversals.put(["N1"], **HST)
    reversals.put(["N2"], suspension_type="TS", reason_of_suspension="UNC")
    assert reversals.listed("N1") == {JOHN.id_no, OWNER.id_no, FORMER}
    assert reversals.listed("N2") == frozenset()
    with reversals.stores.reading() as reader:
        assert reader.reversal_facts(["N1"], NOW, with_list=True).listed == reversals.listed("N1")
        assert reader.reversal_facts(["N1"], NOW, with_list=False).listed == frozenset()


@pytest.mark.rule("K4", "G9")
def test_a_reversal_of_furnishes_costs_the_same_for_one_notice_and_for_five_hundred(
    reversals: Reversals,
) -> None:
    numbers = [f"N{number}" for number in range(500)]
    reversals.put(numbers, **HST)
    costs = []
    for asked in (numbers[:1], numbers):
        with recorded(reversals.engine) as statements:
            reversals.listed(*asked)
        costs.append(len(statements))
    # The reference data, the people and the list; the lock of notices, five tables and the audit.
    locks = 0 if reversals.engine.name == "sqlite" else 1
    assert costs == [10 + locks] * 2


@pytest.mark.rule("G13", "K4")
@pytest.mark.parametrize("id_no", [JOHN.id_no, OWNER.id_no, FORMER])
def test_whoever_may_be_put_back_is_locked_before_the_notice(reversals: Reversals, id_no: str) -> None:
    reversals.put(["N1"], **HST)
    with ThreadPoolExecutor(1) as threads:
        with writing(reversals.engine) as connection:
            lock_identities(connection, [id_no])
            waiting = threads.submit(reversals.listed, "N1")
            assert not wait([waiting], timeout=1).done
            connection.execute(schema.ocms_hst.delete().where(schema.ocms_hst.c.id_no == id_no))
        assert waiting.result(30) == {JOHN.id_no, OWNER.id_no, FORMER} - {id_no}
