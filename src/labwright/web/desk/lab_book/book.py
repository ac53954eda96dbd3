"""The lab book of a project, at somebody's desk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from labwright.lab.notebook import Notebook
from labwright.web.desk.lab_book.reading import BLANK
from labwright.web.desk.lab_book.signing import Signing
from labwright.web.desk.lab_book.writing import Writing
from labwright.web.desk.records import is_lab_book, schema_of
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.workspace import Workspace

_lock = threading.Lock()
_notebooks: WeakKeyDictionary[Workspace, Notebook] = WeakKeyDictionary()


class LabBook(Writing, Signing):
    """The lab book, as far as one person may see, write and sign it."""


def lab_book(desk: Desk) -> LabBook:
    """The lab book of the project.

    Raises
    ------
    NotThereError
        When there is none, or none that the person may read.
    """
    found = find_lab_book(desk)
    if found is None:
        raise NotThereError("There is no lab book here.")
    return found


def find_lab_book(desk: Desk) -> LabBook | None:
    """The lab book of the project; None where there is none, or none that the person may read."""
    schema = schema_of(desk.workspace)
    entries = desk.find(f"{schema}.Entry") if is_lab_book(desk.workspace, schema) else None
    if entries is None or set(entries.table.heading) - set(entries.heading) - BLANK:
        return None
    return LabBook(desk, _notebook(desk.workspace), entries)


def may_start(desk: Desk) -> bool:
    """Whether the person may make a lab book where there is none."""
    return desk.rights.scope(Verb.DECLARE, schema_of(desk.workspace), "Entry") is not None


def start(desk: Desk) -> None:
    """Make a lab book."""
    if not may_start(desk):
        raise NotAllowedError("You may not make a lab book. Somebody who administers this server can.")
    _notebook(desk.workspace)
    desk.workspace.tables(max_age=-1)


def _notebook(workspace: Workspace) -> Notebook:
    with _lock:
        if workspace not in _notebooks:
            _notebooks[workspace] = Notebook(schema_of(workspace), project=workspace.project)
        return _notebooks[workspace]
