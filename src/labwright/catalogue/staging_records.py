"""What a store says of the objects that are being staged in it, so that nobody takes them for garbage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from labwright.core.errors import DataError
from labwright.storage.base import ObjectInfo
from labwright.storage.layout import OWN, new_token
from labwright.storage.stores import OpenStore

FOLDER: Final = f"{OWN}/staging"
_RECORD: Final = ".json"


@dataclass(frozen=True, slots=True)
class StagingRecord:
    """One object that is being staged: whose it is and where. It is there before the first byte.

    Parameters
    ----------
    schema, table, attribute : str
    key : mapping
        The primary key of its row, as it stands in paths.
    path, ext : str
    user : str
    since : str
        The time in UTC.
    """

    schema: str
    table: str
    attribute: str
    key: Mapping[str, str]
    path: str
    ext: str
    user: str
    since: str

    @property
    def place(self) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
        """The value that the object is."""
        return self.schema, self.table, self.attribute, tuple(sorted(self.key.items()))


@dataclass(frozen=True, slots=True)
class OpenStaging:
    """What is staged in a store under one token.

    Parameters
    ----------
    store, token : str
    records : tuple of StagingRecord
    files : int
    size : int
        In bytes.
    newest : datetime or None
        When something of it was last written; None where the store does not say.
    """

    store: str
    token: str
    records: tuple[StagingRecord, ...]
    files: int
    size: int
    newest: datetime | None


def staging_folder(token: str) -> str:
    """Return the folder of what a store says of a staging."""
    return f"{FOLDER}/{token}"


def spares_folder(token: str) -> str:
    """Return the folder of new versions of files that a staging is replacing."""
    return f"{staging_folder(token)}/spare"


def put_record(opened: OpenStore, token: str, record: StagingRecord) -> str:
    """Note an object that is to be staged, and return the key of the note."""
    key = f"{staging_folder(token)}/{new_token(16)}{_RECORD}"
    opened.store.put_create(key, json.dumps(asdict(record), ensure_ascii=False).encode())
    return key


def read_records(opened: OpenStore, token: str | None = None) -> Iterator[tuple[str, StagingRecord]]:
    """Yield the records of a staging, or of all, with their keys.

    Raises
    ------
    DataError
        When one cannot be read.
    """
    folder = FOLDER if token is None else staging_folder(token)
    for info in opened.store.list(f"{folder}/"):
        if info.key.endswith(_RECORD):
            yield info.key, _read(opened, info.key)


def _read(opened: OpenStore, key: str) -> StagingRecord:
    try:
        return StagingRecord(**json.loads(opened.store.get(key)))
    except (ValueError, TypeError) as error:
        raise DataError(f"The record {key!r} in the store {opened.name!r} cannot be read: {error}.") from error


def staged_paths(opened: OpenStore) -> set[str]:
    """Return the paths of all objects that are being staged in a store."""
    return {record.path for _, record in read_records(opened)}


def open_stagings(opened: OpenStore) -> list[OpenStaging]:
    """Return what is being staged in a store, or was when its process died."""
    known = sorted(opened.store.list(f"{FOLDER}/"), key=_token)
    return [_open_staging(opened, token, list(infos)) for token, infos in groupby(known, _token)]


def _token(info: ObjectInfo) -> str:
    return info.key.removeprefix(f"{FOLDER}/").partition("/")[0]


def _open_staging(opened: OpenStore, token: str, known: list[ObjectInfo]) -> OpenStaging:
    records = tuple(_read(opened, info.key) for info in known if info.key.endswith(_RECORD))
    files = [info for record in records for info in files_at(opened, record.path)]
    times = [info.modified for info in (*known, *files)]
    newest = max((t for t in times if t is not None), default=None) if None not in times else None
    return OpenStaging(opened.name, token, records, len(files), sum(info.size for info in files), newest)


def files_at(opened: OpenStore, path: str) -> list[ObjectInfo]:
    """Return the file at `path`, or those of the folder."""
    return [info for info in opened.store.list(path) if info.key == path or info.key.startswith(f"{path}/")]
