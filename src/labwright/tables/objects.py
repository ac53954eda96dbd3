"""Values that are kept in stores, while rows are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from labwright.catalogue.entering import Shared, shared
from labwright.catalogue.writing import ObjectWriter
from labwright.codecs.objects import NoObjects
from labwright.define.table import TableDef
from labwright.query.expr import Source
from labwright.sql.database import Database
from labwright.tables.encoder import table_encoder

if TYPE_CHECKING:
    from labwright.tables.query import QueryExpression


class WithoutStores(NoObjects):
    """For a table that keeps nothing in stores."""

    def registered(self) -> AbstractContextManager[None]:
        return nullcontext()


_WITHOUT: Final = WithoutStores()


def taken_objects(database: Database, table: TableDef, query: QueryExpression) -> list[Shared]:
    """What rows of other schemas bring into a table of objects in stores."""
    if not table_encoder(database, table).uses_stores:
        return []
    node = query.query_node()
    told = [n for n, a in table.heading.items() if a.type and a.type.codec and a.stored and a.stored.kind == "json"]
    sources = (source.query_node() for source in query.sources)
    others = sorted({s.schema for s in sources if isinstance(s, Source)} - {table.id.schema})
    return shared(database, node, [n for n in told if n in node.heading], others)


@contextmanager
def writing_objects(database: Database, table: TableDef) -> Iterator[ObjectWriter | WithoutStores]:
    """The stores for the rows of one statement; what was placed for them is removed when it fails."""
    if not table_encoder(database, table).uses_stores:
        yield _WITHOUT
        return
    writer = ObjectWriter(database, database.stores, table.id.schema)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise
