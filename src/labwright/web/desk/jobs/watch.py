"""Noticing what changes, for pages that show it: one look for all who listen, and none while nobody does."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.jobs.board import Look
    from labwright.web.desk.workspace import Workspace

logger = logging.getLogger(__name__)

INTERVAL: Final = 1.0
"""Seconds between two looks, at least."""
GATHERING: Final = 0.1
"""Seconds in which what is done here is gathered."""
EACH: Final = 8
"""Pages of one person that are told; what is opened beyond shows what is so when it is loaded."""
ALL: Final = 500
STATUS: Final = "status"
"""Told when a table that fills itself stands otherwise."""
NOTICES: Final = "notices"
"""Told when there are notices, to whomever."""


@dataclass(frozen=True)
class News:
    """What has changed since one was told last; no data, as that is to be asked for with one's rights.

    Parameters
    ----------
    place : str
        Up to where one knows everything.
    tables : frozenset of str
        Tables whose rows have changed, as far as the person may read them.
    others : frozenset of str
        What else is to be fetched again: ``status``, or what pages of their own have told.
    """

    place: str
    tables: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tables or self.others)


class Listener:
    """A page that is told, in the event loop that it was opened in.

    Parameters
    ----------
    desk : Desk
        Of the person whose page it is.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._lock = threading.Lock()
        self._tables: set[str] = set()
        self._others: set[str] = set()
        self._place = ""
        self.is_closed = False

    def tell(self, place: str, tables: Iterable[str], others: Iterable[str]) -> None:
        """Note what has changed; to be called in any thread."""
        with self._lock:
            self._place = place
            self._tables.update(tables)
            self._others.update(others)
        self._wake()

    def close(self) -> None:
        """Let the page hear no more."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._something.set)

    async def news(self, timeout: float) -> News:
        """What has changed, as soon as something has; nothing when the time has passed."""
        try:
            await asyncio.wait_for(self._something.wait(), timeout)
        except TimeoutError:
            return News(self._place)
        self._something.clear()
        return await asyncio.to_thread(self._taken)

    def _taken(self) -> News:
        with self._lock:
            tables, others = self._tables, self._others
            self._tables, self._others = set(), set()
            place = self._place
        return News(place, frozenset(self._readable(tables)), frozenset(others))

    def _readable(self, tables: Iterable[str]) -> Iterator[str]:
        return (name for name in tables if self.desk.find(name) is not None)


class Watch:
    """Looks at the tables of a workspace while somebody listens, and tells what has changed.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._nudged = threading.Event()
        self._thread: threading.Thread | None = None
        self._epoch = uuid.uuid4().hex[:8]
        self._number = 0
        self._known: Look | None = None

    @property
    def place(self) -> str:
        """Up to where everything is known that was noticed so far."""
        return f"{self._epoch}-{self._number}"

    @property
    def listening(self) -> int:
        """How many pages are told."""
        return len(self._listeners)

    def listen(self, desk: Desk, since: str) -> Listener | None:
        """Begin to tell somebody's page what changes; None when too many listen already.

        What has changed since the place up to which the page knows everything is told at once; where nobody knows, all
        is said to have.
        """
        listener = Listener(desk)
        with self._lock:
            own = sum(other.desk.person == desk.person for other in self._listeners)
            if own >= EACH or len(self._listeners) >= ALL:
                return None
            self._listeners.append(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
        if since and since != self.place:
            listener.tell(self.place, self._workspace.tables(), [STATUS])
        self._nudged.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """Tell a page no more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def nudge(self) -> None:
        """Look now, as something was done here."""
        self._nudged.set()

    def announce(self) -> None:
        """Tell everybody that something stands otherwise of which the database knows nothing."""
        self._number += 1
        self._tell((), [STATUS])

    def _tell(self, tables: Iterable[str], others: Iterable[str]) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(self.place, tables, others)

    def close(self) -> None:
        """Tell nobody anything more."""
        with self._lock:
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.close()
        self._nudged.set()

    def _run(self) -> None:
        while self._goes_on():
            try:
                with self._workspace.bounded():
                    self.look()
            except Exception:  # whatever it was, pages are told of what comes next
                logger.exception("the tables cannot be looked at now", extra={"action": "watch"})
            time.sleep(GATHERING)
            self._nudged.wait(INTERVAL)
            self._nudged.clear()

    def _goes_on(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._thread = None
            return self._thread is not None

    def look(self) -> None:
        """Look once, and tell what has changed since the last look.

        Of a file that is all one knows of a write: what is computed may stand otherwise.
        """
        before, now = self._known, self._workspace.board.follow()
        self._known = now
        if before is None or now is before:
            return
        tables = changed_tables(self._workspace, before, now)
        others = list(self._others(before, now))
        if tables or others:
            self._number += 1
            self._tell(tables, others)

    def _others(self, before: Look, now: Look) -> Iterator[str]:
        if before.standings != now.standings or "" in now.marks:
            yield STATUS
        kept = f"{self._workspace.keeping.schema}.notice"
        if before.marks.get(kept) != now.marks.get(kept):
            yield NOTICES


def changed_tables(workspace: Workspace, before: Look, now: Look) -> frozenset[str]:
    """The tables whose rows have changed between two looks."""
    marks = {name for name in before.marks.keys() | now.marks.keys() if before.marks.get(name) != now.marks.get(name)}
    return frozenset(named for name in marks if (named := workspace.name_of(name)) is not None)


def event_of(table: str) -> str:
    """What it is called that rows of a table have changed: ``hx-trigger="{{ event_of(sheet.name) }} from:body"``.

    Examples
    --------
    >>> event_of("lab.Mouse")
    'rows-c9469145'
    """
    return f"rows-{zlib.crc32(table.encode()):08x}"
