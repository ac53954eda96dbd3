"""Handing the chunks of a stream to another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from queue import Full, Queue
from typing import Final, TypeVar

from labwright.storage.base import Bytes

R = TypeVar("R")
_PATIENCE: Final = 0.1
"""Seconds after which it is looked whether the other thread still wants chunks."""


class _End(Enum):
    WHOLE = "all chunks were given"
    BROKEN = "the source has failed"


def fed(put: Callable[[Iterator[bytes]], R], chunks: Iterable[Bytes]) -> R:
    """Call `put` in another thread with the chunks that are taken here.

    What makes the chunks runs in the caller's thread, at the same time as `put`. When it raises, `put` sees an
    exception in its place.

    Examples
    --------
    >>> fed(b"-".join, [b"a", b"b"])
    b'a-b'
    """
    waiting: Queue[bytes | _End] = Queue(1)
    with ThreadPoolExecutor(1, "labwright-put") as pool:
        putting = pool.submit(put, _taken(waiting))
        try:
            for chunk in chunks:
                _give(waiting, bytes(chunk), putting)
                if putting.done():
                    break
        except BaseException:
            _give(waiting, _End.BROKEN, putting)
            raise
        _give(waiting, _End.WHOLE, putting)
        return putting.result()


def _give(waiting: Queue[bytes | _End], item: bytes | _End, putting: Future[R]) -> None:
    while not putting.done():
        try:
            return waiting.put(item, timeout=_PATIENCE)
        except Full:
            continue
    return None


def _taken(waiting: Queue[bytes | _End]) -> Iterator[bytes]:
    while not isinstance(item := waiting.get(), _End):
        yield item
    if item is _End.BROKEN:
        raise InterruptedError(_End.BROKEN.value)
