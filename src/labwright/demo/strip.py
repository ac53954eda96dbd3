"""Reading a part of an image in a store, and counting what is read for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import labwright as lw
from labwright.codecs.objects import Finder
from labwright.storage.counting import CountingStore
from labwright.storage.handle import Handle

ROWS = slice(600, 610)


@dataclass(frozen=True)
class Strip:
    """Some rows of an image.

    Parameters
    ----------
    size : int
        Bytes of the whole image.
    rows, width : int
        What was asked for.
    read : int
        Bytes that were read for it.
    """

    size: int
    rows: int
    width: int
    read: int


def strip_of(image: lw.NpyRef) -> Strip:
    """Read some rows of an image, and nothing else of it."""
    counting = CountingStore(image.handle.store)
    rows, width = lw.NpyRef(image.to_json(), _Counted(image, counting))[ROWS].shape
    return Strip(image.nbytes, rows, width, counting.fetched)


@dataclass(frozen=True)
class _Counted(Finder):
    """Finds an image through a store that counts."""

    image: lw.NpyRef
    counting: CountingStore

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        return replace(self.image.handle, store=self.counting)
