"""``<filepath@store>``: a file of the user's own, which stays where it is in a store."""

from __future__ import annotations

import datetime
import os
from pathlib import Path, PurePath
from typing import Any

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.codecs.object_ref import ObjectRef, no_form
from labwright.codecs.objects import REHEARSAL
from labwright.core.errors import CodecError
from labwright.storage.handle import Handle


class FilepathRef(ObjectRef):
    """A file of the user's own in a store; reading it checks that it is the one that was referred to."""

    __slots__ = ()

    @property
    def handle(self) -> Handle:
        """Where it is."""
        return self._objects.handle(self._stored, filepath=True)


class FilepathCodec(Codec, register=False):
    """A file or folder that is in a store already. Its size and hash are noted; it is never changed or deleted."""

    name = "filepath"

    def get_dtype(self, is_store: bool) -> str:
        if not is_store:
            raise CodecError(
                "<filepath> refers to a file in a store: write <filepath@> or <filepath@store>. "
                "For a path that means nothing to Labwright, write varchar(255)."
            )
        return "json"

    def validate(self, value: Any) -> None:
        """Raise when `value` is no path within a store."""
        if isinstance(value, ObjectRef) and not isinstance(value, FilepathRef):
            raise CodecError("<filepath@> refers to files of your own; this one belongs to a row: use <object@>.")
        if not isinstance(value, (str, os.PathLike, ObjectRef)):
            raise no_form("filepath", value, "the path of a file in the store")
        if isinstance(value, (str, os.PathLike)) and Path(value).is_absolute():
            raise CodecError(
                f"{os.fspath(value)!r} is a path of this machine; <filepath@> takes the path in the store."
            )

    def encode(
        self, value: Any, *, key: Key | None = None, store_name: str | None = None, context: CodecContext = NO_CONTEXT
    ) -> dict[str, Any]:
        """Note what is there: size, and hash."""
        if context.objects is REHEARSAL:
            return {}
        path = value.path if isinstance(value, ObjectRef) else PurePath(value).as_posix()
        handle = _existing(context.objects.refer(path, store=store_name))
        found = handle.digest()
        return {
            "path": handle.key,
            "store": handle.store.name,
            "size": found.size,
            "is_dir": handle.is_dir,
            "sha256": found.sha256,
            "timestamp": datetime.datetime.now(datetime.UTC).isoformat(),
        }

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> FilepathRef | str:
        """Return a reference, and read nothing; in the classic generation, the path of the file on this machine."""
        ref = FilepathRef(stored, context.objects)
        return os.fspath(_local(ref, context.download_path)) if context.local else ref


def _existing(handle: Handle) -> Handle:
    """The file, or the folder where there is no such file."""
    if handle.exists():
        return handle
    folder = Handle(handle.store, handle.key, is_dir=True)
    if folder.exists():
        return folder
    raise CodecError(f"The store {handle.store.name!r} has no file {handle.key!r}, so no row can refer to it.")


def _local(ref: FilepathRef, folder: Path) -> Path:
    """The path of a file in a local store, or of a copy of it in the download folder."""
    there = ref.handle.local_path
    if there is not None and there.exists():
        return there
    return ref.download(folder / ref.path)
