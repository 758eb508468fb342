"""The secrets of a browser: its session's cookie, and the token every form carries against forgery."""

import hmac
import re
import secrets
from hashlib import sha256

TOKEN_BYTES = 32
SALT = 12
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
FIELD = "csrf"


def new_token() -> str:
    """Return the token of a new session: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def form_token(session_token: str) -> str:
    """
    Return a token for a form of this session, another each time it is shown.

    A page is compressed: a secret that never changed could be found out by the lengths of its pages.
    """
    salt = secrets.token_hex(SALT)
    return f"{salt}.{signature(session_token, salt)}"


def is_form_token(session_token: str, given: str) -> bool:
    """Return whether a token was made for a form of this session."""
    salt, _, signed = given.partition(".")
    return hmac.compare_digest(signature(session_token, salt).encode(), signed.encode())


def signature(session_token: str, salt: str) -> str:
    """Return what proves that the session's token was known."""
    return hmac.new(session_token.encode(), f"form {salt}".encode(), sha256).hexdigest()
