"""A simulated DataHive that answers address enquiries over TLS to callers with its token."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ocms_adapters.clock import SystemClock
from ocms_adapters.datahive import PATH
from ocms_adapters.structuring import JSON_BODIES
from ocms_demo.simulators.certificates import Certificate
from ocms_demo.simulators.fake_registry import registry_entry
from ocms_demo.simulators.fault_injection import Simulator

OK, UNAUTHORIZED, NOT_FOUND = 200, 401, 404


class DataHiveSimulator(Simulator):
    """Answers about everybody, as of `now()`."""

    def __init__(
        self,
        own: Certificate,
        token: str,
        now: Callable[[], datetime] | None = None,
        port: int = 0,
    ) -> None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(own.certificate, own.key)
        super().__init__(port, tls)
        self.token, self.now = token, now or SystemClock().now

    def reply(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Iterator[bytes], int]:
        """Return the answer to an enquiry."""
        if headers.get("Authorization") != f"Bearer {self.token}":
            return reply_bytes(UNAUTHORIZED, {})
        if path != PATH:
            return reply_bytes(NOT_FOUND, {})
        return reply_bytes(OK, datahive_answer(json.loads(body), self.now()))


def datahive_answer(asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the answer to an address enquiry in DataHive's form."""
    answers = []
    for identity in asked["identities"]:
        person = registry_entry(identity["idNo"])
        address = JSON_BODIES.unstructure(person.address)
        answers.append(
            {
                "idNo": identity["idNo"],
                "answeredAt": now.isoformat(),
                "address": address,
                "invalidAddrTag": person.invalid_tag,
                "effectiveDate": None,
            }
        )
    return {"answers": answers}


def reply_bytes(status: int, answer: object) -> tuple[int, dict[str, str], Iterator[bytes], int]:
    """Return an answer in JSON, as `reply` does."""
    body = json.dumps(answer).encode()
    return status, {}, iter([body]), len(body)
