"""The API description, drawn from the endpoints themselves, and the page to try calls on."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ocms_web.endpoints import BodyDescription, Endpoint

SECURITY: Mapping[str, Mapping[str, str]] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}

TYPE_OF_PARAMETER = re.compile(r":\w+(?=})")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>OCMS API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#api", deepLinking: true});\n'


def document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Describe the whole API as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(template(endpoint), {})[endpoint.method.lower()] = operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCMS",
            "version": version,
            "description": "Offence case management for parking-offence notices.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"securitySchemes": SECURITY},
    }


def template(endpoint: Endpoint) -> str:
    """Give a path with its parameters named but not typed, as the description and the logs show it."""
    return TYPE_OF_PARAMETER.sub("", endpoint.path)


def operation(endpoint: Endpoint) -> dict[str, Any]:
    """Describe one endpoint."""
    given = endpoint.description
    name, posted = endpoint.operation.value, endpoint.method == "POST"
    body = {} if endpoint.method == "GET" else {"requestBody": {"required": True, **content(given.request)}}
    return {
        # An operation may also be had by another method, or with its key in the path; the form with
        # everything in the body has its plain name.
        "operationId": named(name if posted else f"{name}-{endpoint.method.lower()}", endpoint),
        "summary": given.summary,
        "description": given.text,
        "tags": [given.tag],
        "security": [{scheme: []} for scheme in SECURITY],
        "parameters": [
            {
                "name": "X-Request-ID",
                "in": "header",
                "description": "Echoed in the answer and logged; made up when absent.",
                "schema": {"type": "string", "maxLength": 128},
            },
            *addressed(endpoint),
        ],
        **body,
        "responses": {str(status): reply(status, shown) for status, shown in sorted(given.replies.items())},
    }


def named(name: str, endpoint: Endpoint) -> str:
    """Tell a call with parameters in its path from its twin."""
    in_path = [each for each in endpoint.description.address if f"{{{each}" in endpoint.path]
    return "-by-".join((name, *in_path)) if endpoint.method == "POST" else name


def addressed(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Describe what stands in the path and behind it."""
    in_path = {name: f"{{{name}" in endpoint.path for name in endpoint.description.address}
    return [
        {
            "name": name,
            "in": "path" if in_path[name] else "query",
            "required": in_path[name],
            "schema": schema,
        }
        for name, schema in endpoint.description.address.items()
    ]


def reply(status: int, shown: BodyDescription) -> dict[str, Any]:
    """Describe one answer with the headers its status brings."""
    headers: dict[str, Any] = {"X-Request-ID": {"schema": {"type": "string"}}}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = {
            "description": "Seconds to wait",
            "schema": {"type": "integer", "minimum": 1},
        }
    return {**content(shown), "headers": headers}


def content(shown: BodyDescription) -> dict[str, Any]:
    """Describe a body."""
    examples = {name: {"value": value} for name, value in shown.examples.items()}
    return {
        "description": shown.description,
        "content": {shown.media_type: {"schema": shown.schema, "examples": examples}},
    }
