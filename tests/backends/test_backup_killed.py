"""A process that dies while it backs up, restores and drops schemas with objects: no row is ever without its bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from tests.backends.stores import kill, opened
from tests.backends.test_objects_killed import check, clean, content

import labwright as lw
from labwright.catalogue.claims import claims_in, release
from labwright.catalogue.holds import holders, let_go_of
from labwright.core.errors import MissingTableError, VersionError
from labwright.sql.url import DatabaseUrl

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often the process is killed, where somebody has the time."""
TIMES: Final = 3

PROCESS: Final = """
import datetime, os, random, sys
from pathlib import Path
import labwright as lw
from labwright.catalogue.gc import collect
from labwright.core.errors import ConfigError, DataError, DefinitionError, IntegrityError, VersionError
from tests.backends.stores import opened
from tests.backends.test_objects_killed import content

url, schema, folder, seed = sys.argv[1:]
source = random.Random(int(seed))
archives = Path(folder) / "archives"
with opened(url, folder, "main") as project:
    Scan = lw.virtual_schema(schema, connection=project).Scan
    print("ready", flush=True)
    while True:
        what, turn = source.random(), source.randrange(10**9)
        keys = [source.randrange(60) for _ in range(10)]
        if what < 0.2:
            Scan.insert([(k, content(k), content(k // 3)) for k in dict.fromkeys(keys)], skip_duplicates=True)
        elif what < 0.3:
            (Scan & [{"scan": k} for k in keys]).delete(prompt=False)
        elif what < 0.4:
            try:
                collect(project.database, project.stores, dry_run=False, grace=datetime.timedelta(0))
            except ConfigError:
                pass
        elif what < 0.6:
            lw.backup(archives / f"{turn}.zip", schema, connection=project, objects=what < 0.5)
        elif found := sorted(archives.glob("*.zip")):
            name = f"{schema}_{source.randrange(3)}"
            try:
                if what < 0.8:
                    lw.restore(source.choice(found), rename={schema: name}, connection=project)
                else:
                    lw.Schema(name, connection=project).drop(prompt=False)
            except VersionError:
                project.connection.script([f"DROP SCHEMA {name}"])
            except (DefinitionError, DataError, IntegrityError):
                pass
"""


def test_no_row_is_without_its_bytes_whatever_moment_a_restore_ends_at(
    alone: DatabaseUrl, prefix: str, tmp_path: Path
) -> None:
    archives = tmp_path / "archives"
    archives.mkdir()
    with opened(alone, tmp_path, "main") as project:
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
        lw.backup(archives / "first.zip", schema.database_name, connection=project)
        for seed in range(STRESS or TIMES):
            kill(PROCESS, alone, schema.database_name, tmp_path, seed, 1.5)
            check(project, Scan)
            check_archives(archives)
            check_restored(project, schema.database_name)
        end(project, schema.database_name)
        clean(project, Scan, tmp_path / "main")


def check_archives(folder: Path) -> None:
    """What has its name is complete."""
    for archive in folder.glob("*.zip"):
        assert not lw.verify_backup(archive).problems
        if archive.name != "first.zip":
            archive.unlink()


def check_restored(project: lw.Project, original: str) -> None:
    """A schema that can be read is whole."""
    for name in sorted(set(project.database.schemas()) - {original}):
        try:
            restored: Any = lw.virtual_schema(name, connection=project)
            check(project, restored.Scan)
        except (VersionError, MissingTableError, AttributeError):
            continue  # it says that it is being restored, or has no table yet


def end(project: lw.Project, original: str) -> None:
    """Drop what was restored, and say so to the store where who was to say it was killed."""
    for held in holders(project.database):
        let_go_of(project.database, held.holder)
    for name in sorted(set(project.database.schemas()) - {original}):
        try:
            lw.Schema(name, connection=project).drop(prompt=False)
        except VersionError:
            project.connection.script([f"DROP SCHEMA {name}"])
    opened_store = project.stores("main")
    for claim in list(claims_in(opened_store.store)):
        if claim.schema != original:
            release(project.database, opened_store, claim.number, [original])
