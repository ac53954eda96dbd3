"""A certificate for a lab that has none: browsers ask once whether to trust it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

LIFE: Final = timedelta(days=397)
"""Browsers take none that holds for longer."""
RENEW: Final = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Where a certificate is, and its key.

    Parameters
    ----------
    file, key : Path
    """

    file: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """What a browser shows of it, by which people can tell it from another's."""
        digest = _read(self.file).fingerprint(hashes.SHA256()).hex().upper()
        return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def certificate_for(names: Sequence[str], folder: Path) -> Certificate:
    """The certificate of the lab that is kept in a folder; made when there is none for these names, or it ends soon.

    Parameters
    ----------
    names : sequence of str
        Names and addresses of the server.
    folder : Path
        Only who owns it may read what is in it.
    """
    found = Certificate(folder / "certificate.pem", folder / "key.pem")
    if not (found.key.exists() and found.file.exists() and _holds(_read(found.file), names)):
        _make(names, found)
    return found


def _read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _holds(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(map(_name, names)) <= set(said) and datetime.now(UTC) < certificate.not_valid_after_utc - RENEW


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _make(names: Sequence[str], place: Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now, now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    place.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(place.key, _pem(key))
    _write(place.file, made.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write(file: Path, content: bytes) -> None:
    """Never for a moment readable by others."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
