"""What an endpoint of the API is: a path, the operation behind it, and how its family speaks."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from ocms_core.kernel.access import Operation, Principal
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem

MEBIBYTE = 1024 * 1024


class AccessRecorder(Protocol):
    """Records that this caller looks somebody up now."""

    def __call__(self, id_nos: Iterable[str], *, notice_no: str | None = None) -> None:
        """Record the look before its answer goes out; Unavailable when that fails, and nothing is shown."""


@frozen
class Request:
    """
    A call that passed the doors: who asks, when, the JSON sent, and what its address says.

    Whatever shows or looks for a person calls `record_access` first: no look without a record.
    """

    principal: Principal
    now: datetime
    body: object
    record_access: AccessRecorder
    address: Mapping[str, str] = field(factory=dict)


@frozen
class BodyDescription:
    """What the API description shows of one body: a sentence, its schema, and examples by name."""

    description: str
    schema: Mapping[str, Any]
    examples: Mapping[str, Any]
    media_type: str = "application/json"


@frozen
class Description:
    """What the API description tells of an endpoint; `address` the schemas of what path and query carry."""

    summary: str
    text: str
    tag: str
    request: BodyDescription
    replies: Mapping[int, BodyDescription]
    address: Mapping[str, Mapping[str, Any]] = field(factory=dict)


@frozen
class Endpoint:
    """
    One operation at one path; a path may hold parameters, as in `/update-hst/{idNo:str}`.

    One that ends in a parameter of type `path` takes whatever is left of the path, and `also` names
    further paths at which the call is met, which the API description does not show.

    `answer` turns a call into its reply; `problem` words what keeps a call from being answered in
    the envelope of its family, `key_refused` a bad API key where the family tells it from a bad token.
    """

    operation: Operation
    path: str
    answer: Callable[[Request], Reply]
    problem: Callable[[Problem], Reply]
    description: Description
    method: str = "POST"
    largest_body: int = 2 * MEBIBYTE
    key_refused: Reply | None = None
    also: tuple[str, ...] = ()
