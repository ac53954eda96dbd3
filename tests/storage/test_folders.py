"""Bringing names in folders to the disk, together where many ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labwright.storage.folders import SharedSync


class Disk:
    """Stands for `os.fsync`: notes which names a folder had when it began, and takes as long as it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.synced: list[set[str]] = []
        self.may_end = threading.Event()
        self.begun = threading.Semaphore(0)
        self.fault: OSError | None = None
        monkeypatch.setattr(os, "fsync", self)

    def __call__(self, _: int) -> None:
        names = {path.name for path in self.folder.iterdir()}
        self.begun.release()
        assert self.may_end.wait(60)
        if self.fault is not None:
            raise self.fault
        self.synced.append(names)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(tmp_path, monkeypatch)


def make(disk: Disk, shared: SharedSync, name: str) -> Callable[[], bool]:
    """Make a file, and return when its name is on the disk."""

    def run() -> bool:
        (disk.folder / name).touch()
        shared.sync(disk.folder)
        return any(name in names for names in disk.synced)

    return run


def test_a_name_is_on_the_disk_when_the_call_returns(disk: Disk) -> None:
    shared = SharedSync()
    disk.may_end.set()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(make(disk, shared, str(n))) for n in range(200)]
    assert all(call.result() for call in calls)


def test_who_comes_meanwhile_is_served_together_afterwards(disk: Disk) -> None:
    shared = SharedSync()
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(make(disk, shared, "first"))
        assert disk.begun.acquire(timeout=60)
        later = [pool.submit(make(disk, shared, f"later{n}")) for n in range(4)]
        while len(list(disk.folder.iterdir())) < 5:
            pass
        disk.may_end.set()
    assert first.result()
    assert all(call.result() for call in later), "not by the one that had begun before"
    assert len(disk.synced) < 6


def test_a_disk_that_fails_is_told_to_all_and_asked_again(disk: Disk) -> None:
    shared = SharedSync()
    disk.may_end.set()
    disk.fault = OSError("the disk is gone")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(make(disk, shared, str(n))) for n in range(4)]
    assert all(isinstance(call.exception(), OSError) for call in calls)
    disk.fault = None
    assert make(disk, shared, "again")()


def test_two_folders_do_not_wait_for_each_other(disk: Disk, tmp_path: Path) -> None:
    shared, other = SharedSync(), tmp_path / "other"
    other.mkdir()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(shared.sync, disk.folder)
        pool.submit(shared.sync, other)
        assert disk.begun.acquire(timeout=60)
        assert disk.begun.acquire(timeout=60), "both have begun, and none has ended"
        disk.may_end.set()
