"""Backups of rows whose values are in stores: with the objects, and without them."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database
from tests.conftest import drop_schemas, server_url

import labwright as lw
from labwright.archive.container import object_file
from labwright.catalogue.adopt import strangers
from labwright.catalogue.claims import claims_in
from labwright.catalogue.copies import known_copies
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.holds import hold, let_go_of
from labwright.catalogue.verify import verify
from labwright.core.errors import (
    ArchiveError,
    ConfigError,
    DataError,
    DefinitionError,
    IntegrityError,
    MissingExternalFile,
)
from labwright.storage.digest import digest
from labwright.tables.config import Config

AT_ONCE = datetime.timedelta(0)


def use_store(project: lw.Project, folder: Path, name: str = "main") -> None:
    project.config.update({f"stores.{name}.protocol": "file", f"stores.{name}.location": str(folder)})


def garbage(project: lw.Project, *, dry_run: bool = False) -> Collected:
    return collect(project.database, project.stores, dry_run=dry_run, grace=AT_ONCE)


def content(folder: Path) -> dict[str, bytes]:
    """What a store holds, but for what Labwright keeps for itself."""
    files = (p for p in folder.rglob("*") if p.is_file())
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
    return {path: data for path, data in found.items() if not path.startswith("_labwright/")}


@pytest.fixture
def project(database_url: str, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    with own_database(database_url, prefix) as url, lw.Project(url) as project:
        use_store(project, tmp_path / "main")
        yield project


@pytest.fixture
def scan(project: lw.Project, prefix: str, tmp_path: Path) -> Any:
    schema = lw.Schema(f"{prefix}lab", connection=project)

    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int32
        ---
        raw = null : <hash@main>
        tree = null : <object@main>
        """

    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "a.txt").write_bytes(b"same")
    (tree / "inner" / "b.txt").write_bytes(b"other")
    Scan.insert([{"scan": 1, "raw": b"same"}, {"scan": 2, "raw": b"large" * 10**6}, {"scan": 3, "tree": tree}])
    return Scan


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def target(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    kind = str(request.param)
    url = f"sqlite:///{tmp_path / 'target.db'}" if kind == "sqlite" else server_url(kind)
    (tmp_path / "target").mkdir()
    project = lw.Project(url, settings=Config(tmp_path / "target"))
    yield project
    project.close()
    drop_schemas(url, prefix)


def values(table: Any) -> list[Any]:
    rows = table().to_dicts(order_by="KEY")
    trees = [r["tree"] for r in rows]
    told = [None if t is None else {p: t.fsmap[p] for p in sorted(t.fsmap)} for t in trees]
    return [(r["scan"], r["raw"], tree) for r, tree in zip(rows, told, strict=True)]


def test_objects_come_along(scan: Any, target: lw.Project, prefix: str, tmp_path: Path) -> None:
    archive, copy = tmp_path / "lab.zip", f"{prefix}copy"
    kept = lw.backup(archive, f"{prefix}lab", connection=scan._schema.project)
    assert kept.objects is not None
    assert (kept.objects.count, kept.objects.size) == (3, 4 + 5 * 10**6 + 9)
    with zipfile.ZipFile(archive) as file:
        assert file.namelist().count(object_file(digest(b"same").sha256)) == 1
    assert not lw.verify_backup(archive).problems
    use_store(target, tmp_path / "elsewhere")
    restored = lw.restore(archive, rename={f"{prefix}lab": copy}, connection=target)
    assert restored.missing == ()
    assert not lw.verify_backup(archive, target, rename={f"{prefix}lab": copy}).problems
    assert content(tmp_path / "elsewhere") == content(tmp_path / "main")
    there = lw.virtual_schema(copy, connection=target).Scan
    assert values(there) == values(scan)
    known = [c for c in known_copies(target.database, store="main") if c.schema == copy]
    assert len(known) == 3
    found = verify(target.database, target.stores, store="main").findings
    assert not [f for f in found if f.copy.schema == copy]
    there.insert1({"scan": 9, "raw": b"more"})
    assert len(list(claims_in(target.stores("main").store))) == 1


def test_beside_the_original_both_keep_what_they_need(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    archive, copy = tmp_path / "lab.zip", f"{prefix}copy"
    lw.backup(archive, f"{prefix}lab", connection=project)
    lw.restore(archive, rename={f"{prefix}lab": copy}, connection=project)
    assert len(list(claims_in(project.stores("main").store))) == 2
    expected = values(scan)
    scan._schema.drop(prompt=False)
    garbage(project)
    assert garbage(project) == Collected(dry_run=False)
    there = lw.virtual_schema(copy, connection=project).Scan
    assert values(there) == expected
    there.delete(prompt=False)
    project.connection.execute(f"DELETE FROM {project.database.dialect.table(copy, '~was_scan')}", write=True)
    assert len(garbage(project).quarantined) == 3
    assert len(garbage(project).deleted) == 3
    assert content(tmp_path / "main") == {}


def test_what_is_restored_in_the_folder_of_another_schema_is_known_there_too(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    archive, copy = tmp_path / "lab.zip", f"{prefix}copy"
    lw.backup(archive, f"{prefix}lab", connection=project)
    expected = values(scan)
    scan.delete(prompt=False)
    project.connection.execute(f"DELETE FROM {project.database.dialect.table(f'{prefix}lab', '~was_scan')}", write=True)
    assert len(garbage(project).quarantined) == 3
    lw.restore(archive, rename={f"{prefix}lab": copy}, connection=project)
    assert sorted(c.schema for c in known_copies(project.database)) == [copy] * 3 + [f"{prefix}lab"] * 3
    assert garbage(project) == Collected(dry_run=False)
    assert values(lw.virtual_schema(copy, connection=project).Scan) == expected


def test_a_restore_that_fails_takes_nothing_from_the_folder_of_another_schema(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    archive, held = tmp_path / "lab.zip", content(tmp_path / "main")
    lw.backup(archive, f"{prefix}lab", connection=project)
    scan.delete(prompt=False)
    project.connection.execute(f"DELETE FROM {project.database.dialect.table(f'{prefix}lab', '~was_scan')}", write=True)
    garbage(project)
    garbage(project)
    assert content(tmp_path / "main") == {}
    with pytest.raises(DefinitionError, match="has tables already"):
        lw.restore(archive, connection=project)
    assert content(tmp_path / "main") == held  # a row may have come to use it
    assert len(strangers(project.database, project.stores, grace=AT_ONCE, dry_run=False)) == 4
    garbage(project)
    assert content(tmp_path / "main") == {}


def test_without_objects_the_stores_keep_them(scan: Any, project: lw.Project, prefix: str, tmp_path: Path) -> None:
    archive = tmp_path / "rows.zip"
    kept = lw.backup(archive, f"{prefix}lab", objects=False, connection=project)
    assert kept.objects is not None
    assert kept.objects.holder is not None
    assert not lw.verify_backup(archive).problems
    with zipfile.ZipFile(archive) as file:
        assert not [name for name in file.namelist() if name.startswith("objects/")]
    expected = values(scan)
    scan.delete(prompt=False)
    project.connection.execute(f"DELETE FROM {project.database.dialect.table(f'{prefix}lab', '~was_scan')}", write=True)
    assert garbage(project) == Collected(dry_run=False)
    restored = lw.restore(archive, rename={f"{prefix}lab": f"{prefix}copy"}, connection=project)
    assert restored.missing == ()
    assert values(lw.virtual_schema(f"{prefix}copy", connection=project).Scan) == expected
    lw.virtual_schema(f"{prefix}copy", connection=project).drop(prompt=False)
    let_go_of(project.database, kept.objects.holder)
    assert len(garbage(project).quarantined) == 3


def test_what_is_held_is_not_dropped_with_its_schema(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    holder = "backup rows.zip of " + str(
        lw.backup(tmp_path / "rows.zip", f"{prefix}lab", objects=False, connection=project).made
    )
    with pytest.raises(IntegrityError, match=f"3 objects .* are held for {re.escape(repr(holder))}.* store let-go"):
        scan._schema.drop(prompt=False)
    assert len(values(scan)) == 3
    let_go_of(project.database, holder)
    passed = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(days=1)
    hold(project.database, "export", known_copies(project.database), until=passed)
    scan._schema.drop(prompt=False)
    assert f"{prefix}lab" not in project.database.schemas()


def test_without_objects_elsewhere_it_says_what_is_missing(
    scan: Any, target: lw.Project, prefix: str, tmp_path: Path
) -> None:
    archive = tmp_path / "rows.zip"
    lw.backup(archive, f"{prefix}lab", objects=False, connection=scan._schema.project)
    use_store(target, tmp_path / "elsewhere")
    restored = lw.restore(archive, rename={f"{prefix}lab": f"{prefix}copy"}, connection=target)
    assert len(restored.missing) == 3
    assert all(missing.startswith("main: _") for missing in restored.missing)
    assert not [c for c in known_copies(target.database) if c.schema == f"{prefix}copy"]
    with pytest.raises(MissingExternalFile):
        (lw.virtual_schema(f"{prefix}copy", connection=target).Scan & {"scan": 1}).fetch1("raw")


def test_a_project_without_the_store_is_told_how_to_add_it(
    scan: Any, target: lw.Project, prefix: str, tmp_path: Path
) -> None:
    archive = tmp_path / "lab.zip"
    lw.backup(archive, f"{prefix}lab", connection=scan._schema.project)
    with pytest.raises(ConfigError, match=r"3 objects of the backup .* labwright store add main"):
        lw.restore(archive, rename={f"{prefix}lab": f"{prefix}copy"}, connection=target)
    assert f"{prefix}copy" not in target.database.schemas()


def test_other_content_at_a_path_is_refused(scan: Any, target: lw.Project, prefix: str, tmp_path: Path) -> None:
    archive, elsewhere = tmp_path / "lab.zip", tmp_path / "elsewhere"
    lw.backup(archive, f"{prefix}lab", connection=scan._schema.project)
    path = next(p for p, data in content(tmp_path / "main").items() if data == b"other")
    (elsewhere / path).parent.mkdir(parents=True)
    (elsewhere / path).write_bytes(b"mine!")
    use_store(target, elsewhere)
    with pytest.raises(DataError, match="has something else at"):
        lw.restore(archive, rename={f"{prefix}lab": f"{prefix}copy"}, connection=target)
    assert content(elsewhere) == {path: b"mine!"}
    assert f"{prefix}copy" not in target.database.schemas()


def test_what_fails_leaves_no_objects(scan: Any, target: lw.Project, prefix: str, tmp_path: Path) -> None:
    archive, elsewhere = tmp_path / "lab.zip", tmp_path / "elsewhere"
    lw.backup(archive, f"{prefix}lab", connection=scan._schema.project)
    use_store(target, elsewhere)
    schema = lw.Schema(f"{prefix}copy", connection=target)

    @schema
    class Other(lw.Manual):
        definition = "other : int32"

    Other.insert1((1,))
    with pytest.raises(lw.errors.DefinitionError, match="has tables already"):
        lw.restore(archive, rename={f"{prefix}lab": f"{prefix}copy"}, connection=target)
    assert content(elsewhere) == {}
    assert not list(claims_in(target.stores("main").store))


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_object_ends_the_backup(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path, damage: str
) -> None:
    path = next(p for p, data in content(tmp_path / "main").items() if data == b"other")
    if damage == "missing":
        (tmp_path / "main" / path).unlink()
    else:
        (tmp_path / "main" / path).write_bytes(b"worse")
    with pytest.raises((DataError, MissingExternalFile), match="labwright store verify main --repair"):
        lw.backup(tmp_path / "lab.zip", f"{prefix}lab", connection=project)
    assert not list(tmp_path.glob("lab.zip*"))
    assert lw.backup(tmp_path / "lab.zip", f"{prefix}lab", objects=False, connection=project).objects is not None


def test_the_objects_of_an_archive_are_verified(scan: Any, project: lw.Project, prefix: str, tmp_path: Path) -> None:
    archive = tmp_path / "lab.zip"
    lw.backup(archive, f"{prefix}lab", connection=project)
    name = object_file(digest(b"other").sha256)
    for bad, said in ((b"worse", "is not what was written"), (None, "its content is not in the backup")):
        changed = tmp_path / f"{bad!r}.zip"
        with zipfile.ZipFile(archive) as old, zipfile.ZipFile(changed, "w") as new:
            for info in old.infolist():
                if info.filename != name:
                    new.writestr(info.filename, old.read(info))
                elif bad is not None:
                    new.writestr(name, bad)
        (problem,) = lw.verify_backup(changed).problems
        assert said in problem
        with pytest.raises(ArchiveError):
            lw.restore(changed, rename={f"{prefix}lab": f"{prefix}copy"}, connection=fresh(tmp_path))


def fresh(folder: Path) -> lw.Project:
    (folder / "own").mkdir(exist_ok=True)
    project = lw.Project(f"sqlite:///{folder / 'fresh.db'}", settings=Config(folder / "own"))
    use_store(project, folder / "fresh")
    return project


def test_a_failed_backup_over_a_file_keeps_no_objects(
    scan: Any, project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "lab.zip").write_bytes(b"mine")
    with pytest.raises(lw.errors.AccessError):
        lw.backup(tmp_path / "lab.zip", f"{prefix}lab", objects=False, connection=project)
    held = project.connection.fetch(f"SELECT count(*) FROM {project.database.dialect.table(f'{prefix}lab', '~hold')}")
    assert held[0][0] == 0


def test_the_classic_layout_moves_with_its_schema(
    project: lw.Project, target: lw.Project, prefix: str, tmp_path: Path
) -> None:
    schema = lw.Schema(f"{prefix}lab", connection=project, generation="classic")

    @schema
    class Film(lw.Manual):
        definition = """
        film : int
        ---
        movie = null : blob@main
        """

    Film.insert([(1, [1, 2, 3]), (2, "calm"), (3, None)])
    lw.backup(tmp_path / "lab.zip", f"{prefix}lab", connection=project)
    use_store(target, tmp_path / "elsewhere")
    lw.restore(tmp_path / "lab.zip", rename={f"{prefix}lab": f"{prefix}copy"}, connection=target)
    moved = {path.replace(f"{prefix}lab/", f"{prefix}copy/"): data for path, data in content(tmp_path / "main").items()}
    assert content(tmp_path / "elsewhere") == moved
    there = lw.virtual_schema(f"{prefix}copy", connection=target).Film
    assert list(there.to_arrays("movie", order_by="film")) == list(Film.to_arrays("movie", order_by="film"))
