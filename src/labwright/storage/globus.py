"""Stores on Globus collections: archives and replicas, reached by checksummed transfer jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, Literal

from labwright.core.errors import (
    BucketInaccessible,
    DuplicateError,
    LabwrightError,
    MissingExternalFile,
    MissingPackageError,
)
from labwright.storage.base import ByteRange, Bytes, Capabilities, ObjectInfo, cannot, check_key
from labwright.storage.layout import PARTS, new_token

_CAN: Final = Capabilities(create_only=False, ranges=False)
_POLL: Final = 60
_DELETIONS: Final = 1000
_LISTED: Final = 10_000
_MISSING: Final = 404


class GlobusStore:
    """A `Store` in a folder of a Globus collection.

    Bytes go through a local folder that another collection gives to Globus, and each object is a job of its own, whose
    checksum Globus compares at the end. It is moved to its name when it is there whole. There are no range reads, and
    two clients that put the same key at the same moment are not kept apart: it is a place for replicas and archives.

    Parameters
    ----------
    name : str
    connect : callable
        Returns a globus_sdk.TransferClient when one is first used.
    collection, folder : str
        Where the objects are.
    local_collection : str
        The collection that gives files of this machine, under their own paths.
    stage : Path
        The local folder that files pass through.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Any],
        *,
        collection: str,
        folder: str,
        local_collection: str,
        stage: Path,
    ) -> None:
        self._name = name
        self._connect = connect
        self._there = collection
        self._folder = folder.rstrip("/")
        self._here = local_collection
        self._stage = stage

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return _CAN

    def __repr__(self) -> str:
        return f"<GlobusStore {self._name!r}>"

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def _path(self, key: str) -> str:
        return f"{self._folder}/{check_key(key)}"

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        return self.put_stream(key, [data])

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        self._refuse_present(key)
        with self._staged() as file:
            with file.open("wb") as opened:
                for chunk in chunks:
                    opened.write(chunk)
            self._publish(key, file, f"{PARTS}/{new_token(16)}")
        return self.head(key)

    def _publish(self, key: str, file: Path, part: str) -> None:
        target = self._path(key)
        try:
            with self._telling(key):
                self._transfer(key, (self._here, str(file)), (self._there, self._path(part)))
                self._make_folder(target.rpartition("/")[0])
                self._refuse_present(key)
                self._client.operation_rename(self._there, self._path(part), target)
        except BaseException as error:
            with suppress(LabwrightError):
                self.delete(part)
            if isinstance(error, BucketInaccessible):
                self._refuse_present(key)  # another client may have been faster
            raise

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        self._stage.mkdir(parents=True, exist_ok=True)
        file = self._stage / new_token(16)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _refuse_present(self, key: str) -> None:
        with suppress(MissingExternalFile):
            self.head(key)
            raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.")

    def _make_folder(self, path: str) -> None:
        if not path or self._stat(path):
            return
        self._make_folder(path.rpartition("/")[0])
        try:
            self._client.operation_mkdir(self._there, path)
        except Exception:
            if not self._stat(path):  # otherwise another client was faster
                raise

    def _transfer(self, key: str, source: tuple[str, str], target: tuple[str, str]) -> None:
        from globus_sdk import TransferData

        job = TransferData(source[0], target[0], label="Labwright", verify_checksum=True, encrypt_data=True)
        job.add_item(source[1], target[1])
        self._finish(key, self._client.submit_transfer(job)["task_id"])

    def _finish(self, key: str, task: str) -> None:
        while not self._client.task_wait(task, timeout=_POLL, polling_interval=1):
            self._refuse_faulty(key, self._client.get_task(task))
        found = self._client.get_task(task)
        if found["status"] != "SUCCEEDED":
            self._refuse(key, found)

    def _refuse_faulty(self, key: str, task: Any) -> None:
        """Do not wait for what Globus tries again and again, until its deadline, where nobody looks."""
        if task.get("nice_status") not in (None, "OK", "Queued"):
            with suppress(Exception):
                self._client.cancel_task(task["task_id"])
            self._refuse(key, task)

    def _refuse(self, key: str, task: Any) -> None:
        reason = task.get("nice_status_short_description") or task.get("nice_status") or task["status"]
        raise BucketInaccessible(f"Globus could not do its job in the store {self._name!r}, at {key!r}: {reason}.")

    def get(self, key: str) -> bytes:
        self.head(key)
        with self._staged() as file, self._telling(key):
            self._transfer(key, (self._there, self._path(key)), (self._here, str(file)))
            return file.read_bytes()

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        raise cannot(self, f"read parts of {check_key(key)!r}")

    def head(self, key: str) -> ObjectInfo:
        with self._telling(key):
            found = self._stat(self._path(key))
        if not found or found["type"] != "file":
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.")
        return _info(key, found)

    def _stat(self, path: str) -> Mapping[str, Any] | None:
        from globus_sdk import TransferAPIError

        try:
            found: Mapping[str, Any] = self._client.operation_stat(self._there, path).data
        except TransferAPIError as error:
            if error.http_status != _MISSING:
                raise
            return None
        return found

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._telling(prefix):
            yield from self._walk("", prefix)

    def _walk(self, before: str, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what is below a folder; sorted so, its keys are in order, and only one folder is in memory."""
        for key, found in sorted(self._entries(before), key=lambda entry: entry[0]):
            if found["type"] == "dir":
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(key, prefix)
            elif found["type"] == "file" and key.startswith(prefix):
                yield _info(key, found)

    def _entries(self, before: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        path = f"{self._folder}/{before}"
        if not before and not self._stat(path):
            return
        for start in count(0, _LISTED):
            page = list(self._client.operation_ls(self._there, path, show_hidden=True, limit=_LISTED, offset=start))
            for found in page:
                yield f"{before}{found['name']}{'/' if found['type'] == 'dir' else ''}", found
            if len(page) < _LISTED:
                return

    def delete(self, key: str) -> None:
        self.delete_many([key])

    def delete_many(self, keys: Iterable[str]) -> None:
        from globus_sdk import DeleteData

        left = iter(keys)
        while some := list(islice(left, _DELETIONS)):
            with self._telling(some[0]):
                job = DeleteData(self._there, label="Labwright", ignore_missing=True)
                for key in some:
                    job.add_item(self._path(key))
                self._finish(some[0], self._client.submit_delete(job)["task_id"])

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise cannot(self, f"give a URL to {method} {key!r}")

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        """Translate what Globus raises, without its cause, which may show tokens."""
        from globus_sdk import GlobusAPIError, GlobusError

        try:
            yield
        except (GlobusError, OSError) as error:
            reason = error.message if isinstance(error, GlobusAPIError) else type(error).__name__
            raise BucketInaccessible(f"The store {self._name!r} cannot be used, at {key!r}: {reason}") from None


def _info(key: str, found: Mapping[str, Any]) -> ObjectInfo:
    modified = found.get("last_modified")
    return ObjectInfo(key, int(found["size"]), modified and datetime.fromisoformat(modified))


def open_globus(name: str, settings: Mapping[str, Any]) -> GlobusStore:
    """Open a folder of a Globus collection."""

    def connect() -> Any:
        try:
            from globus_sdk import AccessTokenAuthorizer, ClientApp, TransferClient
        except ImportError:
            raise MissingPackageError(
                f"The store {name!r} needs globus-sdk.\nInstall it:  pip install 'labwright[globus]'"
            ) from None
        if settings.get("token"):
            return TransferClient(authorizer=AccessTokenAuthorizer(settings["token"]))
        return TransferClient(
            app=ClientApp("Labwright", client_id=settings["client_id"], client_secret=settings["client_secret"])
        )

    return GlobusStore(
        name,
        connect,
        collection=settings["collection"],
        folder=settings.get("location") or "/~",
        local_collection=settings["local_collection"],
        stage=Path(settings["stage"]).absolute(),
    )
