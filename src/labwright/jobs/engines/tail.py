"""The end of what a program writes, which may go on for days."""

from __future__ import annotations

import os
import sys
import threading
from typing import IO, Final

READ: Final = 2**14
"""Bytes that are read at once."""


class Tail:
    r"""The last bytes of a stream, which is read by a thread and passed on to where this process writes its errors.

    Parameters
    ----------
    stream : file
        It is closed at its end.
    most : int
        Bytes that are kept.

    Examples
    --------
    >>> from subprocess import PIPE, Popen
    >>> program = Popen([sys.executable, "-c", "print('x' * 99 + '\\nlast')"], stdout=PIPE)
    >>> tail = Tail(program.stdout, 6)
    >>> tail.finish(), program.wait()
    (True, 0)
    >>> tail.text
    '...last\n'
    """

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._most = stream, most
        self._kept, self._is_cut = b"", False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._follow, name="tail", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """What is kept, from the beginning of a line where there is one."""
        with self._lock:
            kept, is_cut = self._kept, self._is_cut
        if is_cut:
            kept = kept.partition(b"\n")[2] or kept
        return f"{'...' if is_cut else ''}{kept.decode(errors='replace')}"

    def finish(self, timeout: float = 2.0) -> bool:
        """Wait for the end of the stream; False where somebody still holds it open."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        with self._stream as stream:
            while data := os.read(stream.fileno(), READ):
                with self._lock:
                    kept = self._kept + data
                    self._is_cut |= len(kept) > self._most
                    self._kept = kept[-self._most :]
                _pass_on(data)


def _pass_on(data: bytes) -> None:
    try:
        sys.stderr.write(data.decode(errors="replace"))
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody listens there any more


__all__ = ["Tail"]
