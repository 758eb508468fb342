"""The report store of the settings."""

from pathlib import Path

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks, key_in
from ocms_app.settings import Settings, WrongSettings, variable
from ocms_core.kernel.report_store import ReportArchive
from ocms_core.kernel.rule_tags import rule


@rule("S53")
def report_store(settings: Settings) -> ReportArchive:
    """Return where reports are kept: a folder, or Azure Blob Storage where that is set (S53)."""
    return azure(settings) if settings.reports_azure else folder(settings)


def folder(settings: Settings) -> FolderStore:
    """Return the folder reports are kept in, with the key that signs the links to them."""
    key = settings.link_key.encode() or key_in(link_key_file(settings))
    return FolderStore(Path(settings.reports), SignedLinks(key, f"{settings.public_url.rstrip('/')}/reports"))


def link_key_file(settings: Settings) -> Path:
    """Return where the key of the links is kept that is not set."""
    path = Path(settings.reports)
    # Beside the folder, not in it: a folder that cannot be written is reported when a report is put there.
    return path.with_name(f".{path.name}-link-key")


def azure(settings: Settings) -> ReportArchive:
    """Return the container of reports; raise `WrongSettings` where the extra `azure` is not installed."""
    try:
        from ocms_adapters.files.azure import azure_store  # noqa: PLC0415  # brings an SDK few need
    except ModuleNotFoundError:
        setting = variable("reports_azure")
        raise WrongSettings([f"{setting}: needs the extra `azure`; install ocms[server,azure]"]) from None
    return azure_store(settings.reports_azure, settings.reports_container)
