"""How an index over expressions is kept in its comment, since servers rewrite what they index."""

from __future__ import annotations

import json

from labwright.define.serial import index_from_dict, index_to_dict
from labwright.define.table import Index


def write_index(index: Index) -> str:
    """Return the comment that says what `index` is.

    Examples
    --------
    >>> write_index(Index(("a",)))
    '{"columns": ["a"], "unique": false}'
    """
    return json.dumps(index_to_dict(index))


def read_index(comment: str) -> Index | None:
    """Return the index that a comment says; None for a comment of another kind.

    Examples
    --------
    >>> read_index(write_index(Index(("a",), unique=True)))
    Index(columns=('a',), unique=True)
    """
    if not comment.startswith("{"):
        return None
    try:
        return index_from_dict(json.loads(comment))
    except (ValueError, KeyError, TypeError):
        return None
