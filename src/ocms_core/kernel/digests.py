"""Digests: what stands for a content or a secret without being it."""


def sha256(content: bytes) -> bytes:
    """Return the SHA-256 of a content."""
    import hashlib  # noqa: PLC0415  # loads OpenSSL, which most uses of the core do without

    return hashlib.sha256(content).digest()


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of a content, in hex."""
    return sha256(content).hex()


def is_same_digest(one: str, other: str) -> bool:
    """Return whether two digests are equal, in a time that does not depend on where they differ."""
    import hmac  # noqa: PLC0415  # loads OpenSSL, which most uses of the core do without

    return hmac.compare_digest(one, other)
