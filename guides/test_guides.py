"""Every command block of the README, the how-to pages and those of the API is run as it is written."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook

from guides.blocks import NOT_RUN, PAGES, ROOT, Block, blocks
from guides.scripts import differences, run, script
from tests.support.databases import SIDES
from tests.support.postgres import PostgresServer, free_port
from tools.postgres import settings as postgres_settings

KEYS = " ".join(
    f'export "$(ocms keys new-secret {name})";'
    for name in ("internet_keys", "access_hash_key", "audit_keys", "audit_signing_key")
)
SAMPLE = f"{KEYS} ocms db upgrade; ocms db sample --notices 300"
LIST = r"printf 'noticeNo\n1234567890\n'"
SQL = """sql() { python3 -c 'import sqlite3, sys
sqlite3.connect("var/intranet.db").executescript(sys.stdin.read())'; }"""
CHUNKS = "ocms work --chunks >/dev/null 2>&1 & running+=($!)"
MOVE = (
    r"""printf 'noticeNo,newStage\nN-001,DN2\n' > moves.csv; ocms stages import moves.csv --officer OIC001"""
)

# What a page takes for granted, as commands before its first block.
OF_THE_DEMO: Mapping[str, str] = {
    "README.md": "",
    "docs/howto/address-check.md": "",
    "docs/howto/dated-values.md": f". var/demo.env; {SQL}",
    "docs/howto/identity-providers.md": (
        ". var/demo.env; ocms token --role oic --officer USER01 --hours -1 > token.txt"
    ),
    "docs/api/hst.md": "",
    "docs/api/offenders.md": "",
    "docs/api/partners.md": f". var/demo.env; {LIST} > numbers.csv; {LIST} > unpaid.csv",
    "docs/api/stages.md": ". var/demo.env",
}
ON_POSTGRESQL: Mapping[str, str] = {
    "docs/howto/audit-record.md": f"{SAMPLE}; {MOVE}",
    "docs/howto/backup.md": SAMPLE,
    "docs/howto/deploy.md": "",
    "docs/howto/replication.md": f"{KEYS} ocms db upgrade; {CHUNKS}",
    "docs/howto/run-the-jobs.md": f"{KEYS} ocms db upgrade",
}


def commands_of(page: str) -> list[Block]:
    """Return the blocks of a page that are run here; `make newcomer` runs those that begin with make."""
    return [block for block in blocks(ROOT / page) if not block.of_make]


def assert_true(here: list[Block], text: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the blocks of a page, and compare each answer with the one it shows."""
    wrong = list(differences(here, run(text, folder, environment)))
    assert not wrong, "\n".join(wrong)


def test_every_page_with_commands_is_run() -> None:
    with_commands = {
        str(page.relative_to(ROOT))
        for page in PAGES
        if any(block.mark != NOT_RUN and not block.of_make for block in blocks(page))
    }
    assert with_commands == OF_THE_DEMO.keys() | ON_POSTGRESQL.keys()


@pytest.mark.parametrize("name", OF_THE_DEMO)
def test_a_page_about_the_demo_is_true(name: str, demo: Path, environment: dict[str, str]) -> None:
    book = Workbook()
    for row in (["noticeNo", "newStage"], ["N-001", "DN2"]):
        book.worksheets[0].append(row)
    book.save(demo / "moves.xlsx")
    here = commands_of(name)
    assert_true(here, script(here, OF_THE_DEMO[name]), demo, environment)


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_a_page_about_a_deployment_is_true(
    name: str, own_postgres: PostgresServer, tmp_path: Path, environment: dict[str, str]
) -> None:
    """The server of the pages, db.example, is found as `make postgres` has it found."""
    settings = tmp_path / "var/postgres.env"
    settings.parent.mkdir()
    settings.write_text(postgres_settings(own_postgres))
    for side in SIDES:
        own_postgres.create(side)
        environment[f"OCMS_{side.upper()}_URL"] = f"postgresql://ocms@db.example/{side}"
    here = commands_of(name)
    text = script(here, f". var/postgres.env; {ON_POSTGRESQL[name]}").replace("8000", str(free_port()))
    assert_true(here, text, tmp_path, environment)
