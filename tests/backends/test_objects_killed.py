"""A process that dies while it puts, collects and copies objects: no row is ever without its bytes."""

from __future__ import annotations

import datetime
import os
import random
from pathlib import Path
from typing import Final

from tests.backends.stores import kill, opened

import labwright as lw
from labwright.catalogue.adopt import strangers
from labwright.catalogue.gc import collect
from labwright.catalogue.verify import verify
from labwright.sql.url import DatabaseUrl

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often the process is killed, where somebody has the time."""
TIMES: Final = 3
NOW: Final = datetime.timedelta(0)

PROCESS: Final = """
import datetime, os, random, sys
import labwright as lw
from labwright.catalogue.gc import collect
from labwright.catalogue.replicate import replicate
from tests.backends.stores import opened
from tests.backends.test_objects_killed import content

url, schema, folder, seed = sys.argv[1:]
source = random.Random(int(seed))
with opened(url, folder, "main", "far") as project:
    Scan = lw.virtual_schema(schema, connection=project).Scan
    print("ready", flush=True)
    while True:
        what = source.random()
        keys = [source.randrange(60) for _ in range(10)]
        if what < 0.5:
            Scan.insert([(k, content(k), content(k // 3)) for k in dict.fromkeys(keys)], skip_duplicates=True)
        elif what < 0.7:
            (Scan & [{"scan": k} for k in keys]).delete(prompt=False)
        elif what < 0.85:
            collect(project.database, project.stores, dry_run=False, grace=datetime.timedelta(0))
        else:
            replicate(project.database, project.stores, "main", "far")
"""


def content(key: int) -> bytes:
    """What belongs to a key: the same whoever asks."""
    return random.Random(key).randbytes(5_000 + 1_000 * key)


def test_no_row_is_without_its_bytes(alone: DatabaseUrl, prefix: str, tmp_path: Path) -> None:
    with opened(alone, tmp_path, "main", "far") as project:
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Scan(lw.Manual):
            history = False
            definition = """
            scan : int32
            ---
            image : <hash@main>
            shared : <hash@main>
            """

        Scan.insert([(k, content(k), content(k // 3)) for k in range(10)])
        for seed in range(STRESS or TIMES):
            kill(PROCESS, alone, schema.database_name, tmp_path, seed, 0.6)
            check(project, Scan)
        clean(project, Scan, tmp_path / "main")


def check(project: lw.Project, table: type[lw.Manual]) -> None:
    """All rows have what belongs to them, and the catalogue knows of nothing that is not there."""
    for key, image, shared in zip(*table.to_arrays("scan", "image", "shared"), strict=True):
        assert bytes(image) == content(int(key))
        assert bytes(shared) == content(int(key) // 3)
    assert verify(project.database, project.stores).findings == ()


def clean(project: lw.Project, table: type[lw.Manual], store: Path) -> None:
    """What is left over goes, and only that."""
    strangers(project.database, project.stores, grace=NOW, dry_run=False)
    for _ in range(2):
        collect(project.database, project.stores, dry_run=False, grace=NOW)
    check(project, table)
    wanted = {bytes(v) for name in ("image", "shared") for v in table.to_arrays(name)}
    assert {p.read_bytes() for p in (store / "_hash").rglob("*") if p.is_file()} == wanted
