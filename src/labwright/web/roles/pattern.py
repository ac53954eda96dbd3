"""Names of schemas and tables with a star for what may be anything."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

PERSON: Final = "{person}"
LAB: Final = "{lab}"
_SPECIAL: Final = re.compile(r"(\*|\{person\}|\{lab\})")


def matches(pattern: str, name: str, *, person: str = "", lab: str = "") -> bool:
    """Whether a name is meant by a pattern.

    Parameters
    ----------
    pattern : str
        ``*`` stands for any characters, ``{person}`` and ``{lab}`` for the person's name and lab; nothing else is
        special.
    name : str
    person, lab : str
        A pattern that asks for one which is empty matches nothing.

    Examples
    --------
    >>> matches("{person}_*", "ana_ephys", person="ana")
    True
    >>> matches("{person}_*", "_ephys", person="")
    False
    """
    compiled = _compiled(pattern, person, lab)
    return compiled is not None and compiled.fullmatch(name) is not None


@cache
def _compiled(pattern: str, person: str, lab: str) -> re.Pattern[str] | None:
    given = {PERSON: person, LAB: lab}
    pieces = _SPECIAL.split(pattern)
    if any(piece in given and not given[piece] for piece in pieces):
        return None
    first, *rest = "".join(given.get(p, "\0" if p == "*" else p) for p in pieces).split("\0")
    *inner, last = map(re.escape, rest or [""])
    # what was found first between two stars is not looked for again: else a name takes as long as there are ways to
    # divide it
    between = "".join(f"(?>.*?{piece})" for piece in inner)
    return re.compile(re.escape(first) + between + (".*" + last if rest else ""), re.DOTALL)
