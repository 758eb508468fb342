"""What no process of the settings could work with, found before it starts, without using a network."""

from collections.abc import Callable, Iterator

from ocms_adapters.sql import engines
from ocms_app.extras import missing_extra
from ocms_app.issuers import check_issuers
from ocms_app.keys import access_hash_key, audit_cipher, field_cipher
from ocms_app.reports import report_store
from ocms_app.settings import Settings, WrongSettings, variable


def check_before_start(settings: Settings) -> None:
    """Raise `WrongSettings` for what no process of these settings could work with."""
    if lines := fatal_findings(settings):
        raise WrongSettings(lines)


def fatal_findings(settings: Settings) -> list[str]:
    """Return, a line each, what no process of these settings could work with."""
    return [
        *wrong_lines(settings),
        *(
            f"{variable(name)}: {missing}"
            for name in ("intranet_url", "internet_url")
            if (missing := missing_driver(getattr(settings, name)))
        ),
    ]


def wrong_lines(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the settings themselves."""
    try:
        check_settings(settings)
    except WrongSettings as problem:
        yield from problem.lines
    if settings.schedules:
        # The jobs bring in much that the process of a server need not hold.
        from ocms_app.scheduler import wrong_schedules  # noqa: PLC0415

        yield from wrong_schedules(settings.schedules)


def check_settings(settings: Settings) -> None:
    """Raise `WrongSettings`, a line for each, for issuers, keys or reports the API cannot be wired with."""
    wrong: list[str] = []
    checks: tuple[Callable[[Settings], object], ...] = (
        check_issuers,
        field_cipher,
        access_hash_key,
        audit_cipher,
        report_store,
    )
    for check in checks:
        try:
            check(settings)
        except WrongSettings as problem:
            wrong.extend(problem.lines)
    if wrong:
        raise WrongSettings(wrong)


def missing_driver(url: str) -> str | None:
    """Return what to install for a database, None where its driver is there."""
    try:
        engines.create(url).dispose()
    except ModuleNotFoundError as missing:
        return missing_extra(missing)
    return None
