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
import structlog
from attrs import asdict, field, frozen
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ocms_adapters.clock import SystemClock
from ocms_adapters.structuring import JSON_BODIES, MalformedData, camel_case
from ocms_core.hst.facts import DataHiveAnswers
from ocms_core.kernel.addresses import DATAHIVE, AddressAnswer, RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.lengths import length_of
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

PATH = "/address-enquiries"
ANSWER = "the answer"
RETRIES = 3
SECONDS = 30
TAG_LENGTH = 1
NO_TEXT = {"Cc", "Cs"}  # control characters, and halves of what UTF-16 writes as pairs

# The length of the column behind each part of an address.
PART_LENGTHS: Mapping[str, int] = {
    "postal_code": 6,
    "blk_hse_no": 10,
    "street_name": 32,
    "floor_no": 3,
    "unit_no": 5,
    "bldg_name": 65,
}


@frozen
class EnquiryAddress:
    """An address in an answer; a part there is none of is null, empty or left out."""

    postal_code: str | None = None
    blk_hse_no: str | None = None
    street_name: str | None = None
    floor_no: str | None = None
    unit_no: str | None = None
    bldg_name: str | None = None


@frozen
class EnquiryAnswer:
    """What DataHive says of one identity; `effective_date` is an ISO 8601 date, empty for none."""

    id_no: str
    answered_at: datetime
    address: EnquiryAddress | None = None
    invalid_addr_tag: str | None = None
    effective_date: str | None = None


@frozen
class EnquiryAnswers:
    """The body of an answer; each of `answers` is read by itself, so that none spoils another."""

    answers: tuple[Any, ...]


@frozen
class HttpDataHive:
    """
    DataHive at `url`, with the bearer token it gave OCMS.

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
        """
        Ask about identities, three times more after longer pauses when the batch fails, then give up (H34).

        `identities` maps each number to its kind. Raises `Unavailable`.
        """
        retrying = Retrying(
            stop=stop_after_attempt(1 + RETRIES),
            wait=wait_exponential(multiplier=1, max=30),
            retry=retry_if_exception_type((httpx.HTTPError, MalformedData)),
            sleep=self.pause,
            reraise=True,
        )
        try:
            with self._client() as client:
                return retrying(self._ask, client, identities)
        except MalformedData as error:
            raise Unavailable(f"DataHive ({error})") from None
        # The text of these may hold a person; an authority's file that cannot be read is an OSError.
        except (httpx.HTTPError, OSError) as error:
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
    """
    Read the answers one by one, those about the identities asked for; about others nothing is kept (H34).

    Raises `MalformedData` when the body as a whole is not of the agreed form.
    """
    try:
        body = response.json()
    except ValueError:
        raise MalformedData(ANSWER, ["it is not JSON"]) from None
    readable, unreadable = [], set()
    for each in JSON_BODIES.read(body, EnquiryAnswers, ANSWER).answers:
        number = each.get("idNo") if isinstance(each, dict) else None
        if not isinstance(number, str) or number not in identities:
            continue
        try:
            readable.append(read_answer(each, identities[number]))
        except MalformedData as error:
            log.warning("datahive_answer_malformed", problems=error.problems)
            unreadable.add(number)
    answered = {each.id_no for each in readable}
    return DataHiveAnswers(tuple(readable), received_at, frozenset(unreadable) - answered)


def read_answer(data: object, id_type: str) -> AddressAnswer:
    """Read one answer. Raises `MalformedData`, naming the field, where it is not of the agreed form."""
    answer = JSON_BODIES.read(data, EnquiryAnswer, ANSWER)
    parts = asdict(answer.address or EnquiryAddress())
    return AddressAnswer(
        id_no=answer.id_no,
        id_type=id_type,
        source=DATAHIVE,
        address=RegisteredAddress(
            **{
                part: clean_text(parts[part], longest, f"address.{camel_case(part)}")
                for part, longest in PART_LENGTHS.items()
            }
        ),
        answered_at=answer.answered_at,
        invalid_addr_tag=clean_text(answer.invalid_addr_tag, TAG_LENGTH, "invalidAddrTag"),
        effective_date=effective_day(answer.effective_date),
    )


def clean_text(value: str | None, longest: int, name: str) -> str:
    """
    Return the text of a field without blanks around it; null is an empty one.

    Raises `MalformedData` for one longer than its column (G10), with control characters or half a pair.
    """
    if value is None:
        return ""
    if length_of(value) > longest:
        raise MalformedData(ANSWER, [f"{name} is longer than {longest} characters"])
    if any(category(character) in NO_TEXT for character in value):
        raise MalformedData(ANSWER, [f"{name} has control characters"])
    return value.strip()


def effective_day(value: str | None) -> datetime | None:
    """Return the start of a calendar day in Singapore, None for none. Raises `MalformedData`."""
    if not value:
        return None
    try:
        return datetime.combine(date.fromisoformat(value), time(), SINGAPORE)
    except ValueError:
        raise MalformedData(ANSWER, ["effectiveDate is not an ISO 8601 date"]) from None
