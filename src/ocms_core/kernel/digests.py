"""Digests: what stands for a content or a secret without being it."""


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of a content, in hex."""
    import hashlib  # noqa: PLC0415  # loads OpenSSL, which most uses of the core do without

    return hashlib.sha256(content).hexdigest()


def is_same_digest(one: str, other: str) -> bool:
    """Return whether two digests are equal, in a time that does not depend on where they differ."""
    import hmac  # noqa: PLC0415  # loads OpenSSL, which most uses of the core do without

    return hmac.compare_digest(one, other)
