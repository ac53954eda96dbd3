"""What a make has read, as text that is kept, and back, so that it can be read again."""

from __future__ import annotations

import base64
import datetime
import decimal
import hashlib
import json
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labwright.sql.reads import Read

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))
MOST: Final = 1 << 16
"""Characters of the values of one query that are kept; it cannot be asked again with more."""
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_WRITE: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = {
    float: ("float", repr),
    bytes: ("bytes", lambda v: base64.b64encode(v).decode()),
    bytearray: ("bytes", lambda v: base64.b64encode(v).decode()),
    decimal.Decimal: ("decimal", str),
    uuid.UUID: ("uuid", str),
    datetime.datetime: ("datetime", datetime.datetime.isoformat),
    datetime.date: ("date", datetime.date.isoformat),
    datetime.time: ("time", datetime.time.isoformat),
    datetime.timedelta: ("timedelta", lambda v: [v.days, v.seconds, v.microseconds]),
    list: ("list", lambda v: [*map(_written, v)]),
    tuple: ("tuple", lambda v: [*map(_written, v)]),
}
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "float": float,
    "bytes": base64.b64decode,
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda v: datetime.timedelta(*v),
    "list": lambda v: [*map(_read, v)],
    "tuple": lambda v: tuple(map(_read, v)),
}


@dataclass(frozen=True, slots=True)
class KeptRead:
    """One query of a make that was run in the past.

    Parameters
    ----------
    sql : str
    params : tuple or None
        Its values; None where they are such that they are not kept.
    digest : str
        Of the rows that it gave.
    count : int
        How many rows there were.
    whole : bool
        Whether all rows were read, and not only the first `count`.
    ordered : bool
        Whether their order counts as well.
    """

    sql: str
    params: tuple[Any, ...] | None
    digest: str
    count: int
    whole: bool = True
    ordered: bool = False


def sql_hash(sql: str) -> str:
    """The name under which the text of a query is kept."""
    return hashlib.blake2b(sql.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def write_reads(reads: Iterable[Read], known: Callable[[str], str | None]) -> str:
    """Return reads as JSON.

    Parameters
    ----------
    reads : iterable of Read
    known : callable
        Gives the hash of the text of a query that is kept elsewhere, and None for one that is not.
    """
    return _ENCODER.encode([_told(read, known(read.sql)) for read in reads])


def read_reads(text: str, queries: Mapping[str, str]) -> tuple[KeptRead, ...]:
    """Return the reads that were written as `text`; `queries` holds the texts that are kept elsewhere."""
    return tuple(
        KeptRead(
            r["sql"] if "sql" in r else queries[r["query"]],
            None if r["params"] is None else tuple(map(_read, r["params"])),
            r["digest"],
            r["count"],
            not r.get("part", False),
            r.get("ordered", False),
        )
        for r in json.loads(text)
    )


def queries_in(texts: Iterable[str]) -> set[str]:
    """The hashes of the texts of queries that several runs refer to."""
    return {r["query"] for text in texts for r in json.loads(text) if "query" in r}


def digest_of_all(reads: Sequence[Read]) -> str:
    """A digest of all that was read."""
    return hashlib.blake2b(b"".join(r.digest for r in reads), digest_size=16).hexdigest()


def _told(read: Read, query: str | None) -> dict[str, Any]:
    text = {"sql": read.sql} if query is None else {"query": query}
    more = {name: True for name, is_so in (("part", not read.whole), ("ordered", read.ordered)) if is_so}
    return {**text, "params": _params(read.params), "digest": read.digest.hex(), "count": read.count, **more}


def _params(params: Sequence[Any]) -> list[Any] | None:
    """The values; None where one of them is of a kind that is not known here, or they are large."""
    if sum(len(p) for p in params if isinstance(p, (str, bytes, list, tuple))) > MOST:
        return None
    try:
        return [*map(_written, params)]
    except KeyError:
        return None


def _written(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN or (kind is float and math.isfinite(value)):
        return value
    name, write = _WRITE[kind]
    return {name: write(value)}


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    return _READ[name](inner)
