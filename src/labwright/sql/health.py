"""What a server says of itself: the settings that Labwright depends on, and its versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from labwright.core.errors import LabwrightError
from labwright.sql.connection import Connection
from labwright.sql.ddl_writer import SERVICE
from labwright.sql.declare import table_names
from labwright.sql.dialect import Dialect
from labwright.sql.drivers import ServerVersion
from labwright.sql.service import stored_version

OLDEST: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {"sqlite": (3, 37), "postgres": (12,), "mysql": (8, 0, 16), "mariadb": (10, 6)}
)
"""The first version of each product that has what Labwright needs."""

_VARIABLES: Final = (
    "character_set_server", "collation_server", "default_storage_engine", "log_bin", "log_bin_trust_function_creators",
    "lower_case_table_names", "max_allowed_packet", "read_only",
)  # fmt: skip
_PARAMETERS: Final = ("server_encoding", "default_transaction_read_only", "in_hot_standby")
_QUERIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "postgres": ("SELECT name::text, setting::text FROM pg_settings WHERE name IN ({})", _PARAMETERS),
        "mysql": ("SHOW GLOBAL VARIABLES WHERE variable_name IN ({})", _VARIABLES),
    }
)


def is_too_old(version: ServerVersion) -> bool:
    """Whether a server lacks what Labwright needs.

    Examples
    --------
    >>> is_too_old(ServerVersion("mysql", (8, 0, 15), "8.0.15")), is_too_old(ServerVersion("postgres", (15, 4), "15.4"))
    (True, False)
    """
    return version.numbers < OLDEST[version.product]


def server_settings(connection: Connection) -> dict[str, str]:
    """Return the settings of the server that matter to Labwright; those it does not know are left out."""
    if connection.backend == "sqlite":
        return {}
    sql, names = _QUERIES[connection.backend]
    return dict(connection.fetch(sql.format(", ".join(["%s"] * len(names))), names))


def has_range_constraints(connection: Connection) -> bool:
    """Whether PostgreSQL can hold rules on intervals by itself, having the extension for it or being let to make it."""
    rows = connection.fetch(
        "SELECT e.extname IS NOT NULL OR has_database_privilege(current_database(), 'CREATE') "
        "FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name WHERE a.name = 'btree_gist'"
    )
    return bool(rows and rows[0][0])


def service_versions(connection: Connection, dialect: Dialect, schemas: Iterable[str]) -> dict[str, str | None]:
    """Return the version of Labwright's own tables by schema; None where they may not be read.

    Schemas without such tables are left out.
    """
    with_service = [s for s in schemas if SERVICE in table_names(connection, dialect, s)]
    return {s: _version(connection, dialect, s) for s in with_service}


def _version(connection: Connection, dialect: Dialect, schema: str) -> str | None:
    try:
        return stored_version(connection, dialect, schema)
    except LabwrightError:
        return None
