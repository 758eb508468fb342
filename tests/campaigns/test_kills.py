"""One kill of each process under load; `make campaign NAME=kills` has five hundred."""

from pathlib import Path

import pytest

from tests.campaigns.kills.campaign import run
from tests.campaigns.kills.system import ONE_EACH

SEED = 1


@pytest.mark.rule("K1", "K2", "K4", "G12", "G13", "G20", "P25")
def test_a_kill_of_each_process_loses_and_doubles_nothing(tmp_path: Path) -> None:
    kills = run(tmp_path, seed=SEED, rounds=1, progress=lambda _: None, many=ONE_EACH)
    assert kills.kills.total() == 4
    assert kills.answers["calls answered"] >= 16
    assert kills.compared
    assert kills.sealed
