"""What programs ask of stores by the names of DataJoint."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labwright as lw
from labwright.compat import external, gc, hash_registry, objectref, storage
from labwright.core.generation import CURRENT


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.chdir(tmp_path)
    spec = {"protocol": "file", "location": str(tmp_path / "main"), "subfolding": (2, 2)}
    with lw.config.override(stores={"default": "main", "main": spec}):
        yield spec


def test_bytes_under_their_hash(spec: dict[str, Any], tmp_path: Path) -> None:
    told = hash_registry.put_hash(b"abc", "lab")
    assert told == {
        "hash": "saavbgb42jh3bvuwh56sryl7oi",
        "path": "_hash/lab/sa/av/saavbgb42jh3bvuwh56sryl7oi",
        "schema": "lab",
        "store": "main",
        "size": 3,
    }
    assert hash_registry.put_hash(b"abc", "lab", "main") == told
    assert hash_registry.get_hash(told) == b"abc"
    assert hash_registry.get_store_subfolding() == (2, 2)
    (tmp_path / "main" / told["path"]).write_bytes(b"abd")
    with pytest.raises(lw.errors.DataError, match="damaged"):
        hash_registry.get_hash(told)
    with pytest.raises(lw.errors.DataError, match="damaged"):
        hash_registry.put_hash(b"abc", "lab")
    with pytest.raises(lw.LabwrightError, match="labwright store gc"):
        hash_registry.delete_path(told["path"])
    with pytest.raises(lw.LabwrightError, match="is no hash"):
        hash_registry.build_hash_path("abc", "lab")


@pytest.mark.parametrize("given", ["by name", "by settings"])
def test_files_by_their_paths(spec: dict[str, Any], tmp_path: Path, given: str) -> None:
    files = hash_registry.get_store_backend("main") if given == "by name" else storage.StorageBackend(spec)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.txt").write_bytes(b"a")
    files.put_buffer(b"abc", "x/one")
    files.put_file(tmp_path / "tree" / "a.txt", "x/two")
    assert files.put_folder(tmp_path / "tree", "x/tree") == {"total_size": 1, "item_count": 1}
    assert (files.get_buffer("x/one"), files.get_buffer("x/tree/a.txt"), files.size("x/two")) == (b"abc", b"a", 1)
    assert (files.exists("x/one"), files.exists("x/three"), files.isdir("x/tree")) == (True, False, True)
    with files.open("x/one") as file:
        assert file.read() == b"abc"
    files.get_file("x/one", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"abc"
    assert sorted(files.get_fsmap("x/tree")) == ["a.txt"]
    with pytest.raises(lw.errors.DuplicateError):
        files.put_buffer(b"other", "x/one")
    ref = objectref.ObjectRef.from_json({"path": "x/tree", "store": None, "is_dir": True}, backend=files)
    assert ref.open("a.txt").read() == b"a"


def test_addresses() -> None:
    assert storage.is_url("S3://bucket/a")
    assert not storage.is_url("/data/a")
    assert storage.normalize_to_url("/data/a b") == "file:///data/a%20b"
    assert len(storage.generate_token(3)) == 4
    with pytest.raises(lw.LabwrightError, match="no address"):
        storage.parse_url("/data/a")


def test_garbage_by_the_name_of_datajoint(spec: dict[str, Any], tmp_path: Path) -> None:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project, generation=CURRENT)

        @schema
        class Scan(lw.Manual):
            history = False
            definition = "scan : int32\n---\nraw : <hash@>\nfile : <object@>"

        Scan.insert([(i, b"%d" % i, b"%d" % i) for i in range(3)])
        (Scan & "scan > 0").delete(prompt=False)
        told = gc.GarbageCollector(schema).collect()
        assert (told["hash_paths_orphaned"], told["schema_paths_orphaned"], told["deleted"]) == (2, 2, 0)
        assert told == gc.scan(schema, store_name="main")
        done = gc.collect(schema, dry_run=False)
        assert (done["quarantined"], done["deleted"], done["bytes_freed"]) == (4, 0, 0)
        assert Scan.fetch1("raw") == b"0"
        with pytest.raises(lw.LabwrightError, match="Say which schemas"):
            gc.GarbageCollector()


def test_what_a_classic_store_holds(spec: dict[str, Any], tmp_path: Path) -> None:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project, generation="classic")

        @schema
        class Scan(lw.Manual):
            definition = "scan : int32\n---\nmovie : blob@main"

        Scan.insert1((1, [1, 2]))
        (table,) = external.ExternalMapping(schema).values()
        assert len(table.used()) == 1
        assert len(external.ExternalTable(project.connection, "main", "lab").unused()) == 0


PLUGIN = """
from datajoint import StorageAdapter
from fsspec.implementations.memory import MemoryFileSystem

class Nowhere(StorageAdapter):
    protocol = "nowhere"
    required_keys = ("location", "realm")
    allowed_keys = ("realm",)

    def create_filesystem(self, spec):
        return MemoryFileSystem()
"""
PROGRAM = """
import labwright.compat
labwright.compat.install()
import datajoint as dj
from datajoint.storage import StorageBackend

adapter = dj.get_storage_adapter("nowhere")
assert adapter.protocol == "nowhere" and dj.get_storage_adapter("elsewhere") is None
for spec, says in (({"location": "x"}, "lacks realm"), ({"location": "x", "realm": "y", "hue": 1}, "no setting hue")):
    try:
        adapter.validate_spec(spec)
    except dj.DataJointError as error:
        assert says in str(error)
    else:
        raise AssertionError(says)
files = StorageBackend({"protocol": "nowhere", "location": "/lab", "realm": "y"})
files.put_buffer(b"abc", "x/one")
assert files.get_buffer("x/one") == b"abc"
"""


def test_a_protocol_of_a_package_for_datajoint(tmp_path: Path) -> None:
    (tmp_path / "plugin_for_test.py").write_text(PLUGIN)
    told = tmp_path / "plugin_for_test-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-for-test\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[datajoint.storage]\nnowhere = plugin_for_test:Nowhere\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
