"""The API description, drawn from the endpoints themselves, and the page to try calls on."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ocms_web.endpoints import Endpoint, Shown

# A parameter of a path, as in `/report/{report_id:str}`.
PARAMETER = re.compile(r"\{(\w+):\w+\}")

SECURITY: Mapping[str, Mapping[str, str]] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}

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
        path = PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = operation(endpoint)
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


def operation(endpoint: Endpoint) -> dict[str, Any]:
    """Describe one endpoint."""
    told = endpoint.description
    in_path = PARAMETER.findall(endpoint.path)
    return {
        # An operation with a parameter in its path has a twin with everything in the body (G2).
        "operationId": "-by-".join((endpoint.operation.value, *in_path)),
        "summary": told.summary,
        "description": told.text,
        "tags": [told.tag],
        "security": [{scheme: []} for scheme in SECURITY],
        "parameters": [
            {
                "name": "X-Request-ID",
                "in": "header",
                "description": "Echoed in the answer and logged; made up when absent.",
                "schema": {"type": "string", "maxLength": 128},
            },
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in in_path
            ),
        ],
        "requestBody": {"required": True, **content(told.request)},
        "responses": {str(status): reply(status, shown) for status, shown in sorted(told.replies.items())},
    }


def reply(status: int, shown: Shown) -> dict[str, Any]:
    """Describe one answer with the headers its status brings."""
    headers: dict[str, Any] = {"X-Request-ID": {"schema": {"type": "string"}}}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = {
            "description": "Seconds to wait",
            "schema": {"type": "integer", "minimum": 1},
        }
    return {**content(shown), "headers": headers}


def content(shown: Shown) -> dict[str, Any]:
    """Describe a JSON body."""
    examples = {name: {"value": value} for name, value in shown.examples.items()}
    return {
        "description": shown.description,
        "content": {"application/json": {"schema": shown.schema, "examples": examples}},
    }
