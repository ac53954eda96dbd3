"""Putting the objects of an archive back into stores, under the paths that its rows hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labwright.archive.container import ArchiveReader
from labwright.archive.manifest import Manifest
from labwright.archive.objects import Kept, listed_objects, tree_of
from labwright.catalogue.claims import claims_in
from labwright.catalogue.content import check_presence, put_manifest
from labwright.catalogue.copies import Copy
from labwright.core.errors import ConfigError, DataError, DuplicateError, LabwrightError, MissingExternalFile
from labwright.storage.base import Store
from labwright.storage.chunks import stored_digest
from labwright.storage.stores import OpenStore, Stores


@dataclass(frozen=True, slots=True)
class _File:
    """A file that belongs under a key."""

    store: Store
    key: str
    sha256: str
    size: int


class PutBack:
    """Puts objects where they were, and takes that back when nothing comes of it.

    Parameters
    ----------
    archive : ArchiveReader
    stores : Stores
        Those of the project that is restored into, which are to have the same names.
    manifest : Manifest
    renamed : mapping
        Other names for schemas.
    owners : collection of str
        The schemas of the database that keep objects already.
    """

    def __init__(
        self,
        archive: ArchiveReader,
        stores: Stores,
        manifest: Manifest,
        renamed: Mapping[str, str],
        *,
        owners: Collection[str] = (),
    ) -> None:
        self._archive = archive
        self._stores = stores
        self._owners = owners
        self._users: dict[str, set[str]] = {}
        self._inside = manifest.objects is not None and manifest.objects.inside
        if manifest.objects is not None:
            archive.check(manifest.objects.rows)
        self.copies = [_moved(k, renamed) for k in listed_objects(archive, manifest)]
        self.missing: list[Copy] = []
        """What rows refer to, and is neither in the archive nor in a store."""
        self._new: list[_File] = []
        self._found: list[_File] = []
        if self._inside:
            _check_stores(stores, self.copies)

    @property
    def owned(self) -> list[Copy]:
        """Those in the folders of schemas that are there already, as these know them."""
        found = ((c, self._user(self._stores(c.store).store, c.path)) for c in self.copies)
        return [
            replace(c, schema=user)
            for c, user in found
            if user is not None and user in self._owners and user != c.schema
        ]

    def _user(self, store: Store, path: str) -> str | None:
        """The schema in whose folder something is, if it uses the store."""
        if store.name not in self._users:
            self._users[store.name] = {claim.schema for claim in claims_in(store)}
        below = self._stores(store.name).layout.below_prefix(path)
        return next((part for part in below.split("/") if part in self._users[store.name]), None)

    def put(self) -> None:
        """Put what is not there yet; without content look for it.

        Raises
        ------
        DataError
            When a store has something else at a path. Nothing is left of what was put.
        """
        if not self._inside:
            self.missing = [c for c in self.copies if not _is_there(self._stores, c)]
            gone = set(self.missing)
            self.copies = [c for c in self.copies if c not in gone]
            return
        try:
            files = {(f.store.name, f.key): f for c in self.copies for f in self._files(c)}
            self._at_once(self._put, files.values())
        except BaseException:
            self.take_back()
            raise

    def look_again(self) -> None:
        """Put what was there before and is gone: it was collected as garbage while rows came to refer to it."""
        self._at_once(self._put_if_gone, self._found)

    def _at_once(self, put: Callable[[_File], None], files: Iterable[_File]) -> None:
        futures = [self._stores.background(file.size, put, file) for file in files]
        errors = [future.exception() for future in futures]
        for error in filter(None, errors):
            raise error

    def _files(self, copy: Copy) -> Iterator[_File]:
        opened = self._stores(copy.store)
        if not copy.is_dir:
            yield _File(opened.store, copy.path, copy.sha256, copy.size)
            return
        tree = tree_of(self._archive, copy)
        put_manifest(opened, tree)
        for entry in tree.entries:
            yield _File(opened.store, f"{copy.path}/{entry.path}", entry.sha256, entry.size)

    def _put(self, file: _File) -> None:
        try:
            file.store.put_stream(file.key, self._archive.content(file.sha256))
            self._new.append(file)
        except DuplicateError:
            _check_same(file)
            self._found.append(file)

    def _put_if_gone(self, file: _File) -> None:
        try:
            file.store.head(file.key)
        except MissingExternalFile:
            file.store.put_stream(file.key, self._archive.content(file.sha256))

    def take_back(self) -> None:
        """Delete what was put, which no row refers to; a schema whose folder it is in may have come to use it."""
        for file in self._new:
            try:
                if self._user(file.store, file.key) is None:
                    file.store.delete(file.key)
            except LabwrightError:
                continue  # the first error is the one to be seen; this is garbage


def _moved(kept: Kept, renamed: Mapping[str, str]) -> Copy:
    copy, schema = kept.copy, renamed.get(kept.copy.schema, kept.copy.schema)
    path = f"{schema}{copy.path.removeprefix(copy.schema)}" if kept.classic else copy.path
    return replace(copy, schema=schema, path=path)


def _check_stores(stores: Stores, copies: Sequence[Copy]) -> None:
    """Name the stores that this project lacks, before anything is done."""
    for name in sorted({c.store for c in copies}):
        try:
            stores(name)
        except ConfigError as error:
            raise error.suggest(
                f"{sum(c.store == name for c in copies)} objects of the backup belong into a store of this name, by "
                f"which its rows find them. It may be any: labwright store add {name} --protocol file --set "
                "location=FOLDER"
            ) from error


def _check_same(file: _File) -> None:
    found = stored_digest(file.store, file.key)
    if found.sha256 != file.sha256:
        raise DataError(
            f"The store {file.store.name!r} has something else at {file.key!r} than the backup: {found.size} bytes "
            f"with the SHA-256 hash {found.sha256}, and not {file.size} with {file.sha256}. Nothing is overwritten: "
            "restore into a project whose store of this name is another."
        )


def _is_there(stores: Stores, copy: Copy) -> bool:
    try:
        opened: OpenStore = stores(copy.store)
        check_presence(opened, copy)
    except (ConfigError, MissingExternalFile, DataError):
        return False
    return True
