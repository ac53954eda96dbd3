"""Whether anybody has written to tables, without reading them."""

from __future__ import annotations

from collections.abc import Iterable

from labwright.sql.activity import Activity
from labwright.sql.activity import activity as read_activity
from labwright.sql.connection import Connection
from labwright.tables.project import Project, default_project, project_of


def activity(schemas: Iterable[str], connection: Connection | Project | None = None) -> dict[str, Activity]:
    """What goes on in all tables of some schemas: for each a mark that is another one after rows were written.

    It is a look at what the database knows in any case, one statement for hundreds of tables, and so it can be taken
    every second. A server may be a second late. On SQLite the mark of a table tells of rows that were inserted, and of
    those changed or deleted whose history is kept; the one of the name ``""`` tells of any write to the file.

    Parameters
    ----------
    schemas : iterable of str
    connection : Connection or Project, optional

    Returns
    -------
    dict
        By ``schema.table``, as the database has it; tables of jobs and of history are among them.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     before = lw.activity(["lab"], project)
    ...     Mouse.insert1((3,))
    ...     after = lw.activity(["lab"], project)
    ...     after["lab.mouse"].rows, before["lab.mouse"].mark != after["lab.mouse"].mark
    (3, True)
    """
    database = (project_of(connection) or default_project()).database
    found = read_activity(database.connection, database.dialect, list(dict.fromkeys(schemas)))
    return {str(id_) if id_.schema else "": told for id_, told in found.items()}


__all__ = ["Activity", "activity"]
