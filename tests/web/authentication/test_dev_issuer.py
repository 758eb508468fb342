"""Tokens for development: signed on this machine, believed only where that is switched on."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ocms_adapters.jwks import keys_in
from ocms_core.kernel.access import Principal, Role
from ocms_demo.dev_issuer import DevIssuer, DevIssuerOff
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.authentication.issuers import CallerKind
from tests.web.authentication.tokens import NOW

ROOT = Path(__file__).parents[3]
FIRST_TOKEN = """
import sys
from datetime import datetime
from pathlib import Path
from ocms_demo.dev_issuer import DevIssuer
from ocms_core.kernel.access import Role
from ocms_web.authentication.issuers import CallerKind

issuer = DevIssuer(Path(sys.argv[1]), True)
now = datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
print(issuer.token("plus-1", Role.PLUS, kind=CallerKind.CLIENTS, now=now))
"""


def authenticator_of(issuer: DevIssuer) -> BearerAuthenticator:
    issuers = issuer.issuers()
    return BearerAuthenticator([(one, keys_in(one.name, one.jwks_file)) for one in issuers if one.jwks_file])


def test_a_token_lets_in_whom_it_was_made_for_until_it_ends(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path / "dev", True)
    authenticator = authenticator_of(issuer)
    client = f"Bearer {issuer.token('plus-1', Role.PLUS, kind=CallerKind.CLIENTS, now=NOW)}"
    officer = f"Bearer {issuer.token('officer.tan', Role.OIC, kind=CallerKind.STAFF, now=NOW, lifetime=60)}"
    assert authenticator.authenticate(client, NOW) == Principal("plus-1", Role.PLUS, "dev-clients:plus-1")
    assert authenticator.authenticate(officer, NOW) == Principal(
        "officer.tan", Role.OIC, "dev-staff:officer.tan"
    )
    assert isinstance(authenticator.authenticate(officer, NOW + timedelta(seconds=90)), AuthenticationFailure)


def test_switched_off_it_signs_nothing_makes_nothing_and_says_how_to_switch_it_on(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path / "dev", False)
    with pytest.raises(DevIssuerOff, match="OCMS_DEV_ISSUER=1"):
        issuer.token("plus-1", Role.PLUS, kind=CallerKind.CLIENTS, now=NOW)
    with pytest.raises(DevIssuerOff):
        issuer.issuers()
    assert not (tmp_path / "dev").exists()


def test_the_key_is_the_owners_alone_and_stays_the_same(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path / "dev", True)
    token = issuer.token("plus-1", Role.PLUS, kind=CallerKind.CLIENTS, now=NOW)
    files = {file.name: file for file in (tmp_path / "dev").iterdir()}
    assert set(files) == {"dev-issuer.key.json", "dev-issuer.jwks.json"}
    assert files["dev-issuer.key.json"].stat().st_mode & 0o777 == 0o600
    assert '"d"' not in files["dev-issuer.jwks.json"].read_text()
    again = DevIssuer(tmp_path / "dev", True)
    assert isinstance(authenticator_of(again).authenticate(f"Bearer {token}", NOW), Principal)


def test_processes_that_start_together_sign_with_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST_TOKEN, str(tmp_path / "dev"), NOW.isoformat()]
    started = [
        subprocess.Popen(command, text=True, cwd=ROOT / "src", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [one.stdout and one.stdout.readline() for one in started] == ["ready\n"] * 4
    for one in started:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    tokens = [one.communicate()[0].strip() for one in started]
    authenticator = authenticator_of(DevIssuer(tmp_path / "dev", True))
    assert all(isinstance(authenticator.authenticate(f"Bearer {token}", NOW), Principal) for token in tokens)


@pytest.mark.parametrize(
    "subject, role, kind, message",
    [
        ("plus-1", Role.OIC, CallerKind.CLIENTS, "one of these roles: cas, plus, toppan"),
        ("officer.tan", Role.PLUS, CallerKind.STAFF, "one of these roles: oic"),
        ("x" * 51, Role.OIC, CallerKind.STAFF, "1 to 50 ASCII characters"),
    ],
)
def test_a_token_no_door_would_take_is_not_made(
    tmp_path: Path, subject: str, role: Role, kind: CallerKind, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DevIssuer(tmp_path, True).token(subject, role, kind=kind, now=NOW)
