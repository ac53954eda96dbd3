"""The objects of an archive: which content is where in the stores, and the content itself, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from labwright.archive.container import ArchiveReader, ArchiveWriter
from labwright.archive.manifest import Manifest, Objects
from labwright.archive.row_codec import RowCodec
from labwright.catalogue.adopt import Reference, references
from labwright.catalogue.content import manifest_of_copy
from labwright.catalogue.copies import Copy, known_copies
from labwright.core.errors import ArchiveError, DataError, LabwrightError, MissingExternalFile
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.sql.database import Database
from labwright.sql.objects import LIVE, QUARANTINED, UNKNOWN
from labwright.storage.base import Store
from labwright.storage.chunks import object_chunks
from labwright.storage.digest import CHUNK
from labwright.storage.handle import Handle
from labwright.storage.manifest import Manifest as Tree
from labwright.storage.stores import OpenStore, Stores

LISTED: Final = "objects.jsonl"
_CODEC: Final = RowCodec(
    Heading(
        [
            *(Attribute(name, Type("text")) for name in ("schema", "store", "path", "sha256")),
            *(Attribute(name, Type("bool")) for name in ("is_dir", "classic")),
            Attribute("size", Type("int64")),
        ]
    )
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of an archive.

    Parameters
    ----------
    copy : Copy
        What is where; the schema is that of the rows which refer to it.
    classic : bool
        Whether its path begins with the schema.
    """

    copy: Copy
    classic: bool


class Finder:
    """Finds what rows refer to, as it is at one moment.

    Parameters
    ----------
    database : Database
    stores : Stores
    schemas : sequence of str
        Those of the rows.
    """

    def __init__(self, database: Database, stores: Stores, schemas: Sequence[str]) -> None:
        self._stores = stores
        self._known: dict[tuple[str, str], list[Copy]] = {}
        self._references = references(database, stores, schemas)
        if self._references:
            for copy in (c for state in (QUARANTINED, LIVE) for c in known_copies(database, state=state)):
                self._known.setdefault((copy.store, copy.path), []).append(copy)

    @property
    def catalogued(self) -> list[Copy]:
        """The copies that catalogues know: for one place there may be several, in several schemas."""
        return [copy for r in self._references for copy in self._known.get((r.store, r.path), ())]

    def kept(self) -> list[Kept]:
        """All of them. What no catalogue knows is read for it."""
        return [Kept(self._copy(r), r.classic) for r in self._references]

    def _copy(self, found: Reference) -> Copy:
        known = self._known.get((found.store, found.path))
        if known and known[-1].sha256 != UNKNOWN:
            return Copy(found.schema, found.store, found.path, known[-1].sha256, known[-1].is_dir, known[-1].size)
        digest = Handle(self._stores(found.store).store, found.path, found.is_dir).digest()
        return Copy(found.schema, found.store, found.path, digest.sha256, found.is_dir, digest.size)


def list_objects(archive: ArchiveWriter, kept: Sequence[Kept], holder: str | None) -> Objects | None:
    """Write which objects there are, and return what the table of contents says of them."""
    if not kept:
        return None
    rows = [(*_place(k.copy), k.copy.sha256, k.copy.is_dir, k.classic, k.copy.size) for k in kept]
    listed = archive.add_rows(LISTED, _CODEC, [list(zip(*rows, strict=True))])
    return Objects(listed, len(rows), sum(k.copy.size for k in kept), holder)


def _place(copy: Copy) -> tuple[str, str, str]:
    return copy.schema, copy.store, copy.path


def listed_objects(archive: ArchiveReader, manifest: Manifest) -> list[Kept]:
    """Return the objects that an archive names."""
    if manifest.objects is None:
        return []
    batches = archive.batches(manifest.objects.rows, _CODEC)
    rows = (row for batch in batches for row in zip(*batch, strict=True))
    return [
        Kept(Copy(schema, store, path, sha256, is_dir, size), classic)
        for schema, store, path, sha256, is_dir, classic, size in rows
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Content that a store has under a key."""

    store: Store
    key: str
    sha256: str
    size: int


def add_objects(archive: ArchiveWriter, stores: Stores, kept: Iterable[Kept]) -> None:
    """Write the content of objects, each once, comparing it with its hash.

    Raises
    ------
    MissingExternalFile, DataError
        When an object is not there, or damaged.
    """
    small: list[_Piece] = []
    for piece in _pieces(archive, stores, kept):
        if piece.size > CHUNK:
            _add(archive, piece, object_chunks(piece.store, piece.key))
        else:
            small.append(piece)
    found = stores.ahead((piece.size, partial(_got, piece)) for piece in small)
    for piece, data in zip(small, found, strict=True):
        _add(archive, piece, [data])


def _pieces(archive: ArchiveWriter, stores: Stores, kept: Iterable[Kept]) -> Iterator[_Piece]:
    """What is to be written; the manifests of folders are at once."""
    done: set[str] = set()
    for copy in (k.copy for k in kept):
        if copy.sha256 in done:
            continue
        done.add(copy.sha256)
        opened = stores(copy.store)
        if not copy.is_dir:
            yield _Piece(opened.store, copy.path, copy.sha256, copy.size)
            continue
        tree = _tree(opened, copy)
        archive.add_object(copy.sha256, [tree.text])
        for entry in tree.entries:
            if entry.sha256 not in done:
                done.add(entry.sha256)
                yield _Piece(opened.store, f"{copy.path}/{entry.path}", entry.sha256, entry.size)


def _tree(opened: OpenStore, copy: Copy) -> Tree:
    """The manifest of a folder; one that DataJoint has stored has none."""
    try:
        return manifest_of_copy(opened, copy)
    except MissingExternalFile:
        tree = Handle(opened.store, copy.path, is_dir=True).manifest()
        if tree.sha256 != copy.sha256:
            raise _unfit(DataError(f"The folder {copy.path!r} is not what was stored."), opened.store) from None
        return tree


def _got(piece: _Piece) -> bytes:
    try:
        return piece.store.get(piece.key)
    except MissingExternalFile as error:
        raise _unfit(error, piece.store) from error


def _add(archive: ArchiveWriter, piece: _Piece, chunks: Iterable[bytes]) -> None:
    try:
        archive.add_object(piece.sha256, chunks)
    except DataError as error:
        raise _unfit(DataError(f"{piece.key!r} is damaged: {error}."), piece.store) from error
    except MissingExternalFile as error:
        raise _unfit(error, piece.store) from error


def _unfit(error: LabwrightError, store: Store) -> LabwrightError:
    return error.suggest(
        f"So the backup was given up. Look through the store with: labwright store verify {store.name} --repair. "
        "A backup with --no-objects reads none of them."
    )


def object_problems(archive: ArchiveReader, manifest: Manifest) -> Iterator[str]:
    """Read the objects of an archive, and yield what is wrong with them."""
    if manifest.objects is None:
        return
    try:
        archive.check(manifest.objects.rows)
        kept = listed_objects(archive, manifest)
    except ArchiveError as error:
        yield f"objects: {error}"
        return
    if manifest.objects.inside:
        yield from _lacking(archive, kept)
        for sha256 in sorted(archive.contents):
            yield from _damage(archive, sha256)


def _lacking(archive: ArchiveReader, kept: Iterable[Kept]) -> Iterator[str]:
    for copy in (k.copy for k in kept):
        try:
            files = tree_of(archive, copy).entries if copy.is_dir else ()
        except LabwrightError as error:
            yield f"{copy}: {error}"
            continue
        if not {copy.sha256, *(file.sha256 for file in files)} <= archive.contents:
            yield f"{copy}: its content is not in the backup"


def tree_of(archive: ArchiveReader, copy: Copy) -> Tree:
    """The manifest of a folder in an archive."""
    return Tree.parse(b"".join(archive.content(copy.sha256)))


def _damage(archive: ArchiveReader, sha256: str) -> Iterator[str]:
    try:
        for _ in archive.content(sha256):
            pass
    except ArchiveError as error:
        yield str(error)
