"""Folders whose names are on the disk, so that what is in them is found after a power failure."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that they are there after a power failure."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    if os.name == "nt":  # folders cannot be opened there, and their names are kept in a journal
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class SharedSync:
    """Brings the names in folders to the disk for many threads, together where they ask at the same time.

    Who asks while a folder is being synced waits for the next time, which is for all who have asked until it begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[Path, Future[None]] = {}
        self._running: dict[Path, Future[None]] = {}

    def sync(self, folder: Path) -> None:
        """Return when all names that are in the folder now are on the disk."""
        with self._lock:
            turn = self._next.get(folder)
            is_first, before = turn is None, self._running.get(folder)
            if turn is None:
                turn = self._next[folder] = Future()
        if is_first:
            self._run(folder, turn, before)
        turn.result()

    def _run(self, folder: Path, turn: Future[None], before: Future[None] | None) -> None:
        try:
            if before is not None:
                wait([before])
            with self._lock:
                self._running[folder] = self._next.pop(folder)
            sync_folder(folder)
            turn.set_result(None)
        except OSError as error:
            turn.set_exception(error)
        finally:
            self._end(folder, turn)
            if not turn.done():
                turn.set_exception(InterruptedError(errno.EINTR, "It was interrupted"))

    def _end(self, folder: Path, turn: Future[None]) -> None:
        with self._lock:
            for known in (self._next, self._running):
                if known.get(folder) is turn:
                    del known[folder]
