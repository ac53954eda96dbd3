"""What a make may read: the tables that its own depends on, so that a result says what it came from."""

from __future__ import annotations

import logging
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, Literal

from labwright.core.errors import MakeError
from labwright.core.generation import CLASSIC
from labwright.define.table import TableDef, TableId
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Policy = Literal["record", "warn", "deny"]
logger = logging.getLogger(__name__)

_PATTERNS: Final = {
    "postgres": re.compile(r'"([^"]+)"\."([^"]+)"'),
    "mysql": re.compile(r"`([^`]+)`\.`([^`]+)`"),
    "sqlite": re.compile(r'"([^".]+)\.([^"]+)"'),
}


@lru_cache(maxsize=1024)
def tables_read(backend: str, sql: str) -> frozenset[TableId]:
    """The tables that a compiled statement names.

    Examples
    --------
    >>> tables_read("sqlite", 'SELECT t."age" FROM "lab.mouse" AS t')
    frozenset({TableId(schema='lab', name='mouse')})
    """
    return frozenset(TableId(schema, name) for schema, name in _PATTERNS[backend].findall(sql))


class InputCheck:
    """Says of each statement of a make whether it reads what the table depends on.

    Parameters
    ----------
    table : AutoPopulate
    """

    def __init__(self, table: AutoPopulate) -> None:
        self._table = table
        self._dialect: Dialect = table.db.dialect
        self._told: set[TableId] = set()

    @cached_property
    def policy(self) -> Policy:
        """What happens to a read of any other table."""
        set_ = self._table.project.config["jobs.make_reads"]
        default: Policy = "record" if self._table.generation == CLASSIC else "warn"
        return set_ or default

    def __call__(self, statement: Statement) -> None:
        if self.policy == "record":
            return
        for id_ in tables_read(self._dialect.name, statement.sql) - self._told:
            if not self._is_input(id_):
                self._object(id_)
            self._told.add(id_)

    def _object(self, id_: TableId) -> None:
        name = type(self._table).__name__
        sentence = (
            f"{name}.make reads {id_}, which {name} does not depend on, so that no reference says that its rows came "
            f"of it. Add a reference to it (-> ...), or set jobs.make_reads = 'record'."
        )
        if self.policy == "deny":
            raise MakeError(f"{sentence} Nothing was stored.")
        logger.warning(sentence, extra={"action": "make"})

    def _is_input(self, id_: TableId) -> bool:
        if id_.name.startswith("~"):
            return True
        own = {TableId(id_.schema, id_.parsed.master)} if id_.parsed.master else set()
        return bool(({id_} | own) & self._inputs)

    @cached_property
    def _inputs(self) -> frozenset[TableId]:
        """The table itself, all that it depends on, and by `_is_input` the parts of these."""
        found: set[TableId] = set()
        todo = [self._table.id, *(fk.parent for part in self._parts() for fk in part.foreign_keys)]
        while todo:
            id_ = todo.pop()
            if id_ not in found:
                found.add(id_)
                todo.extend(fk.parent for fk in self._table.db.find(id_).foreign_keys)
        return frozenset(found)

    def _parts(self) -> list[TableDef]:
        id_ = self._table.id
        tables = self._table.db.tables(id_.schema)
        return [t for t in tables.values() if t.id.parsed.master == id_.name]
