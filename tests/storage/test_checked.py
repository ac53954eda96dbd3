"""Objects that are compared with their hash while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labwright.core.errors import BucketInaccessible, DataError, MissingExternalFile
from labwright.storage.base import Store
from labwright.storage.checked import checked
from labwright.storage.digest import CHUNK, LARGE, digest
from labwright.storage.files import FileStore
from labwright.storage.handle import Handle
from labwright.storage.memory import MemoryStore

SIZES = [0, 5, LARGE - 1, LARGE, CHUNK, 2 * CHUNK + 7]


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FileStore("main", tmp_path) if request.param == "file" else MemoryStore()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_the_bytes_are_those_that_were_put(store: Store, size: int, kind: str) -> None:
    content = os.urandom(size)
    store.put_create("a", content)
    with checked(Handle(store, "a"), getattr(digest(content, md5=True), kind)) as data:
        assert bytes(data) == content


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_flipped_bit_anywhere_is_told(store: Store, size: int, kind: str) -> None:
    content = os.urandom(size)
    known = getattr(digest(content, md5=True), kind)
    for place in (0, size // 2, size - 1):
        worse = bytearray(content)
        worse[place] ^= 4
        store.put_create(f"a{place}", worse)
        with pytest.raises(DataError, match="its hash is not"), checked(Handle(store, f"a{place}"), known) as data:
            assert len(data) == size


@pytest.mark.parametrize("size", SIZES)
def test_what_is_too_short_or_too_long_is_told(store: Store, size: int) -> None:
    content = os.urandom(size)
    for name, other in {"longer": content + b"1", "shorter": content[:-1] or b"1"}.items():
        store.put_create(name, other)
        with pytest.raises(DataError, match="its hash is not"), checked(Handle(store, name), digest(content).sha256):
            pass


def test_damage_is_told_instead_of_what_comes_of_it(store: Store) -> None:
    store.put_create("a", b"a" * LARGE)
    with pytest.raises(DataError, match="its hash is not"), checked(Handle(store, "a"), "0" * 64):
        raise ValueError("no blob")


def test_what_fails_with_sound_bytes_is_told(store: Store) -> None:
    store.put_create("a", b"calm")
    with pytest.raises(ValueError, match="no blob"), checked(Handle(store, "a"), digest(b"calm").sha256):
        raise ValueError("no blob")


def test_where_no_hash_is_known_nothing_is_compared(store: Store) -> None:
    store.put_create("a", b"calm")
    with checked(Handle(store, "a"), None) as data:
        assert bytes(data) == b"calm"


def test_what_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(MissingExternalFile), checked(Handle(store, "a"), "0" * 64):
        pass


def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    store = FileStore("main", tmp_path)
    store.put_create("a", b"calm")
    with pytest.raises(BucketInaccessible, match="cannot be used, at 'a'"), store.opened("a") as file:
        file.write(b"it is open for reading")
