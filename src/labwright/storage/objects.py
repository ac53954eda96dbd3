"""Stores through obstore: local folders, memory, S3 and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from labwright.core.errors import BucketInaccessible, DuplicateError, MissingExternalFile
from labwright.storage.base import ByteRange, Bytes, Capabilities, ObjectInfo, check_key, check_range

_PART: Final = 8 * 1024 * 1024


class ObjectStore:
    """A `Store` on an obstore store.

    Parameters
    ----------
    name : str
    inner : obstore.store.ObjectStore
    capabilities : Capabilities
    """

    def __init__(self, name: str, inner: Any, capabilities: Capabilities) -> None:
        self._name = name
        self._inner = inner
        self._capabilities = capabilities

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def inner(self) -> Any:
        """The obstore store, for libraries that read from one."""
        return self._inner

    def __repr__(self) -> str:
        return f"<ObjectStore {self._name!r}>"

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        import obstore

        check_key(key)
        with self._telling(key):
            obstore.put(self._inner, key, data, mode="create", use_multipart=False)
        return self.head(key)

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        return self.put_create(key, b"".join(chunks))

    def get(self, key: str) -> bytes:
        import obstore

        check_key(key)
        with self._telling(key):
            return bytes(obstore.get(self._inner, key).bytes())

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        import obstore

        info = self.head(key)
        parts = [check_range(r, info) for r in ranges]
        full = [p for p in parts if p.stop > p.start]
        with self._telling(key):
            found = iter(
                obstore.get_ranges(self._inner, key, starts=[p.start for p in full], ends=[p.stop for p in full])
                if full
                else ()
            )
        return [bytes(next(found)) if p.stop > p.start else b"" for p in parts]

    def head(self, key: str) -> ObjectInfo:
        import obstore

        check_key(key)
        with self._telling(key):
            return _info(obstore.head(self._inner, key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        import obstore

        folder = prefix.rpartition("/")[0]
        with self._telling(prefix):
            found = [_info(m) for batch in obstore.list(self._inner, folder or None) for m in batch]
        return iter(sorted((i for i in found if i.key.startswith(prefix)), key=lambda i: i.key))

    def delete(self, key: str) -> None:
        import obstore

        check_key(key)
        try:
            with self._telling(key):
                obstore.delete(self._inner, key)
        except MissingExternalFile:
            return

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise NotImplementedError(
            f"The store {self._name!r} gives no URLs: {method} {key!r} for {expires} is not possible."
        )

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        """Translate what obstore raises."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        try:
            yield
        except AlreadyExistsError as error:
            raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.") from error
        except FileNotFoundError as error:
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.") from error
        except (BaseError, OSError) as error:
            self._fail(key, error)

    def _fail(self, key: str, error: Exception) -> NoReturn:
        what = str(error).partition("\n")[0]
        raise BucketInaccessible(f"The store {self._name!r} cannot be used, at {key!r}: {what}") from error


def _info(meta: Mapping[str, Any]) -> ObjectInfo:
    return ObjectInfo(meta["path"], meta["size"], meta["last_modified"], meta["e_tag"])


def open_file(name: str, settings: Mapping[str, Any]) -> ObjectStore:
    """Open a local folder as a store; it is made when the first object is put."""
    from obstore.store import LocalStore

    folder = Path(settings["location"]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return ObjectStore(name, LocalStore(prefix=folder), Capabilities())


def open_memory(name: str, _: Mapping[str, Any]) -> ObjectStore:
    """Open a store that is gone with the process."""
    from obstore.store import MemoryStore

    return ObjectStore(name, MemoryStore(), Capabilities())
