"""Alert rules and dashboard before the real promtool, and the units before the real systemd."""

import json
import shutil
import subprocess
from pathlib import Path

DEPLOY = Path(__file__).parents[1] / "deploy"


def ran(*words: str, folder: Path) -> str:
    """Run a program that has to succeed; return all it printed."""
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_the_alert_rules_are_rules_and_are_raised_as_they_should_be() -> None:
    ran("promtool", "check", "rules", "alerts.yml", folder=DEPLOY / "prometheus")
    ran("promtool", "check", "config", "prometheus.yml", folder=DEPLOY / "prometheus")
    assert "SUCCESS" in ran("promtool", "test", "rules", "alerts_test.yml", folder=DEPLOY / "prometheus")


def test_every_panel_of_the_dashboard_asks_something_prometheus_can_answer(tmp_path: Path) -> None:
    panels = json.loads((DEPLOY / "grafana/ocms.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    assert f"{len(asked)} rules found" in ran("promtool", "check", "rules", "rules.yml", folder=tmp_path)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program = shutil.which("true")
    for unit in (DEPLOY / "systemd").glob("*.service"):
        here = tmp_path / unit.name
        here.write_text(unit.read_text().replace("/opt/ocms/.venv/bin/ocms", str(program)))
        assert not ran("systemd-analyze", "verify", str(here), folder=tmp_path)
