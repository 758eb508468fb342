"""
DataHive's address enquiry as JSON over HTTPS.

DataHive's own interface document is not public: this is the form described in the project's docs,
and another adapter with the same `ask` can take its place.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from time import sleep
from typing import Any
from unicodedata import category

import httpx
from attrs import field, frozen
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ocms_adapters.clock import SystemClock
from ocms_core.hst.facts import DataHiveAnswers
from ocms_core.kernel.addresses import DATAHIVE, AddressAnswer, RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE, timestamp
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule

PATH = "/address-enquiries"
RETRIES = 3
SECONDS = 30
TAG_LENGTH = 1
NO_TEXT = {"Cc", "Cs"}  # control characters, and halves of what UTF-16 writes as pairs

# The parts of an address in an answer, with the length of the column behind each.
PARTS: dict[str, tuple[str, int]] = {
    "postalCode": ("postal_code", 6),
    "blkHseNo": ("blk_hse_no", 10),
    "streetName": ("street_name", 32),
    "floorNo": ("floor_no", 3),
    "unitNo": ("unit_no", 5),
    "bldgName": ("bldg_name", 65),
}


class UnreadableAnswer(Exception):
    """An answer is not of the form agreed on; no word of it is repeated."""


@frozen
class HttpDataHive:
    """
    DataHive at a URL, with the bearer token it gave OCMS.

    `ca` is the PEM file of the authority that signs its certificate; empty for the system's authorities.
    """

    url: str
    token: str = field(repr=False)
    ca: str = ""
    transport: httpx.BaseTransport | None = None
    pause: Callable[[float], None] = sleep
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)

    @rule("H34")
    def ask(self, identities: Mapping[str, str]) -> DataHiveAnswers:
        """A batch that fails is asked three times more, each time after a longer pause, then given up."""
        retrying = Retrying(
            stop=stop_after_attempt(1 + RETRIES),
            wait=wait_exponential(multiplier=1, max=30),
            retry=retry_if_exception_type((httpx.HTTPError, UnreadableAnswer)),
            sleep=self.pause,
            reraise=True,
        )
        try:
            with self._client() as client:
                return retrying(self._ask, client, identities)
        # An authority's file that cannot be read is an OSError.
        except (httpx.HTTPError, UnreadableAnswer, OSError) as error:
            raise Unavailable(f"DataHive ({type(error).__name__})") from None

    def _client(self) -> httpx.Client:
        tls = ssl.create_default_context(cafile=self.ca or None)
        return httpx.Client(timeout=SECONDS, verify=tls, transport=self.transport, trust_env=False)

    def _ask(self, client: httpx.Client, identities: Mapping[str, str]) -> DataHiveAnswers:
        body = {"identities": [{"idNo": number, "idType": kind} for number, kind in identities.items()]}
        response = client.post(
            self.url.rstrip("/") + PATH, json=body, headers={"Authorization": f"Bearer {self.token}"}
        )
        response.raise_for_status()
        return read(response, identities, self.now())


@rule("H34")
def read(response: httpx.Response, identities: Mapping[str, str], received_at: datetime) -> DataHiveAnswers:
    """Answers are read one by one, those about the identities asked for; about others nothing is kept."""
    try:
        given = response.json()["answers"]
    except (ValueError, KeyError, TypeError):
        raise UnreadableAnswer from None
    if not isinstance(given, list):
        raise UnreadableAnswer
    readable, unreadable = [], set()
    for each in given:
        number = each.get("idNo") if isinstance(each, dict) else None
        if not isinstance(number, str) or number not in identities:
            continue
        try:
            readable.append(answer(each, identities[number]))
        except (UnreadableAnswer, ValueError, KeyError, TypeError, AttributeError):
            unreadable.add(number)
    answered = {each.id_no for each in readable}
    return DataHiveAnswers(tuple(readable), received_at, frozenset(unreadable) - answered)


def answer(given: Mapping[str, Any], id_type: str) -> AddressAnswer:
    """Read one answer; Unreadable where it is not of the form agreed on."""
    answered_at = timestamp(text(given["answeredAt"], None))
    if answered_at is None:
        raise UnreadableAnswer
    address = given.get("address") or {}
    return AddressAnswer(
        id_no=given["idNo"],
        id_type=id_type,
        source=DATAHIVE,
        address=RegisteredAddress(
            **{part: text(address.get(name), longest) for name, (part, longest) in PARTS.items()}
        ),
        answered_at=answered_at,
        invalid_addr_tag=text(given.get("invalidAddrTag"), TAG_LENGTH),
        effective_date=day(given.get("effectiveDate")),
    )


def text(value: object, longest: int | None) -> str:
    """
    Read a text; null is an empty one.

    One longer than its column is unreadable (G10), and so is one with control characters or half a pair.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or (longest is not None and len(value) > longest):
        raise UnreadableAnswer
    if any(category(character) in NO_TEXT for character in value):
        raise UnreadableAnswer
    return value.strip()


def day(value: object) -> datetime | None:
    """Read a calendar day, or nothing."""
    return None if not value else datetime.combine(date.fromisoformat(text(value, 10)), time(), SINGAPORE)
