"""What Labwright writes is what DataJoint reads: rows in its tables, and tables that Labwright has made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.interop.comparing import rows_of
from tests.interop.peers import Peer
from tests.interop.pipelines import CLASSIC, module, present
from tests.interop.rows import Row, bare_subject, classic_subjects, litters, pups, subjects

import labwright as lw
from labwright.tables.project import Project
from labwright.testing.equality import identical

SHIFT = 42
"""How far the numbers of two subjects are apart that are the same else."""
OWN = ("subject", "code", "big", "made")
"""What differs between two subjects that are the same else."""
QUOTES = str.maketrans("", "", '`"')
both = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
mysql = pytest.mark.parametrize("backend", ["mysql"], indirect=True)


def same(rows: list[Row], others: list[Row], *, but: tuple[str, ...] = ()) -> None:
    """Compare rows cell by cell."""
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert {n: (v, other[n]) for n, v in row.items() if n not in but and not identical(v, other[n])} == {}


@both
def test_rows_of_both_are_the_same_to_the_peer(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    given = [*subjects(backend), bare_subject(41, backend)]
    peer.run("for row in rows: Subject.insert1(row)", rows=given)
    theirs = lw.VirtualModule("theirs", name)
    theirs.Subject.insert([row | {"made": None} for row in subjects(backend, SHIFT)])
    theirs.Subject.insert1(bare_subject(41 + SHIFT, backend))
    rows = peer.run("Subject.to_dicts(order_by='KEY')")
    same(rows[: len(given)], rows[len(given) :], but=OWN)
    theirs.Litter.insert(litters(backend))
    theirs.Pup.insert(pups(backend))
    theirs.Setting.insert1({"kind": "M"})
    assert peer.run("Litter.to_dicts(order_by='KEY')") == litters(backend)
    assert peer.run("Pup.to_dicts(order_by='KEY')") == pups(backend)
    assert peer.run("Setting.to_dicts()") == [{"rate": 30, "kind": "M"}]


@both
def test_updates_and_deletes_are_seen_by_the_peer(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    theirs = lw.VirtualModule("theirs", name)
    theirs.Subject.insert(subjects(backend))
    key = {n: v for n, v in subjects(backend)[3].items() if n in ("subject", "code")}
    changes: Row = {"value": {"new": [1, None]}, "info": {"b": 1}, "sex": "F", "alive": True, "note": "\\'"}
    theirs.Subject.update1(key | changes | {"born": None})
    found = peer.run("(Subject & key).fetch1()", key={"subject": 3})
    assert {n: found[n] for n in changes} == changes
    assert found["born"] is None
    peer.run("Scan.populate('subject < 4'); Summary.populate(); FrameStat.populate(); None")
    assert (theirs.Subject & "subject in (1, 5)").delete(prompt=False) == 2
    counts = "[len(t()) for t in (Subject, Scan, Scan.Frame, Scan.Roi, Summary, FrameStat)]"
    assert peer.run(counts) == [12, 3, 6, 6, 3, 6]
    peer.run("(Subject & 'subject = 0').delete()")
    assert [len(t()) for t in (theirs.Subject, theirs.Scan, theirs.Scan.Frame, theirs.FrameStat)] == [11, 2, 4, 4]


@both
def test_tables_of_ours_are_opened_by_the_peer(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    """As a virtual schema, with rows, parts and lineage; and the peer's own code goes on with them."""
    name = f"{prefix}lab"
    ours = filled(backend, name)
    peer.run("theirs = dj.VirtualModule('theirs', schema_name)", schema_name=name)
    rows = peer.run("theirs.Subject.to_dicts(order_by='KEY')")
    assert all(identical(a["value"], b["value"]) for a, b in zip(rows, rows_of(ours.Subject), strict=True))
    for table in ("Litter", "Pup", "Species", "Scan.Frame", "Summary"):
        found = peer.run(f"theirs.{table}.to_dicts(order_by='KEY')")
        assert found == rows_of(eval(f"ours.{table}"))
    lineage = "{n: a.lineage for n, a in theirs.Pup.heading.attributes.items()}"
    assert peer.run(lineage) == {n: a.lineage for n, a in ours.Pup().heading.items()}
    assert peer.run("[p.__name__ for p in (theirs.Scan.Frame, theirs.Scan.Roi)]") == ["Frame", "Roi"]
    assert peer.run("theirs.Subject.primary_key") == ours.Subject.primary_key
    children = peer.run("theirs.Subject.children()")
    assert {c.translate(QUOTES) for c in children} == {f"{name}.{t}" for t in ("litter", "pup", "_scan")}
    joined = peer.run("(theirs.Subject.proj() * theirs.Scan.Frame).to_dicts(order_by='KEY')")
    assert joined == (ours.Subject.proj() * ours.Scan.Frame).to_dicts(order_by="KEY")


@both
def test_the_peers_code_goes_on_in_tables_of_ours(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    ours = filled(backend, name)
    peer.run("import numpy\n" + present(backend), schema_name=name)
    peer.run("for row in rows: Subject.insert1(row)", rows=subjects(backend, SHIFT))
    peer.run("Scan.populate(); Summary.populate(); FrameStat.populate(); None")
    mine = rows_of(ours.Subject)
    count = len(subjects(backend))
    same(mine[:count], mine[count + 1 :], but=OWN)
    assert [len(t()) for t in (ours.Scan, ours.Summary, ours.FrameStat)] == [29, 29, 58]
    assert identical(*(ours.Scan & "subject in (1, 43)").to_arrays("movie"))
    peer.run("(Subject & 'subject < 42').delete()")
    assert [len(t()) for t in (ours.Subject, ours.Litter, ours.Scan, ours.FrameStat)] == [14, 0, 14, 28]
    peer.run("schema.drop()")
    assert name not in lw.list_schemas()


def filled(backend: str, name: str) -> Any:
    """The rich pipeline, declared, filled and partly populated by us."""
    ours = module(present(backend), name)
    ours.Subject.insert(subjects(backend))
    ours.Subject.insert1(bare_subject(41, backend))
    ours.Litter.insert(litters(backend))
    ours.Pup.insert(pups(backend))
    ours.Scan.populate("subject < 4")
    ours.Summary.populate()
    return ours


@mysql
def test_rows_of_both_are_the_same_to_the_classic_peer(
    classic_peer: Peer, backend: str, prefix: str, project: Project
) -> None:
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    given = [*classic_subjects(), bare_subject(41, backend)]
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=given)
    theirs = lw.VirtualModule("theirs", name)
    theirs.Subject.insert(classic_subjects(SHIFT))
    theirs.Subject.insert1(bare_subject(41 + SHIFT, backend))
    rows = classic_peer.run("Subject.fetch(as_dict=True, order_by='KEY')")
    same(rows[: len(given)], rows[len(given) :], but=OWN)
    theirs.Litter.insert(litters(backend))
    theirs.Pup.insert(pups(backend))
    assert classic_peer.run("Litter.fetch(as_dict=True, order_by='KEY')") == litters(backend)
    assert classic_peer.run("Pup.fetch(as_dict=True, order_by='KEY')") == pups(backend)
    classic_peer.run("Scan.populate('subject < 4'); Summary.populate(); None")
    assert (theirs.Subject & "subject in (1, 5)").delete(prompt=False) == 2
    counts = "[len(t()) for t in (Subject, Scan, Scan.Frame, Scan.Roi, Summary)]"
    assert classic_peer.run(counts) == [28, 3, 6, 6, 3]


@mysql
def test_classic_tables_of_ours_are_opened_by_the_classic_peer(
    classic_peer: Peer, backend: str, prefix: str, project: Project
) -> None:
    """Declared in the classic generation, a table can be read and written by code of that generation."""
    name = f"{prefix}lab"
    ours = module(CLASSIC.replace("dj.schema(schema_name)", "dj.Schema(schema_name, generation='classic')"), name)
    ours.Subject.insert(classic_subjects())
    ours.Litter.insert(litters(backend))
    ours.Scan.populate("subject < 4")
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=classic_subjects(SHIFT))
    classic_peer.run("Scan.populate(); Summary.populate(); None")
    rows = classic_peer.run("Subject.fetch(as_dict=True, order_by='KEY')")
    same(rows[:14], rows[14:], but=OWN)
    mine = rows_of(ours.Subject)
    same(mine[:14], mine[14:], but=OWN)
    assert [len(t()) for t in (ours.Scan, ours.Scan.Roi, ours.Summary)] == [28, 56, 28]
    assert classic_peer.run("dj.create_virtual_module('v', schema_name).Pup.heading.names") == ours.Pup.heading.names


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_jobs_of_ours_are_reserved_by_the_classic_peer(
    classic_peer: Peer, backend: str, prefix: str, project: Project
) -> None:
    """The table of jobs is made by whoever asks for it first."""
    name = f"{prefix}jobs"
    schema = lw.Schema(name, generation="classic")
    schema(type("Scan", (lw.Manual,), {"definition": "scan : int"}))
    schema.ensure_declared()
    assert len(schema.jobs) == len(schema.log) == 0
    classic_peer.run(
        """
        schema = dj.schema(schema_name)

        @schema
        class Result(dj.Imported):
            definition = "scan : int"

        schema.jobs.reserve("_result", {"scan": 1})
        schema.jobs.error("_result", {"scan": 2}, "told", "stack")
        """,
        schema_name=name,
    )
    jobs = schema.jobs.fetch("table_name", "status", "key", "error_message", as_dict=True, order_by="status")
    assert [(j["table_name"], j["status"], j["key"], j["error_message"]) for j in jobs] == [
        ("_result", "reserved", {"scan": 1}, ""),
        ("_result", "error", {"scan": 2}, "told"),
    ]
    assert len(schema.log & "event like 'Declared%'") >= 1
    assert (schema.jobs & "status = 'error'").delete() == 1
    assert classic_peer.run("schema.jobs.fetch('status').tolist()") == ["reserved"]
