"""The files in deploy for running OCMS: they name metrics, settings and commands that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocms_app import job_runner, system_metrics
from ocms_app.cli import app
from ocms_app.settings import MEANINGS, variable
from ocms_web import observability

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DEFINED = re.compile(r"(?:Gauge|Counter|Histogram|GaugeMetricFamily|gauge)\(\s*\"(ocms_[a-z_]+)\"")
METRIC = re.compile(r"\bocms_[a-z_]+")
SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def metrics() -> set[str]:
    """Return the names of the metrics of all processes, without the suffixes that Prometheus adds."""
    texts = (Path(str(each.__file__)).read_text() for each in (job_runner, observability, system_metrics))
    return {name for text in texts for name in DEFINED.findall(text)}


def expressions() -> list[str]:
    """Return the expressions of the alert rules and of the dashboard."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    board = json.loads((DEPLOY / "grafana/ocms.json").read_text())
    return [
        *(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
        *(target["expr"] for panel in board["panels"] for target in panel["targets"]),
    ]


def test_rules_and_dashboard_ask_for_metrics_that_there_are() -> None:
    asked = {SUFFIX.sub("", name) for each in expressions() for name in METRIC.findall(each)}
    assert len(asked) > 10
    assert asked - metrics() == set()


def test_every_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    assert all(rule["annotations"].keys() == {"summary", "remedy"} for rule in rules)
    tested = (DEPLOY / "prometheus/alerts_test.yml").read_text()
    raised = re.findall(r'ALERTS\{alertname="(\w+)", alertstate', tested)
    assert len(raised) > 8
    assert set(raised) <= {rule["alert"] for rule in rules}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    (words,) = re.findall(r"^ExecStart=/opt/ocms/\.venv/bin/ocms (.+)$", unit.read_text(), re.MULTILINE)
    assert parsed(words.split())
    assert "NoNewPrivileges=true" in unit.read_text()


@pytest.mark.rule("K2")
def test_only_the_worker_reads_the_file_with_the_key_that_signs_heads() -> None:
    by_unit = {
        unit.stem: re.findall(r"^EnvironmentFile=/etc/ocms/(.+)$", unit.read_text(), re.MULTILINE)
        for unit in UNITS
    }
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    ours = {name: each["env_file"] for name, each in services.items() if each.get("image") == "ocms"}
    for name, files in (by_unit | ours).items():
        has_key = name in {"worker", "ocms-worker"}
        assert files == ["ocms.env", "signing.env"][: 1 + has_key], name


def parsed(words: list[str]) -> bool:
    """Return whether the command line understands these words."""
    command, _, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    return callable(command)


def test_the_services_of_compose_are_bound_and_know_their_settings() -> None:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    known = {variable(name) for name in MEANINGS}
    ours = {name: each for name, each in services.items() if each.get("image") == "ocms"}
    assert ours.keys() == {"migrate", "web", "worker", "relay"}
    for name, each in ours.items():
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert set(each["environment"]) <= known, name
        assert "command" not in each or parsed(each["command"]), name
    for each in services.values():
        mounted = [volume.split(":")[0] for volume in each.get("volumes", []) if volume.startswith(".")]
        assert all((DEPLOY / path).exists() for path in mounted), mounted


def test_the_container_runs_as_nobody_special_and_says_how_it_is() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "/health/ready" in text
    entry = json.loads(re.findall(r"^CMD (\[.+\])$", text, re.MULTILINE)[-1])
    assert parsed(entry)
