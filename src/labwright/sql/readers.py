"""Which computations take note of what is read over a connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import EllipsisType
from typing import Final
from weakref import WeakSet

from labwright.sql.reads import Reads


class Readers:
    """Knows which computations read over one connection.

    A computation is followed in the context that it runs in. Threads have contexts of their own, and do not say who
    has started them: what is read in one that began while computations ran is noted by all of these, and so is what it
    reads later on, as it may belong to a pool.
    """

    def __init__(self) -> None:
        self._here: Final[ContextVar[Reads | EllipsisType | None]] = ContextVar("labwright_reading", default=...)
        self._running: dict[Reads, frozenset[threading.Thread]] = {}
        self._helpers: WeakSet[threading.Thread] = WeakSet()

    @contextmanager
    def follow(self, reads: Reads) -> Iterator[None]:
        """Let `reads` collect what the block reads, with the threads that it starts."""
        self._running[reads] = frozenset(threading.enumerate()) - set(self._helpers)
        token = self._here.set(reads)
        try:
            yield
        finally:
            self._here.reset(token)
            del self._running[reads]

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let nobody take note of what the block reads, whoever computes meanwhile."""
        token = self._here.set(None)
        try:
            yield
        finally:
            self._here.reset(token)

    def here(self) -> Sequence[Reads]:
        """Those that take note of what is read here and now."""
        here = self._here.get()
        if here is None or (here is ... and not self._running):
            return ()
        return self._around() if here is ... else (here,)

    def _around(self) -> Sequence[Reads]:
        thread = threading.current_thread()
        found = [reads for reads, others in self._running.copy().items() if thread not in others]
        if found:
            self._helpers.add(thread)
        return found
