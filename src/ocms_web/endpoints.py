"""An endpoint of the API: a path, the operation behind it, its envelope and its description."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from ocms_core.kernel.access import Operation, Principal
from ocms_web.descriptions import Description
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem

MEBIBYTE = 1024 * 1024


class AccessRecorder(Protocol):
    """Records that this caller looks up a person now."""

    def __call__(self, id_nos: Iterable[str], *, notice_no: str | None = None) -> None:
        """Record the look before its answer goes out. Raises `Unavailable`: then nothing may be shown."""


@frozen
class Request:
    """
    An authenticated call: who calls, when, the JSON sent, and what path and query say.

    The `body` of a GET are the fields of its path and query, so that no call looks for a field elsewhere.
    Whatever shows or looks for a person calls `record_access` first: no look without a record.
    `idempotency_key` is the header of a call that changes something, where it has one. Of a call that is a
    `dry_run` nothing is written but the record of a look. `seen_stages` are those in which a page of ours
    has shown notices to the officer, by notice: what has left its stage since is not changed (S30).
    """

    principal: Principal
    now: datetime
    body: object
    record_access: AccessRecorder
    url_params: Mapping[str, str] = field(factory=dict)
    idempotency_key: str | None = None
    dry_run: bool = False
    seen_stages: Mapping[str, str] = field(factory=dict)


@frozen
class Endpoint:
    """
    One operation at one path; a path may hold parameters, as in `/update-hst/{idNo:str}`.

    A path that ends in a parameter of type `path` takes whatever is left of the path; `also` names
    further paths of the same call, which the API description does not show.

    `answer` turns a call into its reply; `problem` renders what keeps a call from being answered in
    the envelope of its contract, `key_refused` a bad API key where the contract tells it from a bad token,
    `too_large` a body beyond `largest_body` where its text names the batch cap, which the moment decides.
    """

    operation: Operation
    path: str
    answer: Callable[[Request], Reply]
    problem: Callable[[Problem], Reply]
    description: Description
    method: str = "POST"
    largest_body: int = 2 * MEBIBYTE
    key_refused: Reply | None = None
    too_large: Callable[[datetime], Reply] | None = None
    also: tuple[str, ...] = ()
