"""PLUS asks about notices through a real OAuth server and a served OCMS."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest

from ocms_adapters.partners import ApplicationError, PlusClient, RetriesExhausted
from ocms_adapters.partners.tokens import ClientCredentials
from ocms_core.kernel.alerts import Alert
from ocms_demo.simulators.fault_injection import InjectedFault, Simulator
from ocms_demo.simulators.tokens import reply_bytes
from tests.partners.conftest import SECRET, Served, Tokens, numbered


class Counting(httpx.BaseTransport):
    """Passes calls on and counts those to OCMS by their answer."""

    def __init__(self) -> None:
        self.inner, self.statuses = httpx.HTTPTransport(), list[int]()
        self.answered_bodies = list[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        if request.url.path.startswith("/v1"):
            self.statuses.append(response.status_code)
            if response.status_code == 200:
                self.answered_bodies.append(request.read().decode())
        return response

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def http() -> Iterator[Callable[[httpx.BaseTransport | None], httpx.Client]]:
    """Give clients, closed when the test ends."""
    with ExitStack() as opened:

        def make(transport: httpx.BaseTransport | None = None) -> httpx.Client:
            return opened.enter_context(httpx.Client(transport=transport, trust_env=False))

        yield make


MakeClient = Callable[..., PlusClient]
ODD_SECRETS = ["a+b/c%2Fd:e=", "~8Q_-.x", "p\u00e4ss w\u00f6rd", "100%", "a&b=c", ":"]


@pytest.fixture
def plus(ocms: Served, tokens: Tokens, http: Callable[..., httpx.Client]) -> MakeClient:
    """Give clients of the served OCMS."""

    def make(transport: httpx.BaseTransport | None = None) -> PlusClient:
        return PlusClient(
            ocms.url, tokens.address, "plus", SECRET, client=http(transport), sleep=lambda _: None
        )

    return make


@pytest.mark.rule("P44")
@pytest.mark.parametrize(
    "client_id, secret", [("plus", each) for each in ODD_SECRETS] + [("urn:plus/1 2", "s")]
)
def test_client_id_and_secret_are_encoded_before_basic(
    client_id: str, secret: str, http: Callable[..., httpx.Client]
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})

    token = ClientCredentials(
        "http://gateway/token", client_id, secret, http(httpx.MockTransport(answer)), scope="a/.default"
    )
    assert token.headers() == {"Authorization": "Bearer t"}
    user, _, password = (
        base64.b64decode(seen[0].headers["Authorization"].split()[1]).decode("ascii").partition(":")
    )
    assert (unquote_plus(user), unquote_plus(password)) == (client_id, secret)
    assert seen[0].read() == b"grant_type=client_credentials&scope=a%2F.default"


@pytest.mark.rule("P44")
def test_any_number_of_notices_is_asked_about_a_hundred_in_a_call(plus: MakeClient, tokens: Tokens) -> None:
    counting = Counting()
    infos = list(plus(counting).query(numbered(250)))
    assert [info.notice_no for info in infos] == numbered(250)
    assert (infos[0].payment_allowance_flag, infos[0].amount_payable) == ("Y", Decimal("150.00"))
    assert infos[0].court_payment_due_date
    assert (counting.statuses, tokens.issued) == ([200] * 3, 1)


@pytest.mark.rule("P44")
def test_a_token_that_ends_in_the_middle_loses_and_repeats_nothing(plus: MakeClient, tokens: Tokens) -> None:
    counting = Counting()
    client = plus(counting)
    notice_nos = []
    for place, info in enumerate(client.query(numbered(1000))):
        notice_nos.append(info.notice_no)
        if place in (150, 650):
            # The token at hand ends without a word: the next one is fetched only after a 401.
            client._calls.renew()
            tokens.stale = 1
    assert notice_nos == numbered(1000), "nothing is lost, nothing repeated"
    assert sorted(counting.statuses) == [200] * 10 + [401] * 2
    assert len(set(counting.answered_bodies)) == 10, "no batch was answered twice"


@pytest.mark.rule("P44")
def test_a_token_is_renewed_before_it_ends(tokens: Tokens, http: Callable[..., httpx.Client]) -> None:
    seconds = [0.0]
    credentials = ClientCredentials(tokens.address, "plus", SECRET, http(), lambda: seconds[0])
    first = credentials.headers()
    seconds[0] = 269.0
    assert credentials.headers() == first
    seconds[0] = 271.0
    credentials.headers()
    assert tokens.issued == 2


@pytest.mark.rule("P44")
@pytest.mark.parametrize(
    "life, renewed_after", [({"expires_in": 3600}, 3570), ({"expires_in": 100}, 90), ({}, 270)], ids=str
)
def test_how_long_before_its_end_a_token_is_renewed(
    life: dict[str, object], renewed_after: int, http: Callable[..., httpx.Client]
) -> None:
    seconds, issued = [0.0], list[str]()

    def answer(_: httpx.Request) -> httpx.Response:
        issued.append(f"t{len(issued)}")
        return httpx.Response(200, json={"access_token": issued[-1], "token_type": "Bearer", **life})

    client = http(httpx.MockTransport(answer))
    credentials = ClientCredentials("http://gateway/token", "plus", SECRET, client, lambda: seconds[0])
    for moment, token in ((0, "t0"), (renewed_after - 1, "t0"), (renewed_after, "t1")):
        seconds[0] = float(moment)
        assert credentials.headers() == {"Authorization": f"Bearer {token}"}


@pytest.mark.rule("P44")
def test_a_token_refused_twice_is_a_refusal(plus: MakeClient, tokens: Tokens) -> None:
    tokens.stale = 9
    counting = Counting()
    with pytest.raises(ApplicationError, match="OCMS-4011"):
        plus(counting).query_batch(numbered(1))
    assert (counting.statuses, tokens.issued) == ([401, 401], 2)


@pytest.mark.rule("P44")
def test_an_unknown_notice_is_a_refusal_with_its_code(plus: MakeClient) -> None:
    with pytest.raises(ApplicationError, match="404 OCMS-4008") as refused:
        plus().query_batch(["X1"])
    assert refused.value.code == "OCMS-4008"


class Gateway(Simulator):
    """A gateway that answers one notice."""

    def reply(self, path: str, headers: Any, body: bytes) -> Any:
        del path, headers, body
        one: Mapping[str, object] = {
            "noticeNo": "1",
            "courtPaymentDueDate": None,
            "paymentAllowanceFlag": "N",
            "amountPayable": None,
        }
        return reply_bytes(200, {"total": 1, "data": {"notices": [one]}})


@pytest.mark.rule("P44")
@pytest.mark.parametrize("mishap", ["500", "502", "503", "504", "reset", "cut=0.5"])
def test_when_every_attempt_failed_there_is_one_alert_until_it_works_again(
    tokens: Tokens, http: Callable[..., httpx.Client], mishap: str
) -> None:
    gateway, waits, alerts = Gateway(), list[float](), list[Alert]()
    with gateway.running():
        client = PlusClient(
            gateway.url, tokens.address, "plus", SECRET, alerts.append, http(), sleep=waits.append
        )
        gateway.faults.extend([InjectedFault.parse(mishap)] * 8)
        for _ in range(2):
            with pytest.raises(RetriesExhausted):
                client.query_batch(["1"])
        assert len(gateway.bodies) == 8
        assert [alert.subject for alert in alerts] == [
            "OCMS API Query Notice Info Failed - All Retries Exhausted"
        ]
        sent = [json.loads(body)["requestId"] for body in gateway.bodies]
        assert len(set(sent)) == 2, "the attempts of a call have one request id"
        assert f"Request id: {sent[0]}" in alerts[0].text.splitlines()
        assert [round(wait - 0.25) for wait in waits] == [2, 4, 8] * 2
        assert len(client.query_batch(["1"])) == 1


@pytest.mark.rule("P44")
def test_a_full_limit_is_waited_for_as_long_as_it_says(
    tokens: Tokens, http: Callable[..., httpx.Client]
) -> None:
    gateway, waits = Gateway(), list[float]()
    with gateway.running():
        gateway.faults.append(InjectedFault(status=429))
        client = PlusClient(gateway.url, tokens.address, "plus", SECRET, client=http(), sleep=waits.append)
        assert len(client.query_batch(["1"])) == 1
    assert waits == [60.0]


@pytest.mark.rule("P44", "P3")
def test_a_limit_is_waited_for_an_hour_at_most_and_three_times(http: Callable[..., httpx.Client]) -> None:
    sent, waits, after = list[str](), list[float](), iter(["7", "3601", "soon", "9"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
        sent.append(json.loads(request.read())["requestId"])
        return httpx.Response(429, headers={"Retry-After": next(after)}, json={"appCode": "OCMS-4291"})

    client = PlusClient(
        "http://gateway",
        "http://gateway/token",
        *("plus", SECRET),
        client=http(httpx.MockTransport(answer)),
        sleep=waits.append,
    )
    with pytest.raises(ApplicationError, match="OCMS-4291"):
        client.query_batch(["1"])
    assert (waits, len(sent), len(set(sent))) == ([7.0, 3600.0, 60.0], 4, 1)


def test_no_secret_shows_in_what_a_client_prints(plus: MakeClient) -> None:
    assert SECRET not in repr(plus())


@pytest.mark.rule("P44")
@pytest.mark.parametrize("garbled", ["gateway", "token endpoint"])
def test_an_answer_that_cannot_be_unpacked_is_tried_again_and_alerted(
    tokens: Tokens, http: Callable[..., httpx.Client], garbled: str
) -> None:
    def garbles(reply: Callable[..., Any]) -> Callable[..., Any]:
        def garbling(*request: Any) -> Any:
            status, _, parts, length = reply(*request)
            return status, {"Content-Encoding": "gzip"}, parts, length

        return garbling

    gateway, alerts = Gateway(), list[Alert]()
    wrong: Simulator = gateway if garbled == "gateway" else tokens
    wrong.reply = garbles(wrong.reply)  # type: ignore[method-assign]  # the server is real, its answer is not
    with gateway.running():
        client = PlusClient(
            gateway.url, tokens.address, "plus", SECRET, alerts.append, http(), sleep=lambda _: None
        )
        with pytest.raises(RetriesExhausted, match="DecodingError"):
            client.query_batch(["1"])
    assert len(alerts) == 1
