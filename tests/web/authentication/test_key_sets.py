"""The keys of token issuers, from a real HTTP server and from files, followed as they change."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from ocms_adapters.jwks import IssuerKeys, keys_at, keys_in, usable_keys
from ocms_core.kernel.access import Principal
from ocms_core.kernel.errors import Unavailable
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import BearerAuthenticator
from tests.web.authentication.tokens import CLIENTS, EC, NOW, PLUS_CLAIMS, RSA, key_set, signed

NEW = ECKey.generate_key("P-256", parameters={"kid": "new"})
# What a reader of the set has of them.
EC_PUBLIC, NEW_PUBLIC = (ECKey.import_key(key.as_dict(private=False)) for key in (EC, NEW))


@define
class Publisher:
    """An issuer's web server: what it answers, and how often it was asked."""

    status: int = 200
    body: bytes = key_set(EC)
    asked: int = 0
    url: str = ""
    go: threading.Event = field(factory=threading.Event)


@define
class Seconds:
    """A clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    publisher.go.set()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            publisher.go.wait(10)
            self.send_response(publisher.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(publisher.body)))
            self.end_headers()
            self.wfile.write(publisher.body)

        def log_message(self, *_said: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        publisher.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
        yield publisher
        server.shutdown()
        thread.join()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keys(publisher: Publisher, seconds: Seconds) -> IssuerKeys:
    keys = keys_at("apim", publisher.url)
    keys._seconds = seconds
    return keys


def test_a_set_is_read_once_in_five_minutes(keys: IssuerKeys, publisher: Publisher, seconds: Seconds) -> None:
    for moment, asked in ((0, 1), (299, 1), (300, 2), (599, 2), (600, 3)):
        seconds.now = 1000 + moment
        assert keys.key("ec") == EC_PUBLIC
        assert publisher.asked == asked


def test_a_new_key_is_found_as_soon_as_the_issuer_may_be_asked_again(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds
) -> None:
    authenticator = BearerAuthenticator([(CLIENTS, keys)])
    token = f"Bearer {signed(PLUS_CLAIMS, key=NEW)}"
    assert isinstance(authenticator.authenticate(token, NOW), AuthenticationFailure)
    publisher.body = key_set(EC, NEW)
    seconds.now += 29
    assert isinstance(authenticator.authenticate(token, NOW), AuthenticationFailure)
    assert publisher.asked == 1
    seconds.now += 1
    assert isinstance(authenticator.authenticate(token, NOW), Principal)
    assert publisher.asked == 2


def test_a_withdrawn_key_is_refused_when_the_set_is_next_read(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds
) -> None:
    assert keys.key("ec") == EC_PUBLIC
    publisher.body = key_set(NEW)
    seconds.now += 300
    assert keys.key("ec") is None


def test_unknown_key_ids_have_the_issuer_asked_every_thirty_seconds_at_most(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds
) -> None:
    for turn in range(120):
        assert keys.key(f"unknown {turn}") is None
        seconds.now += 1
    assert publisher.asked == 4


@pytest.mark.parametrize(
    "status, body",
    [
        (500, key_set(NEW)),
        (302, key_set(NEW)),
        (200, b""),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": null}'),
        (200, b'{"keys": []}'),
        (200, b"[" * 100_000),
        (200, key_set(NEW) + b" " * 300_000),
    ],
)
def test_an_issuer_that_answers_badly_is_served_from_the_last_good_set(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds, status: int, body: bytes
) -> None:
    assert keys.key("ec") == EC_PUBLIC
    publisher.status, publisher.body = status, body
    for moment in (300, 310, 330, 86_400):
        seconds.now = 1000 + moment
        assert keys.key("ec") == EC_PUBLIC
    assert publisher.asked == 4  # at first, and at 300, 330 and 86,400 seconds
    publisher.status, publisher.body = 200, key_set(NEW)
    seconds.now += 30
    assert keys.key("new") == NEW_PUBLIC


def test_an_issuer_that_is_down_from_the_start_is_unavailable_until_it_is_up(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds
) -> None:
    publisher.status = 503
    for moment, asked in ((0, 1), (1, 1), (2, 2)):
        seconds.now = 1000 + moment
        with pytest.raises(Unavailable, match="token issuer apim"):
            keys.key("ec")
        assert publisher.asked == asked
    publisher.status = 200
    seconds.now += 2
    assert keys.key("ec") == EC_PUBLIC


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        keys_at("apim", "http://127.0.0.1:1/keys").key("ec")


def test_calls_at_once_ask_once_and_those_with_a_key_at_hand_do_not_wait(
    keys: IssuerKeys, publisher: Publisher, seconds: Seconds
) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(keys.key, ["ec"] * 8)) == [EC_PUBLIC] * 8
        assert publisher.asked == 1
        publisher.body = key_set(EC, NEW)
        publisher.go.clear()
        seconds.now += 300
        waiting = [threads.submit(keys.key, "new") for _ in range(4)]
        while publisher.asked == 1:
            pass
        assert keys.key("ec") == EC_PUBLIC  # while the issuer has not answered yet
        publisher.go.set()
        assert [one.result() for one in waiting] == [NEW_PUBLIC] * 4
        assert publisher.asked == 2


def test_a_file_is_followed_like_an_address(tmp_path: Path, seconds: Seconds) -> None:
    file = tmp_path / "keys.json"
    keys = keys_in("dev", file)
    keys._seconds = seconds
    with pytest.raises(Unavailable):
        keys.key("ec")
    file.write_bytes(key_set(EC))
    seconds.now += 2
    assert keys.key("ec") == EC_PUBLIC
    file.write_bytes(key_set(EC, NEW))
    seconds.now += 30
    assert keys.key("new") == NEW_PUBLIC


def test_a_key_that_cannot_be_used_does_not_spoil_the_others() -> None:
    short = {"kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"}
    shared = OctKey.generate_key(256, parameters={"kid": "shared"}).as_dict(private=True)
    unusable = [
        short,
        shared,
        {"kty": "ML-DSA", "kid": "post-quantum"},
        {**RSA.as_dict(private=False), "kid": "for encryption", "use": "enc"},
        {**RSA.as_dict(private=False), "kid": ""},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["EC"], "kid": "odd"},
        {"kty": "RSA", "kid": "odd", "n": 5},
        {},
        None,
        "key",
    ]
    document = {"keys": [*unusable, EC.as_dict(private=False)]}
    assert usable_keys(json.dumps(document).encode()) == {"ec": EC_PUBLIC}


def test_a_key_without_an_id_is_not_used() -> None:
    nameless = RSAKey.generate_key(2048).as_dict(private=False)
    with pytest.raises(ValueError, match="no usable key"):
        usable_keys(json.dumps({"keys": [nameless]}).encode())


@given(
    document=st.binary()
    | st.recursive(st.none() | st.text(), st.lists).map(lambda odd: json.dumps(odd).encode())
)
def test_no_document_breaks_more_than_itself(document: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        usable_keys(document)
