"""What a table tells of its past: who changed which row, when and why, and what it was before."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labwright.core.verb import verb
from labwright.query.conditions import Equal, conjunction
from labwright.query.expr import restrict, summarise, take
from labwright.sql.history import full_source, shadow_source
from labwright.tables.keeping import keep_history
from labwright.tables.owner import count_owners, owned_rows, owner_source
from labwright.tables.past import (
    IS_RECORD,
    LIMIT,
    Change,
    ChangeSet,
    as_moment,
    as_of,
    events,
    has_shadow,
    key_condition,
    list_changes,
    refuse_pruned,
    whole_change,
)
from labwright.tables.project import Project, default_project
from labwright.tables.query import QueryExpression
from labwright.tables.stored import Stored


class Historic(Stored):
    """The verbs of a table that look back. `history` is also what a class sets to True or False to keep it or not."""

    _keeps_history: ClassVar[bool | None] = None
    """What the class says of its history: ``history = False`` in its body; None where that depends on the tier."""

    if TYPE_CHECKING:
        history: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take `history`, which a class may set to True or False, out of the way of the verb of that name."""
        super().__init_subclass__(**kwargs)
        given = vars(cls).get("history")
        if isinstance(given, bool):
            cls._keeps_history = given
            type.__delattr__(cls, "history")

    def _history(
        self, key: Mapping[str, Any], download_path: str | Path | None = None, without: Collection[str] = ()
    ) -> list[Change]:
        """What happened to one row, newest first; the row as it is now is the `new` of the first.

        Parameters
        ----------
        key : mapping
            The row's primary key.
        download_path : str or Path, optional
            Where attached files go; by default as the setting ``download_path`` says.
        without : collection of str
            Attributes that are not read, such as those whose values are large.

        Returns
        -------
        list of Change
            Empty for a row that there never was.
        """
        self.ready()
        table, database = self.table_def, self.db
        where = key_condition(table, key)
        left_out = [f"-{name}" for name in without]
        whole = QueryExpression(restrict(full_source(table), where), [_whole(self)])
        now = (whole.proj(..., *left_out) if left_out else whole).to_dicts(download_path=download_path)
        records = []
        if has_shadow(database, table):
            node = take(restrict(restrict(shadow_source(table), IS_RECORD), where), (("_n", False),), None, 0)
            past = QueryExpression(node, [_whole(self)])
            records = (past.proj(..., *left_out) if left_out else past).to_dicts(
                order_by="_n", download_path=download_path
            )
        found = list(events(table, records, now[0] if now else None))
        return [replace(c, project=self.project) for c in reversed(found)]

    if not TYPE_CHECKING:
        history = _history

    @verb
    def changes(
        self, since: datetime.datetime | str | None = None, by: str | None = None, limit: int = LIMIT
    ) -> list[ChangeSet]:
        """The newest changes of the table, newest first; rows that were inserted are among them where that was noted.

        Parameters
        ----------
        since : datetime or str, optional
            Those from then on; in UTC unless it says another zone.
        by : str, optional
            Those of one person.
        limit : int
        """
        self.ready()
        found = list_changes(self.db, [self.table_def], since=since, by=by, limit=limit)
        return [replace(c, project=self.project) for c in found]

    @verb
    def keys_of_change(self, change: ChangeSet | str) -> list[dict[str, Any]]:
        """The keys of all rows of the table to which a change did something; of those that are gone as well.

        Parameters
        ----------
        change : ChangeSet or str
            A change, or its number.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32"
        ...     Mouse.insert([(1,), (2,), (3,)])
        ...     with lw.change() as number:
        ...         _ = (Mouse & "mouse > 1").delete(prompt=False)
        ...     Mouse.keys_of_change(number)
        [{'mouse': 2}, {'mouse': 3}]
        """
        self.ready()
        table, number = self.table_def, change if isinstance(change, str) else change.id
        if not has_shadow(self.db, table):
            return []
        wanted = conjunction([IS_RECORD, Equal("_change", number)])
        node = summarise(tuple(table.heading.primary_key), restrict(shadow_source(table), wanted), {})
        return QueryExpression(node, [_whole(self)]).to_dicts(order_by="KEY")

    @verb
    def at(self, time: datetime.datetime | str) -> QueryExpression:
        """The rows as they were at a time: a query like any other.

        Parameters
        ----------
        time : datetime or str
            In UTC unless it says another zone.

        Raises
        ------
        LabwrightError
            When the history of that time was pruned.
        """
        self.ready()
        table, database = self.table_def, self.db
        moment, shadow = as_moment(time), has_shadow(database, table)
        if shadow:
            refuse_pruned(database, table, moment)
        return QueryExpression(as_of(table, moment, shadow=shadow), [_whole(self)])

    @verb
    def owners(self) -> dict[Any, int]:
        """Whose rows these are: owner -> how many; None for rows of which nobody knows.

        The owner is the key of the row that the table's `owner` refers to; else who inserted the row; else the owner
        of the rows that it was made from.
        """
        self.ready()
        return count_owners(self.db, self.table_def, self.query_node())

    @verb
    def owner_source(self) -> tuple[str, tuple[str, ...]] | None:
        r"""Where it stands whose the rows are: in this table, or in one that its rows are made from.

        Returns
        -------
        tuple of str and tuple of str, or None
            The table as the database calls it, and its attributes: those of the reference that its `owner` names, or
            the hidden one with who entered the row. None where nobody knows.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Person(lw.Manual):
        ...         definition = "person : varchar(20)"
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32\n---\n-> Person"
        ...         owner = "Person"
        ...     @schema
        ...     class Score(lw.Computed):
        ...         definition = "-> Mouse"
        ...     Score.owner_source()
        ('lab.mouse', ('person',))
        """
        self.ready()
        found = owner_source(self.db, self.table_def)
        return None if found is None else (str(found[0].id), found[1])

    @verb
    def owned_by(self, *owners: Any) -> Any:
        """The rows that belong to somebody, as `owners` tells it.

        Parameters
        ----------
        *owners : str or tuple
            Any of them: names, or other keys of what the owning reference leads to; tuples where these have several
            attributes.

        Returns
        -------
        Table
            Restricted to these rows; to none where nobody knows whose they are.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32"
        ...     with lw.acting_as("ana"):
        ...         Mouse.insert([(1,), (2,)])
        ...     Mouse.insert1((3,))
        ...     Mouse.owned_by("ana").keys()
        [{'mouse': 1}, {'mouse': 2}]
        """
        self.ready()
        these: Any = self
        found = owned_rows(self.db, self.table_def)
        if found is None:
            return these & False
        node, names = found
        wanted = [dict(zip(names, o if isinstance(o, tuple) else (o,), strict=True)) for o in owners]
        return these & (QueryExpression(node, [_whole(self)]) & wanted)

    @verb
    def keep_history(self) -> None:
        """Let the database keep the history of a table that was made without it, also of what other clients do.

        Where the user may not make triggers, Labwright keeps what it changes itself.
        """
        self.ready()
        keep_history(self.db, self.table_def)


def changes(
    schema: Any,
    since: datetime.datetime | str | None = None,
    by: str | None = None,
    limit: int = LIMIT,
) -> list[ChangeSet]:
    """The newest changes in all tables of a schema, newest first; of those whose history the user may read.

    Parameters
    ----------
    schema : Schema
    since : datetime or str, optional
        Those from then on; in UTC unless it says another zone.
    by : str, optional
        Those of one person.
    limit : int

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     with lw.acting_as("ana"):
    ...         _ = Mouse.delete(prompt=False)
    ...     [change.who for change in lw.changes(schema)]
    ['ana']
    """
    schema.ensure_declared()
    project: Project = schema.project
    tables = project.database.tables(schema.database_name).values()
    return [
        replace(c, project=project) for c in list_changes(project.database, tables, since=since, by=by, limit=limit)
    ]


def find_change(number: str, project: Project | None = None) -> ChangeSet | None:
    """The change of a number, with what it did in all schemas; None where no history has it.

    Parameters
    ----------
    number : str
    project : Project, optional
        Where it happened; by default the default project.

    Raises
    ------
    AccessError
        When the user may not read the history of some table.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     with lw.change() as number:
    ...         Mouse.insert([(1,), (2,)])
    ...     lw.find_change(number, project).rows
    {'lab.mouse': {'insert': 2}}
    """
    project = project or default_project()
    found = whole_change(project.database, number)
    return None if found is None else replace(found, project=project)


def _whole(table: Any) -> Any:
    """The table without its restriction, as what a query reads."""
    return table.restricted(None, ())
