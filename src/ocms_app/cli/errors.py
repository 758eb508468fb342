"""What the command line says when something is wrong: one line each, on standard error."""

import sys
from collections.abc import Callable

from ocms_core.kernel.errors import OcmsError

EXPECTED = (OcmsError, ValueError, OSError)


def run_reporting_errors(command: Callable[[], object]) -> int:
    """Run a command; give its exit status, 1 when it failed for a reason that can be told."""
    try:
        status = command()
    except EXPECTED as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0
