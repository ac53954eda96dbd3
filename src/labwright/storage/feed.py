"""Handing the chunks of a stream to another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from queue import Full, Queue
from typing import Final, Generic, TypeVar

from labwright.storage.base import Bytes

R = TypeVar("R")
_PATIENCE: Final = 0.1
"""Seconds after which it is looked whether the other thread still wants chunks."""


class _End(Enum):
    WHOLE = "all chunks were given"
    BROKEN = "the source has failed"


class Feed(Generic[R]):
    """A call of `put` in another thread with the chunks that are given here.

    Parameters
    ----------
    put : callable
        Takes an iterator, which raises when the source has failed.

    Examples
    --------
    >>> feed = Feed(b"-".join)
    >>> feed.give(b"a"), feed.give(b"b"), feed.finish()
    (None, None, b'a-b')
    """

    def __init__(self, put: Callable[[Iterator[bytes]], R]) -> None:
        self._waiting: Queue[bytes | _End] = Queue(1)
        self._pool = ThreadPoolExecutor(1, "labwright-put")
        self._putting = self._pool.submit(put, _taken(self._waiting))

    @property
    def is_over(self) -> bool:
        """Whether `put` has returned or raised, and takes nothing more."""
        return self._putting.done()

    def give(self, chunk: Bytes) -> None:
        """Hand over a chunk, when there is room for it."""
        self._hand(bytes(chunk))

    def finish(self) -> R:
        """Say that this was all, and return what `put` returns."""
        self._hand(_End.WHOLE)
        self._pool.shutdown()
        return self._putting.result()

    def fail(self) -> None:
        """Say that no more will come, since the source has failed; return when `put` is over."""
        self._hand(_End.BROKEN)
        self._pool.shutdown()

    def _hand(self, item: bytes | _End) -> None:
        while not self.is_over:
            try:
                return self._waiting.put(item, timeout=_PATIENCE)
            except Full:
                continue
        return None


def fed(put: Callable[[Iterator[bytes]], R], chunks: Iterable[Bytes]) -> R:
    """Call `put` in another thread with the chunks that are taken here.

    What makes the chunks runs in the caller's thread, at the same time as `put`. When it raises, `put` sees an
    exception in its place.

    Examples
    --------
    >>> fed(b"-".join, [b"a", b"b"])
    b'a-b'
    """
    feed = Feed(put)
    try:
        for chunk in chunks:
            feed.give(chunk)
            if feed.is_over:
                break
    except BaseException:
        feed.fail()
        raise
    return feed.finish()


def _taken(waiting: Queue[bytes | _End]) -> Iterator[bytes]:
    while not isinstance(item := waiting.get(), _End):
        yield item
    if item is _End.BROKEN:
        raise InterruptedError(_End.BROKEN.value)
