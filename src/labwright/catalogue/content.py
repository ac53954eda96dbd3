"""The content of objects, whole: read anew, compared with its hash, and carried from store to store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from labwright.catalogue.copies import Copy
from labwright.core.errors import DataError, DuplicateError, MissingExternalFile
from labwright.storage.chunks import object_chunks, stored_digest
from labwright.storage.digest import Digest, Hasher
from labwright.storage.manifest import Entry, Manifest, manifest_key, manifest_of
from labwright.storage.stores import OpenStore


def check_content(opened: OpenStore, copy: Copy) -> None:
    """Read an object and compare it with what the catalogue knows of it.

    Raises
    ------
    MissingExternalFile
        When it, or a file of it, is not there.
    DataError
        When it holds something else.
    """
    if not copy.is_dir:
        _check(opened, copy.path, Entry(copy.path, copy.sha256, copy.size))
        return
    manifest = _manifest_or_anew(opened, copy)
    for entry in manifest.entries:
        _check(opened, f"{copy.path}/{entry.path}", entry)
    known = {f"{copy.path}/{entry.path}" for entry in manifest.entries}
    more = next((info.key for info in opened.store.list(f"{copy.path}/") if info.key not in known), None)
    if more is not None:
        raise DataError(f"The folder {copy.path!r} has a file that was not there when it was stored: {more!r}.")


def check_presence(opened: OpenStore, copy: Copy) -> None:
    """Look whether an object is there with the size that it had, without reading it.

    Raises
    ------
    MissingExternalFile, DataError
        As for `check_content`.
    """
    if copy.is_dir:
        sizes = {info.key: info.size for info in opened.store.list(f"{copy.path}/")}
        if not sizes and copy.size:
            raise MissingExternalFile(f"The folder {copy.path!r} is not there.")
        found = sum(sizes.values())
    else:
        found = opened.store.head(copy.path).size
    if found != copy.size:
        raise DataError(f"{copy.path!r} has {found} bytes, and had {copy.size} when it was stored.")


def manifest_of_copy(opened: OpenStore, copy: Copy) -> Manifest:
    """Return the manifest of a folder.

    Raises
    ------
    MissingExternalFile, DataError
        When it is not there, or is another.
    """
    manifest = Manifest.parse(opened.store.get(manifest_key(copy.sha256)))
    if manifest.sha256 != copy.sha256:
        raise DataError(f"The manifest of the folder {copy.path!r} is damaged.")
    return manifest


def _manifest_or_anew(opened: OpenStore, copy: Copy) -> Manifest:
    """The manifest of a folder; where it is lost or damaged, and the folder is sound, it is put again."""
    try:
        return manifest_of_copy(opened, copy)
    except (MissingExternalFile, DataError):
        manifest = manifest_of(_entries(opened, copy.path))
        if manifest.sha256 != copy.sha256:
            raise
        put_manifest(opened, manifest)
        return manifest


def _check(opened: OpenStore, key: str, entry: Entry) -> None:
    found = stored_digest(opened.store, key)
    if (found.sha256, found.size) != (entry.sha256, entry.size):
        raise DataError(
            f"{key!r} is damaged: it has {found.size} bytes with the SHA-256 hash {found.sha256}, and had "
            f"{entry.size} with {entry.sha256} when it was stored."
        )


def hash_content(opened: OpenStore, path: str, *, is_dir: bool) -> Digest:
    """Return what identifies an object that the catalogue does not know; the manifest of a folder is put beside it."""
    if not is_dir:
        return stored_digest(opened.store, path)
    manifest = manifest_of(_entries(opened, path))
    put_manifest(opened, manifest)
    return Digest(manifest.sha256, manifest.size)


def _entries(opened: OpenStore, path: str) -> Iterator[Entry]:
    for info in opened.store.list(f"{path}/"):
        found = stored_digest(opened.store, info.key)
        yield Entry(info.key.removeprefix(f"{path}/"), found.sha256, found.size)


def put_manifest(opened: OpenStore, manifest: Manifest) -> None:
    """Put the manifest of a folder beside it, unless it is there: its key is its hash. A damaged one is replaced."""
    key = manifest_key(manifest.sha256)
    try:
        opened.store.put_create(key, manifest.text)
    except DuplicateError:
        with suppress(DuplicateError, MissingExternalFile):  # somebody else is replacing it
            if opened.store.get(key) != manifest.text:
                opened.store.delete(key)
                opened.store.put_create(key, manifest.text)


def carry(copy: Copy, source: OpenStore, target: OpenStore, path: str) -> None:
    """Copy an object to another store, or to another place; nothing is left there unless it is sound.

    Raises
    ------
    DataError
        When what was read is not what the catalogue knows.
    """
    made: list[str] = []
    try:
        if copy.is_dir:
            manifest = manifest_of_copy(source, copy)
            for entry in manifest.entries:
                _carry(source, f"{copy.path}/{entry.path}", target, f"{path}/{entry.path}", entry, made)
            put_manifest(target, manifest)
        else:
            _carry(source, copy.path, target, path, Entry(copy.path, copy.sha256, copy.size), made)
    except BaseException:
        target.store.delete_many(made)  # what was there before may be in use
        raise


def _carry(source: OpenStore, key: str, target: OpenStore, to: str, entry: Entry, made: list[str]) -> None:
    hasher = Hasher()
    try:
        target.store.put_stream(to, hasher.passing(object_chunks(source.store, key)))
    except DuplicateError:
        _check(target, to, entry)  # an earlier attempt, or of somebody else
        return
    made.append(to)
    found = hasher.digest()
    if (found.sha256, found.size) != (entry.sha256, entry.size):
        raise DataError(f"{key!r} in the store {source.name!r} is damaged, and was not copied.")
