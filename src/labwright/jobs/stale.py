"""Rows that are out of date: computed by other code, or from other inputs, than there are now."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from labwright.core.errors import QueryError
from labwright.core.heading import Heading
from labwright.define.table import ForeignKey, TableDef
from labwright.jobs.code import code_of
from labwright.jobs.inputs import tables_read
from labwright.jobs.provenance import runs_of
from labwright.jobs.read_text import KeptRead, queries_in, read_reads
from labwright.jobs.reread import changed_reads, read_name
from labwright.jobs.runs import Runs, runs_with_rows, texts_of
from labwright.query.conditions import (
    Condition,
    Constant,
    Equal,
    InQuery,
    Negated,
    Text,
    conjunction,
    disjunction,
    negate,
)
from labwright.query.expr import Join, Node, Project, Source, restrict
from labwright.query.scalar import parse_scalar
from labwright.sql.database import Database
from labwright.sql.run_tables import read_runs
from labwright.sql.runs import QUERY, shown_names

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Reason = Literal["code", "parent", "inputs"]
WhatStale = Literal["ignore", "recompute"]
"""What populate does with rows that are out of date."""
BATCH: Final = 2_000
"""So many rows are looked at at a time."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Rows of a key that are out of date.

    Parameters
    ----------
    key : mapping
        What their make was given.
    reasons : tuple of {'code', 'parent', 'inputs'}
        The code of make is another; a row that it refers to was computed anew; what it read has changed. Inputs are
        looked at where nothing else has changed.
    """

    key: Mapping[str, Any]
    reasons: tuple[Reason, ...]


def stale_rows(table: AutoPopulate) -> list[Stale]:
    """Return which rows of a table, or of a restriction of it, are out of date."""
    Runs(table).ready()
    return list(_Search(table).run())


class _Search:
    """One look at a table."""

    def __init__(self, table: AutoPopulate) -> None:
        self.table = table
        self.database: Database = table.db
        self.runs = runs_of(table)
        self.shown = shown_names(self.runs)
        self.node = runs_with_rows(self.runs, table.query_node())
        self.queries: dict[str, str] = {}

    def run(self) -> Iterator[Stale]:
        same_code = Equal(self.shown["_source"], code_of(type(self.table)).source.hash)
        parents = [InQuery(tuple(self.runs.heading.primary_key), n) for n in self.newer_parents()]
        newer = disjunction(parents)
        yield from self.found([Negated(same_code), newer], ("code", "parent"))
        yield from self.found([Negated(same_code), negate(newer)], ("code",))
        yield from self.found([same_code, newer], ("parent",))
        node = restrict(self.node, conjunction([same_code, negate(newer)]))
        for batch in self.batches(node, [*self.runs.heading.primary_key, self.shown["_reads"]]):
            yield from self.changed(batch)

    def found(self, conditions: Sequence[Condition], reasons: tuple[Reason, ...]) -> Iterator[Stale]:
        condition, names = conjunction(conditions), self.runs.heading.primary_key
        none = isinstance(condition, Constant)
        for batch in () if none else self.batches(restrict(self.node, condition), names):
            yield from (Stale(dict(zip(names, row, strict=True)), reasons) for row in batch)

    def batches(self, node: Node, names: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Rows in bounded numbers; other queries may be run between."""
        statement, plan = self.database.query(node, names)
        for rows in self.database.stream(statement, BATCH):
            yield list(plan.rows(rows)) if names else [()] * len(rows)

    def changed(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Stale]:
        """Those rows whose reads give something else."""
        self.queries |= texts_of(
            self.database, self.runs.id.schema, QUERY, queries_in(row[-1] for row in rows) - self.queries.keys()
        )
        reads = [self.inputs(read_reads(row[-1], self.queries)) for row in rows]
        changed = changed_reads(self.database, itertools.chain.from_iterable(reads))
        for row, own in zip(rows, reads, strict=True):
            if not changed.isdisjoint(map(read_name, own)):
                yield Stale(dict(zip(self.runs.heading.primary_key, row[:-1], strict=True)), ("inputs",))

    def inputs(self, reads: Sequence[KeptRead]) -> list[KeptRead]:
        """Reads but for those of the table itself and its parts, which its own rows have changed."""
        own = {self.table.id, *(t.id for t in self.tables() if t.id.master == self.table.id)}
        return [r for r in reads if own.isdisjoint(tables_read(self.database.dialect.name, r.sql))]

    def tables(self) -> Sequence[TableDef]:
        return list(self.database.tables(self.table.id.schema).values())

    def newer_parents(self) -> Iterator[Node]:
        """For each reference to a table that fills itself: the keys of runs that ended before the parent's did."""
        for fk in self.table.table_def.foreign_keys:
            parent = self.database.find(fk.parent)
            runs = read_runs(self.database.connection, self.database.dialect, parent)
            if runs is not None and _is_within(self.runs, runs, fk):
                yield _newer(self.runs, runs, fk)


def _is_within(own: TableDef, parent: TableDef, fk: ForeignKey) -> bool:
    """Whether the key of a run tells which run of the parent its row belongs to."""
    named = dict(zip(fk.parent_columns, fk.columns, strict=True))
    return bool(parent.heading.primary_key) and all(
        named.get(n) in own.heading.primary_key for n in parent.heading.primary_key
    )


def _newer(own: TableDef, parent: TableDef, fk: ForeignKey) -> Node:
    named = dict(zip(fk.parent_columns, fk.columns, strict=True))
    left = _finished(own, {n: n for n in own.heading.primary_key}, "run_finished")
    right = _finished(parent, {n: named[n] for n in parent.heading.primary_key}, "parent_finished")
    on = tuple(right.heading.primary_key)
    joined = Join(left, right, on, False, Heading([*left.heading.values(), right.heading["parent_finished"]]))
    return restrict(joined, Text(parse_scalar("parent_finished > run_finished", joined.heading)))


def _finished(runs: TableDef, key: Mapping[str, str], name: str) -> Project:
    """When runs ended, with their keys under other names."""
    names = {**key, "_finished": name}
    heading = Heading(replace(runs.heading[n], name=new) for n, new in names.items())
    items = tuple((new, n) for n, new in names.items())
    return Project(Source(runs.id.schema, runs.id.name, runs.heading), items, heading)


def check_stale(choice: str) -> None:
    """Refuse what populate does not know."""
    if choice not in get_args(WhatStale):
        raise QueryError(f"stale is 'ignore' or 'recompute', not {choice!r}.")


def delete_stale(table: AutoPopulate, source: Any, prompt: bool | None = None) -> int:
    """Delete the rows that are out of date, with all that depends on them, so that populate computes them anew.

    Parameters
    ----------
    table : AutoPopulate
    source : query
        The keys that count: the key source, restricted.
    prompt : bool, optional
        Whether to show what goes and ask; by default as the setting ``safemode`` says.

    Returns
    -------
    int
        How many rows of the table are gone.
    """
    found = stale_rows(table & source)
    if not found:
        return 0
    rows: AutoPopulate = type(table)() & [dict(stale.key) for stale in found]
    return rows.delete(prompt=prompt)
