"""A process that dies while it stages rows: what it leaves is a row that is whole, or is known as being staged."""

from __future__ import annotations

import datetime
import os
import random
from pathlib import Path
from typing import Final

from tests.backends.stores import kill, opened

import labwright as lw
from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import strangers
from labwright.catalogue.gc import collect
from labwright.catalogue.staging_records import open_stagings, staged_paths
from labwright.catalogue.verify import verify
from labwright.sql.url import DatabaseUrl
from labwright.tables.staging import StagedRow

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often the process is killed, where somebody has the time."""
TIMES: Final = 4
NOW: Final = datetime.timedelta(0)

PROCESS: Final = """
import random, sys
import labwright as lw
from labwright.core.errors import DuplicateError
from tests.backends.stores import opened
from tests.backends.test_staging_killed import stage

url, schema, folder, seed = sys.argv[1:]
source = random.Random(int(seed))
with opened(url, folder, "main") as project:
    Scan = lw.virtual_schema(schema, connection=project).Scan
    print("ready", flush=True)
    while True:
        keys = source.sample(range(40), 2)
        resume = f"of-{keys[0]}" if source.random() < 0.5 else None
        try:
            with Scan.staged_insert(resume=resume) as staged:
                for key in keys:
                    stage(staged.row(scan=key))
                if source.random() < 0.2:
                    raise InterruptedError
        except (DuplicateError, InterruptedError):
            (Scan & [{"scan": key} for key in keys]).delete(prompt=False)
"""


def content(key: int) -> dict[str, bytes]:
    """The files that belong to a key: the same whoever asks."""
    source = random.Random(key)
    return {f"c/{n}": source.randbytes(3_000 + 100 * key) for n in range(4)}


def stage(row: StagedRow) -> None:
    """Write the files of a row, one of them twice, and a large one beside them."""
    folder = row.store("tree", ".zarr")
    for path, data in content(row.rec["scan"]).items():
        folder["meta.json"] = path.encode()
        folder[path] = data
    with row.open("movie", ".raw") as file:
        for data in content(row.rec["scan"]).values():
            file.write(data)


def test_what_a_process_leaves(alone: DatabaseUrl, prefix: str, tmp_path: Path) -> None:
    with opened(alone, tmp_path, "main") as project:
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Scan(lw.Manual):
            history = False
            definition = """
            scan : int32
            ---
            tree : <object@main>
            movie : <object@main>
            """

        assert len(Scan) == 0
        for seed in range(STRESS or TIMES):
            kill(PROCESS, alone, schema.database_name, tmp_path, seed, 0.9)
            check(project, Scan)
        go_on(project, Scan)
        clean(project, Scan)


def check(project: lw.Project, table: type[lw.Manual]) -> None:
    """All rows have their files, and what is no row's is known as being staged, or is about to be collected."""
    for key, tree, movie in zip(*table.to_arrays("scan", "tree", "movie"), strict=True):
        wanted = content(int(key))
        assert {path: tree.open(path).read() for path in wanted} == wanted
        assert tree.item_count == len(wanted) + 1
        assert movie.read() == b"".join(wanted.values())
    assert verify(project.database, project.stores).findings == ()
    unknown = strangers(project.database, project.stores, grace=NOW, dry_run=True)
    assert unknown == []


def go_on(project: lw.Project, table: type[lw.Manual]) -> None:
    """A staging that has a name can be gone on with, whatever moment its process died at."""
    for staging in open_stagings(project.stores("main")):
        keys = {int(record.key["scan"]) for record in staging.records}
        if staging.token.startswith("of-") and not table & [{"scan": key} for key in keys]:
            with table.staged_insert(resume=staging.token) as staged:
                for key in sorted(keys):
                    stage(staged.row(scan=key))
    check(project, table)


def clean(project: lw.Project, table: type[lw.Manual]) -> None:
    """What was given up goes, and only that."""
    remove_abandoned(project.database, project.stores, grace=NOW, dry_run=False)
    assert staged_paths(project.stores("main")) == set()
    for _ in range(2):
        collect(project.database, project.stores, dry_run=False, grace=NOW)
    check(project, table)
    wanted = {ref.path for name in ("tree", "movie") for ref in table.to_arrays(name)}
    held = [info.key for info in project.stores("main").store.list("_schema/")]
    assert {next((path for path in wanted if key.startswith(path)), key) for key in held} == wanted
