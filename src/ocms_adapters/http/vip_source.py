"""The list of VIP vehicles at CAS (API 3): fetched over mutual TLS, read as a stream, spooled to a file."""

import csv
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TextIO

import httpx
import ijson  # type: ignore[import-untyped]  # ships no types
from attrs import define, field, frozen

from ocms_adapters.http.mutual_tls import MutualTls
from ocms_adapters.http.retry import check_status, transient_error, with_retries
from ocms_core.court.vip_vehicles import BadList, check_complete, stored_vehicle
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

CAS = "CAS"
LARGEST_ANSWER = 1024**3
# Less than the lock of the refresh holds by itself.
LONGEST = timedelta(minutes=8)
VEHICLES, TOTAL = "data.vehicles.item", "total"


@frozen
class VipList:
    """A good list as quoted CSV: number, mark, description and status; `in_order` if the numbers rise."""

    rows: TextIO
    in_order: bool


class TooSlow(OcmsError):
    """CAS took longer over its list than there is time for."""


@define
class VipSource:
    """
    The list of VIP vehicles at `url`.

    `attempts` counts the calls; all of them together may take `LONGEST`.
    """

    url: str
    tls: MutualTls
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    seconds: Callable[[], float] = monotonic
    attempts: int = field(default=0, init=False)

    @contextmanager
    def fetch(self) -> Iterator[VipList]:
        """
        Fetch the list from CAS, and yield it for as long as the block lasts.

        Raises `RetriesExhausted` when CAS stays out of reach, `RequestRejected` when it refuses, `BadList`
        when its answer is no good list, `TooSlow` when it takes too long. Memory does not grow with the list.
        """
        latest = self.seconds() + LONGEST.total_seconds()
        with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as rows:
            in_order = with_retries(lambda: self._post(rows, latest), sleep=self.sleep)
            rows.seek(0)
            yield VipList(rows, in_order)

    @rule("P40")
    def _post(self, rows: TextIO, latest: float) -> bool:
        """
        Post a request id and a time to CAS and write its list to `rows`; return whether it is in order (P40).

        What comes before a cut in the stream counts for nothing. `latest` is when the list must be complete.
        """
        self.attempts += 1
        rows.seek(0)
        rows.truncate()
        body = {"requestId": str(uuid.uuid4()), "requestTimestamp": self.now().isoformat(timespec="seconds")}
        headers = {"X-Request-ID": body["requestId"]}
        try:
            with self.tls.client().stream("POST", self.url, json=body, headers=headers) as response:
                check_status(response, CAS)
                return spool(self._in_time(response.iter_bytes(), latest), rows)
        except httpx.RequestError as error:
            raise transient_error(error, CAS) from error

    def _in_time(self, chunks: Iterator[bytes], latest: float) -> Iterator[bytes]:
        for chunk in chunks:
            if self.seconds() > latest:
                raise TooSlow(f"{CAS} did not give its list within {LONGEST}")
            yield chunk


def spool(chunks: Iterator[bytes], rows: TextIO) -> bool:
    """Write the vehicles of an answer as CSV; return whether they are in order. Raises `BadList`."""
    vehicles, totals = ijson.sendable_list(), ijson.sendable_list()
    readers = [ijson.items_coro(vehicles, VEHICLES), ijson.items_coro(totals, TOTAL)]
    write, count, size = csv.writer(rows, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow, 0, 0
    last, in_order = "", True
    try:
        for chunk in with_end(chunks):
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise BadList("the answer is too large")
            for reader in readers:
                feed(reader, chunk)
            for vehicle in vehicles:
                count += 1
                row = stored_vehicle(vehicle, count)
                last, in_order = row[0], in_order and last < row[0]
                write(row)
            vehicles.clear()
    except (ijson.JSONError, UnicodeError) as error:
        raise BadList("the answer is not the JSON of a list") from error
    check_complete(total=totals[0] if len(totals) == 1 else None, vehicles=count)
    return in_order


def with_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks, and an empty one for the end of the answer."""
    yield from filter(None, chunks)
    yield b""


def feed(reader: Any, chunk: bytes) -> None:
    """Pass a chunk to a reader; the empty one ends it."""
    try:
        reader.send(chunk)
    except StopIteration:
        return
