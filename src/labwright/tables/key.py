"""``lw.key``: the object that stands for the primary key where names of attributes are given."""

from __future__ import annotations

from typing import Any

from labwright.core.errors import QueryError


class key:  # noqa: N801 - its name in the language
    """The primary key, as an argument of `fetch` and `fetch1`; the text ``"KEY"`` means the same.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     Mouse.fetch(lw.key)
    [{'mouse': 1}, {'mouse': 2}]
    """


def key_name(given: Any) -> str:
    """The name of an attribute, or ``"KEY"``."""
    if given is key:
        return "KEY"
    if not isinstance(given, str):
        raise QueryError(f"fetch takes names of attributes, one by one, not {given!r}.")
    return given
