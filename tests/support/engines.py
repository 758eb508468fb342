"""Engines as the application opens them: with a cipher for audit rows."""

from typing import Any

from sqlalchemy import Engine

from ocms_adapters.encryption import KEY_BYTES, FieldCipher
from ocms_adapters.sql import engines
from ocms_adapters.sql.audit_rows import with_cipher

AUDIT_CIPHER = FieldCipher({"t1": bytes(KEY_BYTES)})


def create(url: str, **options: Any) -> Engine:
    """Return an engine that encrypts audit rows with the key of all tests."""
    return with_cipher(engines.create(url, **options), lambda: AUDIT_CIPHER)
