"""Putting objects into stores while rows are on their way, and noting them in the transaction of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from labwright.catalogue.claims import keep_claim, make_claim
from labwright.catalogue.content import put_manifest
from labwright.catalogue.deleting import delete_object
from labwright.catalogue.external import ExternalWriter
from labwright.catalogue.reading import handle_of
from labwright.codecs.objects import Place, Staged, Stored
from labwright.core.errors import (
    CodecError,
    DataError,
    DuplicateError,
    LabwrightError,
    MissingExternalFile,
    TransactionError,
)
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.declare import run_all, table_names
from labwright.sql.objects import (
    LIVE,
    STORE,
    add_object,
    claims_of,
    create_catalogue,
    find_copies,
    path_text,
    revive_copy,
    touch_copy,
)
from labwright.storage.base import Bytes, WritesAhead
from labwright.storage.chunks import stored_digest
from labwright.storage.content import Content, chunks_of, files_of, in_memory, size_of
from labwright.storage.digest import LARGE, Digest, Hasher, digest
from labwright.storage.external import Entry as ExternalEntry
from labwright.storage.handle import Handle
from labwright.storage.manifest import MEDIA_TYPE, Entry, Manifest, manifest_of
from labwright.storage.stores import OpenStore, Stores

R = TypeVar("R")
AT_ONCE: Final = 500
"""So many copies are looked for in one statement."""


@dataclass(frozen=True, slots=True)
class NewCopy:
    """An object that was put, or found to be there already.

    Parameters
    ----------
    store : str
    path : str
    digest : Digest
        For a folder that of its manifest, with the size of all files.
    is_dir : bool
    media_type : str or None
    data : Content or None
        What was there already, to put it again should it be on its way out.
    was_there : bool
        Whether somebody else had put it, under the hash that is its name.
    manifest : Manifest or None
        Of a folder.
    """

    store: str
    path: str
    digest: Digest
    is_dir: bool = False
    media_type: str | None = None
    data: Content | None = None
    was_there: bool = False
    manifest: Manifest | None = None


class ObjectWriter:
    """The stores while rows are inserted or changed: an `Objects`.

    Parameters
    ----------
    database : Database
    stores : Stores
    schema : str
        The schema whose catalogue knows the objects.
    """

    def __init__(self, database: Database, stores: Stores, schema: str) -> None:
        self._database = database
        self._stores = stores
        self._schema = schema
        self._kept: dict[tuple[str, str], tuple[Digest, Future[NewCopy]]] = {}
        self._cells: dict[tuple[str, str], tuple[str, int]] = {}
        self._cell: tuple[str, int] | None = None
        self._of_cell: set[str] = set()
        self._placed: list[NewCopy] = []
        self._of_others: set[int] = set()
        self._putting: list[Future[object]] = []
        self._failed: LabwrightError | None = None
        self._taken: list[NewCopy] = []
        self._external: dict[tuple[str, str], ExternalWriter] = {}

    def at(self, attribute: str, cell: int) -> None:
        """Be told which value of which column comes next."""
        self._cell = attribute, cell
        self._of_cell.clear()

    def told(self, stored: Any) -> None:
        """Be told what the row will hold of that value: it has to name what was put, by which it is found again."""
        path = stored.get("path") if isinstance(stored, Mapping) else None
        lost = next((put for put in self._of_cell if put != path), None)
        if lost is not None:
            raise CodecError(
                f"The codec has put {lost!r}, and the row would not say so: it holds {path!r} as its 'path'. A value "
                "is one object; put several files as one folder."
            )

    def _belongs(self, opened: OpenStore, path: str) -> None:
        """Remember which value is put where, as it may fail later."""
        self._of_cell.add(path)
        if self._cell is not None:
            self._cells[opened.name, path] = self._cell

    def _placing(self, error: LabwrightError, store: str, path: str) -> LabwrightError:
        """The error, with the value that it is about."""
        error.attribute, error.cell = self._cells.get((store, path), (error.attribute, error.cell))
        return error

    def keep(self, *data: Bytes, store: str | None, schema: str) -> Stored:
        """Put bytes under their hash, in the background."""
        opened = self._stores(store)
        ahead = _Ahead(self._stores, opened, data)
        found = ahead.digest(md5=self._database.dialect.native_schemas)  # a database that DataJoint may share
        path = opened.layout.hash_key(schema, found.md5 or found.sha256)
        new = NewCopy(opened.name, path, found)
        if (opened.name, path) in self._kept:
            ahead.drop()
            self._of_cell.add(path)
            _refuse_other(new, self._kept[opened.name, path][0])
        else:
            self._belongs(opened, path)
            self._kept[opened.name, path] = found, ahead.put(new)
        stored = {
            "hash": found.md5 or found.sha256,
            "path": path,
            "schema": schema,
            "store": opened.name,
            "size": found.size,
        }
        return stored | {"sha256": found.sha256} if found.md5 else stored  # by which it is read, in half the time

    def store_name(self, store: str | None) -> str:
        """The name of the store."""
        return self._stores(store).name

    def new_path(self, place: Place, *, store: str | None) -> str:
        """A key of its own for a value."""
        layout = self._stores(store).layout
        return layout.object_key(place.schema, place.table, place.key, place.field, place.ext)

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        """Keep content under a key where nothing is yet; what is in memory in the background."""
        if self._failed is not None:
            raise self._failed
        opened, files = self._stores(store), files_of(content)
        self._belongs(opened, path)
        if files is not None:
            return self._put_folder(opened, path, files)
        number = len(self._placed)
        self._placed.append(NewCopy(opened.name, path, Digest("", 0), media_type=media_type))  # should it fail
        put = self._put_soon if in_memory(content) else self._put_now
        found = put(opened, number, content)
        self._placed[number] = replace(self._placed[number], digest=found)
        return {"path": path, "store": opened.name, "size": found.size, "sha256": found.sha256}

    def _put_soon(self, opened: OpenStore, number: int, content: Content) -> Digest:
        """Put what is in memory in the background, and hash it meanwhile."""
        pieces, hasher = [*chunks_of(content)], Hasher()
        size = sum(memoryview(piece).nbytes for piece in pieces)
        self._putting.append(self._stores.background(size, self._put_chunks, opened, number, pieces))
        for piece in pieces:
            hasher.update(piece)
        return hasher.digest()

    def _put_now(self, opened: OpenStore, number: int, content: Content) -> Digest:
        hasher = Hasher()
        self._put_chunks(opened, number, hasher.passing(chunks_of(content)))
        return hasher.digest()

    def _put_chunks(self, opened: OpenStore, number: int, chunks: Iterable[Bytes]) -> None:
        path = self._placed[number].path
        try:
            opened.store.put_stream(path, chunks)
        except LabwrightError as error:
            if isinstance(error, DuplicateError):
                self._of_others.add(number)
            self._failed = self._placing(error, opened.name, path)
            raise

    def _put_folder(self, opened: OpenStore, path: str, files: Mapping[str, Content]) -> Stored:
        if next(iter(opened.store.list(f"{path}/")), None) is not None:
            raise DuplicateError(f"The store {opened.name!r} has a folder {path!r} already.")
        self._placed.append(NewCopy(opened.name, path, Digest("", 0), is_dir=True))
        putting = [
            self._stores.background(size_of(content), _put_file, opened, f"{path}/{inner}", content)
            for inner, content in files.items()
        ]
        wait(putting)
        found = {inner: future.result() for inner, future in zip(files, putting, strict=True)}
        manifest = manifest_of(Entry(inner, each.sha256, each.size) for inner, each in found.items())
        self._placed[-1] = _folder(opened.name, path, manifest)
        return {
            "path": path,
            "store": opened.name,
            "size": manifest.size,
            "is_dir": True,
            "item_count": len(files),
            "sha256": manifest.sha256,
        }

    def take(self, staged: Staged) -> Stored:
        """Take over what is in the store already; who staged it removes it should the row not come about."""
        new = NewCopy(staged.store, staged.path, staged.digest)
        self._taken.append(new if staged.manifest is None else _folder(staged.store, staged.path, staged.manifest))
        return staged.stored

    def refer(self, path: str, *, store: str | None) -> Handle:
        """The handle of a file of the user's own."""
        opened = self._stores(store, filepath=True)
        return Handle(opened.store, opened.layout.check_filepath(path))

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """The handle of what a row holds."""
        wait(self._putting)  # a codec may read what it has just put
        return handle_of(self._stores, stored, filepath=filepath)

    def external(self, schema: str, *, store: str | None) -> ExternalWriter:
        """What a store holds for a schema in the classic layout."""
        opened = self._stores(store)
        if (opened.name, schema) not in self._external:
            self._external[opened.name, schema] = ExternalWriter(self._database, self._stores, opened, schema)
        return self._external[opened.name, schema]

    def keep_external(self, entry: ExternalEntry, content: Content, *, schema: str, store: str | None) -> None:
        """Put content in the classic layout, in the background."""
        self.external(schema, store=store).keep(entry, content)

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        """What functions return that read, the next ones running meanwhile."""
        return self._stores.ahead(work)

    @contextmanager
    def registered(self) -> Iterator[None]:
        """Within the block, which is one transaction, the objects are in the catalogue."""
        new = self._finished()
        if not new and not self._external:
            yield
            return
        if new:
            ensure_catalogue(self._database, self._schema)
            ensure_claims(self._database, self._schema, [self._stores(name) for name in sorted({c.store for c in new})])
        with self._database.connection.atomic() as connection:
            connection.after_rollback(partial(_remove, self._stores, tuple(self._placed)))
            if new:
                _register(self._database, self._stores, self._schema, new)
            for external in self._external.values():
                external.note()
            yield
            for copy in new:  # not before the rows are accepted: a manifest may be that of others, and is never removed
                if copy.manifest is not None:
                    put_manifest(self._stores(copy.store), copy.manifest)

    def _finished(self) -> list[NewCopy]:
        """Wait until all bytes are in the stores."""
        for putting in self._putting:
            putting.result()
        kept = [self._kept_at(*place) for place in self._kept]
        for (store, _), external in self._external.items():
            kept += [
                NewCopy(store, path, found, data=data, was_there=b) for path, found, data, b in external.finished()
            ]
        self._refuse_others([copy for copy in kept if copy.was_there])
        return sorted((*kept, *self._placed, *self._taken), key=lambda copy: (copy.store, copy.path))

    def _kept_at(self, store: str, path: str) -> NewCopy:
        try:
            return self._kept[store, path][1].result()
        except LabwrightError as error:
            self._placing(error, store, path)
            raise

    def _refuse_others(self, copies: Sequence[NewCopy]) -> None:
        """Read what the catalogue does not know to be the same: two contents may have one MD5 hash."""
        known = known_copies_at(self._database, self._schema, [(c.store, c.path) for c in copies])
        for copy in copies:
            if known.get((copy.store, copy.path)) == (copy.digest.sha256, LIVE):
                continue
            with suppress(MissingExternalFile):  # it has been collected as garbage, and is put again
                try:
                    _refuse_other(copy, stored_digest(self._stores(copy.store).store, copy.path))
                except DataError as error:
                    self._placing(error, copy.store, copy.path)
                    raise

    def abandon(self) -> None:
        """Remove what no row will refer to: what was placed. What was kept may be of use to others."""
        wait(self._putting)
        placed = [copy for number, copy in enumerate(self._placed) if number not in self._of_others]
        if not may_be_known(self._database, self._schema, [(c.store, c.path) for c in placed]):
            _remove(self._stores, placed)


def _remove(stores: Stores, copies: Iterable[NewCopy]) -> None:
    for copy in copies:
        try:
            delete_object(stores(copy.store), copy.path, is_dir=copy.is_dir)
        except LabwrightError:
            continue  # the first error is the one to be seen; this is garbage, and known as such by its key


def _folder(store: str, path: str, manifest: Manifest) -> NewCopy:
    found = Digest(manifest.sha256, manifest.size)
    return NewCopy(store, path, found, is_dir=True, media_type=MEDIA_TYPE, manifest=manifest)


def _put_file(opened: OpenStore, path: str, content: Content) -> Digest:
    hasher = Hasher()
    opened.store.put_stream(path, hasher.passing(chunks_of(content)))
    return hasher.digest()


class _Ahead:
    """Bytes on their way into a store: large ones are written while they are hashed, where the store can do that."""

    def __init__(self, stores: Stores, opened: OpenStore, data: Sequence[Bytes]) -> None:
        self._stores, self._opened = stores, opened
        self._size = sum(memoryview(piece).nbytes for piece in data)
        self._while = self._size > LARGE and isinstance(opened.store, WritesAhead)
        self._data = data if self._while or len(data) == 1 else [b"".join(data)]
        self._named: Future[NewCopy] = Future()
        self._put: Future[NewCopy] | None = None

    def digest(self, *, md5: bool) -> Digest:
        """What identifies the bytes; they are being written meanwhile."""
        if self._while:
            self._put = self._stores.background(self._size, _publish_while, self._opened, self._named, self._data)
        try:
            return digest(*self._data, md5=md5)
        except BaseException:
            self.drop()
            raise

    def put(self, new: NewCopy) -> Future[NewCopy]:
        """Let the bytes appear under their key."""
        if self._put is None:
            return self._stores.background(self._size, _publish, self._opened, new, self._data)
        self._named.set_result(new)
        return self._put

    def drop(self) -> None:
        """Let them not appear."""
        self._named.cancel()


def _publish_while(opened: OpenStore, named: Future[NewCopy], data: Sequence[Bytes]) -> NewCopy:
    assert isinstance(opened.store, WritesAhead)
    try:
        opened.store.put_while(data, lambda: named.result().path)
    except DuplicateError:
        return _publish(opened, named.result(), data)
    return named.result()


def _publish(opened: OpenStore, new: NewCopy, data: Sequence[Bytes]) -> NewCopy:
    """Put bytes, unless they are there and stay."""
    while True:
        try:
            _put_new(opened, new.path, data)
        except DuplicateError:
            with suppress(MissingExternalFile):  # it was collected as garbage at this moment
                return _present(opened, new, data)
        else:
            return new


def _put_new(opened: OpenStore, path: str, data: Sequence[Bytes]) -> None:
    if len(data) == 1:
        opened.store.put_create(path, data[0])
    else:
        opened.store.put_stream(path, data)


def _present(opened: OpenStore, new: NewCopy, data: Content) -> NewCopy:
    """What was there already, with the bytes, to put them again should it be on its way out."""
    size = opened.store.head(new.path).size
    if size != new.digest.size:
        raise DataError(
            f"The store {opened.name!r} has an object {new.path!r} of {size} bytes, where one of {new.digest.size} "
            "belongs: it is damaged. Look for a sound copy with: labwright store verify"
        )
    return replace(new, data=data, was_there=True)


def _refuse_other(new: NewCopy, there: Digest) -> None:
    if there.sha256 != new.digest.sha256:
        raise DataError(
            f"Another value is kept at {new.path!r} in the store {new.store!r}, whose SHA-256 hash is {there.sha256} "
            f"and not {new.digest.sha256}: both have the same MD5 hash, which names them, or the object is damaged. "
            "Keep such a value under the key of its row: <object@>, <npy@> and the like. Look for damage with: "
            "labwright store verify"
        )


def known_places(database: Database, schema: str, places: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which of these places the catalogue knows."""
    return set(known_copies_at(database, schema, places))


def known_copies_at(
    database: Database, schema: str, places: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what the catalogue knows of these places: SHA-256 hash and state."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for start in range(0, len(places) if places and has_catalogue(database, schema) else 0, AT_ONCE):
        rows = database.look_up(find_copies(database.dialect, schema, places[start : start + AT_ONCE]))
        found |= {(str(store), path_text(path)): (str(sha256), str(state)) for store, path, sha256, state in rows}
    return found


def may_be_known(database: Database, schema: str, places: Sequence[tuple[str, str]]) -> bool:
    """Whether one of these places is in the catalogue; also where the database cannot tell, as when it is gone."""
    try:
        return bool(places and known_places(database, schema, places))
    except TransactionError:
        return False  # nothing of this transaction will ever be stored
    except LabwrightError:
        return True


def has_catalogue(database: Database, schema: str) -> bool:
    """Whether the tables of the catalogue are there."""
    return schema in database.catalogued or STORE in table_names(database.connection, database.dialect, schema)


def ensure_catalogue(database: Database, schema: str) -> None:
    """Make the tables of the catalogue, unless they are there.

    Servers make them outside of a transaction that is open: some end one that makes a table.
    """
    connection, dialect = database.connection, database.dialect
    if has_catalogue(database, schema):
        database.catalogued.add(schema)
        return
    outside = connection.in_transaction and dialect.native_schemas
    statements = list(create_catalogue(dialect, schema))
    if outside:
        Context().run(run_all, connection, statements)
    else:
        run_all(connection, statements)
    if outside or not connection.in_transaction:
        database.catalogued.add(schema)


def ensure_claims(database: Database, schema: str, stores: Sequence[OpenStore]) -> None:
    """Say in the stores that the schema uses them, unless that was said."""
    known = database.claimed.setdefault(schema, set())
    if all(opened.name in known for opened in stores):
        return
    claimed = {str(name) for name, _ in database.look_up(claims_of(database.dialect, schema))}
    outside = database.connection.in_transaction and database.dialect.native_schemas
    run = Context().run if outside else _run
    for opened in stores:
        if opened.name not in known:
            run(keep_claim if opened.name in claimed else make_claim, database, schema, opened)
            if outside or not database.connection.in_transaction:
                known.add(opened.name)


def _run(function: Callable[..., object], *args: Any) -> None:
    function(*args)


def _register(database: Database, stores: Stores, schema: str, new: list[NewCopy]) -> None:
    """Note the objects, locking the copies that were known before until the transaction ends."""
    connection, dialect, now = database.connection, database.dialect, now_text()
    contents = {c.digest.sha256: (c.digest.sha256, c.digest.size, c.media_type, now) for c in new}
    connection.executemany(add_object(dialect, schema), sorted(contents.values(), key=lambda row: row[0]))
    rows = [(c.store, c.path, c.digest.sha256, int(c.is_dir), None, now, now) for c in new]
    connection.executemany(touch_copy(dialect, schema), rows)
    for start in range(0, len(new), AT_ONCE):
        _revive(database, stores, schema, new[start : start + AT_ONCE])


def _revive(database: Database, stores: Stores, schema: str, new: list[NewCopy]) -> None:
    """Take back copies that were on their way out, whose bytes may be gone."""
    by_place = {(c.store, c.path): c for c in new}
    found = database.look_up(find_copies(database.dialect, schema, list(by_place)))
    for store, path, sha256, state in found:
        copy = by_place[store, path_text(path)]
        if state == LIVE and sha256 != copy.digest.sha256:
            raise DataError(
                f"The store {store!r} holds other content at {copy.path!r} than what was to be kept there. Look for "
                "damage with: labwright store verify"
            )
        if state != LIVE:
            _put_again(stores(store), copy)
            database.connection.execute(
                revive_copy(database.dialect, schema), (now_text(), copy.digest.sha256, store, copy.path), write=True
            )


def _put_again(opened: OpenStore, copy: NewCopy) -> None:
    try:
        opened.store.head(copy.path)
    except MissingExternalFile:
        if copy.data is None:
            raise LabwrightError(
                f"The object {copy.path!r} was deleted as garbage while it was put anew. Insert the row again."
            ) from None
        opened.store.put_stream(copy.path, chunks_of(copy.data))
