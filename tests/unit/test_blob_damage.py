"""Bytes from anybody: a value or a CodecError, at no more cost than the bytes are worth."""

from __future__ import annotations

import inspect
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labwright.codecs.blob import pack, unpack
from labwright.codecs.blob_format import MAX_DEPTH
from labwright.codecs.packed import Packed
from labwright.core.errors import CodecError, TooLargeError
from labwright.core.limits import limits
from labwright.testing.fuzz_blob import check, fuzz, main, samples


def u64(*numbers: int) -> bytes:
    return b"".join(n.to_bytes(8, "little") for n in numbers)


def u32(*numbers: int) -> bytes:
    return b"".join(n.to_bytes(4, "little") for n in numbers)


HUGE = 2**63 - 1
LIST_OF = b"\x02" + u64(1)


BOMB = b"ZL123\0" + u64(2**26) + zlib.compress(bytes(2**26))


def test_what_would_grow_too_large_is_not_unpacked() -> None:
    tracemalloc.start()
    with pytest.raises(TooLargeError, match=f"holds {2**26} bytes, and no more than {2**20}"), limits(unpacked=2**20):
        unpack(BOMB)
    with pytest.raises(TooLargeError), limits(unpacked=2**20):
        _ = Packed(BOMB).plain
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert Packed(BOMB).size == 2**26


def test_what_says_that_it_is_smaller_is_damaged() -> None:
    tracemalloc.start()
    with pytest.raises(CodecError, match="does not hold the 10000 bytes"):
        unpack(BOMB[:6] + u64(10_000) + BOMB[14:])
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_blob_that_ends_in_its_head_has_no_size() -> None:
    with pytest.raises(CodecError, match="ends before it says"):
        _ = Packed(b"ZL123\0abc").size


def test_damaged_blobs_are_values_or_codec_errors() -> None:
    outcomes = [still_a_blob for _, still_a_blob in fuzz(2000, seed=2)]
    assert set(outcomes) == {True, False}


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([b"", b"mYm\0", b"dj0\0", b"dj0\0\x02", b"mYm\0A", b"ZL123\0"]), st.binary(), st.randoms())
def test_random_bytes_are_values_or_codec_errors(head: bytes, tail: bytes, source: object) -> None:
    check(head + tail, source)  # type: ignore[arg-type]  # hypothesis calls it a Random of its own


def test_every_cut_is_an_error() -> None:
    for value in samples():
        data = pack(value, compress=False)
        for end in range(len(data)):
            with pytest.raises(CodecError):
                unpack(data[:end])


def test_the_long_run_counts(capsys: pytest.CaptureFixture[str]) -> None:
    main(["50", "3"])
    assert capsys.readouterr().out.startswith("50 damaged blobs: ")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a blob"),
        (b"PK\3\4", "not a blob"),
        (b"mYm\0", "1 bytes should follow and only 0"),
        (b"mYm\0Z", "code 0x5a"),
        (b"mYm\0P" + u64(2, 3, 3), "should follow"),
        (b"mYm\0P" + u64(2, HUGE, 3) + u32(6, 0), "left"),
        (b"mYm\0P" + u64(2, 3, HUGE) + u32(6, 0), "left"),
        (b"mYm\0P" + u64(2, 1, 0) + u32(9, 0), "type number 9"),
        (b"mYm\0P" + u64(2, 1, 1) + u32(6, 0) + u64(0, 1, 2) + bytes(8), "outside of its 2 rows"),
        (b"mYm\0P" + u64(2, 1, 1) + u32(6, 0) + u64(0, 2, 0) + bytes(8), "should have 2 elements"),
        (b"mYm\0P" + u64(2, 1, 1) + u32(6, 0) + u64(0, HUGE + 5, 0) + bytes(8), "does not count up"),
        (b"mYm\0A" + u64(1, 1) + u32(16, 0), "function"),
        (b"mYm\0A" + u64(1, 1) + u32(77, 0), "type number 77"),
        (b"mYm\0A" + u64(1, 1) + u32(3, 1) + b"\1\1", "complex bool"),
        (b"mYm\0A" + u64(HUGE), "dimensions"),
        (b"mYm\0A" + u64(2, HUGE, HUGE) + u32(6, 0), "left"),
        (b"mYm\0A" + u64(2, 0, HUGE) + u32(6, 0), "damaged"),
        (b"mYm\0A" + u64(2, 2**32, 2**32) + u32(6, 0), "left"),
        (b"mYm\0A" + u64(1, 2**40) + u32(5, 0), "values should follow"),
        (b"mYm\0C" + u64(1, 2**40), "values should follow"),
        (b"mYm\0S" + u64(1, 2**40) + u32(1) + b"a\0", "values should follow"),
        (b"mYm\0S" + u64(1, 1) + u32(2**32 - 1), "fields"),
        (b"mYm\0S" + u64(1, 1) + u32(1) + b"abc", "no end"),
        (b"dj0\0F" + u32(2) + b"a\0a\0", "names of their own"),
        (b"dj0\0F" + u32(1) + b"a\0\xff", "not an array"),
        (b"dj0\0F" + u32(2) + b"a\0b\0A" + u64(1, 1) + u32(9, 0) + b"\1A" + u64(1, 2) + u32(9, 0) + b"\1\1", "shapes"),
        (b"dj0\0\x02" + u64(HUGE), "values should follow"),
        (b"dj0\0\x04" + u64(2**62), "values should follow"),
        (b"dj0\0\x05" + u64(HUGE) + b"a", "left"),
        (b"dj0\0\x05" + u64(1) + b"\xff", "utf-8"),
        (b"dj0\0" + LIST_OF + u64(2) + b"\xff\xff", "1 bytes and not 2"),
        (b"dj0\0" + LIST_OF + u64(HUGE) + b"\xff", "only 1 are left"),
        (b"dj0\0\x03" + u64(1) + u64(9) + b"\x02" + u64(0), "unhashable"),
        (b"dj0\0d" + u64(3) + b"abc", "decimal"),
        (b"dj0\0t" + (20241332).to_bytes(4, "little") + u64(2**64 - 1), "month"),
        (b"dj0\0t" + b"\xff" * 12, "neither"),
        (b"dj0\0t" + b"\xff" * 4 + u64(250000 * 10**6), "hour"),
        (b"dj0\0\xff\xff", "1 bytes follow"),
        (b"dj0\0" + LIST_OF * 0 + b"".join(b"\x02" + u64(1) + u64(10**3) for _ in range(200)), "left|deep"),
    ],
    ids=count(),
)
def test_says_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        unpack(data)


def deep_list(depth: int) -> bytes:
    data = b"\xff"
    for _ in range(depth):
        data = LIST_OF + u64(len(data)) + data
    return b"dj0\0" + data


def test_nesting_is_limited() -> None:
    with pytest.raises(CodecError, match="nested more than"):
        unpack(deep_list(5000))


def at_depth(depth: int, call: Callable[[], object]) -> object:
    return at_depth(depth - 1, call) if depth else call()


def test_a_deep_caller_gets_an_error_too() -> None:
    value: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    data, depth = pack(value), sys.getrecursionlimit() - len(inspect.stack()) - 2 * MAX_DEPTH
    with pytest.raises(CodecError, match="nested too deep"):
        at_depth(depth, lambda: pack(value))
    with pytest.raises(CodecError, match="nested too deep"):
        at_depth(depth, lambda: unpack(data))


def test_keys_made_to_collide_are_refused() -> None:
    same_hash = [n * sys.hash_info.modulus for n in range(1, 1002)]
    assert unpack(pack(set(same_hash[:1000]))) == set(same_hash[:1000])
    for value in (dict.fromkeys(same_hash), set(same_hash)):
        with pytest.raises(CodecError, match="made to collide"):
            unpack(pack(value))


def compressed(plain: bytes, declared: int | None = None) -> bytes:
    return b"ZL123\0" + u64(len(plain) if declared is None else declared) + zlib.compress(plain)


PLAIN = pack([1, 2])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (compressed(PLAIN, len(PLAIN) - 1), "does not hold"),
        (compressed(PLAIN, len(PLAIN) + 1), "does not hold"),
        (compressed(PLAIN) + b"x", "does not hold"),
        (compressed(PLAIN)[:-1], "does not hold"),
        (compressed(PLAIN, HUGE), "cannot hold"),
        (compressed(b"", 0), "not a blob"),
        (b"ZL123\0" + u64(10) + b"no zlib here", "damaged"),
        (b"ZL123\0", "left"),
        (compressed(compressed(PLAIN)), "not a blob"),
    ],
    ids=count(),
)
def test_damaged_compression(data: bytes, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        unpack(data)


@pytest.mark.parametrize(
    "data",
    [
        compressed(bytes(200_000_000), 1000),
        b"ZL123\0" + u64(2**40) + bytes(1000),
        b"dj0\0\x05" + u64(2**40),
        b"mYm\0A" + u64(3, 2**14, 2**14, 2**14) + u32(6, 0),
        b"mYm\0C" + u64(2, 2**20, 2**20),
        b"mYm\0S" + u64(1, 0) + u32(0xFFFF) + b"a\0" * 0xFFFF,
    ],
    ids=count(),
)
def test_claims_cost_no_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            unpack(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
