"""The part of a store in which files may be replaced, and streams that are written to."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DataError
from labwright.storage.digest import digest
from labwright.storage.feed import Feed
from labwright.storage.memory import MemoryStore
from labwright.storage.staging import StagingArea

SPARES = "_labwright/staging/k3/spare"


@pytest.fixture
def area() -> StagingArea:
    area = StagingArea(MemoryStore(), SPARES)
    area.own("a")
    return area


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["write", "stream", "delete"]), st.binary(max_size=9)))
)
def test_files_are_what_was_written_last(steps: list[tuple[str, str, bytes]]) -> None:
    area, wanted = StagingArea(MemoryStore(), SPARES), dict[str, bytes]()
    area.own("a")
    for name, how, data in steps:
        key = f"a/{name}"
        if how == "write":
            area.write(key, data)
        elif how == "stream":
            with area.open(key) as file:
                for piece in (data[:3], data[3:]):
                    file.write(piece)
        else:
            area.delete(key)
        wanted = {k: v for k, v in wanted.items() if k != key} | ({} if how == "delete" else {key: data})
    found = area.files("a")
    assert {info.key: area.store.get(info.key) for info in found} == wanted
    assert {info.key: area.digest(info).sha256 for info in found} == {k: digest(v).sha256 for k, v in wanted.items()}
    assert [info.key for info in area.store.list()] == sorted(wanted)
    area.clear()
    assert list(area.store.list()) == []


def test_only_what_is_owned_is_written(area: StagingArea) -> None:
    for key in ("b", "ab", "aa/b", SPARES):
        with pytest.raises(DataError, match="not among what is staged here: a"):
            area.write(key, b"")
        with pytest.raises(DataError, match="not among"):
            area.open(key)


def test_what_another_process_wrote_is_read(area: StagingArea) -> None:
    area.write("a/x", b"1")
    area.store.delete("a/x")
    area.store.put_create("a/x", b"22")
    (info,) = area.files("a")
    assert area.digest(info) == digest(b"22")


def test_closing_waits_for_who_writes(area: StagingArea) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        begun.set()
        go_on.wait(30)
        yield b"late"

    writer = threading.Thread(target=area.upload, args=("a/late", slow()))
    writer.start()
    assert begun.wait(30)
    closer = threading.Thread(target=area.close)
    closer.start()
    while not area.is_closed:
        pass
    with pytest.raises(DataError, match="has ended"):
        area.write("a/x", b"")
    assert closer.is_alive()
    go_on.set()
    closer.join(30)
    writer.join(30)
    assert area.store.get("a/late") == b"late"


def test_a_file_that_is_open_at_the_end_is_not_there(area: StagingArea) -> None:
    file = area.open("a/x")
    file.write(b"1")
    assert area.unfinished == ["a/x"]
    area.close()
    assert area.unfinished == []
    assert area.files("a") == []
    with pytest.raises(DataError, match="has ended"):
        file.close()


def test_a_stream_cannot_be_sought_in(area: StagingArea) -> None:
    with area.open("a/x") as file:
        file.write(b"12")
        assert (file.tell(), file.seekable(), file.readable()) == (2, False, False)
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)


def test_a_feed_ends_with_who_takes() -> None:
    def first(chunks: Iterator[bytes]) -> bytes:
        return next(chunks)

    feed = Feed(first)
    for _ in range(3):
        feed.give(b"a")
    assert feed.finish() == b"a"
    broken = Feed(b"".join)
    broken.give(b"a")
    broken.fail()
    assert broken.is_over
