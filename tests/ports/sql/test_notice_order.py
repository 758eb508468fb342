"""Notice numbers sort alike in Python and in every database, by the characters they may have (G9, G13)."""

import random
import string
from collections.abc import Sequence
from itertools import pairwise

import pytest
from sqlalchemy import select, text

from ocms_adapters.sql import engines
from ocms_adapters.sql.locking import lock_notices
from ocms_adapters.sql.schema import ocms_valid_offence_notice
from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from ocms_core.stages.request_fields import is_number
from tests.support.databases import Databases
from tests.support.rows import put_notices

LETTERS_AND_DIGITS = string.digits + string.ascii_uppercase
# Contract 2 lets a hyphen stand in a number, the others do not.
CHARACTERS = "-" + LETTERS_AND_DIGITS


def numbers_of(characters: str) -> list[str]:
    """Return numbers in which each character meets its neighbours, and those at the ends all others."""
    shuffled = random.Random(1)
    pairs = [one + other for one in "09AZ" + characters[0] for other in characters]
    longer = ["".join(shuffled.choices(characters, k=shuffled.randint(3, 10))) for _ in range(100)]
    return list({*characters, *pairs, *map("".join, pairwise(characters)), *longer})


NUMBERS = numbers_of(CHARACTERS)
UNHYPHENATED = numbers_of(LETTERS_AND_DIGITS)


@pytest.mark.rule("G9")
def test_a_notice_number_has_no_other_characters() -> None:
    every = list(map(chr, range(0x3000)))
    kept = {normal_notice_no(each) for each in every if is_notice_no(each)}
    kept_in_contract_2 = {normal_notice_no(each) for each in every if is_number(each)}
    assert kept == set(LETTERS_AND_DIGITS)
    assert kept_in_contract_2 == set(CHARACTERS)


@pytest.mark.rule("G9", "G13")
def test_a_database_locks_notices_in_the_order_in_which_python_sorts_them(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    put_notices(engine, NUMBERS)
    with engine.begin() as connection:
        locked = (
            connection.execute(lock_notices(select(ocms_valid_offence_notice.c.notice_no))).scalars().all()
        )
        assert locked == sorted(NUMBERS)
        later = text("SELECT count(*) FROM ocms_valid_offence_notice WHERE notice_no > :number")
        for place in range(0, len(locked), 97):
            found = connection.execute(later, {"number": locked[place]}).scalar_one()
            assert found == len(locked) - place - 1
    engine.dispose()


def in_sql_collation(numbers: Sequence[str]) -> list[str]:
    """
    Sort as SQL Server documents it for `varchar` in a SQL collation such as SQL_Latin1_General_CP1_CI_AS.

    One character after the other: a hyphen before digits, digits before letters, a letter whatever its case.
    """
    weights = {character: weight for weight, character in enumerate(CHARACTERS)}
    return sorted(numbers, key=lambda number: [weights[each] for each in number.upper()])


def in_windows_collation(numbers: Sequence[str]) -> list[str]:
    """
    Sort as SQL Server documents it for a Windows collation such as Latin1_General_CI_AS, and for `nvarchar`.

    By words: hyphens count only where two numbers are the same without them.
    """
    return sorted(numbers, key=lambda number: (number.replace("-", ""), "-" in number, number))


@pytest.mark.rule("G9", "G13")
def test_sql_servers_default_collation_sorts_them_as_python_does() -> None:
    assert in_sql_collation(NUMBERS) == sorted(NUMBERS)


@pytest.mark.rule("G9", "G13")
def test_a_windows_collation_sorts_them_as_python_does_but_for_hyphens() -> None:
    assert in_windows_collation(UNHYPHENATED) == sorted(UNHYPHENATED)
    # So no lock may be taken in the order of Python there: each statement that locks several has its own.
    assert in_windows_collation(["AB", "A-C"]) != sorted(["AB", "A-C"])
