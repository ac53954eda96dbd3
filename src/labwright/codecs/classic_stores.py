"""``blob@store``, ``attach@store`` and ``filepath@store`` of the classic generation.

The column holds the uuid of an object, whose row in ``~external_<store>`` says what it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from labwright.codecs.attach import AttachCodec, candidates, check_name
from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.codecs.blob import pack, unpack
from labwright.codecs.filepath import FilepathRef
from labwright.codecs.objects import REHEARSAL, External
from labwright.core.errors import CodecError, DataError, MissingExternalFile
from labwright.storage.base import Bytes
from labwright.storage.content import Content
from labwright.storage.digest import base32, file_chunks
from labwright.storage.download import download
from labwright.storage.external import Entry, checked, name_prefix, uuid_of
from labwright.storage.handle import Handle

PREFIX: Final = "classic_"


class _ClassicStoreCodec(Codec, register=False):
    """One of the three: they differ in what stands in the store."""

    def get_dtype(self, is_store: bool) -> str:
        return "uuid"

    def encode(
        self, value: Any, *, key: Key | None = None, store_name: str | None = None, context: CodecContext = NO_CONTEXT
    ) -> UUID:
        """Keep the content and return its hash."""
        entry, content = self._entry(value, store_name, context)
        context.objects.keep_external(entry, content, schema=context.schema, store=store_name)
        return entry.hash

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        """Return the value that a hash stands for."""
        return next(self.decode_many([stored], context))

    def decode_many(self, stored: Sequence[UUID], context: CodecContext) -> Iterator[Any]:
        """Yield the values of many; their rows in ``~external_<store>`` are read at once."""
        external = context.objects.external(context.schema, store=context.store)
        found = external.find(stored)
        return self._values([_known(found.get(hash_), hash_, context) for hash_ in stored], external, context)

    def _entry(self, value: Any, store: str | None, context: CodecContext) -> tuple[Entry, Content]:
        raise NotImplementedError

    def _values(self, entries: Sequence[Entry], external: External, context: CodecContext) -> Iterator[Any]:
        raise NotImplementedError


def _known(entry: Entry | None, hash_: UUID, context: CodecContext) -> Entry:
    if entry is None:
        raise DataError(
            f"Attribute {context.field!r} of {context.schema}.{context.table} refers to the object {hash_} in the "
            f"store {context.store!r}, of which ~external_{context.store} knows nothing."
        )
    return entry


class ClassicBlob(_ClassicStoreCodec, register=False):
    """``blob@store``."""

    name = f"{PREFIX}blob"

    def _entry(self, value: Any, store: str | None, context: CodecContext) -> tuple[Entry, Content]:
        data = pack(value)
        return Entry(uuid_of([data]), len(data)), data

    def _values(self, entries: Sequence[Entry], external: External, context: CodecContext) -> Iterator[Any]:
        read = context.objects.ahead((entry.size, partial(read_blob, external, entry)) for entry in entries)
        return (unpack(data, squeeze=context.squeeze, dims32=context.dims32) for data in read)


def read_blob(external: External, entry: Entry) -> bytes:
    """The bytes of a blob."""
    try:
        data = external.handle(entry).read()
    except MissingExternalFile:
        if entry.filepath is None:
            raise
        return external.handle(entry, by_path=True).read()  # stored by generation 0.11, under hashes of its own
    return b"".join(map(bytes, checked(entry, [data])))


class ClassicAttach(_ClassicStoreCodec, register=False):
    """``attach@store``."""

    name = f"{PREFIX}attach"

    def validate(self, value: Any) -> None:
        """Raise when `value` is not the path of a file."""
        AttachCodec().validate(value)
        check_name(Path(value).name)

    def _entry(self, value: Any, store: str | None, context: CodecContext) -> tuple[Entry, Content]:
        path = Path(value)
        hash_ = uuid_of(file_chunks(path), name_prefix(path.name))
        return Entry(hash_, path.stat().st_size, attachment_name=path.name), path

    def _values(self, entries: Sequence[Entry], external: External, context: CodecContext) -> Iterator[str]:
        context.download_path.mkdir(parents=True, exist_ok=True)
        return (_fetch_attachment(external.handle(entry), entry, context.download_path) for entry in entries)


def _fetch_attachment(handle: Handle, entry: Entry, folder: Path) -> str:
    """Return the path of the file in the folder: one that has the same bytes, or a new one beside its namesakes."""
    for path in candidates(folder / check_name(str(entry.attachment_name))):
        if _has_content(path, entry) or _created(path, checked(entry, handle.chunks())):
            return os.fspath(path)
    raise AssertionError("there is always another number")


def _has_content(path: Path, entry: Entry) -> bool:
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return uuid_of(file_chunks(path), name_prefix(entry.attachment_name)) == (entry.contents_hash or entry.hash)


def _created(path: Path, chunks: Iterator[Bytes]) -> bool:
    try:
        file = path.open("xb")  # never follows a link, never overwrites
    except FileExistsError:
        return False
    try:
        with file:
            for chunk in chunks:
                file.write(chunk)
    except BaseException:
        path.unlink()
        raise
    return True


class ClassicFilepath(_ClassicStoreCodec, register=False):
    """``filepath@store``: a file in the stage of the store, which keeps a copy at the same path."""

    name = f"{PREFIX}filepath"

    def validate(self, value: Any) -> None:
        """Raise when `value` is not the path of a file."""
        if not isinstance(value, (str, os.PathLike)):
            raise CodecError(f"filepath@store takes the path of a file, not a value of type {type(value).__name__}.")
        if not Path(value).is_file():
            raise CodecError(f"filepath@store finds no file {os.fspath(value)!r}.")

    def _entry(self, value: Any, store: str | None, context: CodecContext) -> tuple[Entry, Content]:
        path = Path(value).absolute()
        path_there = "" if context.objects is REHEARSAL else _below(path, _stage(context, store))
        entry = Entry(
            uuid_of([path_there.encode()]),
            path.stat().st_size,
            filepath=path_there,
            contents_hash=uuid_of(file_chunks(path)),
        )
        return entry, path

    def _values(self, entries: Sequence[Entry], external: External, context: CodecContext) -> Iterator[Any]:
        if not context.local:
            return (_reference(entry, context) for entry in entries)
        return (os.fspath(staged(entry, external, context)) for entry in entries)


def _stage(context: CodecContext, store: str | None) -> Path:
    """The stage of a store, absolute."""
    return context.objects.external(context.schema, store=store).stage.absolute()


def _below(path: Path, stage: Path) -> str:
    for known, folder in ((path, stage), (path.resolve(), stage.resolve())):
        if known.is_relative_to(folder) and ".." not in known.parts:
            return known.relative_to(folder).as_posix()
    raise CodecError(
        f"The file {os.fspath(path)!r} is not in the stage {os.fspath(stage)!r} of the store. Put it there: rows refer "
        "to files of this store by their paths below it."
    )


def _reference(entry: Entry, context: CodecContext) -> FilepathRef:
    hash_ = None if entry.contents_hash is None else base32(entry.contents_hash.bytes)
    told = {"path": entry.filepath, "store": context.store, "size": entry.size, "is_dir": False, "hash": hash_}
    return FilepathRef(told, context.objects)


def staged(entry: Entry, external: External, context: CodecContext) -> Path:
    """The path of the file in the stage, where it is copied to unless it is there."""
    handle = external.handle(entry, by_path=True)
    path = external.stage.absolute() / handle.key
    if path.is_file():
        if not _is_same(path, entry, context):
            raise DataError(
                f"The file {os.fspath(path)!r} in the stage is another than the one that the store has under this "
                "path. Move it away to fetch that one."
            )
        return path
    download(handle, path)
    if not _is_same(path, entry, context):
        path.unlink()
        raise DataError(f"The file {handle.key!r} in the store {context.store!r} is damaged: its MD5 hash is another.")
    return path


def _is_same(path: Path, entry: Entry, context: CodecContext) -> bool:
    limit = None if context.config is None else context.config["filepath_checksum_size_limit"]
    if limit is not None and entry.size >= limit:
        return path.stat().st_size == entry.size
    return _has_content(path, entry)
