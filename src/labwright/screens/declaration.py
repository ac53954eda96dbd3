"""What all declarations have in common."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labwright.core.errors import DefinitionError
from labwright.core.heading import Heading
from labwright.tables.table import Table

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class Declaration:
    """Something of the lab's own in the app. It is called as the function that it was made of.

    Parameters
    ----------
    name : str
        Stands in addresses.
    title : str
        What people read.
    text : str
        What else there is to say of it.
    tables : tuple of Table classes
        What it reads; the first is the one that it belongs to.
    function : callable
    options : Heading
        What people choose.
    """

    name: str
    title: str
    text: str
    tables: tuple[type[Table], ...]
    function: Callable[..., Any]
    options: Heading

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise DefinitionError(f"{self.name!r} cannot stand in an address: use letters, digits, - and _.")

    @property
    def table(self) -> type[Table]:
        """The table that it belongs to."""
        return self.tables[0]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def told(function: Callable[..., Any]) -> tuple[str, str]:
    """What a function says of itself: a title, and the text that follows it.

    Examples
    --------
    >>> def weight_curve(rows):
    ...     '''Weight over time.
    ...
    ...     Of each mouse a line.
    ...     '''
    >>> told(weight_curve), told(lambda rows: rows)
    (('Weight over time', 'Of each mouse a line.'), ('<lambda>', ''))
    """
    title, _, text = (inspect.getdoc(function) or "").partition("\n")
    return title.removesuffix(".") or function.__name__.replace("_", " ").capitalize(), text.strip()


def slug(title: str) -> str:
    """A title as it stands in an address.

    Examples
    --------
    >>> slug("Sizes of objects (2026)")
    'sizes-of-objects-2026'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def given_tables(what: str, tables: Sequence[Any]) -> tuple[type[Table], ...]:
    """The tables that a decorator was given.

    Raises
    ------
    DefinitionError
        When there are none, as where the decorator stands without brackets.
    """
    if not tables or not all(isinstance(t, type) and issubclass(t, Table) for t in tables):
        raise DefinitionError(f"Write the tables that it belongs to and reads: @lw.{what}(Session).")
    return tuple(tables)
