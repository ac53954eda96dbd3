"""What DataJoint 2.3.5 has written is what Labwright reads: tables, rows, types, lineage, parts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.interop.comparing import copied, moved, rows_of
from tests.interop.peers import Peer
from tests.interop.pipelines import module, present
from tests.interop.rows import bare_subject, litters, pups, subjects

import labwright as lw
from labwright.tables.project import Project
from labwright.testing.equality import identical

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)


@pytest.fixture
def lab(peer: Peer, prefix: str, backend: str) -> str:
    """The rich pipeline, declared and filled by the peer: the name of its schema."""
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    peer.run("for row in rows: Subject.insert1(row)", rows=[*subjects(backend), bare_subject(99, backend)])
    peer.run("Litter.insert(litters); Pup.insert(pups)", litters=litters(backend), pups=pups(backend))
    peer.run("Setting.insert1({'kind': 'M'})")
    peer.run("Scan.populate('subject < 5'); Summary.populate(); FrameStat.populate(); None")
    return name


def test_tables_are_what_the_same_code_declares(lab: str, backend: str, prefix: str, project: Project) -> None:
    """Types, marks, defaults, comments, keys, lineage, references with their options, indexes, parts, the singleton."""
    ours = module(present(backend), f"{prefix}ours")
    ours.schema.ensure_declared()
    theirs = project.database.tables(lab)
    declared = project.database.tables(f"{prefix}ours")
    assert set(theirs) == set(declared)
    for name, table in declared.items():
        assert moved(theirs[name], f"{prefix}ours") == moved(table, f"{prefix}ours"), name


def test_classes_have_tiers_parts_and_definitions(lab: str, backend: str, prefix: str, project: Project) -> None:
    ours = module(present(backend), f"{prefix}ours")
    theirs = lw.VirtualModule("theirs", lab)
    assert {c.__name__ for c in theirs.schema.masters()} == {c.__name__ for c in ours.schema.masters()}
    for cls in ours.schema:
        assert theirs.schema[cls.table_name].__mro__[1] is cls.__mro__[1]
    assert theirs.Scan.Frame.master is theirs.Scan
    assert [p.__name__ for p in theirs.schema.part_classes(theirs.Scan)] == ["Frame", "Roi"]
    children = {c.id.name for c in theirs.Scan.children(as_objects=True)}
    assert children == {"_scan__frame", "__summary"}
    assert "#species" in {p.id.name for p in theirs.Subject.parents(as_objects=True)}


def test_what_is_described_declares_the_same(lab: str, prefix: str, project: Project) -> None:
    copied(lw.VirtualModule("theirs", lab).schema, f"{prefix}copy")
    copies = project.database.tables(f"{prefix}copy")
    for name, table in project.database.tables(lab).items():
        assert moved(table, f"{prefix}copy") == moved(copies[name], f"{prefix}copy"), name


def test_rows_are_those_that_were_inserted(lab: str, backend: str, peer: Peer, project: Project) -> None:
    theirs = lw.VirtualModule("theirs", lab)
    *full, bare = rows_of(theirs.Subject)
    blobs = peer.run("list(Subject.to_arrays('value', order_by='KEY'))")
    for row, given, blob in zip(full, subjects(backend), blobs, strict=False):
        assert row.pop("info") == given.pop("info")  # in which PostgreSQL keeps no order
        expected = given | {"value": blob, "file": None}
        assert identical(row, {name: expected[name] for name in row})
    assert (bare["sex"], bare["tiny"], bare["note"], bare["alive"]) == ("U", -1, "it's", True)
    assert rows_of(theirs.Litter) == litters(backend)
    assert rows_of(theirs.Pup) == pups(backend)
    assert rows_of(theirs.Setting) == [{"rate": 30, "kind": "M"}]
    assert rows_of(theirs.Species) == [{"species": "apis", "legs": 6}, {"species": "mus", "legs": 4}]


def test_populated_tables_hold_what_was_made(lab: str, project: Project) -> None:
    theirs = lw.VirtualModule("theirs", lab)
    movie = (theirs.Scan & "subject = 2").fetch1("movie")
    assert identical(movie, np.arange(6, dtype="uint8").reshape(2, 3))
    assert len(theirs.Scan()) == 5
    assert (theirs.Scan.Roi & {"subject": 2, "frame": 1}).fetch1("mask") == {"a": [1, None]}
    assert (theirs.Scan * theirs.Summary & "subject = 2").fetch1("total") == 15.0
    assert [r["twice"] for r in rows_of(theirs.FrameStat)] == [0.0, 1.0] * 5


SERVICE = '''
dj.config.jobs.add_job_metadata = True
dj.config.provenance.capture = True
schema = dj.Schema(schema_name)

@schema
class Item(dj.Manual):
    definition = """
    item : int32
    ---
    kind : enum('a', 'b')
    """

@schema
class Result(dj.Computed):
    definition = """
    -> Item
    ---
    x : int32
    """

    def make(self, key):
        assert key["item"] != 2
        self.insert1(dict(key, x=1))

Item.insert({"item": n, "kind": "a"} for n in range(3))
try:
    Result.populate(reserve_jobs=True, suppress_errors=True)
finally:
    dj.config.jobs.add_job_metadata = False
    dj.config.provenance.capture = False
len(Result.jobs)
'''


def test_service_tables_and_hidden_columns_are_left_alone(
    peer: Peer, backend: str, prefix: str, project: Project
) -> None:
    """Lineage, jobs, provenance and metadata of jobs: none is listed, and rows can be written beside them."""
    name = f"{prefix}served"
    assert peer.run(SERVICE, schema_name=name) == 1
    theirs = lw.VirtualModule("theirs", name)
    assert theirs.schema.list_tables() == ["item", "__result"]
    assert theirs.Item().table_def.hidden == ("_prov",)
    assert theirs.Result().table_def.hidden == ("_job_start_time", "_job_duration", "_job_version")
    assert rows_of(theirs.Item)[0] == {"item": 0, "kind": "a"}
    assert rows_of(theirs.Result) == [{"item": 0, "x": 1}, {"item": 1, "x": 1}]
    theirs.Item.insert([(3, "b"), (4, "b")])
    theirs.Result.insert1((3, 2), allow_direct_insert=True)
    theirs.Item.update1({"item": 4, "kind": "a"})
    (theirs.Item & "item = 0").delete(prompt=False)
    assert peer.run("Item.to_dicts(order_by='item')") == rows_of(theirs.Item)
    assert peer.run("Result.to_dicts(order_by='item')") == [{"item": 1, "x": 1}, {"item": 3, "x": 2}]
    theirs.schema.drop(prompt=False)
    assert not theirs.schema.exists
