"""How wide text will be, without a font at hand."""

from __future__ import annotations

import unicodedata
from typing import Final

# Advance widths of a Helvetica-like sans serif, in thousandths of the font size, for the characters 32 to 126.
# fmt: off
_ASCII: Final = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)
# fmt: on
# Fonts in use are wider than the reference: a line must still fit its box.
_MARGIN: Final = 1.08


def text_width(text: str, size: float) -> float:
    """Return the estimated width of one line of `text` in a sans serif of `size` pixels.

    Examples
    --------
    >>> text_width("Session", 10) > text_width("session", 10) > text_width("iiiiiii", 10)
    True
    """
    return sum(map(_advance, text)) * size * _MARGIN / 1000


def _advance(char: str) -> int:
    code = ord(char)
    if 32 <= code <= 126:
        return _ASCII[code - 32]
    if unicodedata.combining(char):
        return 0
    return 1000 if unicodedata.east_asian_width(char) in "WF" else 600
