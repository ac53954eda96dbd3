"""Objects that the catalogue does not know: those that rows of DataJoint refer to, and those that nobody refers to."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from labwright.catalogue.content import hash_content
from labwright.catalogue.copies import catalogued_schemas, known_copies
from labwright.catalogue.staging_records import staged_paths
from labwright.catalogue.writing import ensure_catalogue, ensure_claims
from labwright.core.errors import ConfigError, DataError, LabwrightError
from labwright.define.service_tables import EXTERNAL
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.external import all_entries, read_entry
from labwright.sql.object_references import check_sight, common_now, json_columns, labwright_schemas, references_of
from labwright.sql.objects import (
    DELETED,
    LIVE,
    QUARANTINED,
    UNKNOWN,
    add_object,
    claims_of,
    quarantine_stranger,
    revive_copy,
    touch_copy,
)
from labwright.storage.base import ObjectInfo
from labwright.storage.clock import OlderThan, older_than
from labwright.storage.external import entry_of
from labwright.storage.layout import StoreLayout
from labwright.storage.stores import OpenStore, Stores

BESIDE: Final = ".manifest.json"
"""What DataJoint puts behind the name of a folder for its list of the files in it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What rows say of an object.

    Parameters
    ----------
    schema, store, path : str
    is_dir : bool
    classic : bool
        Whether its path begins with the schema, as in the classic layout.
    """

    schema: str
    store: str
    path: str
    is_dir: bool
    classic: bool = False


@dataclass(frozen=True, slots=True)
class Adopted:
    """Objects that entered the catalogue.

    Parameters
    ----------
    objects : int
    problems : tuple of str
        What could not be read, and why.
    """

    objects: int
    problems: tuple[str, ...] = ()


def adopt(database: Database, stores: Stores) -> Adopted:
    """Let the catalogue know the objects that rows refer to and DataJoint has stored; each is read once."""
    count, problems = 0, []
    for reference in uncatalogued(database, stores):
        try:
            _adopt(database, stores(reference.store), reference)
            count += 1
        except LabwrightError as error:
            problems.append(f"{reference.store}: {reference.path}: {error}")
    return Adopted(count, tuple(problems))


def uncatalogued(database: Database, stores: Stores) -> list[Reference]:
    """Return what rows refer to and no catalogue knows; the user's own files are not among them."""
    schemas = labwright_schemas(database.connection, database.dialect)
    known = {(c.store, c.path) for state in (LIVE, QUARANTINED) for c in known_copies(database, state=state)}
    return [r for r in references(database, stores, schemas) if (r.store, r.path) not in known]


def references(database: Database, stores: Stores, schemas: Collection[str]) -> list[Reference]:
    """Return what rows of these schemas refer to, each once; the user's own files are not among them."""
    columns = json_columns(database.connection, database.dialect, schemas)
    told = chain(_references(database, stores, columns), _external_references(database, stores, schemas))
    return sorted(set(told), key=lambda r: (r.schema, r.store, r.path))


def _references(database: Database, stores: Stores, columns: Collection[Any]) -> Iterator[Reference]:
    for schema, text in database.fetch(references_of(database.dialect, columns)):
        told = _told(text)
        opened = None if told is None else _opened(stores, told.get("store"))
        if told is not None and opened is not None and _is_kept(opened.layout, str(told["path"])):
            yield Reference(str(schema), opened.name, str(told["path"]), bool(told.get("is_dir")))


def _external_references(database: Database, stores: Stores, schemas: Collection[str]) -> Iterator[Reference]:
    """What is kept by its hash in the classic layout."""
    dialect = database.dialect
    for schema in schemas:
        for table in sorted(table_names(database.connection, dialect, schema)):
            store = table.removeprefix(EXTERNAL)
            opened = None if store == table else _opened(stores, store)
            if opened is not None:
                entries = (read_entry(dialect, row) for row in database.fetch(all_entries(dialect, schema, store)))
                keys = (opened.external.key(schema, entry) for entry in entries if entry.filepath is None)
                yield from (Reference(schema, opened.name, key, is_dir=False, classic=True) for key in keys)


def _opened(stores: Stores, name: str | None) -> OpenStore | None:
    """A store, or None where this project has none of that name."""
    try:
        return stores(name or None)
    except ConfigError:
        return None


def _told(text: Any) -> Mapping[str, Any] | None:
    try:
        told = json.loads(text) if isinstance(text, (str, bytes)) else text
    except ValueError:
        return None
    return told if isinstance(told, Mapping) and isinstance(told.get("path"), str) and "store" in told else None


def _is_kept(layout: StoreLayout, path: str) -> bool:
    return any(path.startswith(f"{prefix.strip('/')}/") for prefix in (layout.hash_prefix, layout.schema_prefix))


def _adopt(database: Database, opened: OpenStore, reference: Reference) -> None:
    if reference.is_dir and not opened.layout.may_be_folder(reference.path):
        raise DataError("Rows call it a folder of their own, and it is where objects of many rows are.")
    digest = hash_content(opened, reference.path, is_dir=reference.is_dir)
    ensure_catalogue(database, reference.schema)
    ensure_claims(database, reference.schema, [opened])
    dialect, schema, now = database.dialect, reference.schema, now_text()
    place = opened.name, reference.path
    with database.connection.atomic():
        execute = database.connection.execute
        execute(add_object(dialect, schema), (digest.sha256, digest.size, None, now), write=True)
        row = (*place, digest.sha256, int(reference.is_dir), None, now, now)
        execute(touch_copy(dialect, schema), row, write=True)
        execute(revive_copy(dialect, schema), (now, digest.sha256, *place), write=True)


def strangers(
    database: Database, stores: Stores, *, grace: datetime.timedelta, dry_run: bool
) -> list[tuple[str, str, int]]:
    """Put objects into quarantine that neither rows nor the catalogue know, e.g. of a process that was killed.

    Only what lies in the folders of schemas that are seen here is looked at, and only what is older than the grace
    period by the clock of the store: a younger one may be on its way into a row. What is being staged is left alone,
    see `remove_abandoned`.

    Returns
    -------
    list of tuple
        Store, path and size in bytes of each.
    """
    connection, dialect = database.connection, database.dialect
    check_sight(connection, dialect, labwright_schemas(connection, dialect))
    schemas = catalogued_schemas(database)
    used = {name: schema for schema in schemas for name, _ in database.fetch(claims_of(dialect, schema))}
    known = {(name, path) for name in used for path in staged_paths(stores(name))}  # first: they may become rows now
    known |= {(c.store, c.path) for state in (LIVE, QUARANTINED) for c in known_copies(database, state=state)}
    known |= {(r.store, r.path) for r in uncatalogued(database, stores)}
    found: list[tuple[str, str, int]] = []
    for name in sorted(used):
        classic = [s for s in schemas if f"{EXTERNAL}{name}" in table_names(connection, dialect, s)]
        opened = stores(name)
        for schema, path, size in _unknown(opened, schemas, classic, known, older_than(opened.store, grace)):
            found.append((name, path, size))
            if not dry_run:
                _quarantine(database, schema, name, path)
    return found


def _unknown(
    opened: OpenStore,
    schemas: Collection[str],
    classic: Collection[str],
    known: Collection[tuple[str, str]],
    is_old: OlderThan,
) -> Iterator[tuple[str, str, int]]:
    for schema, info in chain(_kept(opened, schemas), _kept_in_classic_layout(opened, classic)):
        if is_old(info.modified) and not _is_known(opened.name, info.key, known):
            yield schema, info.key, info.size


def _kept(opened: OpenStore, schemas: Collection[str]) -> Iterator[tuple[str, ObjectInfo]]:
    """What lies in the folders of schemas."""
    for prefix in (opened.layout.hash_prefix, opened.layout.schema_prefix):
        folder = prefix.strip("/")
        for info in opened.store.list(f"{folder}/"):
            schema = _schema_of(info.key.removeprefix(f"{folder}/"))
            if schema in schemas:
                yield schema, info


def _kept_in_classic_layout(opened: OpenStore, schemas: Collection[str]) -> Iterator[tuple[str, ObjectInfo]]:
    """The same where files of the user may lie beside them: what has the name that a hash gives, in its place."""
    for schema in schemas:
        for info in opened.store.list(f"{schema}/"):
            entry = entry_of(info.key)
            if entry is not None and opened.external.key(schema, entry) == info.key:
                yield schema, info


def _schema_of(path: str) -> str:
    """The schema in a key; folders of the partition pattern stand before it."""
    return next((part for part in path.split("/") if "=" not in part), "")


def _is_known(store: str, key: str, known: Collection[tuple[str, str]]) -> bool:
    """Whether the key, or a folder that it is in or whose list of files it is, is known."""
    parts = key.removesuffix(BESIDE).split("/")
    return any((store, "/".join(parts[:end])) in known for end in range(len(parts), 1, -1))


def _quarantine(database: Database, schema: str, store: str, path: str) -> None:
    now = common_now(database.connection, database.dialect)
    if len(path.encode()) > 1024:
        raise DataError(f"{path!r} is too long to be an object.")
    with database.connection.atomic():
        database.connection.execute(add_object(database.dialect, schema), (UNKNOWN, 0, None, now), write=True)
        row = (store, path, UNKNOWN, 0, None, now, now)
        database.connection.execute(
            quarantine_stranger(database.dialect, schema, QUARANTINED, DELETED), row, write=True
        )
