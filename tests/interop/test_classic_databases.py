"""What DataJoint 0.14.6 has written is what Labwright reads: tables, rows, types, lineage, parts."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.interop.comparing import copied, moved, rows_of
from tests.interop.peers import Peer
from tests.interop.pipelines import CLASSIC, module
from tests.interop.rows import bare_subject, classic_subjects, litters, pups

import labwright as lw
from labwright.tables.project import Project
from labwright.testing.equality import identical

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)


@pytest.fixture
def lab(classic_peer: Peer, prefix: str, backend: str) -> str:
    """The rich pipeline, declared and filled by the peer: the name of its schema."""
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=[*classic_subjects(), bare_subject(99, backend)])
    classic_peer.run("Litter.insert(litters); Pup.insert(pups)", litters=litters(backend), pups=pups(backend))
    classic_peer.run("Scan.populate('subject < 5'); Summary.populate(); None")
    return name


def test_tables_are_what_the_same_code_declares(lab: str, prefix: str, project: Project) -> None:
    text = CLASSIC.replace("dj.schema(schema_name)", "dj.Schema(schema_name, generation='classic')")
    ours = module(text.replace(": bool", ": tinyint(1)"), f"{prefix}ours")  # which is all that the server knows of it
    ours.schema.ensure_declared()
    theirs = project.database.tables(lab)
    declared = project.database.tables(f"{prefix}ours")
    assert set(theirs) == set(declared)
    for name, table in declared.items():
        assert moved(theirs[name], f"{prefix}ours") == moved(table, f"{prefix}ours"), name


def test_what_is_described_declares_the_same(lab: str, prefix: str, project: Project) -> None:
    """In the present generation, too: an unmarked blob is described as what it holds."""
    copied(lw.VirtualModule("theirs", lab).schema, f"{prefix}copy")
    copies = project.database.tables(f"{prefix}copy")
    for name, table in project.database.tables(lab).items():
        assert moved(table, f"{prefix}copy") == moved(copies[name], f"{prefix}copy"), name


def test_rows_are_those_that_were_inserted(lab: str, classic_peer: Peer, project: Project) -> None:
    theirs = lw.VirtualModule("theirs", lab)
    *full, bare = rows_of(theirs.Subject)
    blobs = classic_peer.run("list(Subject.fetch('value', order_by='KEY'))")
    for row, given, blob in zip(full, classic_subjects(), blobs, strict=False):
        expected = given | {"value": blob, "file": None, "alive": int(given["alive"])}
        assert identical(row, {name: expected[name] for name in row})
    assert (bare["sex"], bare["tiny"], bare["note"], bare["alive"], bare["year_"]) == ("U", -1, "it's", 1, 2000)
    assert rows_of(theirs.Litter) == litters("mysql")
    assert rows_of(theirs.Pup) == pups("mysql")
    movie = (theirs.Scan & "subject = 2").fetch1("movie")
    assert identical(movie, np.arange(6, dtype="uint8").reshape(2, 3))
    assert (theirs.Scan.Roi & {"subject": 2, "frame": 1}).fetch1("mask") == {"a": [1, None]}
    assert [p.__name__ for p in theirs.schema.part_classes(theirs.Scan)] == ["Frame", "Roi"]
    assert (theirs.Scan * theirs.Summary & "subject = 2").fetch1("total") == 15.0


STORED = '''
import pathlib
folder = pathlib.Path(folder)
(folder / "stage").mkdir(parents=True)
(folder / "stage" / "path.txt").write_text("by path")
(folder / "raw").mkdir()
(folder / "name.txt").write_text("by name")
dj.config["stores"] = {"raw": dict(protocol="file", location=str(folder / "raw"), stage=str(folder / "stage"))}
dj.config["add_hidden_timestamp"] = True
dj.errors._switch_filepath_types(True)
schema = dj.schema(schema_name)

@schema
class Item(dj.Manual):
    definition = """
    item : serial
    ---
    value = null : blob@raw
    file = null : attach@raw
    path = null : filepath@raw
    at = CURRENT_TIMESTAMP : timestamp
    """

@schema
class Result(dj.Computed):
    definition = """
    -> Item
    ---
    x : int
    """

    def make(self, key):
        assert key["item"] != 2
        self.insert1(dict(key, x=1))

for i in range(2):
    Item.insert1(dict(value={"i": i}, file=str(folder / "name.txt"), path=str(folder / "stage" / "path.txt")))
Item.insert1(dict(value=None))
Result.populate(reserve_jobs=True, suppress_errors=True)
dj.config["add_hidden_timestamp"] = False
len(schema.jobs)
'''


def test_service_tables_and_hidden_columns_are_left_alone(
    classic_peer: Peer, prefix: str, project: Project, tmp_path: Path
) -> None:
    """Jobs, log, stores and hidden times: none is listed, and rows can be read and written beside them."""
    name = f"{prefix}stored"
    assert classic_peer.run(STORED, schema_name=name, folder=str(tmp_path / "lab")) == 1
    theirs = lw.VirtualModule("theirs", name)
    assert theirs.schema.list_tables() == ["item", "__result"]
    item = theirs.Item().table_def
    assert [a.type.spelling for a in item.heading.values() if a.type] == [
        *("bigint unsigned auto_increment", "blob@raw", "attach@raw", "filepath@raw", "timestamp")
    ]
    assert (item.indexes, item.foreign_keys) == ((), ())
    assert [len(n) for n in item.hidden] == [len("__timestamp") + 40]
    assert theirs.Item.proj().to_dicts(order_by="KEY") == [{"item": n} for n in (1, 2, 3)]
    assert rows_of(theirs.Result) == [{"item": 1, "x": 1}, {"item": 3, "x": 1}]
    theirs.Item.insert1({"at": "2024-01-01 00:00:00"})
    theirs.Result.insert1({"item": 4, "x": 2}, allow_direct_insert=True)
    assert classic_peer.run("Result.fetch('x', order_by='item').tolist()") == [1, 1, 2]
    (theirs.Item & "item = 4").delete(prompt=False)
    assert classic_peer.run("len(Item()), len(Result()), len(schema.jobs)") == (3, 2, 1)


def test_times_that_are_no_time_of_day(classic_peer: Peer, prefix: str, project: Project, tmp_path: Path) -> None:
    """MySQL's TIME is a span of up to 838 hours, either way: what is longer than a day is read as one."""
    name = f"{prefix}lab"
    spans = [timedelta(hours=1, seconds=2), timedelta(hours=25, minutes=10), timedelta(hours=-1), None]
    classic_peer.run(
        """
        schema = dj.schema(schema_name)

        @schema
        class Run(dj.Manual):
            definition = "run : int\\n---\\nlasted = null : time"

        Run.insert(enumerate(spans))
        """,
        schema_name=name,
        spans=spans,
    )
    runs = lw.VirtualModule("theirs", name).Run
    assert runs.fetch("lasted").tolist() == [time(1, 0, 2), *spans[1:]]
    assert classic_peer.run("Run.fetch('lasted').tolist()") == spans
    assert (runs & "run = 0").to_arrow().column("lasted").to_pylist() == [time(1, 0, 2)]
    for read in (runs.to_arrow, lambda: lw.backup(tmp_path / "lab.backup", name)):
        with pytest.raises(lw.errors.DataError, match="1 day, 1:10:00 is not a time of day"):
            read()
    with pytest.raises(lw.errors.DataError, match=r"row 0 \(run=9\), attribute 'lasted'"):
        runs.insert1((9, spans[1]))
    assert (runs & {"run": 1}).delete(prompt=False) == 1
    lw.undo(runs.history({"run": 1})[0])
    assert classic_peer.run("Run.fetch('lasted', order_by='run').tolist()") == spans
