"""What a backup says of itself: the tables, and what is in its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from labwright.core.errors import ArchiveError, LabwrightError, VersionError
from labwright.define.rules import write_body
from labwright.define.serial import table_from_dict, table_to_dict
from labwright.define.table import ForeignKey, TableDef, TableId

FORMAT: Final = 1
"""The version of the archives that are written. An older Labwright refuses a newer one."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A file of the archive with rows.

    Parameters
    ----------
    file : str
        Its name in the archive.
    columns : tuple of str
    count : int
        How many rows there are.
    size : int
        Bytes, before they are compressed.
    sha256 : str
        Of these bytes.
    """

    file: str
    columns: tuple[str, ...]
    count: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A table in the archive, with its rows and those that its history keeps."""

    table: TableDef
    rows: Rows
    history: Rows | None = None

    @property
    def files(self) -> tuple[Rows, ...]:
        """All of them."""
        return (self.rows,) if self.history is None else (self.rows, self.history)


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects in stores that the rows refer to.

    Parameters
    ----------
    rows : Rows
        The file of the archive that names them: one row for each place in a store.
    count : int
        How many places there are.
    size : int
        Bytes, the same content once for each place.
    holder : str or None
        Who keeps them in the stores, when they are not in the archive.
    """

    rows: Rows
    count: int
    size: int
    holder: str | None = None

    @property
    def inside(self) -> bool:
        """Whether the archive has their content."""
        return self.holder is None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The table of contents.

    Parameters
    ----------
    made : str
        When, in UTC.
    labwright : str
        The version that made it.
    database : str
        Which kind of database it was made of, and its version.
    schemas : tuple of str
    classic : tuple of str
        Those of the schemas that are laid out as the classic generation does.
    entries : tuple of Entry
        Parents first.
    objects : Objects or None
        None when the rows refer to none.
    """

    made: str
    labwright: str
    database: str
    schemas: tuple[str, ...]
    classic: tuple[str, ...]
    entries: tuple[Entry, ...]
    objects: Objects | None = None

    @property
    def files(self) -> tuple[Rows, ...]:
        """All files of rows."""
        listed = () if self.objects is None else (self.objects.rows,)
        return (*(r for e in self.entries for r in e.files), *listed)

    def renamed(self, names: Mapping[str, str]) -> Manifest:
        """The same with other names for schemas.

        Raises
        ------
        ArchiveError
            When one of them is not in the archive, or two would become one.
        """
        unknown = [name for name in names if name not in self.schemas]
        if unknown:
            raise ArchiveError(f"The backup has no schema {unknown[0]!r}. It has: {', '.join(self.schemas)}.")
        schemas = tuple(names.get(s, s) for s in self.schemas)
        if len(set(schemas)) < len(schemas):
            raise ArchiveError(f"Two schemas would have the same name: {', '.join(schemas)}.")
        classic = tuple(names.get(s, s) for s in self.classic)
        entries = tuple(replace(e, table=rename_schemas(e.table, names)) for e in self.entries)
        return replace(self, schemas=schemas, classic=classic, entries=entries)


def file_name(id_: TableId, *, has_bytes: bool) -> str:
    """The name of the file with the rows of a table: lines of JSON alone, unless some columns hold bytes.

    Examples
    --------
    >>> file_name(TableId("lab", "#species"), has_bytes=False)
    'lab/#species.jsonl'
    """
    folder, name = quote(id_.schema, safe="").replace(".", "%2E"), quote(id_.name, safe="#")
    return f"{folder}/{name}.{'rows' if has_bytes else 'jsonl'}"


def write_manifest(manifest: Manifest) -> str:
    """Return `manifest` as JSON that people can read."""
    told = {
        "format": FORMAT,
        "labwright": manifest.labwright,
        "made": manifest.made,
        "database": manifest.database,
        "schemas": list(manifest.schemas),
        "classic": list(manifest.classic),
        "tables": [_entry_to_dict(e) for e in manifest.entries],
        "objects": None if manifest.objects is None else asdict(manifest.objects),
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: str | bytes) -> Manifest:
    """Return the manifest that `write_manifest` has written.

    Raises
    ------
    VersionError
        When a newer Labwright has written it.
    ArchiveError
        When it is not one.
    """
    try:
        data = json.loads(text)
        version = data["format"]
        if type(version) is not int or version < 1:
            raise ArchiveError(f"The backup is of a format {version!r} that never was.")
        if version > FORMAT:
            raise VersionError(
                f"The backup is of format {version}, and this Labwright reads formats up to {FORMAT}. Upgrade Labwright"
                " with: pip install --upgrade labwright"
            )
        return _manifest(data)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ArchiveError(f"The table of contents of the backup cannot be read: {error!r:.200}.") from error


def _manifest(data: Mapping[str, Any]) -> Manifest:
    manifest = Manifest(
        str(data["made"]),
        str(data["labwright"]),
        str(data["database"]),
        tuple(map(str, data["schemas"])),
        tuple(map(str, data["classic"])),
        tuple(map(_entry, data["tables"])),
        _objects(data["objects"]) if data["objects"] else None,
    )
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    ids = [e.table.id for e in manifest.entries]
    files = [r.file for r in manifest.files]
    outside = [i for i in ids if i.schema not in manifest.schemas]
    if len(set(ids)) < len(ids) or len(set(files)) < len(files) or outside:
        raise ArchiveError("The table of contents of the backup contradicts itself.")


def _entry_to_dict(entry: Entry) -> dict[str, Any]:
    told = {"definition": table_to_dict(entry.table), "rows": asdict(entry.rows)}
    return told | ({} if entry.history is None else {"history": asdict(entry.history)})


def _entry(data: Mapping[str, Any]) -> Entry:
    history = data.get("history")
    try:
        table = table_from_dict(data["definition"])
    except LabwrightError as error:
        raise ArchiveError(f"A definition in the backup cannot be read: {error}") from error
    return Entry(table, _rows(data["rows"]), None if history is None else _rows(history))


def _rows(data: Mapping[str, Any]) -> Rows:
    rows = Rows(data["file"], tuple(data["columns"]), data["count"], data["size"], data["sha256"])
    kinds = (type(rows.file), type(rows.count), type(rows.size), type(rows.sha256))
    if kinds != (str, int, int, str) or rows.count < 0 or rows.size < 0:
        raise ArchiveError(f"The backup says nothing sensible of its file {rows.file!r:.80}.")
    return rows


def _objects(data: Mapping[str, Any]) -> Objects:
    objects = Objects(_rows(data["rows"]), data["count"], data["size"], data["holder"])
    kinds = (type(objects.count), type(objects.size))
    if kinds != (int, int) or not isinstance(objects.holder, (str, type(None))):
        raise ArchiveError("The backup says nothing sensible of its objects.")
    return objects


def rename_schemas(table: TableDef, names: Mapping[str, str]) -> TableDef:
    """Return `table` with other names for schemas, in its references, origins and rules as well."""
    if not names:
        return table

    def moved(id_: TableId) -> TableId:
        return TableId(names.get(id_.schema, id_.schema), id_.name)

    def reference(fk: ForeignKey) -> ForeignKey:
        return replace(fk, parent=moved(fk.parent))

    return replace(
        table,
        id=moved(table.id),
        heading=table.heading.map(lambda a: replace(a, lineage=_dotted(a.lineage, names) if a.lineage else None)),
        foreign_keys=tuple(map(reference, table.foreign_keys)),
        rules=tuple(replace(r, body=write_body(_rule_body(r.data, names))) for r in table.rules),
    )


def _dotted(text: str, names: Mapping[str, str]) -> str:
    """``schema.table...`` with another name for the schema."""
    schema, dot, rest = text.partition(".")
    return f"{names.get(schema, schema)}{dot}{rest}"


def _rule_body(data: Any, names: Mapping[str, str]) -> Any:
    """What a rule says, in which a schema stands by itself, in origins, and in what is locked."""
    if isinstance(data, list):
        return [_rule_body(item, names) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: _MOVED.get(key, _rule_body)(value, names) for key, value in data.items()}


def _moved_locks(locks: Sequence[Any], names: Mapping[str, str]) -> list[Any]:
    return [[_dotted(what, names), *rest] for what, *rest in locks]


def _moved_text(move: Callable[[str, Mapping[str, str]], str]) -> Callable[[Any, Mapping[str, str]], Any]:
    return lambda value, names: move(value, names) if isinstance(value, str) else _rule_body(value, names)


_MOVED: Final[Mapping[str, Callable[[Any, Mapping[str, str]], Any]]] = {
    "schema": _moved_text(lambda name, names: names.get(name, name)),
    "lineage": _moved_text(_dotted),
    "locks": _moved_locks,
}
