"""Stores in local folders."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from labwright.core.errors import BucketInaccessible, DataError, MissingExternalFile
from labwright.storage.base import ByteRange, Store
from labwright.storage.files import FileStore
from labwright.storage.protocols import open_store
from labwright.testing.store_suite import StoreSuite


class TestFileStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store("local", {"protocol": "file", "location": str(tmp_path / "store")})


class TestWithoutLinks(StoreSuite):
    """A file system that has no hard links."""

    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        return FileStore("local", tmp_path / "store")


def test_nothing_is_made_before_the_first_put(tmp_path: Path) -> None:
    store = FileStore("local", tmp_path / "a" / "store")
    assert list(store.list()) == []
    store.delete("a")
    with pytest.raises(MissingExternalFile, match="is a disk not mounted"):
        store.get("a")
    assert not list(tmp_path.iterdir())


def test_an_object_is_a_file_of_that_name(tmp_path: Path) -> None:
    FileStore("local", tmp_path).put_create("a%2Fb/é", b"abc")
    assert (tmp_path / "a%2Fb" / "é").read_bytes() == b"abc"
    assert FileStore("local", tmp_path).path("a%2Fb/é") == tmp_path / "a%2Fb" / "é"


def test_foreign_files_that_are_no_keys_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a\\b").write_bytes(b"")
    (tmp_path / "yes").write_bytes(b"")
    (tmp_path / os.fsdecode(b"\xff")).write_bytes(b"")
    assert [info.key for info in FileStore("local", tmp_path).list()] == ["yes"]


@pytest.fixture
def linked(tmp_path: Path) -> FileStore:
    (tmp_path / "store").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    (tmp_path / "store" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "store" / "file").symlink_to(tmp_path / "outside" / "secret")
    return FileStore("local", tmp_path / "store")


@pytest.mark.parametrize("key", ["folder/secret", "file"])
def test_links_do_not_lead_out(linked: FileStore, key: str) -> None:
    for read in (linked.get, linked.head, linked.delete, lambda key: linked.get_ranges(key, [ByteRange(0, 1)])):
        with pytest.raises(DataError, match="symbolic link leads"):
            read(key)
    assert list(linked.list()) == []


def test_links_are_not_written_through(linked: FileStore, tmp_path: Path) -> None:
    for key in ("folder/new", "file"):
        with pytest.raises(DataError, match="symbolic link leads"):
            linked.put_create(key, b"abc")
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]


def test_the_store_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    store = FileStore("local", tmp_path / "store")
    store.put_create("a", b"abc")
    assert store.get("a") == b"abc"


def test_a_folder_that_vanishes_is_told(tmp_path: Path) -> None:
    store = FileStore("local", tmp_path / "store")
    store.put_create("a", b"abc")
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    for act in (lambda: store.get("a"), lambda: store.put_create("b", b""), lambda: store.head("a")):
        with pytest.raises(BucketInaccessible, match="was there, and is gone"):
            act()
    with pytest.raises(BucketInaccessible, match="was there, and is gone"):
        list(store.list())
    assert not (tmp_path / "store").exists()


def test_a_file_where_a_folder_is_wanted_is_told(tmp_path: Path) -> None:
    store = FileStore("local", tmp_path)
    store.put_create("a", b"abc")
    with pytest.raises(BucketInaccessible, match=r"The store 'local' cannot be used, at 'a/b' .*Not a directory"):
        store.put_create("a/b", b"")
    assert [info.key for info in store.list()] == ["a"]


@pytest.fixture
def full() -> Iterator[None]:
    """No file may be larger than 100 kB: the system refuses to write on, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("size", [200_000, 20_000_000])
def test_what_cannot_be_written_whole_leaves_nothing(tmp_path: Path, size: int) -> None:
    store = FileStore("local", tmp_path)
    with pytest.raises(BucketInaccessible, match=r"The store 'local' cannot be used, at 'a' .*File too large"):
        store.put_create("a", bytes(size))
    with pytest.raises(BucketInaccessible, match=r"The store 'local' cannot be used, at 'a' .*File too large"):
        store.put_stream("a", [bytes(size)] * 3)
    assert list(store.list()) == []


def test_a_device_that_is_full_is_told(tmp_path: Path) -> None:
    store = FileStore("local", tmp_path)
    with open("/dev/full", "wb", buffering=0) as device, pytest.raises(BucketInaccessible, match="No space left"):  # noqa: PTH123 - raw
        store._fill("a", device, [b"abc"])


def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    store = FileStore("local", Path("/proc/1/store"))
    with pytest.raises(BucketInaccessible, match=r"The store 'local' cannot be used, at 'a' in /proc/1/store: "):
        store.put_create("a", b"abc")


def test_an_object_cut_off_while_it_is_read_is_told(tmp_path: Path) -> None:
    store = FileStore("local", tmp_path)
    store.put_create("a", b"0123456789")
    with (tmp_path / "a").open("rb", buffering=0) as file:
        info = store.head("a")
        os.truncate(tmp_path / "a", 5)
        with pytest.raises(BucketInaccessible, match="'a' in the store 'local' was cut off"):
            store._part(file, info, ByteRange(2, 8))
