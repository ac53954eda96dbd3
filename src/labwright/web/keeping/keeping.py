"""The tables in which the app keeps what is no data of the project."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

import labwright as lw

T = TypeVar("T")
SCHEMA: Final = "labwright_app"


class Keeping:
    r"""A schema of the app's own in the database of a project. It is made when the first thing is kept in it.

    Parameters
    ----------
    project : Project
    schema : str
        The schema: projects that share a database have one each.

    Examples
    --------
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     views = Keeping(project).table("View", "person : varchar(64)\nname : varchar(64)")
    ...     views.insert1({"person": "ana", "name": "heavy mice"})
    ...     len(views())
    1
    """

    def __init__(self, project: lw.Project, schema: str = SCHEMA) -> None:
        self.schema = schema
        self._project = project
        self._lock = threading.Lock()
        self._tables: dict[str, Any] = {}
        self._made: dict[Callable[[lw.Schema], Any], Any] = {}

    def table(self, title: str, definition: str, *, history: bool = False) -> Any:
        """The table of a name, which is declared at its first use; it may refer to others that are kept here.

        Parameters
        ----------
        title : str
        definition : str
        history : bool
            Whether what its rows have been is to be remembered.
        """
        with self._lock:
            if title not in self._tables:
                self._tables[title] = self._declare(title, definition, history)
            return self._tables[title]

    def made(self, make: Callable[[lw.Schema], T]) -> T:
        """What `make` makes of the schema, once: something that has tables of its own in it."""
        with self._lock:
            if make not in self._made:
                self._made[make] = make(lw.Schema(self.schema, connection=self._project))
            found: T = self._made[make]
            return found

    def is_with(self, project: lw.Project) -> bool:
        """Whether what is kept is changed in the transactions of a project."""
        return self._project is project

    def changing(self) -> AbstractContextManager[Any]:
        """A block in which what is kept is changed as a whole or not at all."""
        connection: Any = self._project.connection
        block: AbstractContextManager[Any] = connection.atomic()
        return block

    def _declare(self, title: str, definition: str, history: bool) -> Any:
        schema = lw.Schema(self.schema, connection=self._project)
        body = {"definition": definition, "history": history}
        made = schema(type(title, (lw.Manual,), body), context=self._tables)
        schema.ensure_declared()  # so that it can be used in a transaction
        return made
