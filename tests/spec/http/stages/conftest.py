"""The running system with nothing of contract 2 in it."""

import pytest

from tests.support.http_server import Served
from tests.support.stage_rows import emptied_of_changes, put_fees


@pytest.fixture
def portal(served: Served) -> Served:
    """Give the running system with fees set and no change row, offender or report in it."""
    emptied_of_changes(served.deployment.engine)
    put_fees(served.deployment.engine)
    return served
