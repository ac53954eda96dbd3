"""``datajoint.hash_registry``: the digest that names hash-addressed objects; the objects come with the stores."""

from __future__ import annotations

import base64
import hashlib


def compute_hash(data: bytes) -> str:
    """The digest of `data`: MD5 in base 32, 26 lower-case letters and digits.

    Examples
    --------
    >>> compute_hash(b"abc")
    'saavbgb42jh3bvuwh56sryl7oi'
    """
    return base64.b32encode(hashlib.md5(data, usedforsecurity=False).digest()).decode().rstrip("=").lower()
