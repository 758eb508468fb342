"""`ocms serve`: the HTTP API under Granian."""

import socket
import sys
from pathlib import Path

from ocms_app.logs import SERVER_LOGGING
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.kernel.errors import OcmsError


def serve(*, host: str = "127.0.0.1", port: int = 8000) -> None:
    """
    Serve the API until SIGTERM; requests in flight are finished first.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    """
    serve_until_stopped(startup(), host, port)


def serve_until_stopped(settings: Settings, host: str, port: int) -> None:
    """Run Granian; each worker process wires its own application from the same environment."""
    from granian import Granian  # noqa: PLC0415  # only a serving process needs it
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    from ocms_app.deployment_check import check_before_start  # noqa: PLC0415  # loaded before the workers fork

    check_before_start(settings)  # what is wrong is reported here, not in every worker
    check_port(host, port)
    print(f"Serving on http://{host}:{port} (API page: http://{host}:{port}/docs)", file=sys.stderr)
    Granian(
        "ocms_app.asgi:create",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        workers_kill_timeout=settings.stop_seconds,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=dict(SERVER_LOGGING),
        working_dir=Path.cwd(),
    ).serve()


def check_port(host: str, port: int) -> None:
    """
    Raise `OcmsError` unless a server can listen on the port.

    Granian's workers share the port, and so would another OCMS on another database: neither notices.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As every server has it: connections of one that has just ended are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as problem:
            why = getattr(problem, "strerror", None) or problem
            raise OcmsError(
                f"Port {port} of {host} cannot be used ({why}); choose another with --port."
            ) from None
