"""``datajoint.external``: the tables in which the classic generation keeps what its stores hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labwright import Connection, Schema


def ExternalTable(  # noqa: N802 - the peer has a class
    connection: Connection | None, store: str, database: str, **_: object
) -> Any:
    """What a store holds for a schema.

    Parameters
    ----------
    connection : Connection, optional
    store : str
        The store's name.
    database : str
        The schema's name.
    """
    schema = Schema(database, connection=connection, create_schema=False, generation="classic")
    return schema.external[store]


def ExternalMapping(schema: Schema) -> Mapping[str, Any]:  # noqa: N802 - the peer has a class
    """The stores that a schema uses, by name."""
    stores: Mapping[str, Any] = schema.external
    return stores
