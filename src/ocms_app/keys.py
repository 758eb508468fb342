"""Keys for encryption and hashing: those of the settings, or while developing those of this machine."""

import base64
import binascii
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from attrs import evolve
from sqlalchemy import make_url

from ocms_adapters.encryption import KEY_BYTES, FieldCipher
from ocms_adapters.signing import Ed25519Checker, Ed25519Signer
from ocms_app.reports import link_key_file
from ocms_app.settings import Settings, WrongSettings, variable

DEV_KEY_ID = "dev"
FIRST_KEY_ID = "k1"
# The settings that hold several keys, each with an id.
WITH_IDS = ("internet_keys", "audit_keys")
# The commands that print a key of a setting.
MADE_BY = {
    "internet_keys": "ocms keys new-secret internet_keys",
    "audit_keys": "ocms keys new-secret audit_keys",
    "audit_signing_key": "ocms keys new-secret audit_signing_key",
    "access_hash_key": "ocms keys new-secret access_hash_key",
    "link_key": "ocms keys new-secret link_key",
}


def new_key() -> str:
    """Return a key of 256 random bits, in base 64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def new_secret(name: str) -> str:
    """
    Return a new value of a setting that holds keys: where it holds several, with the id of the first.

    Raise ValueError, naming those there are, for another setting.
    """
    if name not in MADE_BY:
        raise ValueError(f"There is no secret {name} to make; there are {', '.join(MADE_BY)}.")
    return f"{FIRST_KEY_ID}={new_key()}" if name in WITH_IDS else new_key()


def field_cipher(settings: Settings) -> FieldCipher:
    """Return the cipher of the Internet copy; see `cipher_of_setting`."""
    return cipher_of_setting(settings, "internet_keys")


def audit_cipher(settings: Settings) -> FieldCipher:
    """Return the cipher of the content of audit rows; see `cipher_of_setting`."""
    return cipher_of_setting(settings, "audit_keys")


def cipher_of_setting(settings: Settings, name: str) -> FieldCipher:
    """
    Return the cipher of a setting that holds keys: the first encrypts, all decrypt.

    Raises `WrongSettings` for keys that cannot be, and where there are none outside development.
    """
    listed = getattr(settings, name) or f"{DEV_KEY_ID}={machine_key(settings, name)}"
    keys: dict[str, bytes] = {}
    try:
        for entry in listed.split(","):
            key_id, _, key = entry.strip().partition("=")
            keys[key_id] = base64.b64decode(key, validate=True)
        return FieldCipher(keys)
    except (ValueError, binascii.Error):
        raise WrongSettings([f"{variable(name)}: write id=key,id=key; `{MADE_BY[name]}` makes one"]) from None


def access_hash_key(settings: Settings) -> bytes:
    """Return the key that hashes identity numbers in access records; raise `WrongSettings` for a bad one."""
    return plain_key(settings, "access_hash_key", longest=None)


def head_signer(settings: Settings) -> Ed25519Signer:
    """Return what signs the heads of audit rows; raise `WrongSettings` for a bad key."""
    return Ed25519Signer(plain_key(settings, "audit_signing_key", longest=KEY_BYTES))


def head_checker(settings: Settings) -> Ed25519Checker:
    """
    Return what checks the heads of audit rows: by the public keys of the settings and that of its own key.

    Raises `WrongSettings` for keys that cannot be, and where there are none.
    """
    listed = filter(None, (each.strip() for each in settings.audit_public_keys.split(",")))
    try:
        public_keys = [base64.b64decode(each, validate=True) for each in listed]
        if settings.audit_signing_key or not public_keys:
            public_keys.append(head_signer(settings).public_key)
        return Ed25519Checker.of(public_keys)
    except (ValueError, binascii.Error):
        name = variable("audit_public_keys")
        raise WrongSettings([f"{name}: write base64,base64; `ocms audit public-key` prints one"]) from None


def plain_key(settings: Settings, name: str, *, longest: int | None) -> bytes:
    """Return a key of at least 32 bytes in base 64; raise `WrongSettings` for a bad one."""
    try:
        key = base64.b64decode(getattr(settings, name) or machine_key(settings, name), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) < KEY_BYTES or (longest and len(key) > longest):
        made = f"`{MADE_BY[name]}` makes one"
        raise WrongSettings([f"{variable(name)}: is no {KEY_BYTES} bytes in base 64; {made}"])
    return key


def makes_keys(settings: Settings) -> bool:
    """Return whether this machine makes the keys that are not set: there are no others that need the same."""
    return settings.dev_issuer or make_url(settings.intranet_url).get_backend_name() == "sqlite"


def machine_key_file(settings: Settings, name: str) -> Path:
    """Return where this machine's own key of a setting is kept."""
    return Path(settings.dev_keys) / f"{name}.key"


def keys_to_make(settings: Settings) -> dict[str, Path]:
    """Return the settings whose keys a start, or the first worker, would make, and where each is kept."""
    files = {name: machine_key_file(settings, name) for name in MADE_BY} if makes_keys(settings) else {}
    if settings.reports_azure:
        files.pop("link_key", None)
    else:
        files["link_key"] = link_key_file(settings)
    return {name: path for name, path in files.items() if not (getattr(settings, name) or path.exists())}


def with_keys_copied(settings: Settings, folder: Path) -> Settings:
    """Return the settings with this machine's keys copied to a folder, so that what is made is made there."""
    if makes_keys(settings):
        own = Path(settings.dev_keys)
        for file in (*own.glob("*.key"), *own.glob("*.json")):
            shutil.copy(file, folder)
        settings = evolve(settings, dev_keys=str(folder))
    return evolve(settings, link_key=new_key()) if "link_key" in keys_to_make(settings) else settings


def machine_key(settings: Settings, name: str) -> str:
    """
    Return this machine's own key of a setting, created when first asked for.

    Raises `WrongSettings` where there may be other machines, which would need the same key.
    """
    if not makes_keys(settings):
        line = f"{variable(name)}: must be set; every machine needs the same (`{MADE_BY[name]}` makes a key)"
        raise WrongSettings([line])
    path = machine_key_file(settings, name)
    if not path.exists():
        folder = path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        with os.fdopen(handle, "w") as file:
            file.write(new_key())
        # A link is made once: of two processes starting together, the second finds the first one's key.
        with suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text()
