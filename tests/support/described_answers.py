"""Holds every answer of a test's HTTP client to the API description of the system it calls."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import httpx
from attrs import field, frozen
from jsonschema_rs import Draft202012Validator, ValidationError

JSON = "application/json"


class NotAsDescribed(AssertionError):
    """An answer is not as the API description says; the message says where."""


@frozen(slots=False)
class DescribedAnswers:
    """
    A response hook of httpx: raises `NotAsDescribed` for an answer that is not as described.

    `fetch` returns the API description. What it does not describe, such as health, an unknown path or
    another method, is not looked at.
    """

    fetch: Callable[[], dict[str, Any]]
    _validators: dict[str, Draft202012Validator] = field(factory=dict, init=False, eq=False)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The API description, fetched once."""
        return self.fetch()

    @cached_property
    def paths(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        """The paths as patterns, those without parameters first."""
        items = sorted(self.document["paths"].items(), key=lambda item: item[0].count("{"))
        return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), methods) for path, methods in items]

    def __call__(self, response: httpx.Response) -> None:
        """Check one answer."""
        operation = self.operation_of(response.request)
        if operation is None:
            return
        response.read()
        self.check(operation, response.status_code, response.headers, response.content)

    def operation_of(self, request: httpx.Request) -> Mapping[str, Any] | None:
        """Return the description of the operation a request calls; None when it calls none."""
        path, method = request.url.path, request.method.lower()
        found = next((methods for pattern, methods in self.paths if pattern.fullmatch(path)), {})
        operation: Mapping[str, Any] | None = found.get(method)
        return operation

    def check(
        self, operation: Mapping[str, Any], status: int, headers: Mapping[str, str], content: bytes
    ) -> None:
        """Check status, headers, media type and body of an answer."""
        where = f"{operation['operationId']} {status}"
        described = operation["responses"].get(str(status))
        if described is None:
            raise NotAsDescribed(f"{where} is not described")
        missing = [name for name in described["headers"] if name not in headers]
        if missing:
            raise NotAsDescribed(f"{where} has no header {', '.join(missing)}")
        media_type = headers.get("content-type", "").partition(";")[0]
        if media_type not in described["content"]:
            raise NotAsDescribed(f"{where} is {media_type}")
        if media_type == JSON:
            try:
                self.validator(where, described["content"][JSON]["schema"]).validate(json.loads(content))
            except ValidationError as error:
                raise NotAsDescribed(f"{where}: {error}") from None

    def validator(self, where: str, schema: Mapping[str, Any]) -> Draft202012Validator:
        """Return the validator of a body, compiled once."""
        if where not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[where] = Draft202012Validator(whole)
        return self._validators[where]
