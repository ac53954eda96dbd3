"""Where objects go in a store: by what they hold, or by the row that they belong to."""

from __future__ import annotations

import datetime
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any, Final
from urllib.parse import quote

from labwright.core.errors import DataError
from labwright.storage.base import check_key

OWN: Final = "_labwright"
"""The folder of what Labwright keeps in a store for itself: manifests, what is being staged, who uses the store."""
PARTS: Final = f"{OWN}/part"
"""The folder of what is being written, in stores whose objects would otherwise appear by and by. What is old there was
left by a client that died."""
TOKEN_CHARACTERS: Final = string.ascii_letters + string.digits + "-_"
"""64 of them, so that each is as likely as the others in a byte."""
_UNSAFE: Final = re.compile(r'[/\\:*?"<>|]')
_LONGEST: Final = 100
_NAMED: Final = 3
"""In the key of an attribute's object so many parts are no values: schema, table, and its name."""


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """How the keys of a store are made. A key that a row holds counts as it is, and is never made anew.

    Parameters
    ----------
    hash_prefix, schema_prefix : str
        The folders of hash-addressed and of schema-addressed objects.
    filepath_prefix : str or None
        The folder that ``<filepath@>`` is restricted to.
    subfolding : tuple of int
        Lengths of the folders that hashes are spread over.
    partition_pattern : str or None
        Key attributes that become the first folders: ``subject={subject}``.
    token_length : int
        The length of the random part of a name.

    Examples
    --------
    >>> StoreLayout(subfolding=(2, 2)).hash_key("lab", "abcdef")
    '_hash/lab/ab/cd/abcdef'
    >>> StoreLayout().object_key("lab", "scan", {"mouse": 7, "day": "a/b"}, "movie", ".tif", token="k3")
    '_schema/lab/scan/mouse=7/day=a%2Fb/movie_k3.tif'
    """

    hash_prefix: str = "_hash"
    schema_prefix: str = "_schema"
    filepath_prefix: str | None = None
    subfolding: tuple[int, ...] = ()
    partition_pattern: str | None = None
    token_length: int = 8

    def hash_key(self, schema: str, digest: str) -> str:
        """Return the key of the object whose content has the hash `digest`."""
        return check_key("/".join((*_folder(self.hash_prefix), schema, *self._folds(digest), digest)))

    def _folds(self, digest: str) -> list[str]:
        folds, start = [], 0
        for length in self.subfolding:
            folds.append(digest[start : start + length])
            start += length
        return folds

    def object_key(
        self, schema: str, table: str, key: Mapping[str, Any], field: str, ext: str = "", *, token: str | None = None
    ) -> str:
        """Return a new key for the object of one attribute in one row."""
        first = self._partition(key)
        parts = [f"{n}={encoded_value(v)}" for n, v in key.items() if n not in first]
        name = f"{field}_{token or new_token(self.token_length)}{ext}"
        folders = [f"{n}={encoded_value(key[n])}" for n in first]
        return check_key("/".join((*_folder(self.schema_prefix), *folders, schema, table, *parts, name)))

    def _partition(self, key: Mapping[str, Any]) -> list[str]:
        return [n for n in re.findall(r"{(\w+)}", self.partition_pattern or "") if n in key]

    def below_prefix(self, path: str) -> str:
        """Return a path without the folder of hash-addressed or of schema-addressed objects.

        Examples
        --------
        >>> StoreLayout(hash_prefix="lab").below_prefix("lab/raw/abcdef")
        'raw/abcdef'
        """
        prefixes = (f"{prefix.strip('/')}/" for prefix in (self.hash_prefix, self.schema_prefix))
        return next((path.removeprefix(prefix) for prefix in prefixes if path.startswith(prefix)), path)

    def may_be_folder(self, path: str) -> bool:
        """Whether the object of an attribute may be a folder at `path`, rather than one that many objects are in.

        Examples
        --------
        >>> layout = StoreLayout()
        >>> [layout.may_be_folder(p) for p in ("_schema/lab/scan/scan=1/movie_k3", "_schema/lab/scan", "_hash/lab")]
        [True, False, False]
        """
        below = path.removeprefix("/".join((*_folder(self.schema_prefix), "")))
        named = [part for part in below.split("/") if "=" not in part]
        inside = len(below) < len(path) or not _folder(self.schema_prefix)
        return inside and len(named) >= _NAMED and "=" not in path.rpartition("/")[2]

    def check_filepath(self, path: str) -> str:
        """Return `path` when ``<filepath@>`` may refer to it.

        Raises
        ------
        DataError
            When it leads out of the store, or into what belongs to Labwright.
        """
        check_key(path)
        for prefix in (*_folder(self.hash_prefix), *_folder(self.schema_prefix), OWN):
            if f"{path}/".startswith(f"{prefix.strip('/')}/"):
                raise DataError(f"{path!r} is in the folder {prefix!r}, which is not for files of your own.")
        wanted = (self.filepath_prefix or "").strip("/")
        if wanted and not path.startswith(f"{wanted}/"):
            raise DataError(f"{path!r} is not in the folder {wanted!r}, where the files of this store are to be.")
        return path


def _folder(prefix: str) -> tuple[str, ...]:
    """A prefix without slashes around it; old stores have none."""
    return (prefix.strip("/"),) if prefix.strip("/") else ()


def new_token(length: int = 8) -> str:
    """Return a name that nobody can guess, and that no two objects share."""
    return "".join(TOKEN_CHARACTERS[byte % len(TOKEN_CHARACTERS)] for byte in secrets.token_bytes(length))


def encoded_value(value: Any) -> str:
    """Return the value of a key attribute as a folder's name.

    Examples
    --------
    >>> encoded_value("a:b"), encoded_value(datetime.datetime(2026, 1, 2, 3, 4, 5)), len(encoded_value("x" * 300))
    ('a%3Ab', '2026-01-02T03-04-05', 59)
    """
    text = _text(value)
    if len(text.encode()) > _LONGEST:
        return f"{text[:50]}_{md5(text.encode(), usedforsecurity=False).hexdigest()[:8]}"
    return text


def _text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H-%M-%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = str(value)
    if not text.strip("."):  # nothing, or a folder that is not below
        return "%2E" * len(text) or "%"
    return quote(text, safe="") if _UNSAFE.search(text) or not text.isprintable() else text
