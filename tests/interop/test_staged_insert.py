"""Rows whose files are written straight into a store: DataJoint 2.3.5 and Labwright read what the other wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.config import Config
from labwright.tables.project import Project

DEFINITION: Final = '''
import json, pymysql
if dj.config["database.backend"] == "mysql":  # MariaDB has no type json, by which DataJoint tells what to write as text
    dj.conn()._conn.encoders[dict] = lambda v, _: "'" + pymysql.converters.escape_string(json.dumps(v)) + "'"
dj.config.stores.clear()
dj.config.stores.update({"default": "main", "main": spec})
schema = dj.Schema(schema_name)

@schema
class WholeScan(dj.Manual):
    definition = """
    scan : int32
    ---
    note = null : varchar(20)
    folder = null : <object@main>
    file = null : <object@main>
    """
'''
WRITE: Final = """
with WholeScan.staged_insert1 as staged:
    staged.rec["scan"] = number
    staged.rec["note"] = "staged"
    staged.store("folder", ".zarr")["c/0"] = b"123"
    staged.store("folder", ".zarr")["zarr.json"] = b"{}"
    with staged.open("file", ".bin") as file:
        file.write(b"45")
"""
"""Understood by both sides."""
READ: Final = """
got = (WholeScan & {"scan": number}).fetch1()
(
    got["note"], got["folder"].is_dir, got["folder"].item_count, got["folder"].size, got["folder"].ext,
    sorted(got["folder"].listdir()), got["folder"].open("c/0").read(), got["folder"].verify(),
    got["file"].is_dir, got["file"].item_count, got["file"].size, got["file"].ext, got["file"].read(),
    got["file"].verify(), got["file"].store, got["file"].timestamp is not None,
)
"""
SEEN: Final = (
    *("staged", True, 2, 5, ".zarr", ["c", "zarr.json"], b"123", True),
    *(False, None, 2, ".bin", b"45", True, "main", True),
)
both = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Iterator[Project]:
    with Project(database_url, settings=Config(tmp_path)) as project:
        yield project


@both
def test_each_reads_what_the_other_wrote(
    peer: Peer, project: Project, tmp_path: Path, prefix: str, backend: str
) -> None:
    (tmp_path / "main").mkdir()
    spec = {"protocol": "file", "location": str(tmp_path / "main")}
    project.config["stores"] = {"default": "main", "main": spec}
    peer.run(DEFINITION, spec=spec, schema_name=f"{prefix}lab")
    peer.run("len(WholeScan())")
    ours: Any = lw.VirtualModule("ours", f"{prefix}lab", connection=project)
    peer.run(WRITE, number=1)
    scope = {"WholeScan": ours.WholeScan, "number": 2}
    exec(WRITE, scope)
    for number in (1, 2):
        assert peer.run(READ, number=number) == SEEN
        assert seen_here(ours.WholeScan, number) == SEEN


def seen_here(table: Any, number: int) -> tuple[Any, ...]:
    scope = {"WholeScan": table, "number": number}
    assigned, _, told = READ.partition("(\n")
    exec(assigned, scope)
    return tuple(eval(f"({told}", scope))
