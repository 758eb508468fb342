"""The API description (OpenAPI 3.1), printed from the endpoints themselves."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ocms_core.kernel import codes
from ocms_core.kernel.access import OPERATIONS, CredentialKind, Limit, OperationPolicy
from ocms_core.kernel.batch_limits import DEFAULTS
from ocms_core.kernel.rule_tags import rule
from ocms_web import dry_runs
from ocms_web.descriptions import BodyDescription, errors_by_status, joined
from ocms_web.endpoints import Endpoint
from ocms_web.problems import RECORD_PROBLEMS, WRITE_PROBLEMS, Problem
from ocms_web.repeats import HEADER
from ocms_web.shapes import REF, components, optional, schema_of

SECURITY: Mapping[str, Mapping[str, str]] = {
    CredentialKind.API_KEY.value: {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key that `ocms keys issue` has printed.",
    },
    CredentialKind.BEARER.value: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of an issuer the deployment trusts.",
    },
}

TYPE_OF_PARAMETER = re.compile(r":\w+(?=})")

IDEMPOTENCY_KEY: Mapping[str, Any] = {
    "name": HEADER,
    "in": "header",
    "description": "A name of the call, such as a UUID, that a repeat of it has too: the repeat gets the "
    "first answer, with `Idempotency-Replayed: true`, and changes nothing. Kept for at least 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}
DRY_RUN: Mapping[str, Any] = {
    "name": dry_runs.HEADER,
    "in": "header",
    "description": "With `1` the call answers what it would answer, with this header, and changes nothing.",
    "schema": {"type": "string", "enum": [dry_runs.DRY_RUN]},
}
REQUEST_ID: Mapping[str, Any] = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "Echoed in the answer and logged; made up when absent.",
    "schema": {"type": "string", "maxLength": 128},
}

PROBLEM_TEXTS: Mapping[Problem, str] = {
    Problem.INVALID_KEY: codes.INVALID_KEY_TEXT,
    Problem.CALL_RUNNING: codes.CALL_RUNNING_TEXT,
    Problem.KEY_REUSED: codes.KEY_REUSED_TEXT,
    Problem.INVALID_DRY_RUN: codes.INVALID_DRY_RUN_TEXT,
}


def document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Return the description of the whole API."""
    endpoints = tuple(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(template(endpoint), {})[endpoint.method.lower()] = operation(endpoint)
    bodies = (body for endpoint in endpoints for body in bodies_of(endpoint))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCMS",
            "version": version,
            "summary": "Offence case management for parking-offence notices.",
            "description": "Court and payment, change of processing stage, offenders, and HST suspension.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This system"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.description.tag for each in endpoints)],
        "paths": paths,
        "components": {
            "schemas": components(dict.fromkeys(shape for body in bodies for shape in body.shapes)),
            "parameters": {"X-Request-ID": REQUEST_ID, HEADER: IDEMPOTENCY_KEY, dry_runs.HEADER: DRY_RUN},
            "securitySchemes": SECURITY,
        },
    }


def bodies_of(endpoint: Endpoint) -> Iterable[BodyDescription]:
    """Return every body an endpoint takes or answers with; what a GET takes is not a body."""
    yield from replies_of(endpoint).values()
    if endpoint.method != "GET":
        yield endpoint.description.request


def template(endpoint: Endpoint) -> str:
    """Return the path of an endpoint as the description and the logs show it."""
    return untyped(endpoint.path)


def untyped(path: str) -> str:
    """Return a path with its parameters named but not typed."""
    return TYPE_OF_PARAMETER.sub("", path)


def operation(endpoint: Endpoint) -> dict[str, Any]:
    """Return the description of one endpoint."""
    description, policy = endpoint.description, OPERATIONS[endpoint.operation]
    own = {HEADER: policy.changes, dry_runs.HEADER: policy.writes}
    named = ["X-Request-ID", *(name for name, taken in own.items() if taken)]
    body = {} if endpoint.method == "GET" else {"requestBody": request_body(description.request)}
    return {
        "operationId": operation_id(endpoint),
        "summary": description.summary,
        "description": f"{description.text} {policy_text(policy)}",
        "tags": [description.tag],
        "security": [{policy.credential.value: []}],
        "parameters": [
            *({"$ref": f"#/components/parameters/{name}"} for name in named),
            *url_parameters(endpoint),
        ],
        **body,
        "responses": {
            str(status): reply(status, each) for status, each in sorted(replies_of(endpoint).items())
        },
    }


@rule("K1", "K6")
def replies_of(endpoint: Endpoint) -> dict[int, BodyDescription]:
    """Return the answers of an endpoint by status; of one that writes, those about its headers too."""
    replies = dict(endpoint.description.replies)
    policy = OPERATIONS[endpoint.operation]
    problems = WRITE_PROBLEMS if policy.changes else RECORD_PROBLEMS if policy.records else ()
    about_headers = errors_by_status(
        (reply.status, PROBLEM_TEXTS[problem], reply.body)
        for problem in problems
        for reply in [endpoint.problem(problem)]
    )
    for status, added in about_headers.items():
        replies[status] = joined(replies[status], added) if status in replies else added
    return replies


def policy_text(policy: OperationPolicy) -> str:
    """Return who may call, how often, and with how many items: the same words for every operation."""
    most = f" At most {DEFAULTS[policy.batch_cap]:,} items in a call." if policy.batch_cap else ""
    return f"Role: `{policy.role.value}`. {limit_text(policy.limit)}{most}"


def limit_text(limit: Limit) -> str:
    """Return how often one credential may call."""
    minutes = limit.seconds // 60
    period = "any minute" if minutes == 1 else f"any {minutes} minutes"
    return f"At most {limit.calls} calls of one credential in {period}."


def operation_id(endpoint: Endpoint) -> str:
    """
    Return the operation's name, unique among its endpoints.

    The form with everything in the body has the plain name; the other forms of the same operation add
    their method or their path parameters (G2).
    """
    name = endpoint.operation.value
    if endpoint.method != "POST":
        return f"{name}-{endpoint.method.lower()}"
    in_path = [each for each in endpoint.description.url_params if f"{{{each}" in endpoint.path]
    return "-by-".join((name, *in_path))


def url_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Return the description of path and query parameters."""
    return [
        {
            "name": name,
            "in": "path" if f"{{{name}" in endpoint.path else "query",
            "required": not optional(type_),
            "schema": schema_of(type_),
        }
        for name, type_ in endpoint.description.url_params.items()
    ]


def request_body(body: BodyDescription) -> dict[str, Any]:
    """Return the description of a request body."""
    return {"required": True, "description": body.description, "content": content(body)}


def reply(status: int, body: BodyDescription) -> dict[str, Any]:
    """Return the description of one answer with the headers its status brings."""
    headers: dict[str, Any] = {
        "X-Request-ID": {"description": "The id of this request", "schema": {"type": "string"}}
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = {
            "description": "Seconds to wait",
            "schema": {"type": "integer", "minimum": 1},
        }
    return {"description": body.description, "headers": headers, "content": content(body)}


def content(body: BodyDescription) -> dict[str, Any]:
    """Return schema and examples of a body."""
    if not body.shapes:
        return {body.media_type: {"schema": {"type": "string", "format": "binary"}}}
    examples = {name: {"value": value} for name, value in body.examples.items()}
    references = [{"$ref": REF.format(name=shape.__name__)} for shape in body.shapes]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {body.media_type: {"schema": schema, "examples": examples}}
