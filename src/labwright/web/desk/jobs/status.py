"""How tables stand, as far as a person may know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labwright.web.desk.jobs.board import Standing
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


def statuses(desk: Desk) -> Mapping[str, Standing]:
    """How the tables stand that the person may read all of: numbers would tell who sees their own what others have.

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.desk.desk import Desk
    >>> from labwright.web.desk.workspace import Workspace
    >>> from labwright.web.accounts.person import Person
    >>> from labwright.web.roles.rights import Rights
    >>> from labwright.web.roles.role import Role
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     ana = Person("ana", role=Role.ADMIN)
    ...     found = statuses(Desk(Workspace(project, [schema]), ana, Rights.of(ana)))
    ...     found["lab.Mouse"].rows
    2
    """
    look = desk.workspace.board.read()
    return {s.name: look.standings[s.name] for s in desk.sheets() if s.name in look.standings and knows_all(s)}


def knows_all(sheet: Sheet) -> bool:
    """Whether the person may read all rows of a table."""
    return sheet.reach(Verb.READ) is Scope.ALL


def age(desk: Desk) -> float:
    """Seconds since it was counted."""
    return max(0.0, desk.workspace.board.last.age)
