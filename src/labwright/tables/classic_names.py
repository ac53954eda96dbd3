"""Names of a table that existing pipelines use for what has another name here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labwright.core.errors import QueryError
from labwright.query.expr import Restrict
from labwright.sql.dialect import Fragment
from labwright.sql.dml import delete_rows
from labwright.sql.literals import written_out
from labwright.sql.sizes import size_on_disk
from labwright.tables.stored import Stored

if TYPE_CHECKING:
    from labwright.tables.external_tables import ExternalTables


class ClassicNames(Stored):
    """What the classic generation calls the class, its stores, its size and the change of one value."""

    @property
    def class_name(self) -> str:
        """The name of the class."""
        return type(self).__name__

    @property
    def external(self) -> ExternalTables:
        """What stores of the classic generation hold for the schema."""
        return self.schema.external

    @property
    def size_on_disk(self) -> int:
        """Bytes that the table takes with its indexes."""
        return size_on_disk(self.db.connection, self.db.dialect, self.id.schema, self.id.name)

    def where_clause(self) -> str:
        """The restriction in the SQL of this database, values included, for statements of one's own: `conn.query`."""
        table: Any = self
        node = table.query_node()
        if not isinstance(node, Restrict):
            return ""
        dialect = self.db.dialect
        delete = delete_rows(dialect, table.table_def, node.condition)
        return f" WHERE {written_out(dialect, Fragment(delete.sql.partition(' WHERE ')[2], tuple(delete.params)))}"

    def _update(self, attrname: str, value: Any = None) -> None:
        """Change one attribute of the one row there is; None sets its default. New code calls `update1`."""
        table: Any = self
        if len(table) != 1:
            raise QueryError(f"_update changes one row, and there are {len(table)}. Restrict the table to its key.")
        table.restricted(None, ()).update1({**table.fetch1("KEY"), attrname: value})
