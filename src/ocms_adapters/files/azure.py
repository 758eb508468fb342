"""The report store in a container of Azure Blob Storage."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import islice
from secrets import token_hex
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from attrs import field, frozen
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobSasPermissions,
    ContainerClient,
    ContentSettings,
    LinearRetry,
    StorageErrorCode,
    generate_blob_sas,
)

from ocms_adapters.files.blobs import REPORT_STORE, check_name
from ocms_adapters.files.xlsx import MEDIA_TYPE, write_workbook
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import Sheet

WORKBOOK = ContentSettings(content_type=MEDIA_TYPE, cache_control="no-store")
# An officer waits for the link, and a report that was not stored can be built again.
TIMEOUTS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
RETRIES, SECONDS_BETWEEN = 2, 1
# What of a workbook is in memory at once.
BLOCK = 1024 * 1024


@frozen
class AzureStore:
    """A store of workbooks as blobs; a blob appears under its name only when it is whole."""

    account: str
    key: str = field(repr=False)
    container: ContainerClient = field(repr=False)

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Write a sheet as a workbook in place of an earlier one. Raises `Unavailable`."""
        blob = self.container.get_blob_client(check_name(name))
        with raising_unavailable(), SpooledTemporaryFile(BLOCK) as file:
            rows = write_workbook(sheet, file)
            size = file.tell()
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
            send(blob, file, size)
        return StoredReport(rows, digest)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a workbook, None when there is none of that name. Raises `Unavailable`."""
        blob = self.container.get_blob_client(check_name(name))
        with raising_unavailable():
            try:
                return blob.download_blob().readall()
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", None) != StorageErrorCode.BLOB_NOT_FOUND:  # but the container
                    raise
                return None

    def remove_old(self, kind: str, before: datetime, most: int) -> int:
        """Remove workbooks of a kind, by when their blobs were last written. Raises `Unavailable`."""
        with raising_unavailable():
            blobs = self.container.list_blobs(name_starts_with=f"{check_name(kind)}/")
            old = list(islice((each.name for each in blobs if each.last_modified < before), most))
            for name in old:
                with suppress(ResourceNotFoundError):
                    self.container.delete_blob(name)
        return len(old)

    @rule("S53")
    def link(self, name: str, expires_at: datetime) -> str:
        """Return the blob's address with a signature that lets read this one blob until it expires (S53)."""
        blob = self.container.get_blob_client(check_name(name))
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


def send(blob: BlobClient, file: IO[bytes], size: int) -> None:
    """
    Send a workbook in one request, or one too large for that in blocks, again when it was overtaken.

    Storing a workbook of the same name discards the blocks of all others.
    """
    file.seek(0)
    if size <= BLOCK:
        blob.upload_blob(file.read(), overwrite=True, content_settings=WORKBOOK)
        return
    for tries_left in reversed(range(1 + RETRIES)):
        try:
            send_in_blocks(blob, file)
        except HttpResponseError as error:
            if not tries_left or getattr(error, "error_code", None) != StorageErrorCode.INVALID_BLOCK_LIST:
                raise
        else:
            return


def send_in_blocks(blob: BlobClient, file: IO[bytes]) -> None:
    """Send a workbook block by block, under names of its own, and store them together."""
    file.seek(0)
    prefix, blocks = token_hex(8), list[BlobBlock]()
    while content := file.read(BLOCK):
        blocks.append(BlobBlock(f"{prefix}-{len(blocks):05}"))
        blob.stage_block(blocks[-1].id, content)
    blob.commit_block_list(blocks, content_settings=WORKBOOK)


@contextmanager
def raising_unavailable() -> Iterator[None]:
    """Raise `Unavailable` for what the account refuses or does not answer, and for a full disk."""
    try:
        yield
    except (AzureError, OSError) as error:
        raise Unavailable(REPORT_STORE) from error


def azure_store(connection_string: str, container: str) -> AzureStore:
    """Open the store in a container, from a connection string with the account's name and key."""
    client = ContainerClient.from_connection_string(
        connection_string,
        container,
        retry_policy=LinearRetry(backoff=SECONDS_BETWEEN, retry_total=RETRIES, random_jitter_range=0),
        **TIMEOUTS,
    )
    return AzureStore(client.credential.account_name, client.credential.account_key, client)
