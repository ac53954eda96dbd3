"""What comes with a text from keyboards, pages and spreadsheets without belonging to it."""

from __future__ import annotations

import re
import string
from typing import Final

from labwright.web.fields.error import FieldError, shown

UNSEEN: Final = "".join(
    map(chr, [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
)
"""Soft hyphens, joiners, marks of direction and of byte order."""
BLANKS: Final = string.whitespace + "\x85\xa0" + "".join(map(chr, [0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029]))
EDGES: Final = BLANKS + "\u202f\u205f\u3000" + UNSEEN
"""What is taken off both ends of everything but text."""
_WIDE: Final = "\u2212\uff0d\uff0b\uff0e\uff0c" + "".join(map(chr, range(0xFF10, 0xFF1A)))
_SIGNS: Final = str.maketrans(_WIDE, "--+.,0123456789")
"""The minus of typographers, and the digits and signs of East Asian keyboards."""
_HALF: Final = re.compile("[\ud800-\udfff]")


def trimmed(text: str) -> str:
    """Return `text` without the blanks and the unseen marks at its ends, checked as `checked` does.

    Examples
    --------
    >>> trimmed("\u200e 12\u00a0 ")
    '12'
    """
    return checked(text).strip(EDGES)


def plain(text: str) -> str:
    """Return what `trimmed` does, with ASCII signs and digits for those that mean the same.

    Examples
    --------
    >>> plain("\u2212\uff11\uff12")
    '-12'
    """
    return trimmed(text).translate(_SIGNS)


def checked(text: str) -> str:
    """Return `text` when every database can keep it.

    Raises
    ------
    FieldError
        When it has a NUL character, or half a character.
    """
    if "\0" in text:
        place = text.index("\0") + 1
        raise FieldError(f"Character {place} is NUL, which no text may contain: delete it.")
    return whole(text)


def whole(text: str) -> str:
    """Return `text` when it has no half characters, which no encoding knows."""
    if not text.isascii() and (half := _HALF.search(text)):
        raise FieldError(f"Character {half.start() + 1} is half of a character ({shown(half.group())}): delete it.")
    return text
