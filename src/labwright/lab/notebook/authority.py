"""Authorities that say when they have seen something (RFC 3161)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import labwright as lw
from labwright.lab.packages import package

MOST: Final = 2**20
"""Bytes of an answer; ordinary ones have a few thousand."""


@dataclass(frozen=True)
class Authority:
    """An authority for time stamps.

    Parameters
    ----------
    url : str
        Where it answers, by http or https.
    certificates : bytes
        The certificates that are trusted to vouch for its own, PEM.
    timeout : float
        Seconds to wait for it.
    """

    url: str
    certificates: bytes
    timeout: float = 10.0

    @classmethod
    def of(cls, project: lw.Project) -> Authority | None:
        """The authority that a project's settings name, ``notebook.authority`` with ``notebook.certificates``."""
        url, path = project.config["notebook.authority"], project.config.settings.path("notebook.certificates")
        if not url:
            return None
        if path is None:
            raise lw.errors.ConfigError(
                "notebook.authority is set, and notebook.certificates is not: name the PEM file with the certificates "
                "that vouch for the authority."
            )
        try:
            return cls(url, path.read_bytes())
        except OSError as error:
            raise lw.errors.ConfigError(f"notebook.certificates cannot be read: {error}.") from error

    def stamp(self, message: bytes) -> tuple[bytes, datetime]:
        """Let the authority see a message, of which it gets the hash alone; return the stamp and its time.

        Raises
        ------
        LabwrightError
            When it cannot be reached, or what it answers does not hold.
        """
        client = package("rfc3161_client", "notebook")
        builder = client.TimestampRequestBuilder(data=message, hash_algorithm=client.HashAlgorithm.SHA256)
        request = builder.build()
        token = self._ask(request.as_bytes())
        return token, self._checked(token, message, request.nonce)

    def _ask(self, query: bytes) -> bytes:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise lw.errors.ConfigError(f"An authority is at https://... or http://..., not at {self.url!r}.")
        request = Request(self.url, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - looked at above
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - looked at above
                data: bytes = answer.read(MOST + 1)
        except (URLError, OSError) as error:
            raise lw.LabwrightError(f"The authority {self.url} cannot be reached: {error}. Try again later.") from error
        if len(data) > MOST:
            raise lw.LabwrightError(f"The authority {self.url} answers with more than a time stamp.")
        return data

    def check(self, token: bytes, message: bytes) -> datetime:
        """The time of a stamp on a message.

        Raises
        ------
        LabwrightError
            When it is none, of something else, or of somebody for whom the certificates do not vouch.
        """
        return self._checked(token, message, None)

    def _checked(self, token: bytes, message: bytes, nonce: int | None) -> datetime:
        client = package("rfc3161_client", "notebook")
        try:
            response = client.decode_timestamp_response(token)
            self._verifier(client, nonce).verify_message(response, message)
        except (client.VerificationError, ValueError) as error:
            raise lw.LabwrightError(f"This time stamp does not hold: {error}.") from error
        found: datetime = response.tst_info.gen_time
        return found.astimezone(UTC)

    def _verifier(self, client: Any, nonce: int | None) -> Any:
        roots = self._roots()
        return client.VerifierBuilder(roots=list(roots), nonce=nonce).build()

    def _roots(self) -> Sequence[Any]:
        found: Sequence[Any] = package("cryptography.x509", "notebook").load_pem_x509_certificates(self.certificates)
        return found
