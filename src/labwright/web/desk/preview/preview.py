"""What a look at a value comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from labwright.web.desk.screens.figures import Listing

MOST: Final = 8 * 1024 * 1024
"""About so many bytes are read for a look, but for pictures that are compressed as a whole."""
SIDE: Final = 512
"""Pixels of a picture, at most."""


@dataclass(frozen=True)
class Axis:
    """An axis of which one place is seen.

    Parameters
    ----------
    name : str
    length : int
    at : int
    """

    name: str
    length: int
    at: int


@dataclass(frozen=True)
class Line:
    """Values along an axis.

    Parameters
    ----------
    points : str
        As a polyline of SVG has them, in a field of 1000 by 300.
    low, high : str
    first, last : int
        Where along the axis.
    """

    points: str
    low: str
    high: str
    first: int
    last: int


@dataclass(frozen=True)
class Preview:
    """A look at a value.

    Parameters
    ----------
    kind : {'line', 'picture', 'table', 'text', 'nothing'}
    facts : sequence of (str, str)
        What is known of it.
    axes : sequence of Axis
        Where it can be moved.
    names : sequence of str
        What is in it that can be looked at by itself.
    line, png, listing, text
        What is seen, as `kind` says.
    note : str
        What is left out, or why there is nothing to see.
    """

    kind: Literal["line", "picture", "table", "text", "nothing"]
    facts: Sequence[tuple[str, str]] = ()
    axes: Sequence[Axis] = ()
    names: Sequence[str] = ()
    line: Line | None = None
    png: bytes = field(default=b"", repr=False)
    listing: Listing | None = None
    text: str = ""
    note: str = ""


def nothing(note: str, facts: Sequence[tuple[str, str]] = ()) -> Preview:
    """There is nothing to see."""
    return Preview("nothing", facts, note=note)
