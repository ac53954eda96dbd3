"""How long one call of make may take: what takes longer is ended, and told as an error of its key."""

from __future__ import annotations

import inspect
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from labwright.jobs.resources import parse_resources


class Overdue(BaseException):
    """Ends a make that takes too long. No error, so that nobody takes it for one."""


def key_time(table: type) -> float | None:
    """The seconds that one call of a table's make may take; None where it may take any time.

    Examples
    --------
    >>> class Spikes:
    ...     resources = dict(key_time="10 min")
    >>> key_time(Spikes)
    600.0
    """
    said = inspect.getattr_static(table, "resources", None) or {}
    return parse_resources(said, f"{table.__name__}.resources").key_time


@contextmanager
def ended_after(seconds: float | None) -> Iterator[None]:
    """End the block by `Overdue` when it takes longer.

    Only the main thread hears signals, and only between two steps of Python: what hangs in a library, or in another
    thread, goes on.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Overdue
