"""The stores of the classic generation that a schema uses, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labwright.core.errors import did_you_mean
from labwright.core.generation import CLASSIC
from labwright.define.service_tables import EXTERNAL
from labwright.sql.declare import table_names
from labwright.tables.tiers import tiers

if TYPE_CHECKING:
    from labwright.tables.schema_services import SchemaServices


class ExternalTables(Mapping[str, Any]):
    """From the name of a store to the table that says what it holds for a schema.

    Parameters
    ----------
    schema : Schema
    """

    def __init__(self, schema: SchemaServices) -> None:
        self._schema = schema

    def __getitem__(self, store: str) -> Any:
        if store not in (*self, *self._configured()):
            raise KeyError(
                f"Schema {self._schema.database_name!r} keeps nothing in a store {store!r}."
                f"{did_you_mean(store, self)} Its stores: {', '.join(self) or 'none'}."
            )
        make: Any = tiers["external"]
        name = f"{self._schema.database_name}.{EXTERNAL}{store}"
        return make(self._schema.project, name, generation=self._schema.generation)

    def _configured(self) -> Iterable[str]:
        """Stores that nothing is kept in yet: code of the classic generation asks for them all the same."""
        return self._schema.project.config.settings.stores.named if self._schema.generation == CLASSIC else ()

    def __iter__(self) -> Iterator[str]:
        database = self._schema.project.database
        names = table_names(database.connection, database.dialect, self._schema.database_name)
        return (name.removeprefix(EXTERNAL) for name in sorted(names) if name.startswith(EXTERNAL))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"<ExternalTables of {self._schema.database_name!r}: {', '.join(self) or 'none'}>"
