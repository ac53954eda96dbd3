"""The workers that a server has started, which end with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import labwright as lw

KEPT: Final = 64 * 1024
"""Bytes of the end of what a worker writes."""


class Crews:
    """The workers that a server has started, by the table that they were asked to fill.

    Parameters
    ----------
    tell : callable
        Called when some have ended.
    """

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._crews: dict[str, Any] = {}

    def start(self, name: str, tables: list[Any]) -> bool:
        """Start workers for a table; False where there are some already."""
        with self._lock:
            if name in self._running():
                return False
            self._crews[name] = crew = lw.Workers(*tables, keep_logs=KEPT)
        threading.Thread(target=self._see_off, args=(crew,), name="crew", daemon=True).start()
        return True

    def _see_off(self, crew: lw.Workers) -> None:
        crew.wait()
        self._tell()

    def _running(self) -> dict[str, Any]:
        return {name: crew for name, crew in self._crews.items() if not crew.is_over}

    def running(self, name: str) -> int:
        """How many of them are at work for a table."""
        with self._lock:
            found = self._running().get(name)
        return found.count if found is not None else 0

    def trouble(self, name: str) -> str:
        """Why the last ones for a table ended early; empty where they did not."""
        with self._lock:
            found = self._crews.get(name)
        return str(found.trouble).partition("\n")[0] if found is not None else ""

    def tables(self, name: str) -> list[Any]:
        """What the last ones for a table fill, or have filled."""
        with self._lock:
            found = self._crews.get(name)
        return found.tables if found is not None else []

    def logs(self, name: str) -> dict[str, str]:
        """The end of what each of the last ones for a table has written."""
        with self._lock:
            found = self._crews.get(name)
        return dict(found.logs) if found is not None else {}

    def wait(self, name: str, timeout: float | None = None) -> bool:
        """Wait until the last ones for a table have ended; False when so many seconds have passed before."""
        with self._lock:
            found = self._crews.get(name)
        return found is None or bool(found.wait(timeout))

    def stop(self, name: str) -> bool:
        """Let those for a table give back what they are at, and end; False where there are none."""
        with self._lock:
            found = self._running().get(name)
        return found is not None and bool(found.stop())

    def close(self) -> None:
        """Stop all."""
        with self._lock:
            running = self._running()
        threads = [threading.Thread(target=crew.stop, daemon=True) for crew in running.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
