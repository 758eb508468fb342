"""Where reports are kept, as the settings say."""

from pathlib import Path

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks, key_in
from ocms_app.settings import Settings, WrongSettings, variable
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule


@rule("S53")
def report_store(settings: Settings) -> ReportStore:
    """Reports are kept in a folder, or in Azure Blob Storage where that is set."""
    return azure(settings) if settings.reports_azure else folder(settings)


def folder(settings: Settings) -> FolderStore:
    """Give the folder reports are kept in, with the key that signs the links to them."""
    path = Path(settings.reports)
    # Beside the folder, not in it: a folder that cannot be written is told when a report is put there.
    key = settings.link_key.encode() or key_in(path.with_name(f".{path.name}-link-key"))
    return FolderStore(path, SignedLinks(key, f"{settings.public_url.rstrip('/')}/reports"))


def azure(settings: Settings) -> ReportStore:
    """Give the container reports are kept in; WrongSettings where the extra `azure` is not installed."""
    try:
        from ocms_adapters.files.azure import azure_store  # noqa: PLC0415  # brings an SDK few need
    except ModuleNotFoundError:
        setting = variable("reports_azure")
        raise WrongSettings([f"{setting}: needs the extra `azure`; install ocms[server,azure]"]) from None
    return azure_store(settings.reports_azure, settings.reports_container)
