"""``blob@store``, ``attach@store`` and ``filepath@store`` of the classic generation: its layout, read and written."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labwright as lw
from labwright.catalogue.claims import claims_in
from labwright.codecs.filepath import FilepathRef
from labwright.core.generation import Generation
from labwright.sql.objects import COPY
from labwright.tables.config import Config
from labwright.tables.prune import prune


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stage").mkdir()
    return tmp_path


@pytest.fixture
def project(database_url: str, folder: Path) -> Iterator[lw.Project]:
    with lw.Project(database_url, settings=Config(folder)) as project:
        yield project


@pytest.fixture
def schema(project: lw.Project, prefix: str, folder: Path) -> Iterator[lw.Schema]:
    project.config["stores"] = {
        "raw": {"protocol": "file", "location": str(folder / "raw"), "stage": str(folder / "stage")}
    }
    schema = lw.Schema(f"{prefix}classic", connection=project, generation="classic")
    yield schema
    schema.drop(prompt=False)


@pytest.fixture
def scan(schema: lw.Schema) -> type[lw.Manual]:
    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int
        ---
        movie = null : blob@raw
        notes = null : attach@raw
        path = null : filepath@raw
        """

    return Scan


def stored(folder: Path) -> dict[str, bytes]:
    """What the store holds, by key, without what Labwright keeps there for itself."""
    found = ((p.relative_to(folder / "raw").as_posix(), p) for p in (folder / "raw").rglob("*") if p.is_file())
    return {key: path.read_bytes() for key, path in found if not key.startswith("_labwright/")}


def entries(schema: lw.Schema) -> dict[str, Any]:
    rows = schema.external["raw"].fetch(as_dict=True)
    return {row["hash"].hex: row for row in rows}


def hexed(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_blobs_have_the_layout_of_the_classic_generation(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert1({"scan": 1, "movie": np.arange(5)})
    ((key, data),) = stored(folder).items()
    hash_ = hexed(data)
    assert key == f"{schema.database_name}/{hash_[:2]}/{hash_[2:4]}/{hash_}"
    assert entries(schema)[hash_]["size"] == len(data)
    assert entries(schema)[hash_]["filepath"] is None
    assert scan.fetch1("movie").tolist() == [0, 1, 2, 3, 4]
    assert scan.proj(hash="movie").fetch1("hash").tolist() == [0, 1, 2, 3, 4]


def test_attachments_come_back_as_local_paths(scan: Any, schema: lw.Schema, folder: Path) -> None:
    (folder / "a b.txt").write_text("calm")
    scan.insert1({"scan": 1, "notes": folder / "a b.txt"})
    hash_ = hexed(b"a b.txt\0calm")
    assert stored(folder) == {f"{schema.database_name}/{hash_[:2]}/{hash_[2:4]}/{hash_}.a b.txt": b"calm"}
    assert entries(schema)[hash_]["attachment_name"] == "a b.txt"
    got = scan.fetch1("notes", download_path=folder / "got")
    assert isinstance(got, str)
    assert Path(got) == folder / "got" / "a b.txt"
    assert Path(got).read_text() == "calm"
    assert scan.fetch1("notes", download_path=folder / "got") == got
    (folder / "got" / "a b.txt").write_text("mine")
    other = Path(scan.fetch1("notes", download_path=folder / "got"))
    assert (other.name, other.read_text()) == ("a b_1.txt", "calm")
    assert (folder / "got" / "a b.txt").read_text() == "mine"


def test_files_are_kept_by_their_paths_below_the_stage(scan: Any, schema: lw.Schema, folder: Path) -> None:
    (folder / "stage" / "day").mkdir()
    file = folder / "stage" / "day" / "one.bin"
    file.write_bytes(b"calm")
    scan.insert1({"scan": 1, "path": file})
    assert stored(folder) == {"day/one.bin": b"calm"}
    row = entries(schema)[hexed(b"day/one.bin")]
    assert (row["filepath"], row["contents_hash"].hex, row["size"]) == ("day/one.bin", hexed(b"calm"), 4)
    file.unlink()
    assert scan.fetch1("path") == str(file)
    assert file.read_bytes() == b"calm"
    file.write_bytes(b"mine")
    with pytest.raises(lw.errors.DataError, match="is another than the one that the store has"):
        scan.fetch1("path")
    assert file.read_bytes() == b"mine"
    with pytest.raises(lw.errors.DataError, match=r"has another version of the file 'day/one.bin'"):
        scan.insert1({"scan": 2, "path": file})
    (folder / "other.bin").write_bytes(b"calm")
    with pytest.raises(lw.errors.CodecError, match="is not in the stage"):
        scan.insert1({"scan": 2, "path": folder / "other.bin"})
    assert len(scan()) == 1


def test_files_come_as_references_in_generation_2(scan: Any, schema: lw.Schema, folder: Path) -> None:
    file = folder / "stage" / "one.bin"
    file.write_bytes(b"calm")
    (folder / "a.txt").write_text("note")
    scan.insert1({"scan": 1, "path": file, "notes": folder / "a.txt", "movie": [1, 2]})
    file.unlink()
    project: Any = schema.project
    current: Any = lw.VirtualModule("current", schema.database_name, connection=project)
    row = current.Scan.fetch1(download_path=folder / "got")
    assert isinstance(row["path"], FilepathRef)
    assert (row["path"].path, row["path"].size, row["path"].read()) == ("one.bin", 4, b"calm")
    assert Path(row["notes"]).read_text() == "note"
    assert row["movie"] == [1, 2]
    assert not file.exists()
    current.Scan.insert1({"scan": 2, "movie": [1, 2]})
    assert len(schema.external["raw"]) == 3
    (folder / "raw" / "one.bin").write_bytes(b"clam")
    with pytest.raises(lw.errors.DataError, match="damaged"):
        row["path"].read()
    with pytest.raises(lw.errors.DataError, match="damaged"):
        (scan & "scan = 1").fetch1("path")
    assert not file.exists()


def test_the_same_content_is_there_once(scan: Any, schema: lw.Schema, folder: Path) -> None:
    for i in range(3):
        scan.insert1({"scan": i, "movie": [1, 2, 3]})
    scan.insert([{"scan": i, "movie": [1, 2, 3]} for i in range(3, 6)])
    scan.update1({"scan": 0, "movie": [4]})
    assert len(stored(folder)) == len(entries(schema)) == 2
    assert scan.fetch("movie", order_by="scan").tolist() == [[4], *[[1, 2, 3]] * 5]


def test_rows_read_one_by_one_and_by_join(scan: Any, schema: lw.Schema, folder: Path) -> None:
    Scan = scan

    @schema
    class Page(lw.Manual):
        definition = """
        -> Scan
        page : int
        ---
        image : blob@raw
        """

    assert Scan.primary_key == ["scan"]
    for i in range(5):
        (folder / f"{i}.txt").write_text(f"{i}")
    scan.insert([{"scan": i, "movie": [i], "notes": folder / f"{i}.txt"} for i in range(5)])
    Page.insert([(i, 1, {"page": i}) for i in range(5)])
    rows = (scan * Page).fetch("movie", "image", "notes", order_by="scan", download_path=folder / "got")
    assert [v.tolist() for v in rows[:2]] == [[[i] for i in range(5)], [{"page": i} for i in range(5)]]
    assert [Path(p).read_text() for p in rows[2]] == list("01234")
    assert [row["movie"] for row in scan().cursor(as_dict=True)] == [[i] for i in range(5)]


def test_objects_of_generation_011_are_found_by_their_path(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert1({"scan": 1, "movie": [1, 2]})
    ((key, data),) = stored(folder).items()
    (folder / "raw" / key).unlink()
    (folder / "raw" / "old").mkdir()
    (folder / "raw" / "old" / "blob").write_bytes(data)
    with pytest.raises(lw.errors.MissingExternalFile):
        scan.fetch1("movie")
    external = schema.project.database.dialect.table(schema.database_name, "~external_raw")
    schema.project.connection.execute(f"UPDATE {external} SET filepath = 'old/blob'", write=True)
    assert scan.fetch1("movie") == [1, 2]


def test_damage_is_told(scan: Any, folder: Path) -> None:
    (folder / "a.txt").write_text("note")
    scan.insert1({"scan": 1, "movie": [1, 2], "notes": folder / "a.txt"})
    for key, data in stored(folder).items():
        (folder / "raw" / key).write_bytes(data[:-1] + b"!")
    for name in ("movie", "notes"):
        with pytest.raises(lw.errors.DataError, match="damaged"):
            scan.fetch1(name, download_path=folder / "got")
    assert not list((folder / "got").iterdir())


def test_what_fails_leaves_no_row(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert1({"scan": 1, "movie": [1]})
    with pytest.raises(lw.errors.DuplicateError):
        scan.insert1({"scan": 1, "movie": [2]})
    with pytest.raises(lw.errors.CodecError, match=r"row 1 \(scan=3\).*movie"):
        scan.insert([{"scan": 2, "movie": [3]}, {"scan": 3, "movie": object()}])
    with pytest.raises(lw.errors.CodecError, match="finds no file"):
        scan.insert1({"scan": 4, "notes": folder / "nowhere"})
    with pytest.raises(lw.errors.CodecError, match="finds no file"):
        scan.insert1({"scan": 4, "path": folder / "nowhere"})
    assert len(entries(schema)) == len(scan()) == 1


def test_a_stage_is_asked_for(scan: Any, schema: lw.Schema, folder: Path) -> None:
    schema.project.config["stores"] = {"raw": {"protocol": "file", "location": str(folder / "raw")}}
    (folder / "stage" / "one").write_bytes(b"1")
    with pytest.raises(lw.errors.ConfigError, match=r"stores\.raw\.stage"):
        scan.insert1({"scan": 1, "path": folder / "stage" / "one"})


def test_folders_are_as_the_settings_say(scan: Any, schema: lw.Schema, folder: Path) -> None:
    schema.project.config["stores"] = {"raw": {"protocol": "file", "location": str(folder / "raw"), "subfolding": (3,)}}
    scan.insert1({"scan": 1, "movie": [1]})
    ((key, data),) = stored(folder).items()
    assert key == f"{schema.database_name}/{hexed(data)[:3]}/{hexed(data)}"
    assert scan.fetch1("movie") == [1]


def test_the_catalogue_knows_the_objects(scan: Any, schema: lw.Schema, folder: Path) -> None:
    (folder / "a.txt").write_text("note")
    scan.insert1({"scan": 1, "movie": [1], "notes": folder / "a.txt"})
    copies = schema.project.database.dialect.table(schema.database_name, COPY)
    rows = schema.project.connection.fetch(f"SELECT sha256 FROM {copies}")
    assert {r[0] for r in rows} == {hashlib.sha256(data).hexdigest() for data in stored(folder).values()}
    assert all(uuid.UUID(h) for h in entries(schema))


def test_users_see_what_a_store_holds(scan: Any, schema: lw.Schema, folder: Path) -> None:
    (folder / "a.txt").write_text("note")
    file = folder / "stage" / "one.bin"
    file.write_bytes(b"calm")
    scan.insert1({"scan": 1, "movie": [1], "notes": folder / "a.txt", "path": file})
    raw = schema.external["raw"]
    assert len(raw.used()) == 3
    assert len(raw.unused()) == 0
    paths = dict(raw.fetch_external_paths())
    assert {str(p) for p in paths.values()} == {str(folder / "raw" / key) for key in stored(folder)}
    assert all(raw.exists(p) for p in paths.values())
    assert len(raw.fetch_external_paths(limit=1)) == 1
    assert raw.spec["protocol"] == "file"
    assert sorted(name for _, name in raw.references) == ["movie", "notes", "path"]


def test_what_nothing_refers_to_is_deleted_on_demand(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert([{"scan": i, "movie": [i]} for i in range(3)])
    raw = schema.external["raw"]
    with pytest.raises(lw.errors.LabwrightError, match="True, or False"):
        raw.delete()
    (scan & "scan > 0").delete(prompt=False)
    assert raw.delete(delete_external_files=True) == []
    assert len(stored(folder)) == 3, "history refers to them"
    prune(schema, datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1))
    assert len(raw.unused()) == 2
    assert raw.delete(delete_external_files=True, limit=1) == []
    assert (len(stored(folder)), len(raw)) == (2, 2)
    assert raw.delete(delete_external_files=False) is None
    assert (len(stored(folder)), len(raw)) == (2, 1)
    scan.insert([{"scan": i, "movie": [i]} for i in range(1, 3)])
    assert (len(stored(folder)), len(raw)) == (3, 3)
    assert scan.fetch("movie", order_by="scan").tolist() == [[0], [1], [2]]


def test_deleted_rows_can_be_brought_back(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert1({"scan": 1, "movie": [1]})
    scan.delete(prompt=False)
    schema.external["raw"].delete(delete_external_files=True)
    lw.undo(scan.history({"scan": 1})[0], project=schema.project)
    assert scan.fetch1("movie") == [1]


def test_objects_are_put_and_got_by_hand(scan: Any, schema: lw.Schema, folder: Path) -> None:
    raw = schema.external["raw"]
    (folder / "a.txt").write_text("note")
    file = folder / "stage" / "one.bin"
    file.write_bytes(b"calm")
    scan.insert1({"scan": 1})
    blob, notes, path = raw.put(b"abc"), raw.upload_attachment(folder / "a.txt"), raw.upload_filepath(file)
    assert raw.get(blob) == b"abc"
    assert raw.get_attachment_name(notes) == "a.txt"
    raw.download_attachment(notes, "a.txt", folder / "b.txt")
    assert (folder / "b.txt").read_text() == "note"
    file.unlink()
    assert raw.download_filepath(path) == (str(file), uuid.UUID(hexed(b"calm")))
    assert file.read_bytes() == b"calm"
    with pytest.raises(lw.errors.DataError, match="holds nothing under"):
        raw.get(uuid.UUID(int=1))


@pytest.mark.parametrize("generation", ["2", "classic"])
def test_files_where_they_are(project: lw.Project, prefix: str, folder: Path, generation: Generation) -> None:
    project.config["stores"] = {"raw": {"protocol": "file", "location": str(folder / "raw")}}
    (folder / "raw" / "day").mkdir(parents=True)
    (folder / "raw" / "day" / "one.bin").write_bytes(b"calm")
    schema = lw.Schema(f"{prefix}files", connection=project, generation=generation)

    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int32
        ---
        file : <filepath@raw>
        """

    Scan.insert1((1, "day/one.bin"))
    found: Any = Scan.fetch("file")[0]
    if generation == "2":
        assert isinstance(found, FilepathRef)
        assert found.read() == b"calm"
    else:
        assert found == str(folder / "raw" / "day" / "one.bin")
        (folder / "raw" / "day" / "one.bin").unlink()
        with pytest.raises(lw.errors.MissingExternalFile):
            Scan.fetch("file")


def test_a_transaction_that_began_before_others_put_the_same(
    scan: Any, schema: lw.Schema, folder: Path, database_url: str
) -> None:
    if schema.project.connection.backend == "sqlite":
        pytest.skip("one writer at a time")
    (folder / "stage" / "one.bin").write_bytes(b"calm")
    row = {"movie": [1], "path": folder / "stage" / "one.bin"}
    scan.insert1({"scan": 0})
    with lw.Project(database_url, settings=schema.project.config) as other:
        theirs: Any = lw.VirtualModule("theirs", schema.database_name, connection=other)
        with schema.project.connection.transaction:
            assert len(scan()) == 1
            theirs.Scan.insert1({"scan": 1, **row})
            scan.insert1({"scan": 2, **row})
    assert scan.fetch("movie", order_by="scan").tolist() == [None, [1], [1]]
    assert len(schema.external["raw"]) == len(stored(folder)) == 2
    assert len(list(claims_in(schema.project.stores("raw").store))) == 1


def test_many_rows_at_once(scan: Any, schema: lw.Schema, folder: Path) -> None:
    scan.insert([{"scan": i, "movie": [i % 70]} for i in range(700)])
    assert len(schema.external["raw"]) == len(stored(folder)) == 70
    assert scan.fetch("movie", order_by="scan").tolist() == [[i % 70] for i in range(700)]
