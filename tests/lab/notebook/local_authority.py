"""An authority for time stamps (RFC 3161) in a thread: openssl makes the stamps, with certificates made here."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
crypto_device = builtin
"""


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key: Any, issuer: str, issuer_key: Any, *, ca: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def write_key(path: Path, key: Any) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@dataclass
class LocalAuthority:
    """An authority; `damage` changes what it answers."""

    folder: Path
    url: str
    certificates: bytes
    strangers: bytes
    damage: Any = field(default=lambda answer: answer)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[LocalAuthority]:
        root, own, other = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        ca = certificate("Root of the test", root, "Root of the test", root, ca=True)
        stranger = certificate("Somebody else", other, "Somebody else", other, ca=True)
        signer = certificate("Time of the test", own, "Root of the test", root, ca=False)
        (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
        write_key(folder / "key.pem", own)
        (folder / "serial").write_text("01")
        (folder / "openssl.cnf").write_text(SETTINGS.format(folder=folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        made = cls(
            folder,
            f"http://127.0.0.1:{server.server_port}/",
            ca.public_bytes(Encoding.PEM),
            stranger.public_bytes(Encoding.PEM),
        )
        server.authority = made  # type: ignore[attr-defined]  # read by the handler
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(
            [
                "openssl", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", "query.tsq", "-signer",
                "signer.pem", "-inkey", "key.pem", "-out", "reply.tsr",
            ],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return bytes(self.damage((self.folder / "reply.tsr").read_bytes()))


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.authority.answer(query)  # type: ignore[attr-defined]  # see LocalAuthority.running
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
