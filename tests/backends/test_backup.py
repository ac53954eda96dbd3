"""Backups: what is restored is what was there, from each kind of database into each."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import itertools
import math
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.backends.classes import part, table
from tests.conftest import drop_schemas, server_url

import labwright as lw
from labwright.archive.manifest import rename_schemas
from labwright.core.errors import (
    AccessError,
    DataError,
    DefinitionError,
    IntegrityError,
    MissingTableError,
    RuleError,
    TransactionError,
    VersionError,
)
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.define.comparable import comparable
from labwright.define.table import NULL_DEFAULT, ForeignKey, TableDef, TableId
from labwright.sql.ddl_writer import SERVICE
from labwright.sql.service import RESTORING
from labwright.testing.equality import identical
from labwright.testing.pipelines import pipelines

TYPED = """
a : int64
b : varchar(30)
---
i8 : int8
i64 : int64
f = null : float64
f32 = null : float32
flag : bool
c : char(4)
t : text
kind : enum('low', 'high', 'é''x')
day : date
clock : time
at : datetime(6)
plain : datetime
utc : datetime_utc(3)
price : decimal(8, 2)
big : decimal(40, 10)
uid : uuid
info = null : json
raw = null : bytes
value = null : <blob>
file = null : <attach>
"""
LOW: dict[str, Any] = {
    "a": -(2**63), "b": "", "i8": -128, "i64": -(2**63), "f": -5e-324, "f32": 0.10000000149011612, "flag": False,
    "c": "", "t": "", "kind": "é'x", "day": datetime.date(1900, 1, 1), "clock": datetime.time(0, 0),
    "at": datetime.datetime(1900, 1, 1, 0, 0, 0, 1), "plain": datetime.datetime(1000, 1, 1),
    "utc": datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC), "price": Decimal("-999999.99"),
    "big": Decimal("-123456789012345678901234567890.0123456789"), "uid": uuid.UUID(int=0),
    "info": {"n": [2**53 + 1, 1e300, -0.5, None, True], "é": {}}, "raw": b"", "value": {"x": np.arange(3.0)},
}  # fmt: skip
HIGH: dict[str, Any] = {
    "a": 2**63 - 1, "b": "%s '\\ \n日本 🐭 ", "i8": 127, "i64": 2**53 + 1, "f": 1.7976931348623157e308, "f32": None,
    "flag": True, "c": "日本", "t": "line\nline\r\t\"'\\\u2028", "kind": "low", "day": datetime.date(9999, 12, 31),
    "clock": datetime.time(23, 59, 59), "at": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    "plain": datetime.datetime(2024, 2, 29, 13, 45, 6),
    "utc": datetime.datetime(2024, 2, 29, 13, 45, 6, 125000, tzinfo=datetime.UTC), "price": Decimal("0.00"),
    "big": Decimal("0.0000000001"), "uid": uuid.UUID(int=2**128 - 1), "info": [1.5, "x"],
    "raw": bytes(range(256)) * 50, "value": None,
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def target(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    """Where a backup is restored: a database of any kind, in which the test's schemas are dropped after it."""
    kind = str(request.param)
    url = f"sqlite:///{tmp_path / 'target.db'}" if kind == "sqlite" else server_url(kind)
    project = lw.Project(url)  # not entered: the test's own tables are elsewhere
    yield project
    project.close()
    drop_schemas(url, prefix)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "lab.zip"


def moved(schema: lw.Schema, archive: Path, target: lw.Project) -> lw.Schema:
    """The schema as it is restored in `target` under another name."""
    name = schema.database_name
    lw.backup(archive, name, connection=schema.project)
    assert not lw.verify_backup(archive).problems
    assert not lw.verify_backup(archive, schema.project).problems
    lw.restore(archive, rename={name: f"{name}_copy"}, connection=target)
    assert not lw.verify_backup(archive, target, rename={name: f"{name}_copy"}).problems
    return lw.virtual_schema(f"{name}_copy", connection=target)


def rows(table: Any) -> list[dict[str, Any]]:
    return list(table().to_dicts(order_by="KEY"))


def nothing_left(target: lw.Project, prefix: str) -> bool:
    target.database.forget()
    return not any(name.startswith(prefix) for name in target.database.schemas())


def test_every_type_survives_the_way_to_every_database(schema: lw.Schema, archive: Path, target: lw.Project) -> None:
    typed = table(schema, "Typed", TYPED)
    file = archive.with_name("notes é.txt")
    file.write_bytes(b"\0\1")
    typed.insert([LOW | {"file": file}, HIGH])
    stored = typed().proj(..., "-file")
    copy = moved(schema, archive, target)
    assert identical(copy["Typed"].proj(..., "-file").to_dicts(order_by="KEY"), stored.to_dicts(order_by="KEY"))
    definition = rename_schemas(typed().table_def, {schema.database_name: copy.database_name})
    assert comparable(copy["Typed"]().table_def) == comparable(definition)


def test_history_goes_on_where_there_was_none_yet(schema: lw.Schema, archive: Path, target: lw.Project) -> None:
    table(schema, "Rat", "rat : int32\n---\nweight : float64").insert([(1, 2.0), (2, 3.0)])
    copy = moved(schema, archive, target)["Rat"]
    copy.update1({"rat": 1, "weight": 5.0})
    (copy & {"rat": 2}).delete(prompt=False)
    assert [c.op for c in copy.history({"rat": 2})] == ["delete", "insert"]


def test_rules_and_history_come_along(schema: lw.Schema, archive: Path, target: lw.Project) -> None:
    rat = table(
        schema, "Rat", "rat : int32\n---\nweight : float64", rules=[lw.Check("weight > 0", "a weight is positive")]
    )
    rat.insert([(1, 2.0), (2, 3.0), (3, 4.0)])
    with lw.acting_as("ana", why="too light"):
        rat.update1({"rat": 1, "weight": 5.0})
        (rat & {"rat": 2}).delete(prompt=False)
    said = [(c.op, c.who, c.why, c.when, c.old, c.new) for key in (1, 2, 3) for c in rat.history({"rat": key})]
    copy = moved(schema, archive, target)["Rat"]
    found = [(c.op, c.who, c.why, c.when, c.old, c.new) for key in (1, 2, 3) for c in copy.history({"rat": key})]
    assert found == said
    with pytest.raises(RuleError, match="a weight is positive"):
        copy.insert1((4, -1.0))
    copy.update1({"rat": 3, "weight": 1.0})
    assert [c.op for c in copy.history({"rat": 3})] == ["update", "insert"]


def test_counting_goes_on_and_hidden_columns_stay(schema: lw.Schema, archive: Path, target: lw.Project) -> None:
    event = table(schema, "Event", "event : int auto_increment\n---\nwhat : varchar(9)")
    only = table(schema, "Only", "---\nversion : int32")
    event.insert([{"event": 7, "what": "a"}, {"event": 41, "what": "b"}])
    only.insert1({"version": 3})
    copy = moved(schema, archive, target)
    copy["Event"].insert1({"what": "c"})
    assert [r["event"] for r in rows(copy["Event"])] == [7, 41, 42]
    with pytest.raises(lw.LabwrightError):
        copy["Only"].insert1({"version": 4})


def test_rows_that_refer_to_each_other_come_in_any_order(
    project: lw.Project, archive: Path, target: lw.Project, prefix: str
) -> None:
    """Children that stand before their parents in the table itself, in more than one batch."""
    id_ = TableId(f"{prefix}lab", "rat")
    key = Attribute("rat", Type("int32"), in_key=True, lineage=f"{id_}.rat")
    mother = replace(key, name="mother", in_key=False, nullable=True, default=NULL_DEFAULT)
    rat = TableDef(id_, Heading([key, mother]), (ForeignKey(("mother",), id_, ("rat",), nullable=True),))
    project.database.declare([rat])
    free = lw.FreeTable(project.connection, str(id_))
    free.insert([(n, None if n == 19_999 else n + 1) for n in reversed(range(20_000))], chunk_size=5000)
    copy = moved(lw.Schema(id_.schema, connection=project), archive, target)["Rat"]
    assert len(copy & "mother = rat + 1") == 19_999
    with pytest.raises(IntegrityError):
        copy.insert1({"rat": 30_000, "mother": 40_000})


def test_a_schema_in_use_is_read_as_of_one_moment(
    schema: lw.Schema, archive: Path, project: lw.Project, prefix: str
) -> None:
    pair = table(schema, "Pair", "pair : int32\n---\ntext : varchar(200)")
    half = table(schema, "Half", "-> Pair\nhalf : int8")
    pair.insert([(n, "x" * 200) for n in range(3000)])
    half.insert([(n, h) for n in range(3000) for h in (0, 1)])
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        with project:
            for n in itertools.count(3000):
                with project.connection.transaction:
                    pair.insert1((n, "y"))
                    half.insert([(n, 0), (n, 1)])
                begun.set()
                if done.is_set():
                    return

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(20)
    try:
        manifests = [lw.backup(archive.with_suffix(f".{n}"), f"{prefix}lab") for n in range(3)]
    finally:
        done.set()
        writer.join()
    for n, manifest in enumerate(manifests):
        counts = {e.table.id.name: e.rows.count for e in manifest.entries}
        assert counts["half"] == 2 * counts["pair"] > 6000
        assert lw.verify_backup(archive.with_suffix(f".{n}")).problems == ()
    assert "only in the database" in lw.verify_backup(archive.with_suffix(".0"), project).problems[0]


def test_nothing_is_overwritten(schema: lw.Schema, archive: Path, project: lw.Project) -> None:
    thing = table(schema, "Thing", "thing : int32")
    thing.insert1((1,))
    lw.backup(archive, schema.database_name)
    with pytest.raises(AccessError, match="is there already"):
        lw.backup(archive, schema.database_name)
    with pytest.raises(DefinitionError, match="has tables already: thing"):
        lw.restore(archive)
    assert rows(thing) == [{"thing": 1}]


def test_the_same_place_after_a_drop(schema: lw.Schema, archive: Path, project: lw.Project, prefix: str) -> None:
    session = table(schema, "Session", "session : int32", Trial=part("Trial", "-> master\ntrial : int8"))
    session.insert([(1,), (2,)])
    session.Trial.insert([(1, 1), (2, 1)])
    lw.backup(archive, schema.database_name)
    schema.drop(prompt=False)
    lw.restore(archive)
    again = lw.virtual_schema(f"{prefix}lab", connection=project)
    assert rows(again["Session"].Trial) == [{"session": 1, "trial": 1}, {"session": 2, "trial": 1}]
    assert lw.verify_backup(archive, project).problems == ()


def test_differences_are_named(schema: lw.Schema, archive: Path, project: lw.Project, prefix: str) -> None:
    a = table(schema, "A", "a : int32\n---\nx : float64\ny = null : json")
    a.insert([(n, n / 2, {"b": 1, "a": [n]}) for n in range(50)])
    lw.backup(archive, schema.database_name)
    a.update1({"a": 7, "x": 0.25})
    found = lw.verify_backup(archive, project).problems
    assert found == (
        f"{prefix}lab.a: the row [7] is not the same",
        f"{prefix}lab.~was_a: the row [1] is only in the database",
    )
    (a & {"a": 7}).delete(prompt=False)
    assert "the row [7] is only in the backup" in lw.verify_backup(archive, project).problems[0]
    table(schema, "B", "b : int32").insert1((1,))
    assert f"{prefix}lab.b: it is only in the database" in lw.verify_backup(archive, project).problems


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)  # the others hold no nan
def test_numbers_that_a_database_lacks_are_null_where_they_may_be(
    schema: lw.Schema, archive: Path, target: lw.Project
) -> None:
    a = table(schema, "A", "a : int32\n---\nx = null : float64\ny = 0 : float64")
    a.insert([(1, math.nan, 1.0), (2, math.inf, 1.0), (3, 1.0, 1.0)])
    name = schema.database_name
    lw.backup(archive, name)
    restored = lw.restore(archive, rename={name: f"{name}_copy"}, connection=target)
    lost = {"sqlite": {f"{name}_copy.a.x": 1}, "postgres": {}, "mysql": {f"{name}_copy.a.x": 2}}
    assert restored.changed == lost[target.database.dialect.name]


def test_a_value_that_cannot_be_held_is_named_and_nothing_is_left(
    schema: lw.Schema, archive: Path, target: lw.Project, prefix: str
) -> None:
    kind = schema.project.database.dialect.name
    cases: dict[str, tuple[str, dict[str, Any], str]] = {
        "sqlite": ("---\nx : varchar(9)", {"x": "a\0b"}, "'a.x00b'"),
        "postgres": ("---\nx : float64", {"x": math.nan}, "nan"),
        "mysql": ("---\nx : bigint unsigned", {"x": 2**63}, str(2**63)),
    }
    definition, row, value = cases[kind]
    refusing = {"sqlite": ["postgres"], "postgres": ["sqlite", "mysql"], "mysql": ["sqlite"]}[kind]
    a = table(schema, "A", f"a : int32\n{definition}")
    a.insert([{"a": 1, "x": "x" if kind == "sqlite" else 1}, {"a": 5} | row])
    name = schema.database_name
    lw.backup(archive, name)
    if target.database.dialect.name not in refusing:
        lw.restore(archive, rename={name: f"{name}_copy"}, connection=target)
        assert lw.verify_backup(archive, target, rename={name: f"{name}_copy"}).problems == ()
        return
    with pytest.raises(DataError, match=rf"Table {name}_copy\.a, a=5: .*{value}.*'x'|a=5: 'x': .*{value}"):
        lw.restore(archive, rename={name: f"{name}_copy"}, connection=target)
    assert nothing_left(target, f"{prefix}lab_copy")


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)  # the others hold whole seconds there
def test_fractions_of_seconds_are_rounded_as_on_insert_and_told(
    schema: lw.Schema, archive: Path, target: lw.Project, project: lw.Project
) -> None:
    a = table(schema, "A", "a : int32\n---\nat : datetime")
    a.insert([(1, "2024-01-01 00:00:00"), (2, "2024-01-01 00:00:00")])
    place = project.database.dialect.table(schema.database_name, "a")
    project.connection.execute(f"UPDATE {place} SET at = '2024-01-01 00:00:00.5' WHERE a = 2", write=True)
    name = schema.database_name
    lw.backup(archive, name)
    restored = lw.restore(archive, rename={name: f"{name}_copy"}, connection=target)
    found = lw.virtual_schema(f"{name}_copy", connection=target)["A"].to_arrays("at", order_by="a").tolist()
    if target.database.dialect.name == "postgres":
        assert (restored.changed, found[1].microsecond) == ({}, 500_000)
    else:
        assert restored.changed[f"{name}_copy.a.at"] == 1
        assert found == [datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 1, 0, 0, 1)]


def test_a_reference_to_what_is_not_there_is_named(
    schema: lw.Schema, archive: Path, target: lw.Project, prefix: str
) -> None:
    animal = table(schema, "Animal", "animal : int32")
    other = lw.Schema(f"{prefix}other")
    visit = table(other, "Visit", "-> animal\nvisit : int8", context={"animal": animal})
    animal.insert1((1,))
    visit.insert1((1, 1))
    lw.backup(archive, f"{prefix}other")
    assert lw.verify_backup(archive).problems == ()
    renamed = {f"{prefix}other": f"{prefix}copy"}
    if target.database.dialect.name == schema.project.database.dialect.name != "sqlite":
        lw.restore(archive, rename=renamed, connection=target)
        return
    with pytest.raises(MissingTableError, match=f"refers to {prefix}lab.animal, which is neither in the backup"):
        lw.restore(archive, rename=renamed, connection=target)


def test_rules_across_schemas_follow_another_name(
    schema: lw.Schema, archive: Path, target: lw.Project, prefix: str
) -> None:
    rat = table(schema, "Rat", "rat : int32")
    exit_ = table(schema, "Exit", "-> Rat\n---\nday : date")
    refuse = lw.Refuse(lambda new: exit_ & new & "day < new.start", "this animal has left the colony")
    session = table(schema, "Session", "-> Rat\nsession : int8\n---\nstart : date", rules=[refuse])
    rat.insert([(1,), (2,)])
    exit_.insert1((1, "2024-01-01"))
    session.insert1((1, 1, "2023-01-01"))
    copy = moved(schema, archive, target)
    if target.database.connection.url == schema.project.connection.url:
        schema.drop(prompt=False)
    with pytest.raises(RuleError, match="has left the colony"):
        copy["Session"].insert1((1, 2, "2024-02-01"))
    copy["Session"].insert1((2, 1, "2024-02-01"))


def test_a_restore_that_was_cut_off_is_told(schema: lw.Schema, project: lw.Project) -> None:
    table(schema, "Thing", "thing : int32").insert1((1,))
    place = project.database.dialect.table(schema.database_name, SERVICE)
    sql = f"UPDATE {place} SET value = '{RESTORING}' WHERE name = 'version'"
    project.connection.execute(sql, write=True)
    project.database.forget()
    with pytest.raises(VersionError, match="is being restored from a backup"):
        project.database.tables(schema.database_name)


def test_not_within_a_transaction(schema: lw.Schema, archive: Path, project: lw.Project) -> None:
    table(schema, "Thing", "thing : int32").insert1((1,))
    with project.connection.transaction, pytest.raises(TransactionError):
        lw.backup(archive)
    assert not list(archive.parent.glob("*.zip*"))
    lw.backup(archive, schema.database_name)
    with project.connection.transaction, pytest.raises(TransactionError):
        lw.restore(archive, rename={schema.database_name: "x"})


def test_a_schema_that_is_not_there(archive: Path, project: lw.Project) -> None:
    with pytest.raises(MissingTableError, match="no schema 'nowhere'"):
        lw.backup(archive, "nowhere")
    assert not archive.exists()
    with pytest.raises(AccessError, match="cannot be written"):
        lw.backup(archive / "in" / "nowhere", [])


def test_large_values_go_through_one_at_a_time(schema: lw.Schema, archive: Path, target: lw.Project) -> None:
    big = table(schema, "Big", "big : int32\n---\nraw : bytes\nlong : longtext")
    big.insert([(n, bytes([n]) * (3 << 20), chr(233 + n) * (1 << 20)) for n in range(8)])
    copy = moved(schema, archive, target)
    assert rows(copy["Big"]) == rows(big)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_pipeline_survives(
    data: st.DataObject, project: lw.Project, target: lw.Project, tmp_path: Path, prefix: str
) -> None:
    name = f"{prefix}{uuid.uuid4().hex[:6]}"
    pipeline = data.draw(pipelines(name, most_tables=5))
    assume(all(len(set(fk.columns)) == len(fk.columns) for t in pipeline.tables for fk in t.foreign_keys))
    project.database.declare(pipeline.tables)
    for definition in pipeline.tables:
        free = lw.FreeTable(project.connection, str(definition.id))
        free.insert(pipeline.rows[name, definition.id.name], allow_direct_insert=True)
    copy = moved(lw.Schema(name, connection=project), tmp_path / f"{name}.zip", target)
    for definition in pipeline.tables:
        there = rename_schemas(definition, {name: copy.database_name})
        free, restored = (lw.FreeTable(p.connection, str(t.id)) for p, t in ((project, definition), (target, there)))
        assert identical(restored.to_dicts(order_by="KEY"), free.to_dicts(order_by="KEY"))


def test_what_runs_have_left_behind_is_in_no_ones_way(schema: lw.Schema, archive: Path, project: lw.Project) -> None:
    """Older versions left what runs share when the last table that fills itself was dropped."""
    mouse = table(schema, "Mouse", "mouse : int32", history=False)
    mouse.insert1((1,))
    copy = table(schema, "Copy", "-> Mouse", lw.Computed, make=lambda self, key: self.insert1(key))
    copy.populate()
    lw.backup(archive, schema.database_name)
    connection, dialect = project.connection, project.database.dialect
    for name in ("~run___copy", "__copy", "mouse"):
        connection.execute(f"DROP TABLE {dialect.table(schema.database_name, name)}", write=True)
    lw.restore(archive)
    again = lw.virtual_schema(schema.database_name, connection=project)
    assert rows(again["Copy"]) == [{"mouse": 1}]
    assert again["Copy"].provenance({"mouse": 1}).code.source.text
