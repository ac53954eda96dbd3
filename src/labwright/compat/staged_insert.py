"""``datajoint.staged_insert``: a row whose files are written straight into the store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def staged_insert1(table: Any) -> AbstractContextManager[Any]:
    """Return what ``table.staged_insert1`` gives: ``with staged_insert1(Recording) as staged:``."""
    found: AbstractContextManager[Any] = table.staged_insert1
    return found
