"""Code that is written of a schema of DataJoint's declares the same tables in Labwright."""

from __future__ import annotations

from typing import Any

import pytest
from tests.interop.comparing import moved
from tests.interop.peers import Peer
from tests.interop.pipelines import present

import labwright as lw
from labwright.tables.project import Project

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)


def test_the_code_declares_the_same_tables(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    theirs, ours = f"{prefix}lab", f"{prefix}ours"
    peer.run("import numpy\n" + present(backend), schema_name=theirs)
    code = lw.virtual_schema(theirs, connection=project).code.replace(repr(theirs), repr(ours))
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(code, "written.py", "exec"), names)
    names["schema"].ensure_declared()
    declared = project.database.tables(ours)
    assert set(declared) == set(project.database.tables(theirs))
    for name, table in project.database.tables(theirs).items():
        assert moved(declared[name], ours) == moved(table, ours), name
