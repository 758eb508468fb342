"""Errors on the command line: one line each, on standard error."""

import os
import sys
from collections.abc import Callable

from ocms_app.demo_package import DemoNotInstalled, is_demo_missing
from ocms_app.extras import EXTRAS, missing_extra
from ocms_core.kernel.errors import OcmsError

EXPECTED = (OcmsError, ValueError, OSError)
# As a shell has it for a program ended by SIGPIPE.
NOBODY_READS = 141


def run_reporting_errors(command: Callable[[], object]) -> int:
    """Run a command and return its exit status: 1, with one line, when it failed for a known reason."""
    try:
        try:
            status = command()
        finally:  # it may end by SystemExit
            sys.stdout.flush()
    except BrokenPipeError:
        # As of `ocms jobs list | head -1`. What is left goes nowhere, or Python would say so when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except EXPECTED as problem:
        print(problem, file=sys.stderr)
        return 1
    except ImportError as problem:
        module = (problem.name or "").partition(".")[0]
        if is_demo_missing(problem):
            print(DemoNotInstalled(), file=sys.stderr)
        elif module in EXTRAS:
            print(missing_extra(problem), file=sys.stderr)
        else:
            raise
        return 1
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0
