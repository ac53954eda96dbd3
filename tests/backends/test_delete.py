"""Deleting takes what depends on the rows, all of it, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from tests.backends.tables import resolve, storage_of

from labwright.core.errors import AccessError, IntegrityError, LabwrightError, TransactionError
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import Constant, InQuery, Keys
from labwright.sql import ddl
from labwright.sql.database import Database
from labwright.sql.dml import insert_columns
from labwright.sql.freeze import Memory
from labwright.sql.url import parse_url
from labwright.tables import cascade_run
from labwright.tables.cascade import PartIntegrity, confirm, delete_quick, plan_delete
from labwright.tables.cascade_plan import master_of
from labwright.testing.pipelines import Pipeline, Row, pipelines

Rows = Sequence[tuple[Any, ...]]


@dataclass
class Lab:
    """Tables of one or two schemas, by their base names."""

    database: Database
    schema: str
    tables: dict[str, TableDef]
    looks_up: bool = False

    def build(self, definitions: Mapping[str, str], schema: str = "") -> None:
        made = resolve(schema or self.schema, definitions, self.tables.values())
        self.database.declare(made)
        self.tables |= {t.id.name: t for t in made}

    def insert(self, name: str, *rows: tuple[Any, ...]) -> None:
        table = self.tables[name]
        insert(self.database, table, [dict(zip(table.heading, row, strict=True)) for row in rows])

    def node(self, name: str, *keys: Any) -> expr.Node:
        """The rows with these values of the first key attribute, or all."""
        table = self.tables[name]
        source = expr.Source(table.id.schema, table.id.name, table.heading)
        if not keys:
            return source
        chosen = expr.restrict(source, Keys((table.heading.primary_key[0],), tuple((k,) for k in keys)))
        return looked_up(chosen, source) if self.looks_up else chosen

    def delete(self, name: str, *keys: Any, part_integrity: PartIntegrity = "enforce") -> dict[str, int]:
        """Delete, and return how many rows of which tables went."""
        id_ = self.tables[name].id
        plan = plan_delete(self.database, id_, self.node(name, *keys), part_integrity=part_integrity)
        assert plan.execute() == plan.deleted[id_]
        return {i.name: n for i, n in plan.deleted.items() if n}

    def left(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: content(self.database, table) for name, table in self.tables.items()}

    def left_in(self, name: str) -> list[tuple[Any, ...]]:
        return content(self.database, self.tables[name])


def looked_up(node: expr.Node, source: expr.Source) -> expr.Node:
    """The same rows, by a condition that is more than the key."""
    return expr.restrict(source, InQuery(tuple(source.heading.primary_key), node))


def insert(database: Database, table: TableDef, rows: Sequence[Row]) -> None:
    if rows:
        columns = [[database.encode(a, row[n]) for row in rows] for n, a in table.heading.attributes.items()]
        insert_columns(database.connection, database.dialect, table, list(table.heading), columns)


def content(database: Database, table: TableDef) -> list[tuple[Any, ...]]:
    source = expr.Source(table.id.schema, table.id.name, table.heading)
    rows = database.fetch(database.select(source, table.heading.primary_key))
    return sorted((tuple(row) for row in rows), key=repr)


@pytest.fixture
def lab(database_url: str, prefix: str) -> Iterator[Lab]:
    database = Database.open(database_url, storage_of)
    yield Lab(database, f"{prefix}lab", {})
    database.connection.close()


@pytest.fixture(params=["nowhere", "tables", "memory"])
def keys_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, lab: Lab) -> str:
    """Keys are set aside nowhere if a condition on the key will do, in temporary tables, or in memory without these."""
    lab.looks_up = request.param != "nowhere"
    if request.param == "memory":
        monkeypatch.setattr(cascade_run, "freezer_for", lambda connection, dialect, _: Memory(connection, dialect))
    return str(request.param)


CHAIN = {
    "mouse": "mouse_id : int32",
    "session": "-> mouse\nsession : int32",
    "_scan": "-> session\nscan : int32",
    "__spikes": "-> scan\nunit : int32",
    "#color": "color : varchar(8)",
}


def fill_chain(lab: Lab) -> None:
    lab.build(CHAIN)
    lab.insert("mouse", (1,), (2,))
    lab.insert("session", (1, 1), (1, 2), (2, 1))
    lab.insert("_scan", (1, 1, 1), (1, 2, 1), (2, 1, 1))
    lab.insert("__spikes", (1, 1, 1, 1), (2, 1, 1, 1), (2, 1, 1, 2))
    lab.insert("#color", ("red",))


def test_a_cascade_goes_down_a_chain(lab: Lab, keys_in: str) -> None:
    fill_chain(lab)
    assert lab.delete("mouse", 1) == {"mouse": 1, "session": 2, "_scan": 2, "__spikes": 1}
    assert lab.left() == {
        "mouse": [(2,)], "session": [(2, 1)], "_scan": [(2, 1, 1)], "__spikes": [(2, 1, 1, 1), (2, 1, 1, 2)],
        "#color": [("red",)],
    }  # fmt: skip


def test_nothing_is_deleted_where_nothing_matches(lab: Lab, keys_in: str) -> None:
    fill_chain(lab)
    before = lab.left()
    assert lab.delete("mouse", 7) == {}
    assert lab.left() == before


def test_everything_is_deleted_without_a_condition(lab: Lab, keys_in: str) -> None:
    fill_chain(lab)
    lab.delete("mouse")
    assert lab.left() == {"mouse": [], "session": [], "_scan": [], "__spikes": [], "#color": [("red",)]}


def test_a_condition_may_look_at_rows_that_go(lab: Lab) -> None:
    fill_chain(lab)
    with_spikes = InQuery(("mouse_id", "session", "scan"), expr.restrict(lab.node("__spikes", 2), Constant(True)))
    node = expr.restrict(lab.node("_scan"), with_spikes)
    assert plan_delete(lab.database, lab.tables["_scan"].id, node).execute() == 1
    assert lab.left_in("_scan") == [(1, 1, 1), (1, 2, 1)]
    assert lab.left_in("__spikes") == [(1, 1, 1, 1)]


def test_a_slice_is_deleted(lab: Lab) -> None:
    fill_chain(lab)
    node = expr.take(lab.node("session"), [("mouse_id", True)], 1, 0)
    assert plan_delete(lab.database, lab.tables["session"].id, node).execute() == 1
    assert lab.left_in("session") == [(1, 1), (1, 2)]


def test_a_renamed_reference_counts(lab: Lab, keys_in: str) -> None:
    lab.build({"mouse": "mouse_id : int32", "litter": "litter : int32\n---\n-> mouse.proj(dam='mouse_id')"})
    lab.insert("mouse", (1,), (2,))
    lab.insert("litter", (10, 1), (20, 2), (21, 2))
    assert lab.delete("mouse", 2) == {"mouse": 1, "litter": 2}
    assert lab.left_in("litter") == [(10,)]


def test_either_of_two_references_takes_a_row(lab: Lab, keys_in: str) -> None:
    lab.build(
        {
            "mouse": "mouse_id : int32",
            "pair": "pair : int32\n---\n-> mouse.proj(sire='mouse_id')\n-> mouse.proj(dam='mouse_id')",
            "litter": "-> pair\nlitter : int32",
        }
    )
    lab.insert("mouse", (1,), (2,), (3,))
    lab.insert("pair", (1, 1, 2), (2, 2, 3), (3, 3, 3), (4, 1, 1))
    lab.insert("litter", (1, 1), (2, 1), (3, 1), (4, 1))
    assert lab.delete("mouse", 1) == {"mouse": 1, "pair": 2, "litter": 2}
    assert lab.left_in("pair") == [(2,), (3,)]
    assert lab.left_in("litter") == [(2, 1), (3, 1)]


def test_a_row_reached_over_two_paths_goes_once(lab: Lab, keys_in: str) -> None:
    lab.build(
        {
            "mouse": "mouse_id : int32",
            "surgery": "-> mouse\nsurgery : int32",
            "session": "-> mouse\nsession : int32",
            "report": "report : int32\n---\n-> [nullable] surgery\n-> [nullable] session.proj(m='mouse_id')",
        }
    )
    lab.insert("mouse", (1,), (2,))
    lab.insert("surgery", (1, 1), (2, 1))
    lab.insert("session", (1, 1), (2, 1))
    lab.insert("report", (1, 1, 1, 1, 1), (2, 2, 1, 1, 1), (3, 2, 1, 2, 1), (4, None, None, 1, 1), (5, *[None] * 4))
    assert lab.delete("mouse", 1) == {"mouse": 1, "surgery": 1, "session": 1, "report": 3}
    assert lab.left_in("report") == [(3,), (5,)]


def test_a_null_refers_to_nothing(lab: Lab, keys_in: str) -> None:
    lab.build(
        {
            "mouse": "mouse_id : int32",
            "session": "-> mouse\nsession : int32",
            "note": "-> mouse\nnote : int32\n---\n-> [nullable] session",
        }
    )
    lab.insert("mouse", (1,), (2,))
    lab.insert("session", (1, 1), (1, 2), (2, 1))
    lab.insert("note", (1, 1, None), (1, 2, 1), (1, 3, 2))
    assert lab.delete("session", 1) == {"session": 2, "note": 2}
    assert lab.left_in("note") == [(1, 1)]


def test_a_middle_table_without_an_index_for_the_children(lab: Lab, keys_in: str) -> None:
    lab.build({
        "a": "a : int32", "b": "b : int32", "ab": "-> a\n-> b", "abc": "-> ab\nc : int32",
    })  # fmt: skip
    lab.insert("a", (1,), (2,))
    lab.insert("b", (1,), (2,))
    lab.insert("ab", (1, 1), (1, 2), (2, 1))
    lab.insert("abc", (1, 1, 1), (1, 2, 1), (2, 1, 1))
    assert lab.delete("b", 1) == {"b": 1, "ab": 2, "abc": 2}
    assert lab.left_in("abc") == [(1, 2, 1)]


def test_other_schemas_are_reached(lab: Lab, prefix: str) -> None:
    fill_chain(lab)
    lab.build({"paper": "paper : int32\n---\n-> session"}, f"{prefix}other")
    lab.insert("paper", (1, 1, 1), (2, 2, 1))
    assert lab.delete("mouse", 1)["paper"] == 1
    assert lab.left_in("paper") == [(2,)]


def test_a_singleton_goes_with_what_it_refers_to(lab: Lab, keys_in: str) -> None:
    lab.build({"mouse": "mouse_id : int32", "favourite": "---\n-> mouse\n-> mouse.proj(second='mouse_id')"})
    lab.insert("mouse", (1,), (2,), (3,))
    lab.insert("favourite", (1, 2))
    assert lab.delete("mouse", 3) == {"mouse": 1}
    assert lab.delete("mouse", 2) == {"mouse": 1, "favourite": 1}


def test_a_singleton_is_deleted(lab: Lab) -> None:
    lab.build({"setting": "---\nn : int32"})
    lab.insert("setting", (1,))
    assert lab.delete("setting") == {"setting": 1}


def self_referring(lab: Lab) -> None:
    """A table that refers to itself, which definitions cannot say."""
    lab.build({"mouse": "mouse_id : int32\n---\nmother = null : int32", "session": "-> mouse\nsession : int32"})
    dialect, id_ = lab.database.dialect, lab.tables["mouse"].id
    name = dialect.table(id_.schema, id_.name)
    if dialect.native_schemas:
        key = f"FOREIGN KEY (mother) REFERENCES {name} (mouse_id) ON DELETE RESTRICT ON UPDATE CASCADE"
        lab.database.connection.execute(f"ALTER TABLE {name} ADD {key}", write=True)
    else:
        pytest.skip("SQLite adds no foreign key to a table that is there")


def test_a_table_may_refer_to_itself(lab: Lab, keys_in: str) -> None:
    self_referring(lab)
    lab.insert("mouse", (1, None), (2, 1), (3, 2), (4, None), (5, 5), (6, 3))
    lab.insert("session", (3, 1), (4, 1), (6, 1))
    assert lab.delete("mouse", 1, 3) == {"mouse": 4, "session": 2}
    assert lab.left_in("mouse") == [(4,), (5,)]
    if lab.database.dialect.name == "mysql":  # which lets a row that refers to itself go only when it no longer does
        with pytest.raises(IntegrityError, match="Nothing was deleted"):
            lab.delete("mouse", 5)
    else:
        assert lab.delete("mouse", 5) == {"mouse": 1}


def test_rows_in_a_circle_are_told(lab: Lab) -> None:
    self_referring(lab)
    lab.insert("mouse", (1, None), (2, 1))
    table = lab.database.dialect.table(lab.schema, "mouse")
    lab.database.connection.execute(f"UPDATE {table} SET mother = 2 WHERE mouse_id = 1", write=True)
    with pytest.raises(IntegrityError, match="in a circle"):
        lab.delete("mouse", 1)
    assert lab.left_in("mouse") == [(1,), (2,)]


def test_tables_in_a_circle_are_told(lab: Lab) -> None:
    lab.build({"mouse": "mouse_id : int32\n---\nlast = null : int32", "session": "session : int32\n---\n-> mouse"})
    dialect = lab.database.dialect
    if not dialect.native_schemas:
        pytest.skip("SQLite adds no foreign key to a table that is there")
    mouse, session = (dialect.table(lab.schema, n) for n in ("mouse", "session"))
    key = f"FOREIGN KEY (last) REFERENCES {session} (session)"
    lab.database.connection.execute(f"ALTER TABLE {mouse} ADD CONSTRAINT circle {key}", write=True)
    try:
        with pytest.raises(IntegrityError, match=r"circle: .*mouse -> .*session -> .*mouse"):
            lab.delete("mouse", 1)
    finally:
        kind = "FOREIGN KEY" if dialect.name == "mysql" else "CONSTRAINT"
        lab.database.connection.execute(f"ALTER TABLE {mouse} DROP {kind} circle", write=True)


PARTS = {
    "stimulus": "stimulus : int32",
    "session": "session : int32",
    "session__trial": "-> session\ntrial : int32\n---\n-> [nullable] stimulus",
    "session__lick": "-> trial\nlick : int32",
    "report": "-> session",
}


def fill_parts(lab: Lab) -> None:
    lab.build(PARTS)
    lab.insert("stimulus", (1,), (2,))
    lab.insert("session", (1,), (2,))
    lab.insert("session__trial", (1, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, None))
    lab.insert("session__lick", (1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 1))
    lab.insert("report", (1,), (2,))


def test_parts_of_parts_go_with_their_master(lab: Lab, keys_in: str) -> None:
    fill_parts(lab)
    assert lab.delete("session", 1) == {"session": 1, "session__trial": 2, "session__lick": 2, "report": 1}


def test_parts_do_not_go_without_their_master(lab: Lab, keys_in: str) -> None:
    fill_parts(lab)
    before = lab.left()
    with pytest.raises(IntegrityError, match=r"part .*session__trial .*master .*session .*part_integrity='cascade'"):
        lab.delete("stimulus", 1)
    with pytest.raises(IntegrityError, match=r"session__trial is a part of .*session"):
        lab.delete("session__trial")
    assert lab.left() == before


def test_parts_go_alone_when_that_is_wanted(lab: Lab, keys_in: str) -> None:
    fill_parts(lab)
    gone = lab.delete("stimulus", 1, part_integrity="ignore")
    assert gone == {"stimulus": 1, "session__trial": 1, "session__lick": 1}
    assert lab.left_in("session") == [(1,), (2,)]
    assert lab.delete("session__trial", 2, part_integrity="ignore") == {"session__trial": 2, "session__lick": 2}


def test_masters_go_with_their_parts_when_that_is_wanted(lab: Lab, keys_in: str) -> None:
    fill_parts(lab)
    gone = lab.delete("stimulus", 1, part_integrity="cascade")
    assert gone == {"stimulus": 1, "session": 1, "session__trial": 2, "session__lick": 2, "report": 1}
    assert lab.left_in("session__trial") == [(2, 1), (2, 2)]


def test_masters_of_a_part_that_is_deleted(lab: Lab, keys_in: str) -> None:
    fill_parts(lab)
    lab.delete("session__lick", 2, part_integrity="cascade")
    assert lab.left_in("session") == [(1,)]
    assert lab.left_in("session__trial") == [(1, 1), (1, 2)]


def test_only_parts_whose_own_master_goes(lab: Lab) -> None:
    lab.build(
        {
            "mouse": "mouse_id : int32",
            "session": "session : int32\n---\n-> mouse",
            "session__visit": "-> session\n-> mouse",
        }
    )
    lab.insert("mouse", (1,), (2,))
    lab.insert("session", (1, 1), (2, 2))
    lab.insert("session__visit", (1, 1), (1, 2))
    with pytest.raises(IntegrityError, match=r"1 rows of the part .*session__visit"):
        lab.delete("mouse", 2)
    assert lab.delete("mouse", 1) == {"mouse": 1, "session": 1, "session__visit": 2}


def test_a_preview_tells_tables_and_rows(lab: Lab, keys_in: str) -> None:
    fill_chain(lab)
    before = lab.left()
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 2))
    assert [(i.name, n) for i, n in plan.preview()] == [("mouse", 1), ("session", 1), ("_scan", 1), ("__spikes", 2)]
    lines = [line.split() for line in str(plan).splitlines()]
    assert lines == [
        ["table", "rows"], [f"{lab.schema}.mouse", "1"], [f"{lab.schema}.session", "1"], [f"{lab.schema}._scan", "1"],
        [f"{lab.schema}.__spikes", "2"],
    ]  # fmt: skip
    assert lab.left() == before
    assert plan.execute() == 1


def test_what_was_not_shown_is_not_deleted(lab: Lab) -> None:
    fill_chain(lab)
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 1))
    plan.preview()
    lab.insert("session", (1, 3))
    before = lab.left()
    with pytest.raises(TransactionError, match=r"session: 3 instead of 2"):
        plan.execute()
    assert lab.left() == before


@pytest.mark.parametrize(
    ("prompt", "safemode", "answers", "agreed"),
    [
        (False, True, [], True),
        (None, False, [], True),
        (True, False, ["yes"], True),
        (None, True, ["perhaps", " Y "], True),
        (None, True, ["no"], False),
        (None, True, [""], False),
    ],
)
def test_a_prompt(lab: Lab, prompt: bool | None, safemode: bool, answers: list[str], agreed: bool) -> None:
    fill_chain(lab)
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 1))
    asked: list[str] = []
    left = list(answers)

    def ask(question: str) -> str:
        asked.append(question)
        return left.pop(0)

    assert confirm(plan, prompt, safemode, ask) is agreed
    assert not left
    assert all(f"{lab.schema}.__spikes" in q for q in asked[:1])


def test_nothing_to_delete_is_not_asked(lab: Lab) -> None:
    fill_chain(lab)
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 7))
    assert confirm(plan, ask=lambda _: pytest.fail("nothing is to be asked"))


def test_a_deletion_is_undone_with_its_transaction(lab: Lab, keys_in: str) -> None:
    fill_chain(lab)
    before = lab.left()
    lab.database.connection.start_transaction()
    assert lab.delete("mouse", 1)["mouse"] == 1
    assert lab.delete("mouse", 2)["mouse"] == 1
    assert lab.left_in("__spikes") == []
    lab.database.connection.cancel_transaction()
    assert lab.left() == before


def test_a_failed_deletion_leaves_the_transaction_usable(lab: Lab) -> None:
    fill_parts(lab)
    with lab.database.connection.transaction:
        with pytest.raises(IntegrityError):
            lab.delete("stimulus", 1)
        lab.delete("session", 1)
    assert lab.left_in("session") == [(2,)]
    assert lab.left_in("stimulus") == [(1,), (2,)]


def test_temporary_tables_are_gone_afterwards(lab: Lab) -> None:
    fill_parts(lab)
    with lab.database.connection.transaction as connection:
        lab.delete("session", 1)
        with pytest.raises(IntegrityError):
            lab.delete("stimulus", 2)
        quoted = lab.database.dialect.quote("~frozen_1")
        place = {"sqlite": "temp.", "postgres": "pg_temp."}.get(connection.backend, f"{lab.schema}.")
        with pytest.raises(LabwrightError, match="frozen_1"), connection.atomic():
            connection.fetch(f"SELECT 1 FROM {place}{quoted}")


def test_delete_quick_takes_rows_alone(lab: Lab) -> None:
    fill_chain(lab)
    assert delete_quick(lab.database, lab.tables["__spikes"].id, lab.node("__spikes", 2)) == 2
    with_spikes = expr.restrict(lab.node("__spikes"), InQuery(("mouse_id",), lab.node("_scan", 1)))
    assert delete_quick(lab.database, lab.tables["__spikes"].id, with_spikes) == 1
    with pytest.raises(IntegrityError, match=rf"{lab.schema}\.session refer to these rows of {lab.schema}\.mouse"):
        delete_quick(lab.database, lab.tables["mouse"].id, lab.node("mouse", 1))
    assert lab.left_in("mouse") == [(1,), (2,)]


def test_a_row_inserted_meanwhile_does_not_break_a_cascade(lab: Lab, database_url: str, backend: str) -> None:
    """Others insert below the middle of the tree while it is deleted: they fail, or their rows go as well."""
    fill_chain(lab)
    lab.insert("mouse", *[(n,) for n in range(10, 40)])
    other = Database.open(database_url, storage_of)
    stop, refused = threading.Event(), []

    def insert_all_the_time() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            mouse = 10 + number % 30
            try:
                with other.connection.transaction:
                    insert(other, lab.tables["session"], [{"mouse_id": mouse, "session": number}])
                    insert(other, lab.tables["_scan"], [{"mouse_id": mouse, "session": number, "scan": 1}])
            except LabwrightError as error:
                refused.append(error)

    thread = threading.Thread(target=insert_all_the_time)
    thread.start()
    try:
        for mouse in range(10, 40, 3):
            lab.delete("mouse", mouse, mouse + 1, mouse + 2)
    finally:
        stop.set()
        thread.join()
        other.connection.close()
    assert lab.left_in("mouse") == [(1,), (2,)]
    assert lab.left_in("session") == [(1, 1), (1, 2), (2, 1)]
    assert lab.left_in("_scan") == [(1, 1, 1), (1, 2, 1), (2, 1, 1)]
    assert all(isinstance(e, LabwrightError) for e in refused)


@pytest.fixture
def elsewhere(lab: Lab, database_url: str) -> Iterator[Lab]:
    """The same tables, as another process has them."""
    database = Database.open(database_url, storage_of)
    yield Lab(database, lab.schema, dict(lab.tables))
    database.connection.close()


def add_child(elsewhere: Lab, lab: Lab) -> None:
    elsewhere.tables |= lab.tables
    elsewhere.build({"video": "-> session\n---\nframes : int32"})
    elsewhere.insert("video", (1, 1, 100), (2, 1, 100))


def test_a_table_made_elsewhere_after_the_plan_takes_part_in_it(lab: Lab, elsewhere: Lab, keys_in: str) -> None:
    fill_chain(lab)
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 1))
    add_child(elsewhere, lab)
    assert plan.execute() == 1
    assert {i.name: n for i, n in plan.deleted.items()} == {
        "mouse": 1, "session": 2, "_scan": 2, "__spikes": 1, "video": 1
    }  # fmt: skip
    assert elsewhere.left_in("video") == [(2, 1)]


def test_a_table_made_elsewhere_between_two_deletions_is_seen(lab: Lab, elsewhere: Lab) -> None:
    fill_chain(lab)
    assert lab.delete("_scan", 2) == {"_scan": 1, "__spikes": 2}
    add_child(elsewhere, lab)
    assert {child.name for child, _ in lab.database.children([lab.tables["session"].id])} == {"_scan", "video"}
    assert plan_delete(lab.database, lab.tables["session"].id, lab.node("session", 2)).preview() == [
        (lab.tables["session"].id, 1),
        (elsewhere.tables["video"].id, 1),
    ]


def test_a_table_made_elsewhere_after_the_preview_is_not_deleted_from(lab: Lab, elsewhere: Lab) -> None:
    fill_chain(lab)
    plan = plan_delete(lab.database, lab.tables["mouse"].id, lab.node("mouse", 1))
    plan.preview()
    add_child(elsewhere, lab)
    before = elsewhere.left()
    with pytest.raises(TransactionError, match="video: 1 instead of 0"):
        plan.execute()
    assert elsewhere.left() == before


def restricted_user(lab: Lab, prefix: str, rights: Sequence[str]) -> Database:
    """The database as seen by a user with a few rights."""
    url, connection = lab.database.connection.url, lab.database.connection
    name = f"{prefix}user"
    if url.backend == "sqlite":
        pytest.skip("SQLite has no users")
    if url.backend == "postgres":
        connection.script([f"CREATE ROLE {name} LOGIN PASSWORD 'only-a-test'", *(r.format(user=name) for r in rights)])
    else:
        made = f"CREATE USER '{name}'@'%' IDENTIFIED BY 'only-a-test'".replace("%", "%%")
        connection.script([made, *(r.format(user=f"'{name}'@'%%'") for r in rights)])
    text = f"{'postgresql' if url.backend == 'postgres' else 'mysql'}://{name}:only-a-test@{url.host}:{url.port}"
    return Database.open(parse_url(text + (f"/{url.database}" if url.database else "")), storage_of)


def drop_user(lab: Lab, prefix: str) -> None:
    connection, name = lab.database.connection, f"{prefix}user"
    if connection.backend == "postgres":
        connection.script([f"DROP OWNED BY {name}", f"DROP ROLE {name}"])
    else:
        connection.execute(f"DROP USER '{name}'@'%%'", write=True)


def tables_of(lab: Lab, rights: str, *names: str) -> list[str]:
    places = [lab.database.dialect.table(t.id.schema, t.id.name) for t in (lab.tables[n] for n in names)]
    return [f"GRANT {rights} ON {place} TO {{user}}" for place in places]


def test_a_right_that_is_missing_is_told(lab: Lab, prefix: str) -> None:
    fill_chain(lab)
    usage = [f"GRANT USAGE ON SCHEMA {lab.schema} TO {{user}}"] if lab.database.dialect.name == "postgres" else []
    quoted = map(lab.database.dialect.quote, ("~lineage", "~labwright"))
    schemas = [*usage, *(f"GRANT SELECT ON {lab.schema}.{name} TO {{user}}" for name in quoted)]
    rights = schemas + tables_of(lab, "SELECT, UPDATE, DELETE", "mouse", "session", "_scan")
    database = restricted_user(lab, prefix, [*rights, *tables_of(lab, "SELECT", "__spikes")])
    before = lab.left()
    try:
        with pytest.raises(AccessError, match=rf"deleting from {lab.schema}\.__spikes.* Nothing was deleted"):
            plan_delete(database, lab.tables["mouse"].id, lab.node("mouse", 1)).execute()
    finally:
        database.connection.close()
        drop_user(lab, prefix)
    assert lab.left() == before


def test_a_user_without_temporary_tables(lab: Lab, prefix: str) -> None:
    fill_parts(lab)
    if lab.database.dialect.name != "mysql":
        pytest.skip("PostgreSQL grants temporary tables to everybody")
    rights = tables_of(lab, "SELECT, UPDATE, DELETE", *lab.tables)
    database = restricted_user(lab, prefix, rights)
    try:
        node = lab.node("stimulus", 1)
        plan = plan_delete(database, lab.tables["stimulus"].id, node, part_integrity="cascade")
        assert plan.execute() == 1
    finally:
        database.connection.close()
        drop_user(lab, prefix)
    assert lab.left_in("session__lick") == [(2, 1, 1), (2, 2, 1)]


def test_a_child_that_may_not_be_seen(lab: Lab, prefix: str) -> None:
    fill_chain(lab)
    if lab.database.dialect.name != "mysql":
        pytest.skip("PostgreSQL shows all foreign keys to everybody")
    lab.build({"secret": "-> mouse"}, f"{prefix}hidden")
    lab.insert("secret", (1,))
    rights = tables_of(lab, "SELECT, UPDATE, DELETE", "mouse", "session", "_scan", "__spikes")
    database = restricted_user(lab, prefix, rights)
    before = lab.left()
    try:
        with pytest.raises(IntegrityError, match=r"refer to rows that were to be deleted.*Nothing was deleted"):
            plan_delete(database, lab.tables["mouse"].id, lab.node("mouse", 1)).execute()
    finally:
        database.connection.close()
        drop_user(lab, prefix)
    assert lab.left() == before


class Model:
    """What should happen, worked out row by row."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.tables = {t.id: t for t in pipeline.tables}
        self.rows = {t.id: pipeline.rows[t.id.schema, t.id.name] for t in pipeline.tables}

    def closure(self, root: TableId, chosen: Sequence[int], *, masters: bool) -> set[tuple[TableId, int]]:
        gone = {(root, i) for i in chosen}
        while True:
            more = {child for child in self.all_rows() if any(p in gone for p in self.parents(*child))}
            if masters:
                more |= {m for row in gone for m in self.masters(*row)}
            if more <= gone:
                return gone
            gone |= more

    def all_rows(self) -> Iterator[tuple[TableId, int]]:
        return ((id_, i) for id_, rows in self.rows.items() for i in range(len(rows)))

    def parents(self, id_: TableId, number: int) -> list[tuple[TableId, int]]:
        return [p for fk in self.tables[id_].foreign_keys for p in self.referenced(fk, self.rows[id_][number])]

    def masters(self, id_: TableId, number: int) -> list[tuple[TableId, int]]:
        return [p for p in self.parents(id_, number) if p[0] == master_of(id_)]

    def referenced(self, fk: ForeignKey, row: Row) -> list[tuple[TableId, int]]:
        values = [row[c] for c in fk.columns]
        if None in values:
            return []
        found = self.rows[fk.parent]
        return [(fk.parent, i) for i, r in enumerate(found) if [r[c] for c in fk.parent_columns] == values]

    def orphans(self, gone: set[tuple[TableId, int]]) -> bool:
        return any(master_of(id_) is not None and not any(m in gone for m in self.masters(id_, i)) for id_, i in gone)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_random_graphs(data: st.DataObject, database_url: str, prefix: str, keys_in: str) -> None:
    schema = f"{prefix}random"
    pipeline = data.draw(pipelines(schema, most_tables=6))
    assume(all(len(set(fk.columns)) == len(fk.columns) for t in pipeline.tables for fk in t.foreign_keys))
    model = Model(pipeline)
    root = data.draw(st.sampled_from([t.id for t in pipeline.tables]))
    numbers = range(len(model.rows[root]))
    chosen = data.draw(st.lists(st.sampled_from(numbers), unique=True)) if numbers else []
    integrity: PartIntegrity = data.draw(st.sampled_from(["enforce", "cascade", "ignore"]))
    database = Database.open(database_url, storage_of)
    try:
        database.declare(pipeline.tables)
        for table in pipeline.tables:
            insert(database, table, model.rows[table.id])
        check_random(database, model, root, chosen, integrity, looks_up=keys_in != "nowhere")
    finally:
        ddl.drop(database.connection, database.dialect, [t.id for t in reversed(pipeline.tables)])
        database.connection.close()


def check_random(
    database: Database, model: Model, root: TableId, chosen: Sequence[int], integrity: PartIntegrity, *, looks_up: bool
) -> None:
    table = model.tables[root]
    names = tuple(table.heading.primary_key)
    keys = tuple(tuple(model.rows[root][i][n] for n in names) for i in chosen)
    source = expr.Source(root.schema, root.name, table.heading)
    node = expr.restrict(source, Keys(names, keys) if keys else Constant(False))
    node = looked_up(node, source) if looks_up else node
    gone = model.closure(root, chosen, masters=integrity == "cascade")
    refused = integrity == "enforce" and (master_of(root) is not None or model.orphans(gone))
    event(f"{integrity}, refused {refused}, {min(len({i for i, _ in gone}), 3)} tables")
    before = {id_: content(database, t) for id_, t in model.tables.items()}
    if refused:
        with pytest.raises(IntegrityError, match="part"):
            plan_delete(database, root, node, part_integrity=integrity).execute()
        gone = set()
    else:
        plan = plan_delete(database, root, node, part_integrity=integrity)
        expected = {id_: sum(g[0] == id_ for g in gone) for id_ in model.tables}
        assert dict(plan.preview()) == {id_: n for id_, n in expected.items() if n}
        assert plan.execute() == expected[root]
        assert {id_: n for id_, n in plan.deleted.items() if n} == {id_: n for id_, n in expected.items() if n}
    for id_, t in model.tables.items():
        kept = [r for i, r in enumerate(model.rows[id_]) if (id_, i) not in gone]
        assert len(content(database, t)) == len(kept)
        assert set(content(database, t)) <= set(before[id_])
