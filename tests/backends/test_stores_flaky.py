"""A store that fails at any request, before or after it did what it was asked: no row is ever without its bytes."""

from __future__ import annotations

import datetime
import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import strangers
from labwright.catalogue.gc import collect
from labwright.catalogue.leftovers import remove_leftovers
from labwright.catalogue.replicate import replicate
from labwright.catalogue.verify import verify
from labwright.core.errors import BucketInaccessible, DuplicateError
from labwright.sql.url import DatabaseUrl
from labwright.storage.base import ByteRange, Bytes, ObjectInfo
from labwright.storage.memory import MemoryStore
from labwright.storage.protocols import protocols
from labwright.tables.config import Config

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How many runs there are, where somebody has the time."""
STEPS: Final = 80
NOW: Final = datetime.timedelta(0)


class FlakyStore(MemoryStore):
    """A store of whose requests a part fails, half of them when they are done."""

    def __init__(self, name: str, rate: Callable[[], bool]) -> None:
        super().__init__(name)
        self._fails = rate

    @contextmanager
    def _maybe(self) -> Iterator[None]:
        if self._fails():
            raise BucketInaccessible("The request was lost.")
        yield
        if self._fails():
            raise BucketInaccessible("The answer was lost.")

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        with self._maybe():
            return super().put_create(key, data)

    def get(self, key: str) -> bytes:
        with self._maybe():
            return super().get(key)

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        with self._maybe():
            return super().get_ranges(key, ranges)

    def head(self, key: str) -> ObjectInfo:
        with self._maybe():
            return super().head(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._maybe():
            return super().list(prefix)

    def delete(self, key: str) -> None:
        with self._maybe():
            super().delete(key)


class Bad:
    """How bad the line is at the moment."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)
        self.rate = 0.0

    def __call__(self) -> bool:
        return self._source.random() < self.rate

    @contextmanager
    def line(self) -> Iterator[None]:
        self.rate = 0.03
        try:
            yield
        finally:
            self.rate = 0.0


def content(key: int) -> bytes:
    """What belongs to a key: the same whoever asks."""
    return random.Random(key).randbytes(500)


def declared(project: lw.Project, name: str, *, history: bool) -> Any:
    schema, keep = lw.Schema(name, connection=project), history

    @schema
    class Scan(lw.Manual):
        history = keep
        definition = """
        scan : int32
        ---
        raw : <hash@main>
        tree = null : <object@main>
        """

    return Scan


def stage(table: Any, key: int, resume: str | None) -> None:
    with table.staged_insert(resume=resume) as staged:
        folder = staged.row(scan=key, raw=content(key % 3)).store("tree", ".d")
        folder["a"], folder["b"] = content(key), content(key)
        folder["a"] = content(key + 1)


def something(project: lw.Project, tables: Sequence[Any], source: random.Random) -> Callable[[], object]:
    table, key = source.choice(tables), source.randrange(6)
    of: tuple[Any, ...] = (project.database, project.stores)
    removing: dict[str, Any] = {"grace": NOW, "dry_run": False}
    choices: dict[Callable[[], object], int] = {
        partial(table.insert1, (key, content(key % 3), content(key))): 30,
        partial(stage, table, key, source.choice([None, f"r{key}"])): 15,
        partial(tables[1].insert, tables[0], skip_duplicates=True): 10,
        partial((table & {"scan": key}).delete, prompt=False): 15,
        partial(collect, *of, **removing): 15,
        partial(strangers, *of, **removing): 3,
        partial(remove_leftovers, *of, **removing): 2,
        partial(remove_abandoned, *of, **removing): 2,
        partial(replicate, project.database, project.stores, "main", "far"): 4,
        partial(verify, *of, repair=True): 4,
    }
    return source.choices(list(choices), list(choices.values()))[0]


def check(project: lw.Project, tables: Sequence[Any]) -> None:
    for table in tables:
        for key, raw, tree in zip(*table.to_arrays("scan", "raw", "tree"), strict=True):
            assert bytes(raw) == content(int(key) % 3)
            if tree.is_dir:
                assert dict(tree.fsmap) == {"a": content(int(key) + 1), "b": content(int(key))}
            else:
                assert tree.read() == content(int(key))
    assert [f for f in verify(project.database, project.stores).findings if f.copy.store == "main"] == []


@pytest.fixture
def url(database_url: str, prefix: str) -> Iterator[DatabaseUrl]:
    with own_database(database_url, prefix) as url:
        yield url


@pytest.mark.parametrize("seed", range(STRESS or 2))
def test_no_row_is_without_its_bytes(url: DatabaseUrl, prefix: str, tmp_path: Path, seed: int) -> None:
    source, bad = random.Random(seed), Bad(seed)
    protocols.register("flaky", lambda name, _: FlakyStore(name, bad))
    try:
        with lw.Project(url, settings=Config(tmp_path)) as project:
            project.config.update({"stores.main.protocol": "flaky", "stores.far.protocol": "flaky"})
            tables = [declared(project, f"{prefix}{name}", history=name == "one") for name in ("one", "two")]
            for step in range(STEPS):
                with bad.line(), suppress(BucketInaccessible, DuplicateError):
                    something(project, tables, source)()
                if step % 10 == 9:
                    check(project, tables)
            removing: dict[str, Any] = {"grace": NOW, "dry_run": False}
            remove_abandoned(project.database, project.stores, **removing)
            for _ in range(2):
                strangers(project.database, project.stores, **removing)
                collect(project.database, project.stores, **removing)
            check(project, tables)
    finally:
        protocols.unregister("flaky")
