"""What docs/api/partners.md shows another service: it runs, and needs no more than the extra `partner`."""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.partners.conftest import SECRET, Served, Tokens

PAGE = Path(__file__).parents[2] / "docs/api/partners.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINT_MODULES = """
import sys
import ocms_adapters.partners
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.rule("P43", "P44")
def test_the_examples_speak_with_a_served_ocms(ocms: Served, tokens: Tokens) -> None:
    defined: dict[str, Any] = {}
    for example in EXAMPLE.findall(PAGE.read_text()):
        here = example.replace("https://gateway.example/token", tokens.address)
        here = here.replace("https://gateway.example", ocms.url).replace("https://ocms.example", ocms.url)
        exec(compile(here, str(PAGE), "exec"), defined)
    assert defined["amounts"](SECRET, ["0000000001"]) == {"0000000001": Decimal("150.00")}
    assert defined["update"](ocms.api_key) == ()


def test_the_clients_load_nothing_but_their_extra() -> None:
    ran = subprocess.run([sys.executable, "-c", PRINT_MODULES], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"httpx", "structlog", "tenacity", "attrs", "cattrs"} <= loaded
    assert not loaded & {
        "sqlalchemy",
        "litestar",
        "cyclopts",
        "joserfc",
        "psycopg",
        "ijson",
    }
