"""A lock that lasts as long as its holder's session: it is free again when the process dies, whatever it was doing."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from labwright.sql.drivers.base import Driver, Raw
from labwright.sql.pool import Entry, Pool
from labwright.sql.url import DatabaseUrl

_TAKE: Final = {
    "postgres": "SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(%s, 0)) THEN 1 ELSE 0 END",
    "mysql": "SELECT get_lock(%s, 0)",
}
_GIVE: Final = {
    "postgres": "SELECT pg_advisory_unlock(hashtextextended(%s, 0))",
    "mysql": "SELECT release_lock(%s)",
}
_PATIENCE: Final = 2.0
"""Seconds in which a server notices that a process has died."""
_STAY: Final = {"postgres": "SELECT 1", "mysql": "SET SESSION wait_timeout = 2147483"}
"""What keeps the session from being ended while it waits: it is said again whenever somebody asks."""


class SessionLock(Protocol):
    """A lock by name; no two sessions hold it at a time."""

    def take(self) -> bool:
        """Take it, and return whether nobody else had it."""

    def is_held(self) -> bool:
        """Whether it was not lost since it was taken, as when the server was started anew."""

    def release(self) -> None:
        """Let others take it."""


def session_lock(url: DatabaseUrl, driver: Driver, pool: Pool, name: str) -> SessionLock:
    """Return a lock by a name that all clients of the database share."""
    hashed = f"labwright {sha256(name.encode()).hexdigest()[:40]}"
    if url.backend != "sqlite":
        return _ServerLock(url.backend, driver, pool, hashed)
    inside = url.in_memory or not url.path
    place = f"{tempfile.gettempdir()}/labwright-{os.getpid()}-{id(pool)}" if inside else url.path
    return _FileLock(Path(f"{place}-{hashed.replace(' ', '-')}"))


class _ServerLock:
    """A lock of a server, held by a session of its own."""

    def __init__(self, backend: str, driver: Driver, pool: Pool, name: str) -> None:
        self._backend = backend
        self._driver = driver
        self._pool = pool
        self._name = name
        self._entry: Entry | None = None

    def take(self) -> bool:
        entry = self._pool.borrow_extra()
        try:
            taken = self._taken(entry)
        except BaseException:
            self._pool.discard(entry)
            raise
        if taken:
            self._entry = entry
        else:
            self._pool.release_extra(entry)
        return taken and self.is_held()

    def _taken(self, entry: Entry) -> bool:
        end = time.monotonic() + _PATIENCE
        while self._driver.fetch(entry.raw, _TAKE[self._backend], (self._name,)) != [(1,)]:
            if time.monotonic() > end:
                return False
            time.sleep(_PATIENCE / 20)
        return True

    def is_held(self) -> bool:
        entry = self._entry
        if entry is None or entry.abandoned:
            return False
        try:
            self._driver.execute(entry.raw, _STAY[self._backend], ())
        except Exception as error:
            if self._driver.translate(error, "") is None:
                raise
            return False
        return True

    def release(self) -> None:
        entry, self._entry = self._entry, None
        if entry is None:
            return
        try:  # a server takes its time to notice that a session was closed
            if not entry.abandoned:
                self._driver.fetch(entry.raw, _GIVE[self._backend], (self._name,))
        except Exception as error:
            if self._driver.translate(error, "") is None:
                raise
        finally:
            self._pool.discard(entry)


class _FileLock:
    """A lock beside the file of a database: that of another file of SQLite, with nothing in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: Raw | None = None

    def take(self) -> bool:
        import sqlite3

        while True:
            self._path.touch()
            before = _identity(self._path)
            raw = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                raw.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raw.close()
                return False
            if before is not None and before == _identity(self._path):
                self._raw = raw
                return True
            raw.close()  # who had it has just let go, and taken the file away

    def is_held(self) -> bool:
        return self._raw is not None

    def release(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            with suppress(OSError):  # some systems take no file away that is open
                self._path.unlink()
            raw.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
