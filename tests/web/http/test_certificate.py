"""The certificate of a lab that has none."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

from labwright.web.http.certificate import Certificate, certificate_for

NAMES = ["data.lab", "10.0.0.5", "[::1]"]


def told(made: Certificate) -> list[str]:
    """The names that a client would find in it."""
    context = ssl.create_default_context(cafile=str(made.file))
    assert context.cert_store_stats()["x509"] == 1
    decoded = ssl._ssl._test_decode_cert(str(made.file))  # type: ignore[attr-defined]  # no other way without a server
    return [name for _, name in decoded["subjectAltName"]]


def test_it_is_for_the_names_and_addresses(tmp_path: Path) -> None:
    made = certificate_for(NAMES, tmp_path / "tls")
    assert told(made) == ["data.lab", "10.0.0.5", "0:0:0:0:0:0:0:1"]
    assert len(made.fingerprint) == 32 * 3 - 1


def test_nobody_else_reads_the_key(tmp_path: Path) -> None:
    made = certificate_for(NAMES, tmp_path / "tls")
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.key.parent.stat().st_mode) == 0o700


def test_it_is_kept_until_there_are_other_names(tmp_path: Path) -> None:
    first = certificate_for(NAMES, tmp_path).fingerprint
    assert certificate_for(NAMES[:2], tmp_path).fingerprint == first
    assert certificate_for([*NAMES, "other.lab"], tmp_path).fingerprint != first


def test_without_its_key_it_is_made_anew(tmp_path: Path) -> None:
    made = certificate_for(NAMES, tmp_path)
    first = made.fingerprint
    made.key.unlink()
    assert certificate_for(NAMES, tmp_path).fingerprint != first
