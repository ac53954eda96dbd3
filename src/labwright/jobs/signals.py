"""Being told to end: what runs is given back, and what is finished is stored."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from labwright.tables.making import is_making

EXIT_CODE: Final = 128 + signal.SIGTERM
"""As shells have it."""


class Stopped(BaseException):
    """Ends a make whose process was told to end. No error, so that nobody takes it for one."""


class Stopping:
    """Knows whether the process was told to end."""

    def __init__(self) -> None:
        self.requested = False

    def __call__(self) -> bool:
        return self.requested

    def raise_stopped(self) -> None:
        """End what is waited for, where that was asked for."""
        if self.requested:
            raise Stopped

    def leave(self) -> None:
        """End the process, where that was asked for."""
        if self.requested:
            raise SystemExit(EXIT_CODE)

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """End a make that runs; what is being stored is stored to its end."""
        self.requested = True
        if is_making():
            raise Stopped


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Heed SIGTERM in the block, which ends early when it comes. Only the main thread hears signals."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = signal.signal(signal.SIGTERM, stopping.hear)
    try:
        yield stopping
    except Stopped:
        pass
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
