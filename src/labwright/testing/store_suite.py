"""The tests that every store passes. Inherit `StoreSuite` and give it a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from traceback import StackSummary, TracebackException
from typing import Final
from urllib.request import Request, urlopen

import pytest

from labwright.core.errors import BucketInaccessible, DataError, DuplicateError, LabwrightError, MissingExternalFile
from labwright.storage.base import ByteRange, ObjectInfo, Store

MANY: Final = 20 * 1024 * 1024
"""So many bytes are a large object, which goes in parts where a store has such."""
NO_KEYS: Final = ("", "/a", "a//b", "a/", "../a", "a/../b", "./a", "a\\b", "a\0b", "a\nb", "k" * 1025)
STRANGE_KEYS: Final = (
    "a",
    "k" * 200,
    "é/日本",
    "a b",
    "a%2Fb",
    "a=1/b'\"?*",
    "x/" * 100 + "x",
    "a#1",
    "%",
    "~t/(x)!",
    "a&b<c>;d+e@f:g",
    "$HOME/`x`",
    "{a}[b]|c^",
)


class ReadableStoreSuite:
    """Tests of a `Store` that may be one that is only read from."""

    @pytest.fixture
    def store(self) -> Store:
        """Return an empty store."""
        raise NotImplementedError("Define a fixture `store` that returns an empty store.")

    def fill(self, store: Store, key: str, data: bytes) -> None:
        """Put an object into the store: override it where that is not done through the store."""
        store.put_create(key, data)

    def test_is_a_store(self, store: Store) -> None:
        assert isinstance(store, Store)
        assert store.name
        assert store.name in repr(store)

    @pytest.mark.parametrize("data", [b"", b"\0", b"some bytes", bytes(range(256)) * 5000], ids=len)
    def test_gives_back_what_it_has(self, store: Store, data: bytes) -> None:
        self.fill(store, "folder/object", data)
        assert store.get("folder/object") == data
        assert store.head("folder/object").size == len(data)

    def can_read_ranges(self, store: Store) -> bool:
        """Whether it can; if not, that it says so."""
        if not store.capabilities.ranges:
            with pytest.raises(NotImplementedError, match="'a'"):
                store.get_ranges("a", [ByteRange(0, 1)])
        return store.capabilities.ranges

    def test_ranges(self, store: Store) -> None:
        if not self.can_read_ranges(store):
            return
        self.fill(store, "a", b"0123456789")
        ranges = [ByteRange(7, 10), ByteRange(0, 1), ByteRange(4, 4), ByteRange(0, 10), ByteRange(0, 1)]
        assert list(store.get_ranges("a", ranges)) == [b"789", b"0", b"", b"0123456789", b"0"]
        assert list(store.get_ranges("a", [ByteRange(3, 5)])) == [b"34"]
        assert list(store.get_ranges("a", [ByteRange(10, 10)])) == [b""]
        assert list(store.get_ranges("a", [])) == []

    def test_ranges_of_a_large_object(self, store: Store) -> None:
        if not self.can_read_ranges(store):
            return
        data = bytes(range(251)) * 20_000
        self.fill(store, "a", data)
        ranges = [ByteRange(start, start + 11) for start in range(0, len(data) - 11, 100_000)]
        assert list(store.get_ranges("a", ranges[::-1])) == [data[start:stop] for start, stop in ranges[::-1]]

    @pytest.mark.parametrize("part", [(0, 11), (-1, 3), (5, 4), (12, 14), (10, 11), (11, 11)], ids=str)
    def test_refuses_ranges_outside(self, store: Store, part: tuple[int, int]) -> None:
        if not self.can_read_ranges(store):
            return
        self.fill(store, "a", b"0123456789")
        with pytest.raises(DataError, match="a"):
            store.get_ranges("a", [ByteRange(*part)])
        with pytest.raises(DataError, match="a"):
            store.get_ranges("a", [ByteRange(0, 2), ByteRange(*part), ByteRange(3, 5)])

    def test_head(self, store: Store) -> None:
        self.fill(store, "a", b"abc")
        info = store.head("a")
        assert isinstance(info, ObjectInfo)
        assert (info.key, info.size) == ("a", 3)
        assert info.modified is None or abs(datetime.now(UTC) - info.modified) < timedelta(minutes=5)

    def test_missing_objects_are_named(self, store: Store) -> None:
        self.fill(store, "yes", b"abc")
        for read in (store.get, store.head):
            for key in ("no/such", "yes/no"):
                with pytest.raises(MissingExternalFile, match=key):
                    read(key)
        if store.capabilities.ranges:
            with pytest.raises(MissingExternalFile, match="no/such"):
                store.get_ranges("no/such", [ByteRange(0, 1)])

    def test_a_folder_is_no_object(self, store: Store) -> None:
        self.fill(store, "a/b", b"abc")
        for read in (store.get, store.head):
            with pytest.raises(MissingExternalFile, match="'a'"):
                read("a")

    @pytest.mark.parametrize("key", NO_KEYS)
    def test_refuses_to_read_keys_that_are_none(self, store: Store, key: str) -> None:
        for read in (store.get, store.head):
            with pytest.raises(DataError, match="is not a key"):
                read(key)
        with pytest.raises(DataError, match="is not a key"):
            store.get_ranges(key, [ByteRange(0, 1)])

    @pytest.mark.parametrize("key", STRANGE_KEYS)
    def test_keys_are_exact(self, store: Store, key: str) -> None:
        self.fill(store, key, key.encode())
        assert store.get(key) == key.encode()
        assert store.head(key).key == key

    def test_many_threads_read(self, store: Store) -> None:
        for i in range(10):
            self.fill(store, f"a/{i}", str(i).encode() * 1000)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda i: store.get(f"a/{i % 10}"), range(50)))
        assert found == [str(i % 10).encode() * 1000 for i in range(50)]

    def test_says_what_it_cannot_do(self, store: Store) -> None:
        can = store.capabilities
        if not can.writing:
            with pytest.raises(NotImplementedError, match="a"):
                store.put_create("a", b"")
            with pytest.raises(NotImplementedError, match="a"):
                store.put_stream("a", [b""] * 3)
            with pytest.raises(NotImplementedError, match="a"):
                store.delete("a")
        if not can.listing:
            with pytest.raises(NotImplementedError, match=store.name):
                list(store.list())


class StoreSuite(ReadableStoreSuite):
    """Tests of a `Store`.

    Examples
    --------
    ::

        class TestMyStore(StoreSuite):
            @pytest.fixture
            def store(self, tmp_path):
                return MyStore(tmp_path)
    """

    @staticmethod
    def keys(store: Store, prefix: str = "") -> list[str]:
        """Return the keys of a store."""
        return [info.key for info in store.list(prefix)]

    def test_tells_what_was_put(self, store: Store) -> None:
        for info in (store.put_create("a", b"abc"), store.put_stream("b", [b"a", b"bc"])):
            assert info == replace(store.head(info.key), modified=info.modified)

    def test_takes_any_bytes_like_value(self, store: Store) -> None:
        store.put_create("a", memoryview(b"abc")[1:])
        store.put_create("b", bytearray(b"abc"))
        store.put_stream("c", [bytearray(b"abc"), memoryview(b"def")])
        assert [store.get(key) for key in "abc"] == [b"bc", b"abc", b"abcdef"]

    def test_keeps_its_own_copy(self, store: Store) -> None:
        data = bytearray(b"abc")
        store.put_create("a", data)
        data[0] = 0
        assert store.get("a") == b"abc"

    def test_takes_chunks_as_they_were(self, store: Store) -> None:
        def chunks() -> Iterator[bytearray]:
            buffer = bytearray(3_000_000)
            for i in range(6):
                buffer[:] = bytes([i]) * len(buffer)
                yield buffer

        store.put_stream("a", chunks())
        assert store.get("a") == b"".join(bytes([i]) * 3_000_000 for i in range(6))

    def test_never_overwrites(self, store: Store) -> None:
        store.put_create("a", b"first")
        with pytest.raises(DuplicateError, match="a"):
            store.put_create("a", b"second")
        for size in (1, MANY):
            with pytest.raises(DuplicateError, match="a"):
                store.put_stream("a", [b"second", bytes(size)])
        assert store.get("a") == b"first"
        assert self.keys(store) == ["a"]

    def test_of_many_writers_one_wins(self, store: Store) -> None:
        def put(i: int) -> int | None:
            try:
                store.put_create("a/b", str(i).encode() * 1000)
            except DuplicateError:
                return None
            return i

        with ThreadPoolExecutor(8) as pool:
            won = [i for i in pool.map(put, range(8)) if i is not None]
        assert len(won) == 1 or (won and not store.capabilities.create_only)
        assert store.get("a/b") in {str(i).encode() * 1000 for i in won}
        assert self.keys(store) == ["a/b"]

    def test_many_writers_put_and_delete(self, store: Store) -> None:
        def put(i: int) -> bool:
            store.put_create(f"same/folder/{i}", b"abc")
            store.delete(f"same/folder/{i}")
            return True

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(put, range(30)))
        assert self.keys(store) == []

    def test_streams_are_joined(self, store: Store) -> None:
        info = store.put_stream("a", (bytes([i]) * 100_000 for i in range(10)))
        assert info.size == 1_000_000
        assert store.get("a") == b"".join(bytes([i]) * 100_000 for i in range(10))
        assert store.put_stream("empty", []).size == 0
        assert store.put_stream("as good as empty", [b"", b""]).size == 0
        assert store.get("empty") == b""

    def test_large_objects(self, store: Store) -> None:
        data = bytes(range(256)) * (MANY // 256)
        sizes = (1, 0, 9_000_000, 7, 5_000_000, MANY)
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        info = store.put_stream("a", (data[start : start + size] for start, size in zip(starts, sizes, strict=True)))
        assert info.size == len(data)
        assert store.get("a") == data
        assert store.put_create("b", data * 2).size == 2 * len(data)
        assert store.get("b") == data * 2
        assert self.keys(store) == ["a", "b"]

    def test_a_stream_may_come_from_the_store(self, store: Store) -> None:
        store.put_create("a", b"abc" * 1_000_000)
        store.put_stream("b", (store.get("a") for _ in range(5)))
        assert store.get("b") == b"abc" * 5_000_000

    @pytest.mark.parametrize("size", [1, MANY])
    @pytest.mark.parametrize("error", [ConnectionError("the source is gone"), FileNotFoundError(2, "no source")])
    def test_a_broken_stream_leaves_nothing(self, store: Store, size: int, error: Exception) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"begin"
            yield bytes(size)
            raise error

        with pytest.raises(type(error), match="source"):
            store.put_stream("a", chunks())
        assert self.keys(store) == []
        assert store.put_create("a", b"again").size == len(b"again")

    def test_a_stream_appears_whole(self, store: Store) -> None:
        seen: list[ObjectInfo] = []

        def chunks() -> Iterator[bytes]:
            for _ in range(3):
                yield bytes(MANY // 2)
                seen.extend(info for info in store.list("a"))
                with pytest.raises(MissingExternalFile):
                    store.head("a")

        store.put_stream("a", chunks())
        assert not seen

    def test_lists_by_prefix_in_order(self, store: Store) -> None:
        keys = ["a b", "a-b/c", "a/1", "a0", "b/2", "b/1", "b1", "b/é", "é", "b/Z"]
        for key in keys:
            store.put_create(key, key.encode() * 3)
        assert self.keys(store) == sorted(keys)
        assert [(info.key, info.size) for info in store.list("b/")] == [("b/1", 9), ("b/2", 9), ("b/Z", 9), ("b/é", 12)]
        assert self.keys(store, "b") == ["b/1", "b/2", "b/Z", "b/é", "b1"]
        assert self.keys(store, "a") == ["a b", "a-b/c", "a/1", "a0"]
        assert self.keys(store, "b/é") == ["b/é"]
        assert self.keys(store, "c") == []
        assert self.keys(store, "b/1/") == []

    def test_listing_tells_what_head_tells(self, store: Store) -> None:
        store.put_create("a/b", b"abc")
        (info,) = store.list()
        assert (info.key, info.size, info.etag) == ("a/b", 3, store.head("a/b").etag)

    def test_delete(self, store: Store) -> None:
        for key in ("a", "a b", "c/d"):
            store.put_create(key, b"abc")
        for _ in range(2):
            store.delete("a")
            store.delete("c/d")
            store.delete("never/there")
        with pytest.raises(MissingExternalFile, match="'a'"):
            store.get("a")
        assert store.get("a b") == b"abc"
        assert store.put_create("a", b"again").size == len(b"again")

    def test_delete_many(self, store: Store) -> None:
        keys = [f"a/{i}" for i in range(12)]
        for key in (*keys, "b", "c%2F d"):
            store.put_create(key, b"abc")
        store.delete_many(iter([*keys, "c%2F d", "not there"]))
        store.delete_many([])
        assert self.keys(store) == ["b"]

    def test_a_folder_that_was_emptied_is_gone(self, store: Store) -> None:
        store.put_create("a/b/c", b"abc")
        store.delete("a/b/c")
        assert self.keys(store) == []

    @pytest.mark.parametrize("key", NO_KEYS)
    def test_refuses_to_write_keys_that_are_none(self, store: Store, key: str) -> None:
        with pytest.raises(DataError, match="is not a key"):
            store.put_create(key, b"")
        with pytest.raises(DataError, match="is not a key"):
            store.put_stream(key, [b""])
        with pytest.raises(DataError, match="is not a key"):
            store.delete(key)
        assert self.keys(store) == []

    @pytest.mark.parametrize("key", STRANGE_KEYS)
    def test_keys_come_back_exactly(self, store: Store, key: str) -> None:
        store.put_create(key, key.encode())
        assert self.keys(store) == [key]
        assert self.keys(store, key) == [key]
        store.delete_many([key])
        assert self.keys(store) == []

    def test_signed_urls_work(self, store: Store) -> None:
        if not store.capabilities.signing:
            with pytest.raises(NotImplementedError, match="'a'"):
                store.sign("a", expires=timedelta(minutes=1))
            return
        store.put_create("a=1/b_c.d", b"abc")
        with urlopen(store.sign("a=1/b_c.d", expires=timedelta(minutes=1)), timeout=10) as answer:  # noqa: S310 - the store's
            assert answer.read() == b"abc"
        url = store.sign("b", method="PUT", expires=timedelta(minutes=1))
        headers = {"Content-Type": "text/plain", "x-ms-blob-type": "BlockBlob"}  # Azure asks for the second
        urlopen(Request(url, b"def", headers, method="PUT"), timeout=10).close()  # noqa: S310 - the store's
        assert store.get("b") == b"def"


def shown_of(error: BaseException) -> str:
    """Return all that a traceback can show of an error: also the variables of the functions that opened a store."""
    found = TracebackException.from_exception(error, capture_locals=True)
    found.stack = StackSummary.from_list([frame for frame in found.stack if "labwright/storage" in frame.filename])
    return f"{error} {error!r}" + "".join(found.format())


class DownSuite:
    """Tests of a `Store` whose server is not there. `secrets` is what no message may show."""

    secrets: tuple[str, ...] = ()

    @pytest.fixture
    def down(self) -> Store:
        """Return a store that cannot be reached."""
        raise NotImplementedError("Define a fixture `down` that returns a store that cannot be reached.")

    @pytest.mark.parametrize("verb", ["get", "head", "put_create", "put_stream", "get_ranges", "list", "delete"])
    def test_says_that_it_cannot_be_reached(self, down: Store, verb: str) -> None:
        acts: dict[str, Callable[[], object]] = {
            "get": lambda: down.get("a"),
            "head": lambda: down.head("a"),
            "put_create": lambda: down.put_create("a", b"abc"),
            "put_stream": lambda: down.put_stream("a", [bytes(MANY)]),
            "get_ranges": lambda: down.get_ranges("a", [ByteRange(0, 1)]),
            "list": lambda: list(down.list()),
            "delete": lambda: down.delete("a"),
        }
        with pytest.raises(BucketInaccessible, match=f"The store '{down.name}' cannot be") as caught:
            acts[verb]()
        shown = shown_of(caught.value)
        assert not [secret for secret in self.secrets if secret in shown]

    def test_other_errors_are_none_of_its(self, down: Store) -> None:
        with pytest.raises(LabwrightError, match="is not a key"):
            down.get("../a")
