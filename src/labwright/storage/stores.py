"""The stores of a project by name, opened when they are first used."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, NoReturn, ParamSpec, TypeVar
from weakref import WeakSet

from labwright.core.errors import ConfigError
from labwright.storage.base import Store
from labwright.storage.external import ExternalLayout, external_layout_of
from labwright.storage.layout import StoreLayout
from labwright.storage.protocols import open_store

Find = Callable[[str | None, bool], tuple[str, Mapping[str, Any]]]
"""From a store's name, None for the default one, and whether it is for files of the user, to name and settings."""

P = ParamSpec("P")
R = TypeVar("R")
THREADS: Final = 8
"""So many objects are put at the same time."""
IN_FLIGHT: Final = 64 * 1024 * 1024
"""So many bytes may wait to be put, or to be taken by who reads, before no more are moved."""
AHEAD: Final = 4 * THREADS
"""So many objects are read ahead."""


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store and how its keys are made.

    Parameters
    ----------
    name : str
    store : Store
    layout : StoreLayout
    external : ExternalLayout
        The same for the classic generation.
    """

    name: str
    store: Store
    layout: StoreLayout
    external: ExternalLayout


class Stores:
    """Opens each store once.

    Parameters
    ----------
    find : callable
        Gives the settings of a store.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._open: dict[str, tuple[Mapping[str, Any], OpenStore]] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._room = threading.Condition()

    def __call__(self, name: str | None = None, *, filepath: bool = False) -> OpenStore:
        """Return the store `name`; None and ``""`` are the default one.

        Raises
        ------
        ConfigError
            When there is none, or its settings lack something.
        """
        chosen, settings = self._find(name or None, filepath)
        with self._lock:
            known = self._open.get(chosen)
            if known is None or known[0] != settings:
                known = self._open[chosen] = settings, _opened(chosen, settings)
            return known[1]

    def background(self, size: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a function that puts `size` bytes, now or soon; wait first while too many are on their way."""
        with self._room:
            self._room.wait_for(lambda: not self._waiting or self._waiting + size <= IN_FLIGHT)
            self._waiting += size
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, "labwright-store")
                _watch_forks()
                _with_threads.add(self)
            future = self._pool.submit(function, *args, **kwargs)
        future.add_done_callback(lambda _: self._done(size))
        return future

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        """Yield what functions return, in their order; the next ones run meanwhile, as far as memory is bounded.

        Parameters
        ----------
        work : iterable of (int, callable)
            As many bytes as the result has, and what gives it.
        """
        waiting: deque[tuple[int, Future[R]]] = deque()
        on_the_way = 0
        try:
            for size, function in work:
                while waiting and (on_the_way + size > IN_FLIGHT or len(waiting) >= AHEAD):
                    done, future = waiting.popleft()
                    on_the_way -= done
                    yield future.result()
                waiting.append((size, self.background(0, function)))
                on_the_way += size
            while waiting:
                yield waiting.popleft()[1].result()
        finally:
            for _, future in waiting:
                future.cancel()

    def _done(self, size: int) -> None:
        with self._room:
            self._waiting -= size
            self._room.notify_all()

    def close(self) -> None:
        """End the threads; what was asked of them is done first."""
        with self._room:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def after_fork(self) -> None:
        """Have in the child none of the threads of its parent, which are not there."""
        self._lock, self._room = threading.Lock(), threading.Condition()
        self._pool, self._waiting = None, 0


_with_threads: Final[WeakSet[Stores]] = WeakSet()


@cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for stores in list(_with_threads):
        stores.after_fork()


def _nothing(name: str | None, _: bool) -> NoReturn:
    raise ConfigError(f"There is no project here whose settings know the store {name or 'that is the default'!r}.")


NO_STORES: Final = Stores(_nothing)
"""Where there is no project."""


def _opened(name: str, settings: Mapping[str, Any]) -> OpenStore:
    return OpenStore(name, open_store(name, settings), layout_of(settings), external_layout_of(settings))


_LAYOUT: Final = tuple(field.name for field in fields(StoreLayout))


def layout_of(settings: Mapping[str, Any]) -> StoreLayout:
    """Return how the keys of a store with these settings are made."""
    given = {name: settings[name] for name in _LAYOUT if settings.get(name) is not None}
    if "subfolding" in given:
        given["subfolding"] = tuple(given["subfolding"])
    return StoreLayout(**given)
