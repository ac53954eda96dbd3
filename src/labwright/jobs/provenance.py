"""How rows were computed: noted together with them, and told."""

from __future__ import annotations

import functools
import json
import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import AccessError
from labwright.core.types import Type
from labwright.core.values import adapt
from labwright.define.table import TableDef
from labwright.jobs.code import Code, code_of
from labwright.jobs.environment import Environment, environment_of
from labwright.jobs.job import WorkerId
from labwright.jobs.key_source import key_source_of
from labwright.jobs.read_text import digest_of_all, sql_hash, write_reads
from labwright.sql.dialect import Dialect
from labwright.sql.metadata import has_metadata, note_metadata
from labwright.sql.reads import Read
from labwright.sql.run_tables import make_runs
from labwright.sql.runs import CODE, ENVIRONMENT, QUERY, add_run, add_shared, encoded_key, probe_runs, run_id, run_table
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate
    from labwright.jobs.make import Attempt

logger = logging.getLogger(__name__)
REMEMBERED: Final = 10_000
"""Of so many queries it is known whether they were run before."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of make, whose rows are about to be stored.

    Parameters
    ----------
    key : mapping
        What make was called for.
    duration : float
        Seconds from its beginning until now.
    reads : sequence of Read
    """

    key: Mapping[str, Any]
    duration: float
    reads: Sequence[Read] = field(default=(), repr=False)


class Provenance:
    """Notes the runs of one table. The code is looked at once: a process goes on with what it has begun with.

    Parameters
    ----------
    table : AutoPopulate
    worker : WorkerId, optional
        Who runs them; by default this process, by itself.
    engine : str
        What has started the worker.
    """

    def __init__(self, table: AutoPopulate, worker: WorkerId | None = None, engine: str = "") -> None:
        self._database = table.db
        self._table = table.table_def
        self._runs = runs_of(table)
        self._class = type(table)
        self._who = _noted(worker or WorkerId.new(), engine)
        self._version = version_of(table)
        self._queries = _Queries()
        self._has_metadata = has_metadata(self._table)
        self._is_ready = self._is_kept = False

    @functools.cached_property
    def code(self) -> Code:
        """The version of the code."""
        return code_of(self._class)

    @functools.cached_property
    def environment(self) -> Environment:
        """What it runs on."""
        return environment_of(self.code.source.modules)

    def ensure(self) -> None:
        """Make the tables that runs are kept in, and note code and environment; to be called outside of transactions.

        It costs nothing when there is nothing to do, so that it may be called for each key.
        """
        if not self._is_ready:
            self._is_kept = self._prepare()
            self._is_ready = True
        for row in self._queries.take() if self._is_kept else ():
            self._share(QUERY, row)

    def _prepare(self) -> bool:
        """Whether runs can be kept: a user who may not make tables, or write into these, computes without."""
        try:
            make_runs(self._database.connection, self._dialect, self._table, self._runs)
            self._database.connection.execute(probe_runs(self._dialect, self._runs), write=True)
            self._share(CODE, self._code_row())
            self._share(ENVIRONMENT, (self.environment.hash, self.environment.text))
        except AccessError as error:
            logger.warning(
                "How rows of %s are computed is not kept, since you may not write into the tables for it. Let the owner"
                " of the schema populate it once, and grant you the right to insert into them. (%s)",
                self._table.id, error, extra={"action": "provenance"},
            )  # fmt: skip
            return False
        return True

    @property
    def _dialect(self) -> Dialect:
        return self._database.dialect

    def _share(self, name: str, row: Sequence[Any]) -> None:
        sql = add_shared(self._dialect, self._table.id.schema, name)
        self._database.connection.execute(sql, row, write=True)

    def _code_row(self) -> tuple[Any, ...]:
        code, source = self.code, self.code.source
        text = json.dumps({"kind": source.kind, "modules": source.modules, "text": source.text})
        return code.hash, source.hash, code.commit, self._dialect.encode(Type("bool"), code.dirty), text

    @functools.cached_property
    def _insert(self) -> str:
        return add_run(self._dialect, self._runs)

    def closing(self, attempt: Attempt) -> list[Statement]:
        """The same for all keys of an attempt; what it has read is told of each. `ensure` has to be called before."""
        if attempt.waits:
            self.ensure()
        reads = list(dict.fromkeys(attempt.deferred.reads.found))
        return [s for key in attempt.keys for s in self.statements(Run(key, attempt.duration, reads))]

    def statements(self, run: Run) -> list[Statement]:
        """What is to be done in the transaction that stores the rows, after they were inserted."""
        key = {n: adapt(a.type, run.key[n]) for n, a in self._key.items() if a.type is not None}
        encoded = encoded_key(self._dialect, self._runs, key)
        noted = [self._note(run, encoded)] if self._is_kept else []
        if self._has_metadata:
            where = dict(zip(self._key, encoded, strict=True))
            noted.append(note_metadata(self._dialect, self._table, where, run.duration, self._version_text))
        return noted

    def _note(self, run: Run, key: tuple[Any, ...]) -> Statement:
        reads = write_reads(run.reads, self._queries.known)
        told = (run.duration, run.duration, *self._who, digest_of_all(run.reads), reads)
        return Statement(self._insert, (*key, *self._versions, *told))

    @functools.cached_property
    def _versions(self) -> tuple[str, str]:
        return self.code.hash, self.environment.hash

    @functools.cached_property
    def _key(self) -> Mapping[str, Any]:
        return {n: self._runs.heading[n] for n in self._runs.heading.primary_key}

    @property
    def _version_text(self) -> str:
        return self.code.version if self._version == "git" else ""


def _noted(worker: WorkerId, engine: str) -> tuple[Any, ...]:
    user, host, job = worker.user[:128], worker.host[:255], worker.engine_job[:255]
    return user, host, worker.pid, worker.uuid[:64], engine[:64], job


def runs_of(table: AutoPopulate) -> TableDef:
    """What the table with the runs of `table` is: its key is what make is given, as far as the table has that."""
    runs: TableDef | None = table.db.derived.get(run_id(table.id))
    if runs is None:
        given = key_source_of(table).query_node().heading.primary_key
        definition = table.table_def
        key = [n for n in definition.heading.primary_key if n in given]
        runs = table.db.derived[run_id(table.id)] = run_table(definition, key)
    return runs


def version_of(table: AutoPopulate) -> str | None:
    """How the version of the code is found that the second generation notes."""
    found: str | None = table.project.config["jobs.version_method"]
    return found


class _Queries:
    """Which texts of queries are kept: those that are run again and again.

    A text with values in it is run once, and stands in its run. One that is met a second time is kept by itself, with
    the next occasion, and only its hash stands in the runs from then on.
    """

    def __init__(self) -> None:
        self._met: OrderedDict[str, None] = OrderedDict()
        self._awaited: list[str] = []
        self._kept: dict[str, str] = {}

    def known(self, sql: str) -> str | None:
        """The hash of a text that is kept; None for one that is not yet."""
        if sql in self._kept:
            return self._kept[sql]
        if sql not in self._met:
            self._met[sql] = None
            if len(self._met) > REMEMBERED:
                self._met.popitem(last=False)
        elif sql not in self._awaited:
            self._awaited.append(sql)
        return None

    def take(self) -> Iterator[tuple[str, str]]:
        """The texts that are to be kept now, with their hashes."""
        if len(self._kept) > REMEMBERED:
            self._kept.clear()
        while self._awaited:
            sql = self._awaited[-1]
            yield sql_hash(sql), sql
            self._kept[self._awaited.pop()] = sql_hash(sql)
