"""Mutual TLS: both sides show a certificate; renewed files are read without a restart."""

import ssl
from pathlib import Path

import httpx
from attrs import define, field

from ocms_adapters.http.retry import TIMEOUT
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule


class NoCertificate(OcmsError):
    """There is no certificate to show, or no key for it, so nothing is sent."""


ENCRYPTED = "the key file is encrypted, and nobody is there to type its passphrase: give one without"


Stamp = tuple[tuple[str, int, int], ...]


@define
class MutualTls:
    """
    A source of clients that show our certificate and trust one authority; renewed files are read again.

    `ca` is the PEM file of the authority that signs the other side's certificates, None for the system's.
    `key_setting` is the setting that names the key, for the error where it cannot be used.
    """

    certificate: Path
    key: Path
    ca: Path | None = None
    key_setting: str = "the private key"
    _client: httpx.Client | None = field(default=None, init=False)
    _stamp: Stamp = field(default=(), init=False)

    @rule("P40")
    def client(self) -> httpx.Client:
        """
        Return the client with our certificate; it follows no redirect (P40).

        Raises `NoCertificate` where the certificate, its key or the authority cannot be read. A key that
        is encrypted is one: nobody is asked for its passphrase.
        """
        stamp = self._current_stamp()
        if self._client is None or stamp != self._stamp:
            client = httpx.Client(
                verify=self._context(), follow_redirects=False, trust_env=False, timeout=TIMEOUT
            )
            self.close()
            self._client, self._stamp = client, stamp
        return self._client

    def close(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()
            self._client = None

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.load_cert_chain(self.certificate, self.key, self._refuse_passphrase)
        except (OSError, ssl.SSLError) as error:
            raise NoCertificate(
                f"the certificate for mutual TLS cannot be used ({type(error).__name__})"
            ) from error
        # With TLS 1.2 the other side has seen our certificate, and refused it, before anything else is sent.
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _refuse_passphrase(self) -> str:
        # Without this OpenSSL asks at the terminal, where there is one, and waits.
        raise NoCertificate(f"{self.key_setting}: {ENCRYPTED}")

    def _current_stamp(self) -> Stamp:
        files = [file for file in (self.certificate, self.key, self.ca) if file]
        try:
            stats = [(str(file), file.stat()) for file in files]
        except OSError as error:
            raise NoCertificate("a file of the certificate for mutual TLS is missing") from error
        return tuple((name, stat.st_mtime_ns, stat.st_ino) for name, stat in stats)
