"""What the catalogue knows of objects: copies of content in stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.object_references import labwright_schemas
from labwright.sql.objects import LIVE, STORE, live_copies, path_text


@dataclass(frozen=True, slots=True)
class Copy:
    """An object in a store, as the catalogue of a schema knows it.

    Parameters
    ----------
    schema, store, path, sha256 : str
        The hash is that of the manifest for a folder.
    is_dir : bool
    size : int
        In bytes.
    """

    schema: str
    store: str
    path: str
    sha256: str
    is_dir: bool
    size: int

    def __str__(self) -> str:
        return f"{self.store}: {self.path}"


def read_copies(schema: str, rows: Iterable[Sequence[object]]) -> list[Copy]:
    """Return the copies of a schema from rows of store, path, sha256, is_dir and size."""
    return [
        Copy(schema, str(store), path_text(path), str(sha256), bool(is_dir), int(str(size)))  # type: ignore[arg-type]  # text or bytes
        for store, path, sha256, is_dir, size in rows
    ]


def catalogued_schemas(database: Database) -> list[str]:
    """Return the schemas that keep objects, as far as the user may see them."""
    connection, dialect = database.connection, database.dialect
    return [s for s in labwright_schemas(connection, dialect) if STORE in table_names(connection, dialect, s)]


def known_copies(database: Database, *, store: str | None = None, state: str = LIVE) -> list[Copy]:
    """Return all copies in a state, or those in one store."""
    found: list[Copy] = []
    for schema in catalogued_schemas(database):
        found += read_copies(schema, database.fetch(live_copies(database.dialect, schema, store, state)))
    return found
