"""Rows whose files are written straight into the store, and which are there when the files are complete."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final

from labwright.catalogue.staging import Staging
from labwright.codecs.chain import CodecChain
from labwright.codecs.objects import Place
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError, DataError, DuplicateError, LockError, MissingAttributeError
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.conditions import Equal, conjunction
from labwright.sql.session_lock import SessionLock
from labwright.storage.digest import CHUNK
from labwright.storage.handle import Handle
from labwright.storage.layout import new_token
from labwright.storage.views import staged_files
from labwright.tables.insert import canonical
from labwright.tables.project import codec_chain

if TYPE_CHECKING:
    from labwright.tables.writing import Writable

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_MODES: Final = ("wb", "w", "rb", "r")


@dataclass(frozen=True, slots=True)
class StagedObject:
    """The file or folder of one attribute."""

    store: str
    path: str
    ext: str


@dataclass(eq=False)
class StagedRow:
    """A row on its way, and the files and folders that belong to it.

    Parameters
    ----------
    staging : StagedInsert
        The rows that it is one of.
    table : TableDef
        The table, or the part, that it goes into.
    rec : dict
        The values of its attributes. The primary key has to be there before the first file.
    """

    _staging: StagedInsert
    _table: TableDef
    rec: dict[str, Any]
    _objects: dict[str, StagedObject] = field(default_factory=dict)
    _key: dict[str, Any] | None = None

    def store(self, name: str, ext: str = "") -> Any:
        """Return the folder of an attribute, to be filled: a mapping from path to bytes, which ``zarr.open`` takes.

        Parameters
        ----------
        name : str
            The attribute.
        ext : str
            How the folder's name ends: ``".zarr"``. By default as its codec says.

        Raises
        ------
        MissingPackageError
            When fsspec is not installed.
        """
        staged = self._begin(name, ext)
        return staged_files(self._staging.staging.area(staged.store)).get_mapper(staged.path)

    def open(self, name: str, ext: str = "", mode: str = "wb", *, subpath: str = "") -> IO[Any]:
        """Open the file of an attribute, or a file of its folder, for writing from its beginning to its end.

        Parameters
        ----------
        name : str
            The attribute.
        ext : str
            How the file's name ends: ``".tif"``. By default as its codec says.
        mode : str
            ``wb``, or ``w`` for text in UTF-8; ``rb`` and ``r`` read what has been written.
        subpath : str
            Path below the folder, where the attribute is a folder.
        """
        if mode not in _MODES:
            raise DataError(f"A staged file is opened with one of {', '.join(_MODES)}, not with {mode!r}.")
        staged = self._begin(name, ext)
        area = self._staging.staging.area(staged.store)
        handle = Handle(area.store, staged.path).child(subpath) if subpath else Handle(area.store, staged.path)
        file = area.open(handle.key) if mode.startswith("w") else handle.open()
        return file if mode.endswith("b") else io.TextIOWrapper(file, "utf-8")

    @contextmanager
    def local(self, name: str, ext: str = "", *, subpath: str = "") -> Iterator[Path]:
        """Give a path on this machine, and put what is there when the block ends into the store: a file, or a folder.

        For libraries that write to a path, or to and fro in a file, as h5py does. There has to be room for it among
        the temporary files.

        Parameters
        ----------
        name, ext, subpath : str
            As for `open`.
        """
        staged = self._begin(name, ext)
        with TemporaryDirectory(prefix="labwright-") as folder:
            path = Path(folder) / PurePosixPath(subpath or staged.path).name
            yield path
            for below, file in _files(path):
                place = "/".join(filter(None, (subpath, below)))
                with self.open(name, ext, subpath=place) as target, file.open("rb") as source:
                    shutil.copyfileobj(source, target, CHUNK)

    def part(self, name: str, **values: Any) -> StagedRow:
        """Return a new row of a part, with the key of this row, whose files can be staged too.

        Parameters
        ----------
        name : str
            The part's class name.
        values : object
            Values of the part's attributes.
        """
        return self._staging.part(self, name, values)

    @property
    def fs(self) -> Any:
        """The default store as a file system of fsspec, in which what is being staged may be written."""
        return staged_files(self._staging.staging.area(None))

    def _begin(self, name: str, ext: str) -> StagedObject:
        if name not in self._objects:
            if self._key is None:
                self._key = self._staging.key_of(self._table, self.rec)
            self._objects[name] = self._staging.begin(self._table, name, self._key, ext)
        return self._objects[name]

    def finished(self) -> dict[str, Any]:
        """The row, with what is in the stores as values."""
        if self._key is not None and self._staging.key_of(self._table, self.rec, known=True) != self._key:
            raise DataError(
                f"The key of a staged row was {_shown(self._key)} when its files were begun; it has changed."
            )
        given = [name for name in self._objects if self.rec.get(name) is not None]
        if given:
            raise DataError(
                f"{given[0]!r} has a value in `rec`, and files as well. Leave it out: it is what was written."
            )
        return self.rec | {name: self._value(name) for name in self._objects}

    def _value(self, name: str) -> Any:
        found = self._objects[name]
        try:
            return self._staging.staging.staged(found.store, found.path, found.ext)
        except DataError as error:
            raise DataError(f"The staged row {_shown(self._key or {})}, attribute {name!r}: {error}") from error


class StagedInsert:
    """Rows that are inserted when the block ends, with files and folders that are written within it.

    Parameters
    ----------
    table : Writable
    resume : str, optional
        The name of what is kept when it fails.
    allow_direct_insert : bool, optional

    Attributes
    ----------
    parts : dict
        Rows of parts by the part's class name, inserted with the rows as a unit.
    """

    def __init__(self, table: Writable, *, resume: str | None = None, allow_direct_insert: bool | None = None) -> None:
        if resume is not None and not _TOKEN.fullmatch(resume):
            raise DataError(f"{resume!r} cannot name a staging: use letters, digits, '-', '_' and '.'.")
        self._table = table
        self._resume = resume
        self._direct = allow_direct_insert
        self._rows: list[StagedRow] = []
        self._part_rows: dict[str, list[StagedRow]] = {}
        self._lock: SessionLock | None = None
        self.parts: dict[str, Any] = {}

    def __enter__(self) -> StagedInsert:
        self._table.check_direct(self._direct)
        self._table.ready()
        token = self._resume or new_token(16)
        if self._resume is not None:
            self._lock = self._locked(self._resume)
        self.staging = Staging(self._table.db, self._table.db.stores, self._table.id.schema, token)
        return self

    def _locked(self, name: str) -> SessionLock:
        """Let nobody else go on with the same: both would write the same files."""
        lock = self._table.db.connection.session_lock(f"staging {self._table.id.schema} {name}")
        if not lock.take():
            raise LockError(
                f"Another process, or another thread of this one, is at work on what is staged as {name!r}. Wait until "
                "it has ended, or choose another name."
            )
        return lock

    def _check_lock(self) -> None:
        if self._lock is not None and not self._lock.is_held():
            raise LockError(
                "The database has ended the session that kept others away from what is staged here, so they may have "
                "written to it since. Go on with it again."
            )

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def row(self, **values: Any) -> StagedRow:
        """Return a new row with these values; more can be set in its `rec`."""
        self._rows.append(StagedRow(self, self._table.table_def, values))
        return self._rows[-1]

    def part(self, master: StagedRow, name: str, values: Mapping[str, Any]) -> StagedRow:
        """Return a new row of a part of a row."""
        table = self._table.part_def(name)
        known = self.key_of(self._table.table_def, master.rec, known=True)
        fk = next(fk for fk in table.foreign_keys if fk.parent == self._table.id)
        key = {own: known[theirs] for own, theirs in zip(fk.columns, fk.parent_columns, strict=True) if theirs in known}
        self._part_rows.setdefault(name, []).append(StagedRow(self, table, key | dict(values)))
        return self._part_rows[name][-1]

    def key_of(self, table: TableDef, rec: Mapping[str, Any], *, known: bool = False) -> dict[str, Any]:
        """The primary key of a row, which must be there in `rec`, and not in the table unless that is `known`."""
        heading = table.heading
        missing = [name for name in heading.primary_key if rec.get(name) is None]
        if missing:
            raise MissingAttributeError(
                f"The files of a row lie under its key: set {', '.join(map(repr, missing))} before the first of them."
            )
        key = {name: canonical(table, name, rec[name]) for name in heading.primary_key}
        source = expr.Source(table.id.schema, table.id.name, heading)
        condition = conjunction(Equal(name, value) for name, value in key.items())
        if not known and self._table.db.exists(expr.restrict(source, condition)):
            raise DuplicateError(f"Table {table.id} has a row with {_shown(key)} already.")
        return key

    def begin(self, table: TableDef, name: str, key: Mapping[str, Any], ext: str) -> StagedObject:
        """Say in the store that something will be written for an attribute, and where that is."""
        self._check_lock()
        chain, id_ = self._chain(table, name), table.id
        codec = chain.codecs[0]
        assert isinstance(codec, SchemaCodec)
        ending = f".{ext.removeprefix('.')}" if ext else codec.ext
        store, path = self.staging.begin(Place(id_.schema, id_.name, name, key, ending), chain.store or None)
        return StagedObject(store, path, ending)

    @staticmethod
    def _chain(table: TableDef, name: str) -> CodecChain:
        table.heading.require([name], "a staged row")
        type_ = table.heading[name].type
        chain = codec_chain(type_) if type_ is not None and type_.codec is not None else None
        if chain is None or not isinstance(chain.codecs[0], SchemaCodec):
            raise CodecError(
                f"Attribute {name!r} is of type {type_}. Files are staged for types that keep each value under the key "
                "of its row: <object@>, <zarr@>, <npy@>, <hdf5@>, <parquet@>, <tiff@>, <video@> and the like."
            )
        return chain

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._give_up(error)
            return
        try:
            self._finish()
        except BaseException as failed:
            self._give_up(failed)
            raise

    def _finish(self) -> None:
        self.staging.finish()
        rows = [row.finished() for row in self._rows]
        parts = self.parts | {
            name: [*self.parts.get(name, ()), *(row.finished() for row in staged)]
            for name, staged in self._part_rows.items()
        }
        self._check_lock()
        with self._table.db.connection.atomic() as connection:
            connection.after_rollback(self.staging.remove if self._resume is None else self._unlock)
            connection.after_commit(self.staging.forget)
            connection.after_commit(self._unlock)
            self._insert(rows, parts)

    def _insert(self, rows: Sequence[Mapping[str, Any]], parts: Mapping[str, Any]) -> None:
        if rows or parts:
            self._table.insert(rows, allow_direct_insert=self._direct, parts=parts or None)

    def _give_up(self, error: BaseException) -> None:
        if self._resume is None:
            self.staging.remove()
            return
        self.staging.close()
        self._unlock()
        error.add_note(f"What was staged is kept. Go on with staged_insert(resume={self._resume!r}).")


class StagedInsert1:
    """One row, as `StagedInsert` has many: ``with Table.staged_insert1 as staged:``.

    Parameters
    ----------
    table : Writable
    """

    def __init__(self, table: Writable) -> None:
        self._insert = StagedInsert(table)

    def __enter__(self) -> StagedRow:
        return self._insert.__enter__().row()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._insert.__exit__(kind, error, traceback)


def _files(path: Path) -> list[tuple[str, Path]]:
    """The file at a path, or those below it, with their paths there."""
    if path.is_file():
        return [("", path)]
    return [(file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file()]


def _shown(key: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in key.items())
