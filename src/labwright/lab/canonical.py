"""Values as bytes that are the same on every machine, so that they can be signed and compared."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any


def to_json(value: Any) -> str:
    """JSON without spaces, names in the order of their characters, as it is signed.

    Examples
    --------
    >>> to_json({"b": "ü", "a": 1})
    '{"a":1,"b":"ü"}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def moment(value: datetime) -> str:
    """A moment in UTC, to the microsecond.

    Examples
    --------
    >>> moment(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    '2026-11-23T16:00:00.000000Z'
    """
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal.

    Examples
    --------
    >>> digest(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()
