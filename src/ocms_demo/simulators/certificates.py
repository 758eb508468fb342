"""Certificates for development: an authority, and what it signs."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ocms_adapters.clock import SystemClock

LIFE = timedelta(days=30)


@frozen
class Certificate:
    """The PEM files of a certificate and its key."""

    certificate: Path
    key: Path


@frozen
class Authority:
    """An authority whose own certificate is `file`."""

    folder: Path
    file: Path
    _key: ec.EllipticCurvePrivateKey
    _name: x509.Name

    def issue(self, name: str, *, host: str = "127.0.0.1", ends: datetime | None = None) -> Certificate:
        """Sign a certificate for a host, good for server and client, and write it and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = ends or SystemClock().now() + LIFE
        built = (
            builder(named(name), self._name, key.public_key(), end)
            .add_extension(x509.SubjectAlternativeName([alternative(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        files = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        write_key(files.key, key)
        return files


def authority(folder: Path, name: str = "authority") -> Authority:
    """Create an authority; its key is kept in memory only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key, own = ec.generate_private_key(ec.SECP256R1()), named(name)
    built = (
        builder(own, own, key.public_key(), SystemClock().now() + LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, file, key, own)


def builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
) -> x509.CertificateBuilder:
    """Return the builder of a certificate."""
    end = end.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(end, SystemClock().now().astimezone(UTC)) - timedelta(days=1))
        .not_valid_after(end)
    )


def named(name: str) -> x509.Name:
    """Convert a name to a certificate's form."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def alternative(host: str) -> x509.GeneralName:
    """Convert a host, a name or an IP address, to a certificate's form."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key, readable by its owner only."""
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
