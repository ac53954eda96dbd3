"""Databases that DataJoint has made, backed up and restored into a file of SQLite, and back into a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.interop.comparing import rows_of
from tests.interop.peers import Peer
from tests.interop.pipelines import CLASSIC, present
from tests.interop.rows import bare_subject, classic_subjects, litters, pups, subjects

import labwright as lw
from labwright.define.service_tables import JOBS, LOG
from labwright.testing.equality import identical


def same(a: lw.Schema, b: lw.Schema, but: Sequence[str] = ()) -> bool:
    """Whether both have the same tables with the same rows; JSON keeps no order on PostgreSQL."""
    names = sorted(cls._table_name for cls in a)
    assert names == sorted(cls._table_name for cls in b)
    for name in names:
        for row, other in zip(rows_of(a[name]), rows_of(b[name]), strict=True):
            assert row.pop("info", None) == other.pop("info", None)
            assert identical(*({n: v for n, v in r.items() if n not in but} for r in (row, other))), name
    return True


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_a_present_database(peer: Peer, backend: str, prefix: str, project: lw.Project, tmp_path: Path) -> None:
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    peer.run("for row in rows: Subject.insert1(row)", rows=[*subjects(backend), bare_subject(99, backend)])
    peer.run("Litter.insert(litters); Pup.insert(pups)", litters=litters(backend), pups=pups(backend))
    peer.run("Setting.insert1({'kind': 'M'})")
    peer.run("Scan.populate('subject < 5'); Summary.populate(); FrameStat.populate(); None")
    lw.backup(tmp_path / "lab.zip", name)
    assert lw.verify_backup(tmp_path / "lab.zip", project).problems == ()
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as laptop:
        restored = lw.restore(tmp_path / "lab.zip")
        lw.backup(tmp_path / "back.zip")
        there = lw.virtual_schema(name, connection=laptop)
        if restored.changed:  # moments that a default has entered with microseconds, which PostgreSQL keeps unasked
            assert set(restored.changed) <= {f"{name}.subject.made"}
        else:
            assert lw.verify_backup(tmp_path / "lab.zip", laptop).problems == ()
        assert same(lw.virtual_schema(name, connection=project), there, but=("made",) * bool(restored.changed))
    lw.restore(tmp_path / "back.zip", rename={name: f"{prefix}back"}, connection=project)
    assert lw.verify_backup(tmp_path / "back.zip", project, rename={name: f"{prefix}back"}).problems == ()


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_a_classic_database(classic_peer: Peer, backend: str, prefix: str, project: lw.Project, tmp_path: Path) -> None:
    """With its jobs and its log, and laid out so that its own clients read what is restored."""
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=classic_subjects())
    classic_peer.run("Litter.insert(litters); Pup.insert(pups)", litters=litters(backend), pups=pups(backend))
    classic_peer.run("Scan.populate('subject < 5', reserve_jobs=True); Summary.populate(); None")
    manifest = lw.backup(tmp_path / "lab.zip", name)
    assert manifest.classic == (name,)
    assert {LOG} <= {e.table.id.name for e in manifest.entries} & {LOG, JOBS}
    assert lw.verify_backup(tmp_path / "lab.zip", project).problems == ()
    lw.restore(tmp_path / "lab.zip", rename={name: f"{prefix}copy"}, connection=project)
    assert lw.verify_backup(tmp_path / "lab.zip", project, rename={name: f"{prefix}copy"}).problems == ()
    code = "list(dj.create_virtual_module('copy', copy).Subject.fetch('value', order_by='KEY'))"
    assert identical(
        classic_peer.run(code, copy=f"{prefix}copy"), classic_peer.run("list(Subject.fetch('value', order_by='KEY'))")
    )
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as laptop:
        lw.restore(tmp_path / "lab.zip")
        assert lw.verify_backup(tmp_path / "lab.zip", laptop).problems == ()
