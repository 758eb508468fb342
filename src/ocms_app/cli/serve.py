"""`ocms serve`: the HTTP API under Granian."""

import resource
import socket
import sys
from pathlib import Path

from ocms_app.logs import SERVER_LOGGING
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.kernel.errors import OcmsError

# A token has 16 kB at most; what is received of a head or a body before it is asked for is no more than this.
LARGEST_HEAD = 64 * 1024
FILES_PER_THREAD = 4
OTHER_FILES = 200


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
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    from ocms_app.start_check import check_before_start  # noqa: PLC0415  # loaded before the workers fork

    check_before_start(settings)  # what is wrong is reported here, not in every worker
    check_port(host, port)
    allow_open_files(settings)
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
        # HTTP/2 has no limit on the time of headers here; a proxy speaks HTTP/1.1 to what is behind it.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=settings.header_seconds * 1000, max_buffer_size=LARGEST_HEAD
        ),
        backpressure=settings.connections,
        log_level=LogLevels.warning,
        log_dictconfig=dict(SERVER_LOGGING),
        working_dir=Path.cwd(),
    ).serve()


def allow_open_files(settings: Settings) -> None:
    """Raise this process's bound on open files, which its workers inherit, to what the settings need."""
    needed = settings.connections + FILES_PER_THREAD * settings.threads + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise OcmsError(
                f"OCMS_CONNECTIONS is {settings.connections} and OCMS_THREADS {settings.threads}: "
                f"they take {needed} open files, but a process may have {hard} only."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


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
