"""``datajoint.fetch``: the classic way to ask for the primary key."""

from __future__ import annotations

from labwright import key


def is_key(attr: object) -> bool:
    """Whether an argument of ``fetch`` asks for the primary key."""
    return attr is key or attr == "KEY"


__all__ = ["is_key", "key"]
