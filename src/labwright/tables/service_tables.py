"""Service tables of the classic generation, to be read: jobs, log, and what its stores hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labwright.core.errors import LabwrightError, MissingTableError
from labwright.core.generation import CLASSIC
from labwright.core.verb import verb
from labwright.define.classic import external_store
from labwright.define.service_tables import EXTERNAL, service_table
from labwright.define.table import TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import InQuery, disjunction, make_condition, negate
from labwright.query.expr import Node
from labwright.sql.declare import table_names
from labwright.sql.dml import delete_rows
from labwright.tables.project import stored_type
from labwright.tables.table import answers_for_classes
from labwright.tables.virtual import FreeTable


class ServiceTable(FreeTable):
    """A service table by its name; its shape is known beforehand."""

    @property
    def table_def(self) -> TableDef:
        """What the table is."""
        return service_table(self.id, stored_type)

    @property
    def is_declared(self) -> bool:
        """Whether the table is in the database."""
        return self.id.name in table_names(self.db.connection, self.db.dialect, self.id.schema)

    def ready(self) -> None:
        """Make sure that the table is there: code of the classic generation relies on it."""
        if self.is_declared:
            return
        if self.generation != CLASSIC or not self.schema.exists:
            raise MissingTableError(f"Schema {self.id.schema!r} has no service table {self.id.name!r}.")
        self.db.declare([self.table_def], [self.id.schema])

    def source(self) -> expr.Source:
        """The algebra node for all rows."""
        return expr.Source(self.id.schema, self.id.name, self.table_def.heading)

    def filling_table(self) -> TableId | None:
        """The table whose make fills this one: none."""
        return None

    @verb
    def delete_quick(self, get_count: bool = True) -> int:
        """Delete these rows, e.g. of jobs that failed, so that they are tried again."""
        keys = self.keys()
        table = self.table_def
        return self.db.execute(delete_rows(self.db.dialect, table, make_condition(table.heading, keys)))

    @verb
    def delete(self, *_: Any, **__: Any) -> int:
        """Delete these rows; nothing depends on them, so that there is nothing to ask."""
        return self.delete_quick()


@answers_for_classes
class ExternalTable(ServiceTable):
    """What a store of the classic generation holds for a schema: one row per object."""

    @property
    def references(self) -> list[tuple[TableId, str]]:
        """The tables and attributes of the schema whose values are in the store."""
        store = self.table_name.removeprefix(EXTERNAL)
        return [
            (table.id, attribute.name)
            for table in self.db.tables(self.id.schema).values()
            for attribute in table.heading.values()
            if external_store(attribute.type) == store
        ]

    @verb
    def delete_quick(self, get_count: bool = True) -> int:
        """Refuse: the objects themselves would stay behind, and nobody would know of them."""
        raise LabwrightError(
            f"Rows of {self.id.name} stand for objects in a store, which this version of Labwright cannot delete yet."
        )

    @verb
    def used(self) -> ExternalTable:
        """The objects that some row refers to."""
        return self._where(in_use=True)

    @verb
    def unused(self) -> ExternalTable:
        """The objects that no row refers to any more."""
        return self._where(in_use=False)

    def _where(self, *, in_use: bool) -> ExternalTable:
        held = disjunction(InQuery(("hash",), _hashes(self.db.find(id_), name)) for id_, name in self.references)
        found = self.restricted(expr.restrict(self.query_node(), held if in_use else negate(held)), self._operands)
        assert isinstance(found, ExternalTable)
        return found


def _hashes(table: TableDef, attribute: str) -> Node:
    """The objects that an attribute refers to, as `hash`."""
    stored = table.heading.map(lambda a: replace(a, type=a.stored, storage=None))
    source = expr.Source(table.id.schema, table.id.name, stored)
    return expr.distinct(expr.project(source, (), {"hash": attribute}), ["hash"])
