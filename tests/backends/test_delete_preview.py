"""What a deletion would take away is told without doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table
from tests.backends.statements import sent_by

import labwright as lw
from labwright.core.errors import IntegrityError


@pytest.fixture
def lab(schema: lw.Schema, tmp_path: Path) -> Any:
    """Two people, three mice of theirs, scans with files, and parts."""
    schema.project.config.update({"stores.raw.protocol": "file", "stores.raw.location": str(tmp_path / "raw")})
    person = table(schema, "Person", "name : varchar(9)")
    mouse = table(schema, "Mouse", "mouse : int32\n---\n-> Person", owner="Person")
    scan = table(schema, "Scan", "-> Mouse\nscan : int32\n---\nmovie : <npy@raw>\nnote = null : <blob@raw>")
    cell = part("Cell", "-> master\ncell : int32")
    mask = table(schema, "Mask", "-> Scan", Cell=cell)
    person.insert([("ana",), ("bo",)])
    mouse.insert([(1, "ana"), (2, "bo"), (3, "ana")])
    same = {"a": np.arange(100)}
    with lw.acting_as("ana"):
        scan.insert([(1, 1, np.zeros(10), same), (1, 2, np.zeros(20), same), (2, 1, np.zeros(30), None)])
        mask.insert([(1, 1), (1, 2)])
        mask.Cell.insert((1, 1, i) for i in range(5))
    return schema


def losses(preview: lw.DeletePreview) -> dict[str, int]:
    return {t.table: t.rows for t in preview.tables}


def test_tables_rows_objects_and_owners(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = sent_by(lab.project, monkeypatch)
    preview = (lab["Mouse"] & {"mouse": 1}).delete_preview()
    assert losses(preview) == {"mouse": 1, "scan": 2, "mask": 1 + 1, "mask__cell": 5}
    assert (preview.rows, preview.owners) == (10, ("ana",))
    scans = next(t for t in preview.tables if t.table == "scan")
    assert scans.owners == ("ana",)
    assert scans.objects == preview.objects == 3
    assert scans.bytes == preview.bytes > 30 * 8
    assert str(preview).splitlines()[1].split() == [f"{lab.database}.mouse", "1", "ana"]
    assert not [s for s in sent if s.lstrip().upper().startswith("DELETE") and "scan" in s]
    assert (len(lab["Mouse"]), len(lab["Scan"]), len(lab["Mask"].Cell)) == (3, 3, 5)


def test_all_and_nothing(lab: Any) -> None:
    assert losses(lab["Person"].delete_preview()) == {"person": 2, "mouse": 3, "scan": 3, "mask": 2, "mask__cell": 5}
    nothing = (lab["Mouse"] & {"mouse": 9}).delete_preview()
    assert (nothing.tables, nothing.rows, nothing.objects, nothing.bytes, nothing.owners) == ((), 0, 0, 0, ())
    assert losses((lab["Mouse"] & (lab["Scan"] & "scan = 2")).delete_preview())["mouse"] == 1


def test_parts_belong_to_their_masters(lab: Any) -> None:
    cells = lab["Mask"].Cell & {"cell": 1}
    with pytest.raises(IntegrityError, match="part"):
        cells.delete_preview()
    assert losses(cells.delete_preview("ignore")) == {"mask__cell": 1}
    assert losses(cells.delete_preview("cascade")) == {"mask": 1, "mask__cell": 5}


def test_it_is_what_delete_does(lab: Any) -> None:
    chosen = lab["Mouse"] & {"mouse": 1}
    preview = chosen.delete_preview()
    before = {name: len(lab[name]) for name in ("Mouse", "Scan", "Mask")}
    assert chosen.delete(prompt=False) == 1
    assert {name.lower(): before[name] - len(lab[name]) for name in before}.items() <= losses(preview).items()


def test_within_a_transaction_and_in_another_schema(lab: Any, database_url: str) -> None:
    with lab.project.connection.transaction:
        lab["Mouse"].insert1((4, "bo"))
        assert losses((lab["Mouse"] & "mouse = 4").delete_preview()) == {"mouse": 1}
    virtual = lw.virtual_schema(lab.database, connection=lab.project)
    assert losses((virtual.Mouse & "mouse = 4").delete_preview()) == {"mouse": 1}


def test_of_how_many_rows_the_owner_is_known(schema: lw.Schema) -> None:
    person = table(schema, "Person", "person : varchar(20)")
    note = table(schema, "Note", "note : int32\n---\n-> [nullable] Person", owner="Person")
    person.insert([("ana",), ("ben",)])
    note.insert([(1, "ana"), (2, "ana"), (3, "ben"), (4, None)])
    (loss,) = note.delete_preview().tables
    assert (loss.rows, loss.owners, loss.owned) == (4, ("ana", "ben"), 3)
