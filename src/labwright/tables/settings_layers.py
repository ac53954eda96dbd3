"""Settings before they are checked: one layer for each place they come from, and the merge of layers."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

Key = tuple[str, ...]

SECTIONS: Mapping[str, int] = {
    "database": 2,
    "connection": 2,
    "display": 2,
    "jobs": 2,
    "engines": 3,
    "provenance": 2,
    "history": 2,
    "notebook": 2,
    "notices": 2,
    "web": 2,
    "stores": 3,
    "custom": 2,
}
"""How many names a full key has, by its first one; a setting outside the sections has one."""

NAMED = frozenset({"stores", "engines"})
"""Sections of things that have a name each, and settings of their own: ``stores.raw.bucket``."""

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pass|secret|secret_key|access_key|account_key|api_key|private_key"
    r"|session_token|token|connection_string)$"
)
_URL_PASSWORD = re.compile(r"(://[^/@:\s]*):\S*@")
_URL_QUERY_SECRET = re.compile(r"([?&](?:password|passwd|token|sig)=)[^&\s]*", re.IGNORECASE)
MASK = "**********"


class Kind(enum.IntEnum):
    """Where a setting comes from; the higher one wins."""

    DEFAULT = 0
    CLASSIC_USER_FILE = 1
    USER_FILE = 2
    USER_PROFILE = 3
    CLASSIC_SECRET = 4
    CLASSIC_FILE = 5
    PROJECT_FILE = 6
    PROJECT_PROFILE = 7
    LOADED_FILE = 8
    SECRET = 9
    CLASSIC_ENVIRONMENT = 10
    ENVIRONMENT = 11
    ASSIGNED = 12
    OVERRIDE = 13


@dataclass(frozen=True)
class Source:
    """The place a value was read from, for messages and for relative paths."""

    kind: Kind = Kind.DEFAULT
    where: str = "default"
    line: int = 0
    folder: Path | None = None

    def __str__(self) -> str:
        return f"{self.where}, line {self.line}" if self.line else self.where


@dataclass(frozen=True)
class Entry:
    """A value and its source. Its repr shows neither a password nor a token."""

    value: Any = field(repr=False)
    source: Source


@dataclass(frozen=True)
class Layer:
    """What one place says; `hides` are sections of lower layers that it replaces as a whole."""

    entries: Mapping[Key, Entry] = field(default_factory=dict)
    hides: frozenset[Key] = frozenset()

    def put(self, entries: Mapping[Key, Entry]) -> Layer:
        return replace(self, entries={**self.entries, **entries})

    def drop(self, prefix: Key) -> Layer:
        return replace(self, entries={key: e for key, e in self.entries.items() if not under(key, prefix)})

    def reveal(self, key: Key) -> Layer:
        """Let what a lower layer says of `key` hold."""
        return replace(self.drop(key), hides=frozenset(prefix for prefix in self.hides if not under(key, prefix)))

    def hide(self, prefix: Key) -> Layer:
        return replace(self.drop(prefix), hides=self.hides | {prefix})


def merge(layers: Iterable[Layer]) -> dict[Key, Entry]:
    """Merge `layers`, the lowest first.

    Examples
    --------
    >>> low = Layer({("safemode",): Entry(True, Source()), ("loglevel",): Entry("INFO", Source())})
    >>> high = Layer({("safemode",): Entry(False, Source())})
    >>> {key: entry.value for key, entry in merge([low, high]).items()}
    {('safemode',): False, ('loglevel',): 'INFO'}
    """
    merged: dict[Key, Entry] = {}
    for layer in layers:
        for prefix in layer.hides:
            merged = {key: e for key, e in merged.items() if not _hidden(key, e, prefix)}
        merged.update(layer.entries)
    return merged


def _hidden(key: Key, entry: Entry, prefix: Key) -> bool:
    # A secrets folder completes a store wherever the rest of the store is configured.
    return under(key, prefix) and entry.source.kind not in (Kind.SECRET, Kind.CLASSIC_SECRET)


def under(key: Key, prefix: Key) -> bool:
    """Whether `key` is `prefix` or lies within it."""
    return key[: len(prefix)] == prefix


def split_key(text: str) -> Key:
    """Split a dotted key; what follows ``custom.`` is one name, dots and all.

    Examples
    --------
    >>> split_key("stores.raw.location"), split_key("custom.database.prefix")
    (('stores', 'raw', 'location'), ('custom', 'database.prefix'))
    """
    parts = text.split(".", SECTIONS.get(text.partition(".")[0], 0) - 1)
    return _ALIASES.get(tuple(parts), tuple(parts))


_ALIASES: Mapping[Key, Key] = {
    ("database", "database_prefix"): ("database", "prefix"),
    ("database", "pass"): ("database", "password"),
}


def dotted(key: Key) -> str:
    """Write a key with dots."""
    return ".".join(key)


def leaves(data: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    """Yield every setting of `data`, whose keys may be dotted, nested, or both.

    Examples
    --------
    >>> list(leaves({"database.host": "db", "display": {"limit": 5}, "custom": {"a.b": {"c": 1}}}))
    [(('database', 'host'), 'db'), (('display', 'limit'), 5), (('custom', 'a.b'), {'c': 1})]
    """
    for name, value in data.items():
        yield from _leaves_of(split_key(str(name)), value)


def _leaves_of(key: Key, value: Any) -> Iterator[tuple[Key, Any]]:
    if key == ("database",) and isinstance(value, str):
        yield ("database", "url"), value
    elif len(key) < SECTIONS.get(key[0], 1) and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves_of(split_key(f"{dotted(key)}.{name}"), inner)
    else:
        yield key, value


def is_secret(key: Key) -> bool:
    """Whether the value of this setting is never to be shown.

    Examples
    --------
    >>> is_secret(("stores", "raw", "secret_key")), is_secret(("stores", "raw", "token_length"))
    (True, False)
    """
    return _SECRET_NAME.search(key[-1].lower().replace(".", "_").replace("-", "_")) is not None


def masked(key: Key, value: Any) -> Any:
    """`value` as it may be shown: no password, no token, no password in a URL."""
    if value is not None and is_secret(key):
        return MASK
    if isinstance(value, str):
        return mask_url(value)
    if isinstance(value, Mapping):
        return {name: masked((*key, str(name)), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(masked(key, inner) for inner in value)
    return value


def mask_url(text: str) -> str:
    """Hide the password of a URL.

    Examples
    --------
    >>> mask_url("postgresql://me:pw@host/db")
    'postgresql://me:**********@host/db'
    """
    return _URL_QUERY_SECRET.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1:{MASK}@", text))
