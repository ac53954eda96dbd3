"""The tests that every store passes. Inherit `StoreSuite` and give it a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from labwright.core.errors import DataError, DuplicateError, MissingExternalFile
from labwright.storage.base import ByteRange, ObjectInfo, Store


class StoreSuite:
    """Tests of a `Store`.

    Examples
    --------
    ::

        class TestMyStore(StoreSuite):
            @pytest.fixture
            def store(self, tmp_path):
                return MyStore(tmp_path)
    """

    @pytest.fixture
    def store(self) -> Store:
        """Return an empty store."""
        raise NotImplementedError("Define a fixture `store` that returns an empty store.")

    def test_is_a_store(self, store: Store) -> None:
        assert isinstance(store, Store)
        assert store.name

    @pytest.mark.parametrize("data", [b"", b"\0", b"some bytes", bytes(range(256)) * 5000], ids=len)
    def test_gives_back_what_was_put(self, store: Store, data: bytes) -> None:
        info = store.put_create("folder/object", data)
        assert (info.key, info.size) == ("folder/object", len(data))
        assert store.get("folder/object") == data

    def test_takes_any_bytes_like_value(self, store: Store) -> None:
        store.put_create("a", memoryview(b"abc")[1:])
        store.put_create("b", bytearray(b"abc"))
        assert (store.get("a"), store.get("b")) == (b"bc", b"abc")

    def test_keeps_its_own_copy(self, store: Store) -> None:
        data = bytearray(b"abc")
        store.put_create("a", data)
        data[0] = 0
        assert store.get("a") == b"abc"

    def test_never_overwrites(self, store: Store) -> None:
        store.put_create("a", b"first")
        with pytest.raises(DuplicateError, match="a"):
            store.put_create("a", b"second")
        with pytest.raises(DuplicateError, match="a"):
            store.put_stream("a", [b"second"])
        assert store.get("a") == b"first"

    def test_streams_are_joined(self, store: Store) -> None:
        info = store.put_stream("a", (bytes([i]) * 100_000 for i in range(10)))
        assert info.size == 1_000_000
        assert store.get("a") == b"".join(bytes([i]) * 100_000 for i in range(10))

    def test_a_broken_stream_leaves_nothing(self, store: Store) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"begin"
            raise ConnectionError("the source is gone")

        with pytest.raises(ConnectionError, match="the source is gone"):
            store.put_stream("a", chunks())
        assert not list(store.list())
        assert store.put_create("a", b"again").size == len(b"again")

    def test_ranges(self, store: Store) -> None:
        if not store.capabilities.ranges:
            pytest.skip("the store has no range reads")
        store.put_create("a", b"0123456789")
        ranges = [ByteRange(7, 10), ByteRange(0, 1), ByteRange(4, 4), ByteRange(0, 10)]
        assert list(store.get_ranges("a", ranges)) == [b"789", b"0", b"", b"0123456789"]

    @pytest.mark.parametrize("part", [(0, 11), (-1, 3), (5, 4)], ids=str)
    def test_refuses_ranges_outside(self, store: Store, part: tuple[int, int]) -> None:
        if not store.capabilities.ranges:
            pytest.skip("the store has no range reads")
        store.put_create("a", b"0123456789")
        with pytest.raises(DataError, match="a"):
            store.get_ranges("a", [ByteRange(*part)])

    def test_head(self, store: Store) -> None:
        before = datetime.now(UTC) - timedelta(minutes=5)
        store.put_create("a", b"abc")
        info = store.head("a")
        assert (info.key, info.size) == ("a", 3)
        assert info.modified is None or info.modified > before

    def test_lists_by_prefix_in_order(self, store: Store) -> None:
        if not store.capabilities.listing:
            pytest.skip("the store does not list")
        for key in ("b/2", "a/1", "b/1", "b1"):
            store.put_create(key, key.encode() * 3)
        assert [info.key for info in store.list()] == ["a/1", "b/1", "b/2", "b1"]
        assert [(info.key, info.size) for info in store.list("b/")] == [("b/1", 9), ("b/2", 9)]
        assert list(store.list("c")) == []

    def test_delete(self, store: Store) -> None:
        store.put_create("a", b"abc")
        store.put_create("a b", b"abc")
        store.delete("a")
        store.delete("a")
        with pytest.raises(MissingExternalFile, match="'a'"):
            store.get("a")
        assert store.get("a b") == b"abc"

    def test_missing_objects_are_named(self, store: Store) -> None:
        for read in (store.get, store.head):
            with pytest.raises(MissingExternalFile, match="no/such"):
                read("no/such")
        with pytest.raises(MissingExternalFile, match="no/such"):
            store.get_ranges("no/such", [ByteRange(0, 1)])

    @pytest.mark.parametrize(
        "key", ["", "/a", "a//b", "a/", "../a", "a/../b", "./a", "a\\b", "a\0b", "a\nb", "k" * 1025]
    )
    def test_refuses_keys_that_are_none(self, store: Store, key: str) -> None:
        with pytest.raises(DataError, match="is not a key"):
            store.put_create(key, b"")
        with pytest.raises(DataError, match="is not a key"):
            store.get(key)
        with pytest.raises(DataError, match="is not a key"):
            store.delete(key)

    @pytest.mark.parametrize("key", ["a", "k" * 200, "é/日本", "a b", "a%2Fb", "a=1/b'\"?*", "x/" * 100 + "x"])
    def test_keys_come_back_exactly(self, store: Store, key: str) -> None:
        store.put_create(key, key.encode())
        assert store.get(key) == key.encode()
        assert [info.key for info in store.list()] == [key]

    def test_says_what_it_cannot_sign(self, store: Store) -> None:
        store.put_create("a", b"abc")
        if store.capabilities.signing:
            assert "://" in store.sign("a", expires=timedelta(minutes=1))
        else:
            with pytest.raises(NotImplementedError, match="a"):
                store.sign("a", expires=timedelta(minutes=1))

    def test_info_is_a_value(self, store: Store) -> None:
        assert store.put_create("a", b"abc") == store.head("a")
        assert isinstance(store.head("a"), ObjectInfo)
