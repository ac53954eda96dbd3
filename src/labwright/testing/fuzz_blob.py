"""Damaged blobs: whatever the bytes, reading them gives a value or a `CodecError`.

::

    python -m labwright.testing.fuzz_blob 100000
"""

from __future__ import annotations

import datetime
import random
import sys
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from labwright.codecs.blob import pack, unpack
from labwright.codecs.matlab import MatCell, MatSparse, MatStruct
from labwright.core.errors import CodecError

BITS: Final = 8
REPORT_EVERY: Final = 10_000


def samples() -> list[Any]:
    """Return values that between them use every part of the format."""
    records = np.array([(1, 2.5, "x"), (3, 4.5, "y")], [("a", "i4"), ("b", "f8"), ("t", "U3")])
    cell = np.array([[1.0, None], ["a", [1]]], dtype=object).view(MatCell)
    struct = np.array([(1.0, [2]), ("x", None)], [("gain", object), ("offsets", object)]).view(MatStruct)
    moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 4)  # noqa: DTZ001 - blobs have no time zones
    return [
        *(np.arange(6).reshape(2, 3).astype(code) for code in ("f8", "c8", "?", "i2", "M8[ns]")),
        MatSparse((3, 2), [0, 1, 2], [2, 0], [4.0, 5.0]),
        *(records, cell, struct, np.array(["a", None], dtype=object), np.float32(1.5), np.zeros(300)),
        {"a": [1, (2.5, {3, "x"}), None], (1, 2): {"b": True, "c": 1 + 2j}},
        [Decimal("1.10"), uuid.UUID(int=7), moment, moment.date(), moment.time(), b"bytes", 10**40],
        {"frames": [np.zeros((4, 5)), records], "nested": [[[[cell]]]]},
    ]


def damaged(seed: int) -> Iterator[bytes]:
    """Yield endless damaged blobs, the same for the same `seed`."""
    source = random.Random(seed)  # noqa: S311 - no secret
    whole = [pack(value, compress=compress) for value in samples() for compress in (False, True)]
    while True:
        yield _damage(source, whole) if source.random() < 0.9 else _noise(source)


def check(data: bytes, source: random.Random) -> bool:
    """Read `data`; return whether it was still a blob. Anything but a CodecError comes through."""
    try:
        unpack(data, squeeze=source.random() < 0.2, dims32=source.random() < 0.1)
    except CodecError:
        return False
    return True


def fuzz(cases: int, seed: int = 0) -> Iterator[tuple[int, bool]]:
    """Yield ``(number, still a blob)`` for `cases` damaged blobs."""
    source = random.Random(seed)  # noqa: S311 - no secret
    for number, data in zip(range(1, cases + 1), damaged(seed), strict=False):
        try:
            yield number, check(data, source)
        except BaseException as error:
            error.add_note(f"case {number} of seed {seed}: {data.hex()}")
            raise


def _noise(source: random.Random) -> bytes:
    head = source.choice((b"mYm\0", b"dj0\0", b"ZL123\0", b""))
    return head + source.randbytes(source.randrange(200))


def _damage(source: random.Random, whole: Sequence[bytes]) -> bytes:
    data = bytearray(source.choice(whole))
    for _ in range(source.choice((1, 1, 1, 2, 5))):
        source.choice(_DAMAGES)(source, data)
    return bytes(data)


def _flip(source: random.Random, data: bytearray) -> None:
    if data:
        data[source.randrange(len(data))] ^= 1 << source.randrange(BITS)


def _set_byte(source: random.Random, data: bytearray) -> None:
    if data:
        data[source.randrange(len(data))] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))


def _set_word(source: random.Random, data: bytearray) -> None:
    start = source.randrange(len(data) + 1)
    number = source.choice((0, 1, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1, len(data), source.randrange(300)))
    data[start : start + 8] = number.to_bytes(8, "little")


def _cut(source: random.Random, data: bytearray) -> None:
    del data[source.randrange(len(data) + 1) :]


def _insert(source: random.Random, data: bytearray) -> None:
    start = source.randrange(len(data) + 1)
    data[start:start] = source.randbytes(source.randrange(1, 9))


def _repeat(source: random.Random, data: bytearray) -> None:
    start, stop = sorted(source.randrange(len(data) + 1) for _ in range(2))
    data[stop:stop] = data[start:stop]


_DAMAGES: Final = (_flip, _set_byte, _set_word, _cut, _insert, _repeat)


def main(arguments: Sequence[str]) -> None:
    """Read as many damaged blobs as the first argument says; the second one is the seed."""
    cases, seed = int(arguments[0]) if arguments else 100_000, int(arguments[1]) if len(arguments) > 1 else 0
    read = 0
    for number, still_a_blob in fuzz(cases, seed):
        read += still_a_blob
        if number % REPORT_EVERY == 0 or number == cases:
            sys.stdout.write(f"{number} damaged blobs: {number - read} refused, {read} read\n")


if __name__ == "__main__":
    main(sys.argv[1:])
