"""The report store in a container of Azure Blob Storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from attrs import field, frozen
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import (
    BlobSasPermissions,
    ContainerClient,
    ContentSettings,
    LinearRetry,
    StorageErrorCode,
    generate_blob_sas,
)

from ocms_adapters.files.blobs import REPORT_STORE, checked
from ocms_adapters.files.xlsx import MEDIA_TYPE, write_workbook
from ocms_core.kernel.faults import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet
from ocms_core.kernel.spec import rule

WORKBOOK = ContentSettings(content_type=MEDIA_TYPE, cache_control="no-store")
# Somebody waits for the link, and a report that was not stored can be built again.
PATIENCE: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
TRIES_AGAIN, SECONDS_BETWEEN = 2, 1
# In one request, as large as Azure takes one: the blocks of two who write one name at once could mix.
WHOLE = 5_000 * 1024 * 1024


@frozen
class AzureStore:
    """Keeps workbooks as blobs; a blob appears under its name only when it is whole."""

    account: str
    key: str = field(repr=False)
    container: ContainerClient = field(repr=False)

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Write a sheet as a workbook in place of an earlier one; it is held in memory until it is sent."""
        blob = self.container.get_blob_client(checked(name))
        file = BytesIO()
        rows = write_workbook(sheet, file)
        content = file.getvalue()
        with reachable():
            blob.upload_blob(content, overwrite=True, content_settings=WORKBOOK)
        return StoredReport(rows, sha256(content).hexdigest())

    def read(self, name: str) -> bytes | None:
        """Give the bytes of a workbook, None when there is none of that name."""
        blob = self.container.get_blob_client(checked(name))
        with reachable():
            try:
                return blob.download_blob().readall()
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", None) != StorageErrorCode.BLOB_NOT_FOUND:  # but the container
                    raise
                return None

    @rule("S53")
    def link(self, name: str, expires_at: datetime) -> str:
        """A link is the blob's address with a signature that lets read this one blob until it expires."""
        blob = self.container.get_blob_client(checked(name))
        signature = generate_blob_sas(
            self.account,
            blob.container_name,
            blob.blob_name,
            account_key=self.key,
            permission=BlobSasPermissions(read=True),
            expiry=expires_at.astimezone(UTC),  # written as UTC whatever its zone
            protocol="https" if blob.url.startswith("https:") else "https,http",
        )
        return f"{blob.url}?{signature}"


@contextmanager
def reachable() -> Iterator[None]:
    """Turn what the account refuses, or does not answer, into `Unavailable`."""
    try:
        yield
    except AzureError as error:
        raise Unavailable(REPORT_STORE) from error


def azure_store(connection_string: str, container: str) -> AzureStore:
    """Open the store in a container, from a connection string with the account's name and key."""
    client = ContainerClient.from_connection_string(
        connection_string,
        container,
        retry_policy=LinearRetry(backoff=SECONDS_BETWEEN, retry_total=TRIES_AGAIN, random_jitter_range=0),
        max_single_put_size=WHOLE,
        **PATIENCE,
    )
    return AzureStore(client.credential.account_name, client.credential.account_key, client)
