"""The row that a statement writes, as a rule speaks of it: ``new.weight``, and ``old.weight`` before an update.

Its attributes have a meaning while a rule is read, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from labwright.core.heading import Attribute, Heading

WRITTEN: Final = ""
"""The schema of the row that is written, which is in none."""

_rows: ContextVar[Mapping[str, Heading]] = ContextVar("_rows", default=MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RowValue:
    """One attribute of the row that is written, to be given where a value is expected.

    Examples
    --------
    >>> str(RowValue("new", "weight"))
    'new.weight'
    """

    row: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.row}.{self.attribute}"


@contextmanager
def writing(rows: Mapping[str, Heading]) -> Iterator[None]:
    """Let expressions speak of the attributes of `rows`, by name: ``new`` and ``old``."""
    token = _rows.set(rows)
    try:
        yield
    finally:
        _rows.reset(token)


def written_attribute(name: str) -> Attribute | None:
    """The attribute that ``new.weight`` stands for, where rows are being written; None elsewhere.

    Raises
    ------
    UnknownAttributeError
        When the row has no such attribute.
    """
    row, _, attribute = name.partition(".")
    heading = _rows.get().get(row)
    if heading is None or not attribute:
        return None
    if attribute not in heading:
        raise heading.unknown(attribute, f"the row that is written, {row!r}")
    return heading[attribute]
