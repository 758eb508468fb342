"""A PLUS client whose token runs out by itself, at an OCMS that reads the issuer's keys at its address."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from ocms_adapters.clock import SystemClock
from ocms_adapters.partners import PlusClient
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import ALGORITHM, AUDIENCE, DevIssuer, issuer_of
from ocms_demo.simulators.tokens import KEYS, TokenSimulator
from ocms_web.authentication.bearer import LEEWAY_SECONDS
from ocms_web.authentication.issuers import CallerKind
from tests.partners.conftest import SECRET, numbered
from tests.partners.test_plus import Counting
from tests.support.databases import sqlite_databases
from tests.support.http_server import Deployment, serving
from tests.support.rows import put_notices

# Ends are stated in whole seconds, so a token may live one less.
SECONDS, STATED = 4, 2
BATCHES = 10


class Mortal(TokenSimulator):
    """An OAuth server whose tokens OCMS believes for a few seconds; it keeps count of them."""

    def __init__(self, folder: Path, lifetime: int) -> None:
        issuer = DevIssuer(folder / "keys", switched_on=True)
        self.issued = 0

        def sign(client: str, _lifetime: int) -> str:
            self.issued += 1
            # OCMS allows for clocks that differ, so these ended a little less than that ago.
            startup = SystemClock().now() - timedelta(seconds=2 * LEEWAY_SECONDS)
            life = LEEWAY_SECONDS + SECONDS
            return issuer.token(client, Role.PLUS, kind=CallerKind.CLIENTS, now=startup, lifetime=life)

        keys = issuer.issuers()[0].jwks_file
        assert keys
        super().__init__({"plus": SECRET}, sign, keys, lifetime=lifetime)


@pytest.fixture
def deployment(sqlite_templates: Path, tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(sqlite_databases(sqlite_templates, tmp_path), tmp_path)
    put_notices(deployment.engine, numbered(100 * BATCHES))
    yield deployment
    deployment.engine.dispose()


@pytest.mark.rule("P44")
@pytest.mark.parametrize("lifetime", [STATED, 300], ids=["its end is stated", "its end comes as a surprise"])
def test_a_token_that_runs_out_between_batches_loses_and_repeats_nothing(
    deployment: Deployment, lifetime: int
) -> None:
    tokens, counting = Mortal(deployment.folder, lifetime), Counting()
    config = deployment.folder / "ocms.toml"
    with tokens.running():
        config.write_text(
            f"""
            [[ocms.issuers]]
            name = "apim"
            issuer = "{issuer_of(CallerKind.CLIENTS)}"
            audience = "{AUDIENCE}"
            kind = "clients"
            algorithms = ["{ALGORITHM}"]
            jwks_url = "{tokens.url}{KEYS}"
            """
        )
        with (
            serving(deployment, dev_issuer=0, config=config) as served,
            PlusClient(
                str(served.http.base_url),
                tokens.address,
                "plus",
                SECRET,
                client=httpx.Client(transport=counting),
                sleep=lambda _: None,
            ) as plus,
        ):
            answered = []
            for place, info in enumerate(plus.query(numbered(100 * BATCHES))):
                if place % 100 == 0:
                    time.sleep(0.5)
                answered.append(info.notice_no)
    assert answered == numbered(100 * BATCHES), "nothing is lost, nothing repeated"
    queried = [
        notice["noticeNo"] for body in counting.answered_bodies for notice in json.loads(body)["notices"]
    ]
    assert queried == answered, "and no batch was answered twice"
    assert tokens.issued >= 2
    refused = counting.statuses.count(401)
    assert counting.statuses.count(200) == BATCHES == len(counting.statuses) - refused
    assert refused == (0 if lifetime == STATED else tokens.issued - 1)
