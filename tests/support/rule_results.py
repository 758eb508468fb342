"""What became of the tests of each rule when they last ran, for the rule's page on the documentation site."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

RULES = "rules"


@define
class RuleResults:
    """
    A plugin that counts the tests of each rule, passed and failed, and keeps the counts in a file.

    With several workers the counts are made where they report to. A rule of which nothing ran keeps what it
    had.
    """

    file: Path
    counts: dict[str, Counter[str]] = field(factory=lambda: defaultdict(Counter))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Let the report of a test carry its rules."""
        ids = sorted({str(each) for mark in item.iter_markers("rule") for each in mark.args})
        if ids:
            item.user_properties.append((RULES, ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: when it was called, or when something before or after it failed."""
        if report.when == "call" or report.failed:
            properties: dict[str, Any] = dict(report.user_properties)
            for rule in properties.get(RULES, ()):
                self.counts[rule][report.outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the counts, where this is no worker of another process."""
        if self.counts and not hasattr(session.config, "workerinput"):
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
            kept = json.loads(self.file.read_text()) if self.file.exists() else {}
            kept |= {
                rule: {"passed": count["passed"], "failed": count["failed"], "at": now}
                for rule, count in self.counts.items()
            }
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_text(json.dumps(kept, indent=1, sort_keys=True))
