"""Saying who changes rows, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from labwright.core.errors import DataError
from labwright.sql.acting import Acting, current, new_change

MAX_USER = 128
MAX_WHY = 10_000
MAX_ROLE = 63


@contextmanager
def acting_as(user: str, why: str | None = None, role: str | None = None) -> Iterator[None]:
    """Within the block, `user` is who changes rows; with a reason, the whole block is one change, as in `change`.

    It holds in this thread or task, and new rows are noted as well.

    Parameters
    ----------
    user : str
        The name that the history shows.
    why : str, optional
        The reason.
    role : str, optional
        A role of the database whose rights hold within the block. The user who has logged in needs to be a member, and
        on MySQL and MariaDB should have no rights to tables: there those of the role come beside them, in place of
        them on PostgreSQL. On SQLite the first statement is an error. Without it, that of a block around this one
        holds.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     with lw.acting_as("ana", why="the mice have come"):
    ...         Mouse.insert([(1,), (2,)])
    ...     [(change.who, change.why) for change in Mouse.changes()]
    [('ana', 'the mice have come')]
    """
    _check(user, "user", MAX_USER)
    outer = current.get()
    new = replace(outer, user=user, inserts=True, role=outer.role if role is None else _role(role))
    with _saying(new if why is None else _one_change(new, why)):
        yield


@contextmanager
def change(why: str | None = None) -> Iterator[str]:
    """Let all that is changed and inserted in the block be one change, which `undo` takes back as a whole.

    Parameters
    ----------
    why : str, optional
        The reason.

    Yields
    ------
    str
        The number of the change.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     with lw.change("the import of March") as number:
    ...         Mouse.insert([(1,), (2,)])
    ...     [change.why for change in Mouse.changes() if change.id == number]
    ['the import of March']
    """
    new = _one_change(replace(current.get(), inserts=True), why)
    with _saying(new):
        yield new.change


def _role(name: str) -> str:
    _check(name, "role", MAX_ROLE)
    if name == "none":
        raise DataError("'none' is the name of no role: it would give back the rights of the user who has logged in.")
    return name


def _one_change(acting: Acting, why: str | None) -> Acting:
    """Within another change, it is part of that."""
    if why is not None:
        _check(why, "why", MAX_WHY)
    return replace(acting, why=why or acting.why, change=acting.change or new_change())


@contextmanager
def _saying(acting: Acting) -> Iterator[None]:
    token = current.set(acting)
    try:
        yield
    finally:
        current.reset(token)


def _check(value: object, name: str, most: int) -> None:
    """Refuse what no database could note."""
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{name} is a text that says something, not {value!r}.")
    if len(value) > most:
        raise DataError(f"{name} has {len(value)} characters, and {most} is the limit. Say it in fewer words.")
    if "\0" in value or not _is_unicode(value):
        raise DataError(f"{name} has characters that no database holds: {value!r}.")


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
