"""Which tables a running ``make`` may insert into: known by context, so that threads do not open each other's doors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_making: Final[ContextVar[frozenset[str]]] = ContextVar("labwright_making", default=frozenset())


@contextmanager
def making(table: str) -> Iterator[None]:
    """Within the block, rows of `table` (``schema.name``) and of its parts may be inserted."""
    token = _making.set(_making.get() | {table})
    try:
        yield
    finally:
        _making.reset(token)


def is_making(table: str) -> bool:
    """Whether a ``make`` of `table` is running here."""
    return table in _making.get()
