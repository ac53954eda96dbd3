"""The beginning of a text that may be long."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 200
"""So many characters fit a cell."""


def excerpt(text: str, length: int = LENGTH) -> str:
    """Return the beginning of `text`, with a mark where more follows.

    Examples
    --------
    >>> excerpt("hippocampus", 5), excerpt("left", 5)
    ('hippo…', 'left')
    """
    return text if len(text) <= length else f"{text[:length]}…"
