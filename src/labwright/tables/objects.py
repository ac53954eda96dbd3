"""Values that are kept in stores, while rows are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from labwright.catalogue.writing import ObjectWriter
from labwright.codecs.objects import NoObjects
from labwright.define.table import TableDef
from labwright.sql.database import Database
from labwright.tables.encoder import table_encoder


class WithoutStores(NoObjects):
    """For a table that keeps nothing in stores."""

    def registered(self) -> AbstractContextManager[None]:
        return nullcontext()


_WITHOUT: Final = WithoutStores()


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
