"""Archives that are damaged, forged, or of another time: a clear error each, and nothing is believed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labwright as lw
from labwright.archive.manifest import FORMAT, file_name, rename_schemas
from labwright.core.errors import AccessError, ArchiveError, LabwrightError, VersionError
from labwright.define.table import TableId

ROWS = [{"a": n, "t": f"text {n} é", "raw": bytes(range(n % 7))} for n in range(200)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a backup of two tables."""
    path = tmp_path_factory.mktemp("backup") / "lab.zip"
    free = {"jobs.allow_new_pk_fields_in_computed_tables": True}
    with lw.Project("sqlite:///:memory:") as project, project.config.override(free):
        schema = lw.Schema("lab", connection=project)

        @schema
        class A(lw.Imported):
            definition = "a : int32\n---\nt : varchar(40)\nraw : bytes"

        @schema
        class B(lw.Imported):
            definition = "-> A\nb : int8"

        A.insert(ROWS, allow_direct_insert=True)
        B.insert([(n, 1) for n in range(200)], allow_direct_insert=True)
        lw.backup(path)
    return path.read_bytes()


def rewritten(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The archive with other files in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def forged(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The archive with another table of contents."""

    def change_manifest(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        files["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(data, change_manifest)


def restored(path: Path) -> list[dict[str, Any]]:
    """The rows of a restored archive; a refused one leaves nothing."""
    with lw.Project("sqlite:///:memory:") as project:
        try:
            lw.restore(path)
        except LabwrightError:
            assert project.database.schemas() == []
            raise
        return list(lw.virtual_schema("lab", connection=project)["A"].to_dicts(order_by="a"))


def test_a_sound_one_is_sound(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"
    path.write_bytes(sound)
    found = lw.verify_backup(path)
    assert found.problems == ()
    assert [(str(e.table.id), e.rows.count) for e in found.manifest.entries] == [("lab._a", 200), ("lab._b", 200)]
    assert restored(path) == ROWS


def test_anybody_can_open_it(sound: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        assert archive.namelist() == ["lab/_a.rows", "lab/_b.jsonl", "manifest.json"]
        assert [json.loads(line) for line in archive.read("lab/_b.jsonl").splitlines()] == [[n, 1] for n in range(200)]
        assert archive.read("lab/_a.rows").startswith(b'[0,"text 0 \xc3\xa9",0]\n[1,"text 1 \xc3\xa9",1]\n\x00[2,')
        told = json.loads(archive.read("manifest.json"))
    assert (told["format"], told["schemas"], told["objects"]) == (FORMAT, ["lab"], None)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bit_that_is_flipped_is_found_or_means_nothing(data: st.DataObject, sound: bytes, tmp_path: Path) -> None:
    place, bit = data.draw(st.integers(0, len(sound) - 1)), data.draw(st.integers(0, 7))
    path = tmp_path / "flipped.zip"
    path.write_bytes(sound[:place] + bytes([sound[place] ^ (1 << bit)]) + sound[place + 1 :])
    try:
        problems = lw.verify_backup(path).problems
    except (ArchiveError, VersionError):
        problems = ("refused",)
    if problems:
        with pytest.raises((ArchiveError, VersionError)):
            restored(path)
    else:
        assert restored(path) == ROWS


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_that_is_cut_off(data: st.DataObject, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.zip"
    path.write_bytes(sound[: data.draw(st.integers(0, len(sound) - 1))])
    with pytest.raises(ArchiveError, match="no zip file, or cut off"):
        restored(path)
    with pytest.raises(ArchiveError, match="no zip file, or cut off"):
        lw.verify_backup(path)


def _missing(files: dict[str, bytes]) -> None:
    del files["lab/_a.rows"]


def _without_contents(files: dict[str, bytes]) -> None:
    del files["manifest.json"]


def _more(files: dict[str, bytes]) -> None:
    files["../../etc/passwd"] = b"root"


def _changed(files: dict[str, bytes]) -> None:
    files["lab/_b.jsonl"] = files["lab/_b.jsonl"].replace(b"[7,1]", b"[8,1]")


def _longer(files: dict[str, bytes]) -> None:
    files["lab/_b.jsonl"] += b"[7,2]\n" * 1_000_000


def _no_json(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"{"


def _deep(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"[" * 100_000


@pytest.mark.parametrize(
    "change", [_missing, _without_contents, _more, _changed, _longer, _no_json, _deep], ids=lambda c: c.__name__[1:]
)
def test_other_files_than_were_written(
    change: Callable[[dict[str, bytes]], None], sound: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "lab.zip"
    path.write_bytes(rewritten(sound, change))
    with pytest.raises(ArchiveError):
        restored(path)


def _table(manifest: Any) -> Any:
    return manifest["tables"][1]


FORGERIES: dict[str, Callable[[Any], object]] = {
    "another file": lambda m: _table(m)["rows"].update(file="../../etc/passwd"),
    "the same file": lambda m: _table(m)["rows"].update(file="lab/_a.rows"),
    "fewer rows": lambda m: _table(m)["rows"].update(count=199),
    "negative": lambda m: _table(m)["rows"].update(size=-1),
    "other columns": lambda m: _table(m)["rows"].update(columns=["b", "a"]),
    "no hash": lambda m: _table(m)["rows"].update(sha256=None),
    "no definition": lambda m: _table(m).pop("definition"),
    "twice": lambda m: m["tables"].append(_table(m)),
    "another schema": lambda m: m.update(schemas=["other"]),
    "no tables": lambda m: m.update(tables=7),
    "a number": lambda m: m.update(format="1"),
    "objects": lambda m: m.update(objects=[{"hash": "x"}]),
    "children first": lambda m: m["tables"].reverse(),
    "an unknown type": lambda m: _table(m)["definition"]["attributes"][1]["type"].update(kind="complex"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_table_of_contents_that_lies(what: str, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"

    def change(manifest: Any) -> None:
        FORGERIES[what](manifest)

    path.write_bytes(forged(sound, change))
    with pytest.raises(LabwrightError):
        restored(path)


def test_a_newer_one_is_left_to_a_newer_labwright(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"
    path.write_bytes(forged(sound, lambda m: m.update(format=FORMAT + 1, tables="whatever")))
    with pytest.raises(VersionError, match=f"format {FORMAT + 1}.*Upgrade Labwright"):
        lw.verify_backup(path)


def test_a_row_that_refers_to_nothing_is_found(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"

    def change(files: dict[str, bytes]) -> None:
        rows = files["lab/_b.jsonl"].replace(b"[7,1]", b"[999,1]")
        manifest = json.loads(files["manifest.json"])
        manifest["tables"][1]["rows"].update(size=len(rows), sha256=hashlib.sha256(rows).hexdigest())
        files.update({"lab/_b.jsonl": rows, "manifest.json": json.dumps(manifest).encode()})

    path.write_bytes(rewritten(sound, change))
    assert lw.verify_backup(path).problems == ("lab._b: a row refers to a=999 of lab._a, which is not there",)
    with pytest.raises(LabwrightError):
        restored(path)


def test_no_backup_at_all(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="There is no backup"):
        lw.verify_backup(tmp_path / "none.zip")
    with pytest.raises(AccessError, match="cannot be read"):
        lw.verify_backup(tmp_path)


def test_other_names_for_schemas(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"
    path.write_bytes(sound)
    with pytest.raises(ArchiveError, match=r"has no schema 'labb'\. It has: lab"):
        lw.verify_backup(path, rename={"labb": "x"})
    b = lw.verify_backup(path, rename={"lab": "x"}).manifest.entries[1].table
    assert (str(b.id), str(b.parents[0]), b.heading["a"].lineage) == ("x._b", "x._a", "x._a.a")
    assert rename_schemas(rename_schemas(b, {"x": "lab"}), {"lab": "x"}) == b


def test_names_of_files_stay_in_their_folder() -> None:
    assert file_name(TableId("..", "a/b"), has_bytes=True) == "%2E%2E/a%2Fb.rows"
