"""Service tables of the classic generation: jobs and log."""

from __future__ import annotations

from typing import Any

from labwright.core.errors import MissingTableError
from labwright.core.generation import CLASSIC
from labwright.core.verb import verb
from labwright.define.service_tables import service_table
from labwright.define.table import TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import make_condition
from labwright.sql.declare import table_names
from labwright.sql.dml import delete_rows
from labwright.tables.project import stored_type
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
