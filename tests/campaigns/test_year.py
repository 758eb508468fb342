"""A month of the simulated city; `make campaign NAME=year` has the whole year."""

from pathlib import Path

import pytest

from tests.campaigns.year.report import page
from tests.campaigns.year.simulation import simulate

SEED = 1


@pytest.mark.rule("K1", "K2", "K3", "K4", "K5", "U1", "S40")
def test_a_month_of_a_city_leaves_nothing_unexplained(tmp_path: Path) -> None:
    year = simulate(tmp_path, seed=SEED, notices=300, days=32, quiet_days=0, progress=lambda _: None)
    assert year.counts["notices explained"] == 300
    assert year.counts["calls repeated"], "partners have repeated calls"
    assert year.counts["notices whose audit rows say every stage"] == 300
    assert year.counts["signed heads"]
    assert any(what.startswith("taken back") for what in year.counts)
    assert "| notices explained | 300 |" in page(year)
