"""
The API description is linted by a public tool, and clients made by public generators call the running system.

Every operation is called through a Python client (openapi-python-client) and a TypeScript client
(openapi-typescript with openapi-fetch), with the contracts' own examples.
"""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocms_core.kernel.access import Role
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment, Headers, Served, serving
from tests.support.offender_builders import NUMBER
from tests.support.offender_rows import put_notice
from tests.support.rows import put_notices

HERE = Path(__file__).parent
NODE = HERE.parent / ".tools" / "node" / "bin"
TOOLS = HERE.parent / ".tools" / "clients"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")
PATH_PARAMETERS = {"noticeNo": NUMBER, "idNo": "S1234567A", "reportId": "ChangeStageReport_20250115_USER01"}
QUERY_PARAMETERS = {"startDate": "2025-01-01", "endDate": "2025-01-31", "skip": 0, "limit": 20}
CAS, PLUS, TOPPAN = "`cas`", "`plus`", "`toppan`"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a running system with the notices that the contracts' examples name."""
    folder = tmp_path_factory.mktemp("clients")
    templates = sqlite_templates(tmp_path_factory.mktemp("sqlite"))
    deployment = Deployment(sqlite_databases(templates, folder), folder)
    put_notices(deployment.engine, ["1234567890"])
    put_notice(deployment.engine, NUMBER)
    with serving(deployment) as server:
        yield server
    deployment.engine.dispose()


@pytest.fixture(scope="module")
def description(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the API description of the running system."""
    file = tmp_path_factory.mktemp("description") / "openapi.json"
    file.write_bytes(served.http.get("/openapi.json").content)
    return file


@pytest.fixture(scope="module")
def document(description: Path) -> dict[str, Any]:
    """Return the API description."""
    read: dict[str, Any] = json.loads(description.read_text())
    return read


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def credential_for(operation: dict[str, Any], deployment: Deployment) -> Headers:
    """Return a fresh credential of the role and the scheme an operation names."""
    text = operation["description"]
    role = next(
        (role for role, word in ((Role.CAS, CAS), (Role.PLUS, PLUS), (Role.TOPPAN, TOPPAN)) if word in text),
        Role.OIC,
    )
    return deployment.key(role) if "apiKey" in operation["security"][0] else deployment.token(role)


def run(*command: object, folder: Path) -> str:
    """Run a tool and return its output; what it said when it fails."""
    environment = os.environ | {
        "PATH": f"{NODE}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }
    ended = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_the_description_has_no_error_for_a_public_linter(description: Path) -> None:
    config = HERE / "redocly.yaml"
    run(TOOLS / "node_modules/.bin/redocly", "lint", description, f"--config={config}", folder=HERE)


def test_a_generated_python_client_calls_every_operation(
    served: Served, description: Path, document: dict[str, Any], tmp_path: Path, monkeypatch: Any
) -> None:
    said = run(
        GENERATOR,
        "generate",
        f"--path={description}",
        "--meta=none",
        f"--output-path={tmp_path / 'ocms_client'}",
        f"--config={HERE / 'python-client.yaml'}",
        folder=tmp_path,
    )
    assert "WARNING" not in said
    monkeypatch.syspath_prepend(str(tmp_path))
    client_type = importlib.import_module("ocms_client.client").AuthenticatedClient
    for _, _, operation in operations(document):
        call = python_call(operation)
        (header, value) = next(iter(credential_for(operation, served.deployment).items()))
        prefix, _, token = value.rpartition(" ")
        with client_type(
            base_url=str(served.http.base_url), token=token, prefix=prefix, auth_header_name=header
        ) as client:
            answer = call.sync_detailed(client=client, **python_arguments(call, operation))
        assert str(int(answer.status_code)) in operation["responses"], operation["operationId"]
        assert answer.status_code < 500, operation["operationId"]
        assert answer.parsed is not None, operation["operationId"]


def python_call(operation: dict[str, Any]) -> Any:
    """Return the generated module of an operation."""
    tag = operation["tags"][0].lower().replace(" ", "_")
    return importlib.import_module(f"ocms_client.api.{tag}.{snake_case(operation['operationId'])}")


def snake_case(name: str) -> str:
    """Return a name of the API as the generator spells it in Python."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def python_arguments(call: Any, operation: dict[str, Any]) -> dict[str, Any]:
    """Return what a call is given: path and query parameters, and the example of its body."""
    given: dict[str, Any] = {}
    taken = inspect.signature(call.sync_detailed).parameters
    for name, value in (PATH_PARAMETERS | QUERY_PARAMETERS).items():
        if snake_case(name) in taken:
            parameter = taken[snake_case(name)]
            given[snake_case(name)] = as_declared(parameter.annotation, value)
    if "body" in taken:
        content = operation["requestBody"]["content"]["application/json"]
        example = next(iter(content["examples"].values()))["value"]
        given["body"] = taken["body"].annotation.from_dict(example)
    return given


def as_declared(annotation: Any, value: Any) -> Any:
    """Return a parameter as the generated client declares it: a day is a date."""
    read = getattr(annotation, "fromisoformat", None)
    return read(value) if read and isinstance(value, str) else value


def test_a_generated_typescript_client_compiles_and_calls_every_operation(
    served: Served, description: Path, document: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("node_modules", "package.json"):
        (tmp_path / name).symlink_to(TOOLS / name)
    run(TOOLS / "node_modules/.bin/openapi-typescript", description, "-o", "ocms.d.ts", folder=tmp_path)
    (tmp_path / "every_operation.ts").write_text((HERE / "every_operation.ts").read_text())
    (tmp_path / "tsconfig.json").write_text((HERE / "tsconfig.json").read_text())
    run(TOOLS / "node_modules/.bin/tsc", "--noEmit", folder=tmp_path)
    credentials = {
        operation["operationId"]: credential_for(operation, served.deployment)
        for _, _, operation in operations(document)
    }
    said = run(
        NODE / "node", "every_operation.ts", served.http.base_url, json.dumps(credentials), folder=tmp_path
    )
    called = dict(line.split() for line in said.splitlines())
    described = {operation["operationId"]: operation for _, _, operation in operations(document)}
    assert called.keys() == described.keys()
    for name, status in called.items():
        assert status in described[name]["responses"], name
        assert int(status) < 500, name
