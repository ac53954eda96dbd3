"""The runs that rows come from, as a query, and all that is known of one of them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LabwrightError
from labwright.core.generation import Generation
from labwright.core.heading import Heading
from labwright.define.table import TableDef
from labwright.jobs.code import Code
from labwright.jobs.environment import Environment, read_environment
from labwright.jobs.nothing import no_rows
from labwright.jobs.provenance import runs_of
from labwright.jobs.read_text import KeptRead, queries_in, read_reads
from labwright.jobs.source import Source
from labwright.query import expr
from labwright.query.conditions import InQuery, Keys
from labwright.query.expr import Node, restrict
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.runs import CODE, ENVIRONMENT, QUERY, SHARED, runs_node, shown_names
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate


_PLAIN: Final = ("started", "finished", "duration", "user", "host", "pid", "worker", "engine", "engine_job")
"""What is shown as it is kept."""


@dataclass(frozen=True, slots=True)
class RowProvenance:
    """How the rows of one key were computed.

    Parameters
    ----------
    key : mapping
        What make was given.
    code : Code
        Its source, and the commit.
    environment : Environment
        Python, platform, packages.
    started, finished : datetime
        In UTC, by the clock of the database.
    duration : float
        Seconds.
    user, host, pid : str, str, int
        Who ran it, and where.
    worker, engine, engine_job : str
        The worker, what had started it, and what that calls the job; empty for `populate` by hand.
    reads : tuple of KeptRead
        The queries that make has run, with digests of what they gave.
    """

    key: Mapping[str, Any]
    code: Code
    environment: Environment
    started: datetime.datetime
    finished: datetime.datetime
    duration: float
    user: str
    host: str
    pid: int
    worker: str
    engine: str
    engine_job: str
    reads: tuple[KeptRead, ...] = field(repr=False)


class Runs(QueryExpression):
    """The runs that the rows of a table come from: a query, which called with a key tells all of that one.

    Parameters
    ----------
    table : AutoPopulate
        All of it, or the rows that a restriction leaves.
    """

    def __init__(self, table: AutoPopulate) -> None:
        self._table = table
        self._runs = runs_of(table)
        self._node = runs_with_rows(self._runs, table.query_node())

    @property
    def sources(self) -> tuple[QueryExpression, ...]:
        """Itself: the runs of a table are not its rows."""
        return (self,)

    @property
    def generation(self) -> Generation:
        """Which generation of the language the operators speak."""
        return self._table.generation

    @property
    def project(self) -> Project:
        """The project that the table belongs to."""
        return self._table.project

    @property
    def db(self) -> Database:
        """The database that holds the rows."""
        return self._table.db

    def ready(self) -> None:
        """Look whether the runs have a table; it is made with the first one."""
        self._table.ready()
        connection, dialect, schema = self.db.connection, self.db.dialect, self._runs.id.schema
        there = table_names(connection, dialect, schema)
        headings = {self._runs.id.name: self._runs.heading} | {name: Heading(SHARED[name]) for name in SHARED}
        for name, heading in headings.items():
            self.db.absent.pop((schema, name), None)
            if name not in there:
                self.db.absent[schema, name] = no_rows(heading, self._table.source())

    def __call__(self, key: Mapping[str, Any]) -> RowProvenance:
        """How the rows of one key were computed.

        Parameters
        ----------
        key : mapping
            The primary key of a row, or what its make was given.

        Raises
        ------
        LabwrightError
            When nothing is known of such a row.
        """
        shown = shown_names(self._runs)
        rows = (self & {n: key[n] for n in self._runs.heading.primary_key if n in key}).to_dicts(limit=2)
        if len(rows) != 1:
            raise LabwrightError(
                f"{'Several runs have' if rows else 'No run is known that has'} computed rows of "
                f"{type(self._table).__name__} with {dict(key)}. Give the key of one row. Rows that were inserted by "
                "hand, or computed by other programs or before runs were noted, have none."
            )
        row = {n: rows[0][s] for n, s in shown.items()}
        return RowProvenance(
            key={n: row[n] for n in self._runs.heading.primary_key},
            code=self._code(row),
            environment=read_environment(self._text(ENVIRONMENT, row["_environment"])),
            reads=read_reads(row["_reads"], self._texts(QUERY, queries_in([row["_reads"]]))),
            **{n: row[f"_{n}"] for n in _PLAIN},
        )

    def _code(self, row: Mapping[str, Any]) -> Code:
        told = json.loads(self._text(CODE, row["_code"]))
        source = Source(row["_source"], told["text"], told["kind"], tuple(told["modules"]))
        return Code(source, row["_git_commit"], row["_git_dirty"])

    def _text(self, name: str, hash_: str) -> str:
        return self._texts(name, [hash_])[hash_]

    def _texts(self, name: str, hashes: Iterable[str]) -> dict[str, str]:
        return texts_of(self.db, self._runs.id.schema, name, hashes)


def runs_with_rows(runs: TableDef, rows: Node) -> Node:
    """The runs of some rows of the table; runs whose rows are gone are none."""
    key, node = tuple(runs.heading.primary_key), runs_node(runs)
    return restrict(node, InQuery(key, rows)) if key else node


def texts_of(database: Database, schema: str, name: str, hashes: Iterable[str]) -> dict[str, str]:
    """What is kept under some hashes: code, environments or queries."""
    source = expr.Source(schema, name, Heading(SHARED[name]))
    (key,) = source.heading.primary_key
    wanted = tuple((h,) for h in sorted(set(hashes)))
    if not wanted:
        return {}
    statement, plan = database.query(restrict(source, Keys((key,), wanted)), [key, "_text"])
    return dict(plan.rows(database.fetch(statement)))
