"""How tables and rows are spelled in addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

NO_KEY: Final = "~"
"""Stands for the row of a table that has no key."""
_ESCAPES: Final = {"~": "~t", ",": "~c", "/": "~s"}
_MEANT: Final = {code[1]: character for character, code in _ESCAPES.items()} | {"d": "."}
_FOLDERS: Final = (".", "..")
"""What browsers take for folders."""


def spell_key(values: Sequence[str]) -> str:
    """The values of a key, in its order, as one part of a path, which is still to be percent-encoded.

    Examples
    --------
    >>> spell_key(["7", "2024-05-01", "a,b/c"])
    '7,2024-05-01,a~cb~sc'
    >>> spell_key([]), spell_key([""])
    ('~', '~n')
    """
    spelled = ",".join(_spell(value) for value in values) if values else NO_KEY
    return "~d" + spelled[1:] if spelled in _FOLDERS else spelled


def read_key(text: str) -> tuple[str, ...] | None:
    """The values that a part of a path, decoded, stands for; None where it is none that `spell_key` makes.

    Examples
    --------
    >>> read_key("7,2024-05-01,a~cb~sc")
    ('7', '2024-05-01', 'a,b/c')
    >>> read_key("~"), read_key("a~x")
    ((), None)
    """
    if text == NO_KEY:
        return ()
    values = [_read(part) for part in text.split(",")]
    return None if None in values else tuple(v for v in values if v is not None)


def _spell(value: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in value) or "~n"


def _read(part: str) -> str | None:
    if part == "~n":
        return ""
    first, *rest = part.split("~")
    if not part or "/" in part or not all(r and r[0] in _MEANT for r in rest):
        return None
    return first + "".join(_MEANT[r[0]] + r[1:] for r in rest)
