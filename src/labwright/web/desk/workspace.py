"""A project as the app sees it: all tables that its database holds, by name."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import labwright as lw
from labwright.web.desk.jobs.board import Board
from labwright.web.desk.jobs.crews import Crews
from labwright.web.desk.jobs.watch import Watch
from labwright.web.desk.preview.looking import Previews
from labwright.web.desk.said import Said
from labwright.web.desk.screens.studio import Studio
from labwright.web.keeping.keeping import SCHEMA, Keeping

logger = logging.getLogger(__name__)
LOOK_AGAIN: Final = 60.0
"""Seconds after which tables that others have made are looked for."""
Tables = Mapping[str, type[lw.Table]]


class _Known:
    """The tables at one moment, and what they are called."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables: Tables = MappingProxyType(tables)

    @cached_property
    def names(self) -> Mapping[str, str]:
        return {str(_id(cls)): name for name, cls in self.tables.items()}

    @cached_property
    def diagram(self) -> Any:
        """One table of each schema knows all of them."""
        firsts = {name.partition(".")[0]: cls for name, cls in self.tables.items()}
        return lw.Diagram(*firsts.values()).model


class Workspace:
    """The tables of a project: those that its modules declare, and whatever else its database holds.

    Parameters
    ----------
    project : Project
    declared : iterable of Schema
        Those with classes in Python. Only these know how to compute their rows.
    closed : iterable of str
        Schemas that are none of the pipeline's, such as the one with the accounts.
    schemas : iterable of str
        The schemas of the project, ``*`` standing for anything: a server may hold those of many.
    kept : str
        The schema in which the app keeps what people have set aside, such as drafts.
    screens : Screens, optional
        What the lab adds to the app; by default what is declared next to the tables, and by installed packages.
    own : Project, optional
        The same project in the name of the app, where people take their roles in the database for all else.
    roles : str
        With what the names of these roles begin; empty where nobody takes one.
    """

    def __init__(
        self,
        project: lw.Project,
        declared: Iterable[lw.Schema] = (),
        closed: Iterable[str] = (),
        schemas: Iterable[str] = ("*",),
        kept: str = SCHEMA,
        screens: lw.Screens | None = None,
        own: lw.Project | None = None,
        roles: str = "",
    ) -> None:
        self.project = project
        self.roles = roles
        self.keeping = Keeping(own or project, kept)
        self.board = Board(self)
        self.watch = Watch(self)
        self.crews = Crews(self.watch.announce)
        self._declared = {_id(cls): cls for schema in declared for cls in schema}
        self.screens = lw.Screens.found(self._declared.values()) if screens is None else screens
        self.studio = Studio()
        self.previews = Previews()
        self.said = Said()
        self._closed = frozenset({*closed, kept})
        self._patterns = tuple(schemas)
        self._lock = threading.Lock()
        self._looker: threading.Thread | None = None
        self._classes: dict[str, tuple[object, Sequence[type[lw.Table]]]] = {}
        self._known = _Known({})
        self._looked = float("-inf")

    def diagram(self) -> Any:
        """All tables and their references, as a model of `labwright.Diagram`; there has to be a table."""
        self.tables()
        return self._known.diagram

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Within the block, be in the project, and ask no more of it than one request may.

        What goes on beside requests has the same bounds: sessions of the database have to be told of any others.
        """
        bounds = self.project.config.web
        with self.project, lw.limits(seconds=bounds.statement_seconds, unpacked=bounds.unpacked_mb * 2**20):
            yield

    def close(self) -> None:
        """Stop what goes on beside requests."""
        self.watch.close()
        if self._looker is not None:
            self._looker.join()
        self.crews.close()

    def declares(self, table: Any) -> bool:
        """Whether a class in Python says how this table's rows are computed."""
        return _id(table) in self._declared

    def tables(self, max_age: float = LOOK_AGAIN) -> Tables:
        """The tables by name, ``lab.Session`` and ``lab.Session.Trial``; schemas by name, parents first.

        Parameters
        ----------
        max_age : float
            Seconds for which what is known of them is believed: others may make, change and drop tables.
        """
        if self._is_older_than(max_age):
            if max_age < LOOK_AGAIN or not self._known.tables:
                self._look_now(max_age)
            else:
                self._look_beside()
        return self._known.tables

    def _is_older_than(self, max_age: float) -> bool:
        return time.monotonic() - self._looked > max_age

    def _look_now(self, max_age: float) -> None:
        with self._lock:
            if self._is_older_than(max_age):
                self._look_again()

    def _look_beside(self) -> None:
        """Look again while those who ask go on with what is known: to read all schemas of a server can take seconds."""
        if self._lock.acquire(blocking=False):
            self._looked = time.monotonic()
            self._looker = threading.Thread(target=self._look_and_release, daemon=True)
            self._looker.start()

    def _look_and_release(self) -> None:
        try:
            with self.bounded():
                self._look_again()
        except lw.LabwrightError:
            logger.warning("the tables cannot be looked at again now", exc_info=True, extra={"action": "look"})
        finally:
            self._lock.release()

    def _look_again(self) -> None:
        self.project.database.doubt()
        names = filter(self.takes, sorted(lw.list_schemas(self.project)))
        found = {name_of(cls): cls for name in names for cls in self._of_schema(name)}
        if list(found.items()) != list(self._known.tables.items()):
            self._known = _Known(found)
        self._looked = time.monotonic()

    def takes(self, schema: str) -> bool:
        """Whether a schema is one of the project's."""
        return schema not in self._closed and any(fnmatchcase(schema, pattern) for pattern in self._patterns)

    def name_of(self, id_: str) -> str | None:
        """The name of a table by that in the database, ``lab.#species``; None where it is not known."""
        return self._known.names.get(id_)

    def _of_schema(self, name: str) -> Sequence[type[lw.Table]]:
        """The classes of a schema, which stay the same while its tables do."""
        found = self.project.database.tables(name)
        known, classes = self._classes.get(name, (None, ()))
        if known is not found:
            schema = lw.Schema(name, connection=self.project, create_schema=False, create_tables=False)
            classes = [self._declared.get(_id(cls), cls) for cls in schema]
            self._classes[name] = found, classes
        return classes


def name_of(table: Any) -> str:
    """The name of a table in the app: its schema, and its class behind that of its master.

    Examples
    --------
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Session(lw.Manual):
    ...         definition = "session : int32"
    ...     name_of(Session)
    'lab.Session'
    """
    found = table.id
    return ".".join((found.schema, *found.class_path))


def _id(table: Any) -> object:
    return table.id
