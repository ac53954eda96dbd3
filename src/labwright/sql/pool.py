"""A few open connections, lent out and taken back; what was used last is lent first."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from labwright.core.errors import LockError, LostConnectionError
from labwright.sql.acting import NOBODY, Acting
from labwright.sql.drivers.base import Driver, Raw

POOL_SIZE: Final = 10
WAIT: Final = 60.0

logger = logging.getLogger(__name__)


class Entry:
    """One raw connection. `heard` tells whether its server has sent something unasked, such as its farewell.

    `told` is who acts, and `role` whose rights hold, as far as its session knows; None where that is not sure.
    `seconds` is how long its statements may take, negative where unsure. One that is `abandoned` is closed, or
    belongs to a parent process, and is not lent again.
    """

    __slots__ = ("__weakref__", "abandoned", "counted", "heard", "raw", "role", "seconds", "told")

    def __init__(self, raw: Raw, heard: Callable[[], bool] | None) -> None:
        self.raw = raw
        self.heard = heard
        self.counted = True
        self.abandoned = False
        self.told: Acting | None = NOBODY
        self.role: str | None = ""
        self.seconds: float | None = None

    def tell(self, driver: Driver, acting: Acting) -> bool:
        """Tell a session that lasts who acts; return whether that took a statement."""
        if self.told == acting:
            return False
        self.told = None
        driver.tell(self.raw, acting)
        self.told = acting
        return True

    def cast(self, driver: Driver, role: str) -> None:
        """Let a session have the rights of a role, or of none, where that lasts longer than a transaction."""
        if self.role != role:
            self.role = None
            driver.take_role(self.raw, role)
            self.role = role

    def limit(self, driver: Driver, seconds: float | None) -> None:
        """Let no statement of a session take longer."""
        if self.seconds != seconds:
            self.seconds = _UNSURE
            driver.limit(self.raw, seconds)
            self.seconds = seconds


_UNSURE: Final = -1.0


class Pool:
    """Lends raw connections to one borrower each.

    Parameters
    ----------
    driver : Driver
        Opens and closes them.
    limit : int
        How many may be lent at a time, apart from those for streams.
    on_connect : callable or None
        Called with each new raw connection.
    """

    def __init__(
        self, driver: Driver, limit: int = POOL_SIZE, on_connect: Callable[[Raw], object] | None = None
    ) -> None:
        self.driver = driver
        self.limit = max(1, limit)
        self.closed = False
        self._on_connect = on_connect
        self._idle: deque[Entry] = deque()
        self._entries: set[Entry] = set()
        self._count = 0
        self._waiting = 0
        self._changed = threading.Condition()
        self._finalizer = weakref.finalize(self, _close_all, driver, self._entries, weakref.ref(self))
        _watch_forks(self)

    @property
    def is_connected(self) -> bool:
        """True when a connection is open."""
        return bool(self._entries)

    def borrow(self) -> Entry:
        """Return a connection that was alive a moment ago, opening one when need be."""
        while True:
            try:
                entry = self._idle.pop()
            except IndexError:
                waited = self._wait()
                if waited is None:
                    return self._open()
                entry = waited
            if entry.heard is None or not entry.heard() or self.driver.ping(entry.raw):
                return entry
            self.discard(entry)

    def release(self, entry: Entry) -> None:
        """Take a connection back."""
        if self.closed or entry.abandoned:
            self.discard(entry)
            return
        self._idle.append(entry)
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def discard(self, entry: Entry) -> None:
        """Close a connection that is of no more use."""
        if entry.abandoned or entry not in self._entries:
            return
        self._entries.discard(entry)
        self.driver.close(entry.raw)
        if entry.counted:
            self._forget()

    def borrow_extra(self, seconds: float | None = None) -> Entry:
        """Return a connection for a stream: it may be held long, so it does not count."""
        entry = self._take_idle()
        if entry is None:
            entry = self._open(counted=False)
        else:
            entry.counted = False
            self._forget()
        try:
            entry.cast(self.driver, "")
            entry.limit(self.driver, seconds)
        except BaseException:
            self.discard(entry)
            raise
        return entry

    def release_extra(self, entry: Entry) -> None:
        """Take a stream's connection back, or close it where there are enough."""
        with self._changed:
            entry.counted = self._count < self.limit and not entry.abandoned
            self._count += entry.counted
        (self.release if entry.counted else self.discard)(entry)

    def open(self) -> None:
        """Allow borrowing again."""
        self.closed = False

    def close(self) -> None:
        """Close what is idle now, and the others as they come back."""
        self.closed = True
        self._close_idle(lambda _: True)
        self.driver.shutdown()

    def _close_idle(self, which: Callable[[Raw], bool]) -> None:
        kept = []
        while (entry := self._pop()) is not None:
            if which(entry.raw):
                self.discard(entry)
            else:
                kept.append(entry)
        self._idle.extend(reversed(kept))

    def _pop(self) -> Entry | None:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return None

    def _take_idle(self) -> Entry | None:
        while (entry := self._pop()) is not None:
            if entry.heard is None or not entry.heard() or self.driver.ping(entry.raw):
                return entry
            self.discard(entry)
        return None

    def _wait(self) -> Entry | None:
        """Return an idle connection, or None when one may be opened, which is then counted."""
        deadline = time.monotonic() + WAIT
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    if entry := self._pop():
                        return entry
                    if self._count < self.limit:
                        self._count += 1
                        return None
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise LockError(
                            f"All {self.limit} connections were in use for {WAIT:g} s. End transactions sooner, or"
                            " raise pool_size."
                        )
            finally:
                self._waiting -= 1

    def _open(self, *, counted: bool = True) -> Entry:
        try:
            if self.closed:
                raise LostConnectionError("The connection has been closed. Call its connect() to use it again.")
            entry = self._connect()
        except BaseException:
            if counted:
                self._forget()
            raise
        entry.counted = counted
        self._entries.add(entry)
        return entry

    def _connect(self) -> Entry:
        raw = self.driver.connect()
        try:
            if self._on_connect is not None:
                self._on_connect(raw)
            fileno = self.driver.fileno(raw)
        except BaseException:
            self.driver.close(raw)
            raise
        logger.debug("connected", extra={"action": "connect"})
        return Entry(raw, _listener(fileno) if fileno >= 0 else None)

    def _forget(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()

    def _before_fork(self) -> None:
        self._close_idle(self.driver.before_fork)

    def _after_fork(self) -> None:
        """Drop in the child what belongs to its parent, without a word to the server."""
        self._changed = threading.Condition()
        self._waiting = 0
        inherited = self._let_go()
        _abandoned.extend(inherited)
        for entry in inherited:
            self.driver.abandon(entry.raw)

    def _let_go(self) -> list[Entry]:
        """Forget all connections, also those that are lent, so that new ones can be opened."""
        with self._changed:
            entries = list(self._entries)
            self._entries.clear()
            self._idle.clear()
            self._count = 0
            for entry in entries:
                entry.abandoned = True
            self._changed.notify_all()
        return entries


def _listener(fileno: int) -> Callable[[], bool]:
    """Return a function that tells, without waiting, whether there is something to read."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(fileno, select.POLLIN)
        poll = poller.poll
        return lambda: bool(poll(0))
    return lambda: bool(select.select([fileno], [], [], 0)[0])


def _close_all(driver: Driver, entries: set[Entry], of: weakref.ref[Pool]) -> None:
    """Close the connections of a pool that is gone; at exit it is still there, and handlers that come later use it."""
    pool = of()
    for entry in list(entries) if pool is None else pool._let_go():
        driver.close(entry.raw)
    driver.shutdown()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
_abandoned: list[Entry] = []
"""Connections of a parent process. They are kept, since to destroy them would be to close them."""

_watching = threading.Lock()
_watched = False


def _watch_forks(pool: Pool) -> None:
    global _watched  # noqa: PLW0603 - the interpreter has one list of hooks, and hooks cannot be taken back
    with _watching:
        _pools.add(pool)
        if not _watched and hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
            _watched = True


def _before_fork() -> None:
    for pool in list(_pools):
        pool._before_fork()


def _after_fork() -> None:
    for pool in list(_pools):
        pool._after_fork()
