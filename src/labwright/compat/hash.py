"""``datajoint.hash``: digests of keys and contents, as UUIDs that existing databases hold."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

_CHUNK: Final = 1 << 16


def key_hash(mapping: Mapping[str, Any]) -> str:
    """A digest of a key's values in the order of their names: 32 hexadecimal digits.

    Examples
    --------
    >>> key_hash({"subject": "m1", "session": 3}) == key_hash({"session": 3, "subject": "m1"})
    True
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(mapping):
        digest.update(str(mapping[name]).encode())
    return digest.hexdigest()


hash_key_values = key_hash
"""What pipelines of the first years call it."""


def uuid_from_stream(stream: IO[bytes], *, init_string: str = "") -> uuid.UUID:
    """The UUID of what `stream` holds, seeded with `init_string`."""
    digest = hashlib.md5(init_string.encode(), usedforsecurity=False)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return uuid.UUID(bytes=digest.digest())


def uuid_from_buffer(buffer: bytes = b"", *, init_string: str = "") -> uuid.UUID:
    """The UUID of some bytes.

    Examples
    --------
    >>> uuid_from_buffer(b"abc")
    UUID('90015098-3cd2-4fb0-d696-3f7d28e17f72')
    """
    return uuid_from_stream(io.BytesIO(buffer), init_string=init_string)


def uuid_from_file(filepath: str | Path, *, init_string: str = "") -> uuid.UUID:
    """The UUID of a file's content."""
    with Path(filepath).open("rb") as stream:
        return uuid_from_stream(stream, init_string=init_string)
