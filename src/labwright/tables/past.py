"""Changes as values, and how they are read from the shadow of a table."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, Literal

from labwright.core.alike import alike
from labwright.core.errors import AccessError, DataError, LabwrightError
from labwright.core.heading import Heading
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Equal,
    InQuery,
    Negated,
    Text,
    conjunction,
    make_condition,
)
from labwright.query.expr import Node, Project, Union, restrict, summarise, take
from labwright.query.scalar import parse_scalar
from labwright.sql.database import Database
from labwright.sql.hidden import BY, SINCE
from labwright.sql.history import full_source, shadow_id, shadow_name, shadow_source, shadows_with

if TYPE_CHECKING:
    from labwright.tables.project import Project as OpenProject

Op = Literal["insert", "update", "delete"]
Row = Mapping[str, Any]
LIMIT: Final = 100
IS_RECORD: Final = Negated(Equal("_op", "pruned"))
"""Of something that happened to a row, rather than of what was pruned."""


@dataclass(frozen=True)
class Change:
    """What happened to one row.

    Parameters
    ----------
    table : TableId
    key : mapping
        The row's primary key.
    op : {'insert', 'update', 'delete'}
    when : datetime or None
        In UTC; None where nobody knows.
    who, why : str or None
    id : str or None
        The number of the change that this is part of, for `undo`; None where the insert of the row was not noted.
    old, new : mapping or None
        The row before and after; None where there was none, or nobody knows.
    undone : str or None
        The number of the change that has undone it.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = '''
    ...         mouse : int32
    ...         ---
    ...         sex : enum('F', 'M')
    ...         '''
    ...     Mouse.insert1((1, "F"))
    ...     with lw.acting_as("ana"):
    ...         Mouse.update1({"mouse": 1, "sex": "M"})
    ...     newest = Mouse.history({"mouse": 1})[0]
    ...     newest.op, newest.who, newest.changed, newest.old["sex"]
    ('update', 'ana', ('sex',), 'F')
    """

    table: TableId
    key: Row
    op: Op
    when: datetime.datetime | None
    who: str | None
    why: str | None
    id: str | None
    old: Row | None
    new: Row | None
    undone: str | None = None
    number: int | None = field(default=None, repr=False)
    project: OpenProject | None = field(default=None, repr=False, compare=False)

    @property
    def changed(self) -> tuple[str, ...]:
        """The attributes that an update gave another value."""
        if self.old is None or self.new is None:
            return ()
        return tuple(n for n, v in self.old.items() if not alike(v, self.new.get(n)))


@dataclass(frozen=True)
class ChangeSet:
    """What happened as one change: all that `undo` takes back together.

    Parameters
    ----------
    id : str
        Its number.
    when : datetime
        In UTC.
    who, why : str or None
    rows : mapping
        ``schema.table`` -> what was done -> to how many rows.
    undone : str or None
        The number of the change that has undone it.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     _ = Mouse.delete(prompt=False)
    ...     [change.rows for change in Mouse.changes()]
    [{'lab.mouse': {'delete': 2}}]
    """

    id: str
    when: datetime.datetime
    who: str | None
    why: str | None
    rows: Mapping[str, Mapping[str, int]]
    undone: str | None = None
    project: OpenProject | None = field(default=None, repr=False, compare=False)


def key_condition(table: TableDef, key: Mapping[str, Any]) -> Condition:
    """The condition for the row with a primary key.

    Raises
    ------
    DataError
        When a part of the key is missing.
    """
    if not isinstance(key, Mapping):
        raise DataError(f"A row is named by a dict with its primary key, not by {key!r} ({type(key).__name__}).")
    names = table.heading.primary_key
    missing = [n for n in names if key.get(n) is None]
    if missing:
        raise DataError(f"The key of a row of {table.id} is {', '.join(names)}; {', '.join(missing)} is missing.")
    return make_condition(table.heading, {n: key[n] for n in names})


def has_shadow(database: Database, table: TableDef) -> bool:
    """Whether anything of its past is kept."""
    return shadow_name(table.id.name) in database.shadows(table.id.schema)


def events(table: TableDef, records: Sequence[Row], now: Row | None) -> Iterator[Change]:
    """What happened to one row, oldest first.

    Parameters
    ----------
    table : TableDef
    records : sequence of dict
        Those of its shadow, oldest first.
    now : dict or None
        The row as it is.
    """
    present = False
    for place, record in enumerate(records):
        following = records[place + 1] if place + 1 < len(records) else None
        if not present and record["_op"] != "insert":
            yield _insertion(table, record)
        yield _event(table, record, _after(record, following, now))
        present = record["_op"] != "delete"
    if not present and now is not None:
        yield _insertion(table, now)


def _after(record: Row, following: Row | None, now: Row | None) -> Row | None:
    if record["_op"] == "delete":
        return None
    if following is None:
        return now
    return None if following["_op"] == "insert" else following


def _event(table: TableDef, record: Row, after: Row | None) -> Change:
    old = None if record["_op"] == "insert" else _visible(table, record)
    new = None if after is None else _visible(table, after)
    key = {n: record[n] for n in table.heading.primary_key}
    return Change(
        table.id, key, record["_op"], record["_until"], record["_until_by"], record["_why"], record["_change"], old,
        new, record["_undone"], record["_n"],
    )  # fmt: skip


def _insertion(table: TableDef, row: Row) -> Change:
    """An insert that was not noted, as the hidden columns of the row tell it."""
    key = {n: row[n] for n in table.heading.primary_key}
    return Change(table.id, key, "insert", row.get(SINCE), row.get(BY), None, None, None, _visible(table, row))


def _visible(table: TableDef, row: Row) -> Row:
    return {n: row[n] for n in table.heading if n in row}


def as_moment(time: datetime.datetime | str) -> datetime.datetime:
    """A point in time, in UTC; one without a zone is in UTC already.

    Examples
    --------
    >>> as_moment("2026-03-01 12:00").isoformat()
    '2026-03-01T12:00:00+00:00'
    """
    try:
        moment = datetime.datetime.fromisoformat(time) if isinstance(time, str) else time
        return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    except (ValueError, AttributeError, TypeError, OverflowError) as error:
        raise DataError(
            f"A point in time is a datetime, or a text such as '2026-03-01 12:00', not {time!r}."
        ) from error


def compared(heading: Heading, name: str, sign: str, time: datetime.datetime) -> Condition:
    """A condition on a time in UTC."""
    text = time.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return Text(parse_scalar(f"{name} {sign} '{text}'", heading))


def as_of(table: TableDef, time: datetime.datetime, *, shadow: bool) -> Node:
    """The rows of a table as they were at `time`.

    A row was then what the first record after that time holds; without such a record, it was what it is now.
    """
    now = full_source(table)
    if not shadow:
        return _with_heading(restrict(now, _entered_by(now.heading, time)), table.heading)
    was, key = shadow_source(table), tuple(table.heading.primary_key)
    later = restrict(was, conjunction([compared(was.heading, "_until", ">", time), IS_RECORD]))
    first = summarise(key, later, {"_n": "min(_n)"})
    old = conjunction([InQuery(("_n",), first), Negated(Equal("_op", "insert")), _entered_by(was.heading, time)])
    same_now = conjunction([Negated(InQuery(key, later)), _entered_by(now.heading, time)])
    return Union(
        _with_heading(restrict(was, old), table.heading),
        _with_heading(restrict(now, same_now), table.heading),
        table.heading,
        disjoint=True,
    )


def _entered_by(heading: Heading, time: datetime.datetime) -> Condition:
    """The row was there at `time`, as far as it tells."""
    if SINCE not in heading:
        return AllOf(())
    return AnyOf((compared(heading, SINCE, "<=", time), Equal(SINCE, None)))


def _with_heading(node: Node, heading: Heading) -> Node:
    return Project(node, tuple((n, n) for n in heading), heading)


def refuse_pruned(database: Database, table: TableDef, time: datetime.datetime) -> None:
    """Raise where the records of that time were removed."""
    node = restrict(shadow_source(table), Equal("_op", "pruned"))
    statement, plan = database.query(take(node, (("_until", True),), 1, 0), ["_until"])
    for (until,) in plan.rows(database.fetch(statement)):
        if time < until:
            raise LabwrightError(f"The history of {table.id} before {until:%Y-%m-%d %H:%M:%S} UTC was pruned.")


def list_changes(
    database: Database,
    tables: Iterable[TableDef],
    *,
    since: datetime.datetime | str | None = None,
    by: str | None = None,
    limit: int = LIMIT,
) -> list[ChangeSet]:
    """The newest changes of some tables, newest first; a history that the user may not read is passed over."""
    if type(limit) is not int or limit < 0:
        raise DataError(f"limit is a whole number from 0, not {limit!r}.")
    found: dict[str, ChangeSet] = {}
    for table in tables:
        for part in _if_allowed(database, table, since, by, limit) if has_shadow(database, table) else ():
            found[part.id] = _joined(found[part.id], part) if part.id in found else part
    return sorted(found.values(), key=lambda c: c.when, reverse=True)[:limit]


def _if_allowed(
    database: Database, table: TableDef, since: datetime.datetime | str | None, by: str | None, limit: int
) -> list[ChangeSet]:
    with suppress(AccessError), database.connection.atomic() if database.connection.in_transaction else nullcontext():
        return list(_summaries(database, table, list(_wanted(table, since, by)), limit))
    return []


def _wanted(table: TableDef, since: datetime.datetime | str | None, by: str | None) -> Iterator[Condition]:
    if since is not None:
        yield compared(shadow_source(table).heading, "_until", ">=", as_moment(since))
    if by is not None:
        yield Equal("_until_by", by)


def tables_with(database: Database, id_: str) -> list[TableDef]:
    """The tables that a change has touched, in whatever schema."""
    shadows = set(shadows_with(database.connection, database.dialect, id_))
    schemas = sorted({shadow.schema for shadow in shadows})
    return [t for schema in schemas for t in database.tables(schema).values() if shadow_id(t.id) in shadows]


def whole_change(database: Database, id_: str) -> ChangeSet | None:
    """The change of a number, in all schemas."""
    parts = [p for t in tables_with(database, id_) for p in _summaries(database, t, [Equal("_change", id_)], 1)]
    return reduce(_joined, parts) if parts else None


def _summaries(database: Database, table: TableDef, wanted: Sequence[Condition], limit: int) -> Iterator[ChangeSet]:
    was, conditions = shadow_source(table), [IS_RECORD, *wanted]
    summed = summarise(("_change", "_op"), restrict(was, conjunction(conditions)), _SUMMARY)
    names = list(summed.heading)
    statement, plan = database.query(take(summed, (("last_n", True),), 3 * limit, 0), names)
    for row in plan.dicts(database.fetch(statement)):
        rows = {str(table.id): {row["_op"]: row["row_count"]}}
        yield ChangeSet(row["_change"], row["began"], row["who"], row["reason"], rows, row["undoing"])


_SUMMARY: Final = {
    "row_count": "count(*)",
    "began": "min(_until)",
    "who": "max(_until_by)",
    "reason": "max(_why)",
    "undoing": "max(_undone)",
    "last_n": "max(_n)",
}


def _joined(left: ChangeSet, right: ChangeSet) -> ChangeSet:
    rows = {name: {**left.rows.get(name, {}), **right.rows.get(name, {})} for name in {**left.rows, **right.rows}}
    return replace(left, when=min(left.when, right.when), rows=rows, undone=left.undone or right.undone)
