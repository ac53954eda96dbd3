"""Computing by users who may not write down how."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.test_history_rights import As, as_user

import labwright as lw

__all__ = ["as_user"]


def make(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "weeks": 1})


def declare(schema: lw.Schema) -> Any:
    table(schema, "Mouse", "mouse : int32")
    return table(schema, "Weeks", "-> Mouse\n---\nweeks : float64", lw.Computed, make=make)


@pytest.mark.parametrize("noted", [False, True], ids=["before", "after"])
def test_who_may_write_results_alone_computes(
    noted: bool, schema: lw.Schema, as_user: As, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    Weeks, name = declare(schema), schema.database_name
    schema["Mouse"].insert([(n,) for n in range(4)])
    if noted:
        Weeks.populate("mouse = 0")
    place = schema.project.database.dialect.table(name, Weeks().id.name)
    usage = [f"GRANT USAGE ON SCHEMA {name}"] if backend == "postgres" else []
    others = [schema.project.database.dialect.table(name, n) for n in ("mouse", "~labwright", "~lineage")]
    grants = [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {place}", *(f"GRANT SELECT ON {other}" for other in others)]
    with as_user(*usage, *grants) as project, caplog.at_level(logging.WARNING):
        theirs = declare(lw.Schema(name, connection=project))
        assert theirs.populate()["success_count"] == 4 - noted
        assert (theirs & "mouse < 2").delete(prompt=False) == 2
    said = [r.message for r in caplog.records if getattr(r, "action", "") == "provenance"]
    assert len(said) == 1
    assert "is not kept" in said[0]
    assert len(Weeks.provenance) == 0
