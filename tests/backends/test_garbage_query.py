"""The question what is garbage: its work grows with the number of objects, whatever a server estimates."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pytest
from tests.backends.statements import sent_by

import labwright as lw
from labwright.catalogue.gc import collect, look
from labwright.sql.object_references import HashColumn, copies_by_use
from labwright.sql.objects import LIVE, QUARANTINED
from labwright.sql.statement import Statement
from labwright.sql.url import DatabaseUrl

MANY: Final = 300
NOW: Final = datetime.timedelta(0)


@pytest.fixture
def project(alone: DatabaseUrl, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    """A database with a table whose rows refer to many objects, of which the server has counted none in quarantine."""
    with lw.Project(alone) as project:
        project.config.update({"stores.main.protocol": "file", "stores.main.location": str(tmp_path / "main")})
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Scan(lw.Manual):
            history = False
            definition = "scan : int32\n---\nraw : <hash@main>\nimage = null : <npy@main>\ntag = null : uuid"

        Scan.insert([{"scan": i, "raw": b"%d" % i, "image": None, "tag": uuid4()} for i in range(MANY)])
        Scan.insert1({"scan": MANY, "raw": b"calm", "image": np.zeros(2)})
        for name in ("scan", "~copy", "~object"):
            _count(project, schema.database_name, name)
        (Scan & "scan < 200").delete(prompt=False)
        assert len(collect(project.database, project.stores, dry_run=False, grace=NOW).quarantined) == 200
        yield project


def _count(project: lw.Project, schema: str, table: str) -> None:
    analyze = "ANALYZE TABLE" if project.connection.backend == "mysql" else "ANALYZE"
    project.connection.execute(f"{analyze} {project.database.dialect.table(schema, table)}", write=True)


def _asked(project: lw.Project) -> Statement:
    scene = look(project.database, project.stores)
    (schema,), states, now = scene.schemas, (LIVE, QUARANTINED), scene.now
    columns = [*scene.columns, HashColumn(schema, "scan", "tag")]
    return copies_by_use(project.database.dialect, schema, columns, states, before=now, now=now)


def _explained(project: lw.Project, how: str) -> list[Any]:
    asked = _asked(project)
    return project.connection.fetch(f"{how} {asked.sql}", asked.params)


def test_no_copy_is_compared_with_each_path_that_rows_hold(project: lw.Project) -> None:
    _PROOFS[project.connection.backend](project)


def _few_steps(project: lw.Project) -> None:
    """PostgreSQL counts the rows that each step has looked at."""
    ((plan,),) = _explained(project, "EXPLAIN (ANALYZE, FORMAT JSON)")
    (found,) = plan if isinstance(plan, list) else json.loads(plan)
    assert sum(map(_looked_at, _steps(found["Plan"]))) < 30 * MANY


def _steps(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _steps(part)


def _looked_at(step: Any) -> float:
    counts = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    return float(sum(step.get(name, 0) for name in counts) * step["Actual Loops"])


def _joined_by_keys(project: lw.Project) -> None:
    """MariaDB and MySQL say of each table that is joined with one before whether they find its rows by a key."""
    joined = defaultdict(list)
    for number, _, table, how, *_ in _explained(project, "EXPLAIN"):
        joined[number].append((table, how))
    inner = [step for steps in joined.values() for step in steps[1:] if step[0]]
    assert inner
    assert all(how == "eq_ref" for _, how in inner)


def _searched(project: lw.Project) -> None:
    """SQLite scans what is first in a join, and is to search the others."""
    loops = defaultdict(list)
    for _, parent, _, what in _explained(project, "EXPLAIN QUERY PLAN"):
        if what.startswith(("SCAN", "SEARCH")):
            loops[parent].append(what.split()[0])
    inner = [loop for found in loops.values() for loop in found[1:]]
    assert inner
    assert set(inner) == {"SEARCH"}


_PROOFS: Final = {"sqlite": _searched, "postgres": _few_steps, "mysql": _joined_by_keys}


def test_garbage_is_looked_for_once(project: lw.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = sent_by(project, monkeypatch)
    found = collect(project.database, project.stores, grace=NOW)
    assert (len(found.deleted), len(found.quarantined)) == (200, 0)
    assert len([sql for sql in sent if "PARTITION BY" in sql]) == 1


def test_paths_that_differ_behind_a_long_common_part_are_not_the_same(project: lw.Project) -> None:
    """A server may sort long values by their beginnings, and so tear apart what is the same."""
    scene = look(project.database, project.stores)
    (schema,), dialect, execute = scene.schemas, project.database.dialect, project.connection.execute
    mark, long = dialect.placeholder, f"_hash/{'a' * 1000}"
    copies, scans = dialect.table(schema, "~copy"), dialect.table(schema, "scan")
    (sha256,), *_ = project.connection.fetch(f"SELECT sha256 FROM {dialect.table(schema, '~object')}")
    since = "2020-01-01 00:00:00"
    for path in (f"{long}b", f"{long}c", f"{long}d"):
        execute(
            f"INSERT INTO {copies} (store, path, sha256, is_dir, state, since, touched) "
            f"VALUES ({', '.join([mark] * 7)})",
            ("main", path, sha256, 0, LIVE, since, since),
            write=True,
        )
    for scan, path in enumerate((f"{long}b{'e' * 2000}", f"{long}c", f"{long}b{'e' * 2000}"), start=250):
        told = json.dumps({"path": path, "store": "main", "size": 1})
        execute(f"UPDATE {scans} SET raw = {mark} WHERE scan = {mark}", (told, scan), write=True)
    found = collect(project.database, project.stores, grace=NOW).quarantined
    assert [c.path for c in found if c.path.startswith(long)] == [f"{long}b", f"{long}d"]
