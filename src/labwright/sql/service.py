"""The version of what Labwright keeps of its own in each schema."""

from __future__ import annotations

from typing import Final

from labwright.core.errors import VersionError
from labwright.sql.connection import Connection
from labwright.sql.ddl_writer import FORMAT, SERVICE
from labwright.sql.dialect import Dialect

RESTORING: Final = "restoring"
"""The version of a schema that is being filled from a backup, where that cannot be done in one transaction."""


def stored_version(connection: Connection, dialect: Dialect, schema: str) -> str:
    """Return the version that is noted in the service table of a schema, which must be there."""
    sql = f"SELECT value FROM {dialect.table(schema, SERVICE)} WHERE name = 'version'"
    rows = connection.fetch(sql)
    return str(rows[0][0]) if rows else FORMAT


def check_version(connection: Connection, dialect: Dialect, schema: str) -> None:
    """Refuse a schema whose service table, which must be there, is of another version.

    Raises
    ------
    VersionError
        When this Labwright is too old for it, or too new.
    """
    found = stored_version(connection, dialect, schema)
    if found != FORMAT:
        raise version_error(schema, found)


def is_newer(version: str, current: str = FORMAT) -> bool:
    """Whether only a newer Labwright can know `version`.

    Examples
    --------
    >>> is_newer("10", "9"), is_newer("9", "9"), is_newer("2.beta", "9")
    (True, False, True)
    """
    return not version.isdecimal() or int(version) > int(current)


def version_error(schema: str, found: str, current: str = FORMAT) -> VersionError:
    """Return the error for a schema of another version."""
    if found == RESTORING:
        return VersionError(
            f"The schema {schema!r} is being restored from a backup, or was when that was cut off. If no restore is"
            f" running, drop what it has left (DROP SCHEMA {schema}), and restore again."
        )
    what = f"The schema {schema!r} is of format {found}, and this Labwright knows format {current}."
    if is_newer(found, current):
        return VersionError(f"{what} Upgrade Labwright with: pip install --upgrade labwright")
    return VersionError(f"{what} Upgrade the schema with: labwright upgrade")
