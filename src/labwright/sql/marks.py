"""Marks: the type at the start of a column's comment, ``:int32:weeks after birth``."""

from __future__ import annotations

import re
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.types import Type
from labwright.define.typenames import parse_type, spell

_MARKED: Final = re.compile(r":([^:]+):(.*)", re.DOTALL)
_RARE: Final = re.compile("[\U00010000-\U0010ffff]")
_NUMBERED: Final = re.compile(r"&#(\d{5,7});")


def add_mark(type_: Type | None, comment: str, *, told: bool = False) -> str:
    """Return the comment of a column: marked, unless the column's own type has told all.

    Labels may hold a colon, which would end the mark too early; such an enum goes unmarked.

    Examples
    --------
    >>> add_mark(Type("int32"), "weeks")
    ':int32:weeks'
    """
    spelling = "" if type_ is None or told else mark_of(type_)
    return f":{spelling}:{comment}" if spelling and ":" not in spelling else comment


def mark_of(type_: Type) -> str:
    """Return a spelling of `type_` that tells all of it; one that counts up does so only at its origin."""
    spelling = spell(type_)
    return spelling if type_.auto or "auto_increment" not in spelling else spell(Type(type_.kind, type_.args))


def read_mark(comment: str) -> tuple[Type | None, str]:
    """Return the type that the comment of a column is marked with, and the comment itself.

    A mark that names no type is that of a codec, or of a generation that is not read any more.

    Examples
    --------
    >>> read_mark(":<blob@raw>:a movie")[0].store
    'raw'
    >>> read_mark("a movie")
    (None, 'a movie')
    """
    found = _MARKED.fullmatch(comment)
    if found is None:
        return None, comment
    try:
        return parse_type(found[1]), found[2]
    except DefinitionError:
        name, _, store = found[1].strip("<>").partition("@")
        return Type("codec", (), found[1], codec=name, store=store if "@" in found[1] else None), found[2]


def escape_rare(text: str) -> str:
    r"""Write characters beyond U+FFFF as numbers, for the catalogue of MySQL and MariaDB would make them ``?``.

    Examples
    --------
    >>> escape_rare("a \N{MOUSE}"), unescape_rare("a &#128001;") == "a \N{MOUSE}"
    ('a &#128001;', True)
    """
    return _RARE.sub(lambda found: f"&#{ord(found[0])};", text)


def unescape_rare(text: str) -> str:
    """Read what `escape_rare` wrote."""
    return _NUMBERED.sub(_character, text)


def has_rare(text: str) -> bool:
    r"""Whether `text` has characters beyond U+FFFF.

    >>> has_rare("a \N{MOUSE}"), has_rare("\N{LATIN SMALL LETTER E WITH ACUTE}")
    (True, False)
    """
    return _RARE.search(text) is not None


def _character(found: re.Match[str]) -> str:
    number = int(found[1])
    return chr(number) if 0xFFFF < number < 0x110000 else found[0]
