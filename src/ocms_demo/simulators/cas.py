"""A simulated CAS with a list of VIP vehicles, behind mutual TLS."""

import json
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ocms_demo.simulators.certificates import Certificate
from ocms_demo.simulators.fault_injection import Simulator

PATH = "/v1/ocms/cas-refreshVIPVehicle"
AT_ONCE = 1000

Vehicle = dict[str, str]


class CasSimulator(Simulator):
    """Serves its list of vehicles to callers with a certificate of the authority."""

    def __init__(self, own: Certificate, authority: Path, vehicles: Sequence[Vehicle], port: int = 0) -> None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(own.certificate, own.key)
        super().__init__(port, tls)
        self.vehicles = vehicles

    @property
    def address(self) -> str:
        """The address of the list."""
        return self.url + PATH

    def reply(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Iterator[bytes], int]:
        """Return the list."""
        del headers, body
        if path != PATH:
            return 404, {}, iter([b"{}"]), 2
        parts = list(listed(self.vehicles))
        return 200, {}, iter(parts), sum(map(len, parts))


def listed(vehicles: Sequence[Vehicle]) -> Iterator[bytes]:
    """Yield the answer of API 3 in parts."""
    message = "Successfully retrieved VIP vehicle data"
    yield b'{"total": %d, "data": {"appCode": "OCMS-2000", "message": "%s", "vehicles": [' % (
        len(vehicles),
        message.encode(),
    )
    for first in range(0, len(vehicles), AT_ONCE):
        some = json.dumps(vehicles[first : first + AT_ONCE])[1:-1]
        yield (", " if first else "").encode() + some.encode()
    yield b"]}}"


def sample_vehicles(count: int) -> list[Vehicle]:
    """Return so many made-up vehicles."""
    return [
        {
            "vehicleNo": f"SVP{number:07}",
            "vipVehicle": "Y",
            "description": "Diplomatic vehicle",
            "status": "A" if number % 10 else "D",
        }
        for number in range(1, count + 1)
    ]
