"""The list of VIP vehicles at CAS: asked for over mutual TLS, read as a stream, spooled to a file."""

import csv
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TextIO

import httpx
import ijson  # type: ignore[import-untyped]  # ships no types
from attrs import frozen

from ocms_adapters.http.calling import check_status, passing, tried
from ocms_adapters.http.mutual_tls import MutualTls
from ocms_core.court.vip_vehicles import BadList, check_complete, stored_vehicle
from ocms_core.kernel.spec import rule

CAS = "CAS"
LARGEST_ANSWER = 1024**3
VEHICLES, TOTAL = "data.vehicles.item", "total"


@frozen
class VipList:
    """A complete good list: a CSV file of number, mark, description and status, and how many there are."""

    rows: TextIO
    vehicles: int


@frozen
class VipSource:
    """Where CAS answers, how it is reached, and how the waits between attempts are slept."""

    url: str
    tls: MutualTls
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    @contextmanager
    def fetched(self) -> Iterator[VipList]:
        """
        Ask CAS for the list, and give it for as long as the block lasts.

        `Exhausted` when CAS stays out of reach, `Refused` when it refuses, `BadList` when what it says
        is no good list. Memory does not grow with the list.
        """
        with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as rows:
            vehicles = tried(lambda: self._ask(rows), sleep=self.sleep)
            rows.seek(0)
            yield VipList(rows, vehicles)

    @rule("P40")
    def _ask(self, rows: TextIO) -> int:
        """CAS is posted a request id and a time; what comes before a cut in the stream counts for nothing."""
        rows.seek(0)
        rows.truncate()
        body = {"requestId": str(uuid.uuid4()), "requestTimestamp": self.now().isoformat(timespec="seconds")}
        headers = {"X-Request-ID": body["requestId"]}
        try:
            with self.tls.client().stream("POST", self.url, json=body, headers=headers) as response:
                check_status(response, CAS)
                return spool(response.iter_bytes(), rows)
        except httpx.TransportError as error:
            raise passing(error, CAS) from error


def spool(chunks: Iterator[bytes], rows: TextIO) -> int:
    """Write the vehicles of a good and complete answer as CSV; gives their number. `BadList` otherwise."""
    vehicles, totals = ijson.sendable_list(), ijson.sendable_list()
    readers = [ijson.items_coro(vehicles, VEHICLES), ijson.items_coro(totals, TOTAL)]
    write, count, size = csv.writer(rows, lineterminator="\n").writerow, 0, 0
    try:
        for chunk in ended(chunks):
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise BadList("the answer is too large")
            for reader in readers:
                feed(reader, chunk)
            for vehicle in vehicles:
                count += 1
                write(stored_vehicle(vehicle, count))
            vehicles.clear()
    except (ijson.JSONError, UnicodeError) as error:
        raise BadList("the answer is not the JSON of a list") from error
    check_complete(total=totals[0] if len(totals) == 1 else None, vehicles=count)
    return count


def ended(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the chunks, and an empty one for the end of the answer."""
    yield from filter(None, chunks)
    yield b""


def feed(reader: Any, chunk: bytes) -> None:
    """Give a reader a chunk; the empty one ends it."""
    try:
        reader.send(chunk)
    except StopIteration:
        return
