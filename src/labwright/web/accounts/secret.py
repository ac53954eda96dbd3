"""Secrets that nobody can guess, of which only a hash is kept."""

from __future__ import annotations

import secrets
from base64 import b32encode
from hashlib import sha256
from typing import Final

BYTES: Final = 32


def new_secret() -> str:
    """A secret of 256 bits, as text that fits into addresses and cookies."""
    return secrets.token_urlsafe(BYTES)


def new_recovery_code() -> str:
    """A secret of 80 bits in four groups, which can be copied by hand."""
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def digest(purpose: str, secret: str) -> str:
    """What is kept of a secret. A plain hash will do: it has too many bits to be tried out.

    Parameters
    ----------
    purpose : str
        A secret that was made for one purpose is none for another.
    secret : str

    Examples
    --------
    >>> len(digest("session", "x")), digest("session", "x") == digest("token", "x")
    (64, False)
    """
    return sha256(f"{purpose}\0{secret}".encode("utf-8", "surrogatepass")).hexdigest()
