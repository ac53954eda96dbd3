"""The service tables of the classic generation: reserved jobs, the log, and what is kept in stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.generation import CLASSIC
from labwright.define.ast import ReferenceSpec
from labwright.define.classic import external_store, in_generation
from labwright.define.parser import parse
from labwright.define.table import StorageOf, TableDef, TableId, resolve_table

EXTERNAL: Final = "~external_"
JOBS: Final = "~jobs"
LOG: Final = "~log"

_DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        JOBS: """
        # job reservation table
        table_name : varchar(255)  # table name without schema
        key_hash : char(32)
        ---
        status : enum('reserved','error','ignore')  # a job without row is free
        key = null : blob
        error_message = "" : varchar(2047)
        error_stack = null : mediumblob
        user = "" : varchar(255)
        host = "" : varchar(255)
        pid = 0 : int unsigned
        connection_id = 0 : bigint unsigned
        timestamp = CURRENT_TIMESTAMP : timestamp
        """,
        LOG: """
        # event log
        id : int unsigned auto_increment
        ---
        timestamp = CURRENT_TIMESTAMP : timestamp
        version : varchar(12)
        user : varchar(255)
        host = "" : varchar(255)
        event = "" : varchar(255)
        """,
        EXTERNAL: """
        # external storage tracking
        hash : uuid  # of the content, or of the relative path
        ---
        size : bigint unsigned  # bytes
        attachment_name = null : varchar(255)
        filepath = null : varchar(1000)  # relative path
        contents_hash = null : uuid  # of the content of a file that is kept by its path
        timestamp = CURRENT_TIMESTAMP : timestamp
        """,
    }
)


def service_table(id_: TableId, storage_of: StorageOf) -> TableDef:
    """Return what the service table `id_` looks like.

    Raises
    ------
    DefinitionError
        When there is none of that name.
    """
    name = EXTERNAL if id_.name.startswith(EXTERNAL) else id_.name
    if name not in _DEFINITIONS:
        raise DefinitionError(f"{id_.name!r} is not a service table that could be read: {', '.join(_DEFINITIONS)}...")
    return resolve_table(id_, in_generation(parse(_DEFINITIONS[name]), CLASSIC), _no_parent, storage_of)


def store_tables(tables: Iterable[TableDef]) -> list[TableDef]:
    """Return the service tables of the stores that attributes of `tables` refer to, in the classic layout."""
    ids = {
        TableId(table.id.schema, f"{EXTERNAL}{store}"): None
        for table in tables
        for attribute in table.heading.values()
        if (store := external_store(attribute.type)) is not None
    }
    return [service_table(id_, lambda type_: type_) for id_ in ids]


def _no_parent(_: ReferenceSpec) -> TableDef:
    raise AssertionError("service tables refer to nothing")
