"""Two sets of rows, compared in whatever order they come and without holding either: sums of hashes, in buckets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from labwright.archive.row_codec import Column, RowCodec
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type

BUCKETS: Final = 1024
SHOWN: Final = 3
"""So many rows that differ are named."""
_WHOLE: Final = 1 << 128

Batches = Callable[[], Iterable[Sequence[Column]]]
"""Gives the rows from the beginning, each time it is called."""


class RowSets:
    """Compares the rows of a table in two places.

    Parameters
    ----------
    heading : Heading
        Its columns, in their stored types.
    """

    def __init__(self, heading: Heading) -> None:
        self.kinds = [a.type.kind if a.type else "" for a in heading.values()]
        self.codec = RowCodec(heading.map(_bytes_as_text))
        self.keys = [i for i, a in enumerate(heading.values()) if a.in_key]
        self.key_codec = RowCodec(Heading(a for a in heading.values() if a.in_key))

    def differences(self, ours: Batches, theirs: Batches, places: tuple[str, str]) -> list[str]:
        """What is different, in words; nothing where both have the same rows.

        Parameters
        ----------
        ours, theirs : callable
        places : tuple of str
            What the two places are called.
        """
        a, b = self._sums(ours()), self._sums(theirs())
        bucket = next((i for i in range(BUCKETS) if a[i] != b[i]), None)
        if bucket is None:
            return []
        mine, other = self._bucket(ours(), bucket), self._bucket(theirs(), bucket)
        said = [f"the row {k} is only in the {places[0]}" for k in mine if k not in other]
        said += [f"the row {k} is only in the {places[1]}" for k in other if k not in mine]
        said += [f"the row {k} is not the same" for k in mine if k in other and other[k] != mine[k]]
        return said[:SHOWN] or ["rows differ"]

    def _sums(self, batches: Iterable[Sequence[Column]]) -> list[int]:
        found = [0] * BUCKETS
        for key, row in self._lines(batches):
            found[_bucket(key)] += int.from_bytes(hashlib.blake2b(row, digest_size=16).digest(), "big")
        return [n % _WHOLE for n in found]

    def _bucket(self, batches: Iterable[Sequence[Column]], bucket: int) -> dict[str, bytes]:
        """The rows of one bucket: their keys, and the hashes of all of them."""
        rows = ((k, row) for k, row in self._lines(batches) if _bucket(k) == bucket)
        return {key.decode(): hashlib.sha256(row).digest() for key, row in rows}

    def _lines(self, batches: Iterable[Sequence[Column]]) -> Iterator[tuple[bytes, bytes]]:
        """The key and the whole of each row, as text that is the same from every database."""
        for columns in batches:
            same = [_same(kind, column) for kind, column in zip(self.kinds, columns, strict=True)]
            keys = _split(self.key_codec, [same[i] for i in self.keys])
            yield from zip(keys, _split(self.codec, same), strict=True)


def _bucket(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=2).digest(), "big") % BUCKETS


def _split(codec: RowCodec, columns: Sequence[Column]) -> list[bytes]:
    return b"".join(codec.write(columns)).split(b"\n")[:-1]


def _bytes_as_text(attribute: Attribute) -> Attribute:
    is_bytes = attribute.type is not None and attribute.type.kind == "bytes"
    return replace(attribute, type=Type("text")) if is_bytes else attribute


def _same(kind: str, column: Column) -> Column:
    """Bytes by their hash; JSON in one spelling, and zero without a sign, for not every database keeps these."""
    if kind == "bytes":
        return [None if v is None else hashlib.sha256(v).hexdigest() for v in column]
    if kind == "json":
        return [None if v is None else json.dumps(json.loads(v), sort_keys=True) for v in column]
    if kind in ("float32", "float64"):
        return [None if v is None else v + 0.0 for v in column]
    return column
