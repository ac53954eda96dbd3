"""Texts in files that spreadsheets open, so that none of them is taken for a formula."""

from __future__ import annotations

import re
from typing import Final

GUARD: Final = "'"
"""Stands before a text that a spreadsheet would calculate; spreadsheets themselves write it so."""
_FORMULA: Final = re.compile(r"[=@\t\r\n]|[+-](?![+\-/.;, ]*\Z)")
"""How formulas begin. What is made of signs alone, as the genotype ``+/-``, is none."""


def guarded(text: str) -> str:
    """Return `text` as it may stand in a file of texts.

    Examples
    --------
    >>> guarded("=1+1"), guarded("+/-"), guarded("'=1")
    ("'=1+1", '+/-', "''=1")
    """
    return GUARD + text if _is_formula(text) else text


def unguarded(text: str) -> str:
    """Return the text from which `guarded` has made `text`.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith(GUARD) and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text.lstrip(GUARD)) is not None
