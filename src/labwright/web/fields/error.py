"""What is wrong with a value that somebody has typed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from labwright import errors
from labwright.web.fields.excerpt import excerpt

MAX_SHOWN: Final = 40
"""So many characters of a value are repeated in a sentence about it."""
MAX_CHOICES: Final = 12
"""So many choices are named in a sentence."""


class FieldError(errors.DataError):
    """The field cannot hold this value.

    The message is a sentence for the scientist who typed it. It does not name the field, beside which it is shown.
    """


def shown(text: str) -> str:
    """Return `text` as a sentence repeats it: between quotes, cut, and with what cannot be seen made visible.

    Examples
    --------
    >>> print(shown("5\u200b"))
    '5\u200b'
    """
    visible = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in excerpt(text, MAX_SHOWN))
    return f"'{''.join(visible)}'"


def one_of(choices: Iterable[str]) -> str:
    """Return the sentence that lists `choices`; of many the first ones."""
    named = list(choices)
    rest = f" and {len(named) - MAX_CHOICES} more" if len(named) > MAX_CHOICES else ""
    return f"Choose one of {', '.join(named[:MAX_CHOICES])}{rest}."


def nearest(text: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean left?"`` when a choice is near `text`, whatever its case, else ``""``.

    Examples
    --------
    >>> nearest("LEFT", ["left", "right"])
    ' Did you mean left?'
    """
    by_case = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(text[:200].casefold(), by_case, n=1, cutoff=0.6)
    return f" Did you mean {by_case[near[0]]}?" if near else ""
