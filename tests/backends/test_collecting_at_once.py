"""Collections of garbage at the same time, on one schema and on two that share a store, while others put the same."""

from __future__ import annotations

import datetime
import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from tests.backends.stores import opened

import labwright as lw
from labwright.catalogue.gc import collect
from labwright.catalogue.verify import verify
from labwright.core.errors import LabwrightError, LockError
from labwright.sql.url import DatabaseUrl

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often each of them does something, where somebody has the time."""
TIMES: Final = 12
NOW: Final = datetime.timedelta(0)


def content(key: int) -> bytes:
    """What belongs to a key: the same whoever asks."""
    return random.Random(key).randbytes(3_000)


def declared(project: lw.Project, name: str) -> Any:
    schema = lw.Schema(name, connection=project)

    @schema
    class Scan(lw.Manual):
        history = False
        definition = """
        scan : int32
        ---
        image : <hash@main>
        """

    Scan.insert1((0, content(0)))
    return Scan


def collecting(project: lw.Project, schemas: Sequence[str] | None, _: random.Random) -> None:
    collect(project.database, project.stores, dry_run=False, grace=NOW, schemas=schemas)


def writing(project: lw.Project, schemas: Sequence[str], source: random.Random) -> None:
    """Put, delete, and take over from the other schema what a few keys stand for."""
    tables = [lw.virtual_schema(name, connection=project).Scan for name in schemas]
    source.shuffle(tables)
    key, what = source.randrange(1, 6), source.random()
    if what < 0.5:
        tables[0].insert1((key, content(key % 3)), skip_duplicates=True)
    elif what < 0.7:
        tables[0].insert(tables[-1], skip_duplicates=True)
    else:
        (tables[0] & {"scan": key}).delete(prompt=False)


def repeated(url: DatabaseUrl, folder: Path, do: Callable[..., None], schemas: Sequence[str] | None, seed: int) -> None:
    source = random.Random(seed)
    with opened(url, folder, "main") as project:
        for _ in range(STRESS or TIMES):
            try:
                do(project, schemas, source)
            except LockError:
                continue  # somebody else was at work
            except LabwrightError as error:
                if "Insert the row again" not in str(error):
                    raise


@pytest.mark.parametrize("count", [1, 2])
def test_no_row_is_without_its_bytes(alone: DatabaseUrl, prefix: str, tmp_path: Path, count: int) -> None:
    names = [f"{prefix}lab{n}" for n in range(count)]
    with opened(alone, tmp_path, "main") as project:
        tables = [declared(project, name) for name in names]
        work: list[tuple[Callable[..., None], Sequence[str] | None]] = [(collecting, None), (collecting, names[-1:])]
        work += [(writing, names), (writing, names)]
        with ThreadPoolExecutor(len(work)) as pool:
            done = [pool.submit(repeated, alone, tmp_path, do, of, seed) for seed, (do, of) in enumerate(work)]
        for each in done:
            each.result()
        for table in tables:
            for key, image in zip(*table.to_arrays("scan", "image"), strict=True):
                assert bytes(image) == content(int(key) % 3)
        assert verify(project.database, project.stores).findings == ()
        for _ in range(4):
            collect(project.database, project.stores, dry_run=False, grace=NOW)
        wanted = {bytes(image) for table in tables for image in table.to_arrays("image")}
        assert {p.read_bytes() for p in (tmp_path / "main" / "_hash").rglob("*") if p.is_file()} == wanted
