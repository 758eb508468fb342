"""A provider's token is accepted by the documented settings; with one thing wrong it is refused, and why."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ocms_app.cli import app
from ocms_app.settings import Settings, load
from ocms_core.kernel.access import Role
from tests.spec.http.stages.test_contract import PORTAL, TOPPAN
from tests.support.databases import sqlite_databases
from tests.support.http_calls import Called, calling
from tests.support.http_server import API_4, now
from tests.web.authentication.provider_tokens import ISSUED, KEY, documented_settings
from tests.web.authentication.token_faults import EVERY, OWN, ROLELESS, TokenFault, written
from tests.web.authentication.tokens import key_set

Inspected = Callable[[str], tuple[int, str]]

PATHS = {Role.PLUS: API_4, Role.TOPPAN: TOPPAN, Role.OIC: f"{PORTAL}/search"}
REALM = 'Bearer realm="ocms"'
CASES = {
    f"{name}: {what}": (name, fault) for name in ISSUED for what, fault in {**EVERY, **OWN[name]}.items()
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of the docs, but for the keys, which are in a file."""
    folder = tmp_path_factory.mktemp("documented")
    (folder / "keys.json").write_bytes(key_set(KEY))
    keys = f'jwks_file = "{folder / "keys.json"}"'
    text, replaced = re.subn(r'^jwks_url = ".*"$', keys, documented_settings(), flags=re.MULTILINE)
    assert replaced == len(ISSUED)
    (folder / "ocms.toml").write_text(text)
    return load({"OCMS_CONFIG": str(folder / "ocms.toml")})


@pytest.fixture(scope="module")
def called(
    settings: Settings, sqlite_templates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Called]:
    """Give the application by these settings."""
    folder = tmp_path_factory.mktemp("called")
    databases = sqlite_databases(sqlite_templates, folder)
    with calling(databases, folder, issuers=settings.issuers) as called:
        yield called


@pytest.fixture
def inspected(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Inspected:
    """Give `ocms token inspect`, run in this process: its exit status and output for a token."""
    # Reading the settings takes longer than all the rest, and the application has read them.
    monkeypatch.setattr("ocms_app.cli.tokens.startup", lambda: settings)

    def run(token: str) -> tuple[int, str]:
        file = tmp_path / "token"
        file.write_text(token)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            app(("token", "inspect", str(file)))
        status = left.value.code
        assert isinstance(status, int)
        return status, capsys.readouterr().out

    return run


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", ISSUED)
def test_a_token_as_issued_is_accepted(called: Called, inspected: Inspected, name: str) -> None:
    issued = ISSUED[name]
    token = written(issued, int(now().timestamp()))
    answer = called.post(PATHS[issued.role], {}, {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 400  # the body is looked at
    assert "WWW-Authenticate" not in answer.headers
    status, said = inspected(token)
    assert (status, said.splitlines()[-1], "FAILED" in said) == (0, "accepted", False)


@pytest.mark.rule("G15", "G16", "G17")
@pytest.mark.parametrize("name, fault", CASES.values(), ids=CASES)
def test_a_token_with_one_thing_wrong_is_refused_with_the_reason(
    called: Called, inspected: Inspected, name: str, fault: TokenFault
) -> None:
    issued = ISSUED[name]
    token = written(issued, int(now().timestamp()), fault)
    answer = called.post(PATHS[issued.role], {}, {"Authorization": f"Bearer {token}"})
    if fault.reason == ROLELESS:
        reason = "The token gives no role for this call"
        expected = 403, f'{REALM}, error="insufficient_scope", error_description="{reason}"'
    else:
        expected = 401, f'{REALM}, error="invalid_token", error_description="{fault.reason}"'
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == expected
    status, said = inspected(token)
    assert (status, said.splitlines()[-1]) == (1, "not accepted")
    first, *others = re.findall(r"^FAILED  (\w+) .*\n +(.*)$", said, re.MULTILINE)
    assert first == (fault.check, fault.reason)
    assert tuple(check for check, _ in others) == fault.also


def test_every_form_has_what_may_be_wrong_with_it() -> None:
    assert OWN.keys() == ISSUED.keys()
    for own in OWN.values():
        assert {"role", "audience"} <= {each.check for each in own.values()}
