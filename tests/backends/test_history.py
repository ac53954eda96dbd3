"""What is kept of rows that were changed or deleted, by whom, and how it comes back."""

from __future__ import annotations

import contextlib
import datetime
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import DataError, IntegrityError, LabwrightError, QueryError
from labwright.tables.keeping import is_old, renew
from labwright.tables.past import Change
from labwright.tables.undo import PIECE

Run = Callable[..., Any]
INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgres": "SELECT schemaname || '.' || indexname FROM pg_indexes",
    "mysql": "SELECT index_name FROM information_schema.statistics",
}


@pytest.fixture
def rat(schema: lw.Schema) -> Any:
    return table(
        schema,
        "Rat",
        "rat : int32\n---\nname = 'x' : varchar(20)\nweight = null : float64\nnotes = null : <blob>",
        Tag=part("Tag", "-> master\ntag : varchar(10)\n---\nn : int32"),
    )


@pytest.fixture
def size(schema: lw.Schema, rat: Any) -> Any:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "size": key["rat"] * 2.5})

    return table(schema, "Size", "-> Rat\n---\nsize : float64", lw.Computed, make=make)


@pytest.fixture
def foreign(project: lw.Project, rat: Any, database_url: str) -> Run:
    """What a client runs that knows nothing of Labwright; ``@Rat`` is the table."""
    rat.insert([])
    name = project.database.dialect.table(rat().id.schema, rat().id.name)

    def run(sql: str) -> None:
        with contextlib.closing(bare_connection(database_url)) as stranger:
            stranger.cursor().execute(sql.replace("@Rat", name))
            stranger.commit()

    return run


def bare_connection(url: str) -> Any:
    """A connection of the DB-API."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite3.connect(parts.path[1:], timeout=20)
    if parts.scheme == "postgresql":
        return psycopg.connect(url)
    password = unquote(parts.password or "")
    return pymysql.connect(
        host=parts.hostname or "", port=parts.port or 3306, user=parts.username or "root", password=password
    )


def state(*tables: Any) -> list[list[dict[str, Any]]]:
    return [t.to_dicts(order_by="KEY") for t in tables]


def now() -> datetime.datetime:
    """A moment that no change falls upon: SQLite keeps milliseconds of what strangers do."""
    time.sleep(0.003)
    moment = datetime.datetime.now(datetime.UTC)
    time.sleep(0.003)
    return moment


def test_an_update_keeps_the_old_row_with_who_when_and_why(rat: Any) -> None:
    rat.insert1({"rat": 1, "name": "old", "notes": [1, 2]})
    before = now()
    with lw.acting_as("ana", why="it was 'misspelt'; DROP TABLE rat"):
        rat.update1({"rat": 1, "name": "new"})
    update, insert = rat.history({"rat": 1})
    assert (update.op, update.who, update.why) == ("update", "ana", "it was 'misspelt'; DROP TABLE rat")
    assert (update.old["name"], update.new["name"], update.changed) == ("old", "new", ("name",))
    assert update.when > before > insert.when
    assert (insert.op, insert.old, insert.new) == ("insert", None, update.old)
    assert insert.new["notes"] == [1, 2]


def test_nothing_happened_to_a_row_that_never_was(rat: Any) -> None:
    assert rat.history({"rat": 5}) == []
    with pytest.raises(DataError, match="rat is missing"):
        rat.history({})
    with pytest.raises(DataError, match="a dict"):
        rat.history(5)


def test_what_changes_nothing_is_not_kept(rat: Any) -> None:
    rat.insert1({"rat": 1, "name": "a"})
    rat.update1({"rat": 1, "name": "a"})
    rat.insert([{"rat": 1, "name": "b"}], skip_duplicates=True)
    assert [c.op for c in rat.history({"rat": 1})] == ["insert"]


def test_the_actor_of_a_thread_is_nobody_elses(rat: Any, project: lw.Project) -> None:
    rat.insert([{"rat": i} for i in range(20)])

    def work(first: int, name: str) -> None:
        with project, lw.acting_as(name):
            for i in range(first, first + 10):
                rat.update1({"rat": i, "name": name})

    threads = [threading.Thread(target=work, args=(i * 10, f"person {i}")) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rat.update1({"rat": 0, "weight": 1})
    for i in range(20):
        assert [c.who for c in rat.history({"rat": i}) if c.changed == ("name",)] == [f"person {i // 10}"]
    assert rat.history({"rat": 0})[0].who not in ("person 0", "person 1")


@pytest.mark.parametrize("user", ["", " ", 5, "a\0b", "x" * 200, "\ud800"])
def test_a_user_has_a_name(user: Any) -> None:
    with pytest.raises(DataError, match="user"), lw.acting_as(user):
        raise AssertionError


def test_a_replaced_row_is_kept(rat: Any) -> None:
    rat.insert([{"rat": i, "name": "a"} for i in range(3)])
    rat.insert([{"rat": i, "name": "b"} for i in range(1, 5)], replace=True)
    assert [c.op for c in rat.history({"rat": 1})] == ["update", "insert"]
    assert [c.op for c in rat.history({"rat": 4})] == ["insert"]
    (done,) = rat.changes()
    assert list(done.rows.values()) == [{"update": 2}]
    lw.undo(done)
    assert state(rat)[0][1]["name"] == "a"


def test_a_cascade_comes_back_whole(rat: Any, size: Any) -> None:
    rat.insert([{"rat": i, "notes": {"a": i}} for i in range(4)])
    rat.Tag.insert([(i, tag, i) for i in range(4) for tag in "ab"])
    size.populate()
    before = state(rat, rat.Tag, size)
    with lw.acting_as("ben"):
        (rat & "rat in (1, 2)").delete(prompt=False)
    after = state(rat, rat.Tag, size)
    done = lw.changes(rat.schema)[0]
    assert done.who == "ben"
    assert sorted(list(n.items()) for n in done.rows.values()) == [[("delete", 2)], [("delete", 2)], [("delete", 4)]]
    again = lw.undo(done, why="they are alive")
    assert state(rat, rat.Tag, size) == before
    assert rat.history({"rat": 1})[0].why == "they are alive"
    lw.undo(again)
    assert state(rat, rat.Tag, size) == after
    lw.undo(done.id)
    assert state(rat, rat.Tag, size) == before


def test_the_rows_that_a_change_touched_have_keys(rat: Any) -> None:
    rat.insert([(1, "a", None, None), (2, "b", None, None), (3, "c", None, None)])
    with lw.change() as number:
        rat.update1({"rat": 3, "name": "x"})
        rat.update1({"rat": 3, "name": "y"})
        rat.insert1({"rat": 4}, parts={"Tag": [{"rat": 4, "tag": "red", "n": 1}]})
        (rat & "rat = 1").delete(prompt=False)
    assert rat.keys_of_change(number) == [{"rat": 1}, {"rat": 3}, {"rat": 4}]
    assert rat.Tag.keys_of_change(lw.find_change(number, rat.project)) == [{"rat": 4, "tag": "red"}]
    assert rat.keys_of_change("0" * 32) == []


def test_an_import_is_undone_as_a_whole(rat: Any) -> None:
    rat.insert1({"rat": 0})
    with lw.change("the import of March") as number:
        rat.insert([{"rat": i} for i in range(1, 80)])
        rat.Tag.insert([(i, "a", i) for i in range(1, 80)])
        rat.update1({"rat": 0, "name": "b"})
    assert [c.id for c in lw.changes(rat.schema)] == [number]
    lw.undo(number)
    assert state(rat, rat.Tag) == [[{"rat": 0, "name": "x", "weight": None, "notes": None}], []]


def test_more_rows_than_are_read_at_a_time(rat: Any) -> None:
    rows = [(i, f"r{i}", None, None) for i in range(PIECE + 2)]
    rat.insert(rows)
    with lw.change("named anew") as number:
        rat.insert([(i, "y", None, None) for i in range(PIECE + 2)], replace=True)
    rat.update1({"rat": PIECE + 1, "weight": 2.5})
    lw.undo(number)
    assert [(r["rat"], r["name"]) for r in rat.to_dicts(order_by="KEY")] == [(i, name) for i, name, _, _ in rows]
    assert (rat & {"rat": PIECE + 1}).fetch1("weight") == 2.5


def test_an_undone_update_leaves_the_other_attributes(rat: Any) -> None:
    rat.insert1({"rat": 1, "name": "a"})
    rat.update1({"rat": 1, "name": "b"})
    rat.update1({"rat": 1, "weight": 3})
    lw.undo(rat.history({"rat": 1})[1])
    assert state(rat) == [[{"rat": 1, "name": "a", "weight": 3.0, "notes": None}]]


def test_what_was_changed_since_is_not_overwritten(rat: Any) -> None:
    rat.insert1({"rat": 1, "name": "a"})
    rat.update1({"rat": 1, "name": "b"})
    rat.update1({"rat": 1, "name": "c"})
    first = rat.history({"rat": 1})[1]
    with pytest.raises(LabwrightError, match="'b' after the change and is 'c' now"):
        lw.undo(first)
    rat.delete(prompt=False)
    with pytest.raises(LabwrightError, match="deleted since"):
        lw.undo(first)
    assert first.undone is None


def test_a_key_that_was_given_away_stays_with_its_row(rat: Any) -> None:
    rat.insert1({"rat": 1})
    rat.delete(prompt=False)
    rat.insert1({"rat": 1, "name": "another"})
    with pytest.raises(LabwrightError, match=r"rat=1.*given to another"):
        lw.undo(rat.changes()[0])
    assert (rat & "rat = 1").fetch1("name") == "another"


def test_parents_that_are_gone_are_named(rat: Any) -> None:
    rat.insert1({"rat": 1})
    rat.Tag.insert1((1, "a", 1))
    rat.Tag.delete_quick()
    gone = rat.Tag.changes()[0]
    rat.delete(prompt=False)
    with pytest.raises(IntegrityError, match=r"no row with \{'rat': 1\}"):
        lw.undo(gone)
    assert rat.Tag.changes()[0].undone is None


def test_children_that_came_later_are_not_lost(rat: Any) -> None:
    with lw.change() as number:
        rat.insert1({"rat": 1})
    rat.Tag.insert1((1, "a", 1))
    with pytest.raises(IntegrityError, match="came later"):
        lw.undo(number)
    assert len(rat()) == 1


def test_only_one_of_two_undoes_it(rat: Any, project: lw.Project) -> None:
    rat.insert([{"rat": i} for i in range(5)])
    rat.delete(prompt=False)
    (done,) = rat.changes()
    results: list[Any] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            with project:
                results.append(lw.undo(done))
        except LabwrightError as error:
            results.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(r, str) for r in results) == [False, True], results
    assert len(rat()) == 5


def test_a_change_that_there_never_was(rat: Any) -> None:
    rat.insert1({"rat": 1})
    with pytest.raises(LabwrightError, match="no change 'x'"):
        lw.undo("x")
    with pytest.raises(DataError, match="nothing to undo"):
        lw.undo([])
    with pytest.raises(LabwrightError, match="was not noted"):
        lw.undo(rat.history({"rat": 1}))


@pytest.mark.parametrize("what", [5, None, -1, 1.5, b"x", [None], {5: 1}, int])
def test_what_is_no_change(rat: Any, what: Any) -> None:
    rat.insert1({"rat": 1})
    rat.update1({"rat": 1, "name": "b"})
    with pytest.raises(QueryError, match="takes a Change, a ChangeSet, the number of one, which is a text, or a list"):
        lw.undo(what)
    assert rat.history({"rat": 1})[0].undone is None


def test_a_table_as_it_was(rat: Any) -> None:
    moments = [now()]
    states = [state(rat)[0]]
    steps: list[Callable[[], Any]] = [
        lambda: rat.insert([{"rat": i, "notes": [i]} for i in range(4)]),
        lambda: rat.update1({"rat": 1, "name": "b"}),
        lambda: (rat & "rat in (1, 2)").delete(prompt=False),
        lambda: rat.insert([{"rat": i, "name": "again"} for i in (2, 3)], replace=True),
        lambda: lw.undo(rat.history({"rat": 1})[0]),
        lambda: rat.delete(prompt=False),
    ]
    for step in steps:
        step()
        moments.append(now())
        states.append(state(rat)[0])
    for moment, then in zip(moments, states, strict=True):
        assert rat.at(moment).to_dicts(order_by="KEY") == then
    at = rat.at(moments[2])
    assert (at & "name = 'b'").fetch1("rat") == 1
    assert len(at * rat.at(moments[1]).proj(before="name")) == 4
    with pytest.raises(DataError, match="point in time"):
        rat.at("yesterday")


def test_a_transaction_that_is_undone_leaves_no_history(rat: Any, project: lw.Project) -> None:
    rat.insert([{"rat": 1}, {"rat": 2}])
    with lw.acting_as("ana"):
        project.connection.start_transaction()
        rat.update1({"rat": 1, "name": "b"})
        (rat & "rat = 2").delete(prompt=False)
        project.connection.cancel_transaction()
    assert rat.changes() == []
    rat.update1({"rat": 1, "name": "c"})
    assert rat.history({"rat": 1})[0].who != "ana"


def test_a_transaction_is_one_change(rat: Any, project: lw.Project) -> None:
    rat.insert([{"rat": 1}, {"rat": 2}])
    with project.connection.transaction:
        rat.update1({"rat": 1, "name": "b"})
        rat.update1({"rat": 2, "name": "b"})
    rat.update1({"rat": 2, "name": "c"})
    assert [list(c.rows.values()) for c in rat.changes()] == [[{"update": 1}], [{"update": 2}]]


def test_strangers_are_caught(rat: Any, foreign: Run) -> None:
    rat.insert([{"rat": i} for i in range(4)])
    with lw.acting_as("ana"):
        rat.update1({"rat": 3, "name": "a"})
    foreign("UPDATE @Rat SET name = 'theirs' WHERE rat = 1")
    foreign("DELETE FROM @Rat WHERE rat = 2")
    foreign("UPDATE @Rat SET rat = 7 WHERE rat = 3")
    assert rat.history({"rat": 1})[0].changed == ("name",)
    assert rat.history({"rat": 1})[0].who != "ana"
    assert [c.op for c in rat.history({"rat": 2})] == ["delete", "insert"]
    assert rat.history({"rat": 3})[0].op == "delete"
    assert [c.op for c in rat.history({"rat": 7})] == ["insert"]
    lw.undo(rat.history({"rat": 2})[0])
    lw.undo(rat.history({"rat": 1})[0])
    assert [r["rat"] for r in state(rat)[0]] == [0, 1, 2, 7]


def test_triggers_of_before_are_told_who_acts_and_can_be_made_anew(rat: Any, project: lw.Project, backend: str) -> None:
    """Once those on SQLite asked the table alone, and there was an index for the key."""
    rat.insert1((1, "a", None, None))
    database, id_ = project.database, rat().id
    if backend == "sqlite":
        names = [f"{id_.schema}.~was_{id_.name}_{letter}" for letter in "dum"]
        found = database.connection.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        texts = {name: sql for name, sql in found if name in names}
        assert len(texts) == 3
        for name, sql in texts.items():
            old = re.sub(r", date\(NULL[^)]*\)", "", re.sub(r"coalesce\((a\.\w+), date\([^)]*\)\)", r"\1", sql))
            database.connection.script([f'DROP TRIGGER "{name}"', old])
    elif backend == "postgres":
        shadow = database.dialect.table(id_.schema, f"~was_{id_.name}")
        index = f'CREATE INDEX "~was_{id_.name}_k" ON {shadow} (rat)'
        database.connection.script([index, f"COMMENT ON TABLE {shadow} IS 'triggers'"])
    database.forget()
    assert is_old(database, rat().table_def) is (backend != "mysql")
    with lw.acting_as("ana"):
        rat.update1({"rat": 1, "name": "b"})
        rat.delete_quick()
    assert [(c.op, c.who) for c in rat.history({"rat": 1})][:2] == [("delete", "ana"), ("update", "ana")]
    assert renew(database, id_.schema) == ([] if backend == "mysql" else [id_])
    assert not is_old(database, rat().table_def)
    assert f"{id_.schema}.~was_rat_k" not in str(database.connection.fetch(INDEXES[backend]))
    rat.insert1((1, "a", None, None))
    with lw.acting_as("bo"):
        rat.update1({"rat": 1, "name": "b"})
    assert next(c.who for c in rat.history({"rat": 1})) == "bo"


def test_a_key_that_changes_from_above_is_caught_or_refused(
    schema: lw.Schema, rat: Any, project: lw.Project, backend: str
) -> None:
    between = table(schema, "Between", "-> Rat", lw.Computed, make=lambda self, key: self.insert1(key))
    below = table(schema, "Below", "-> Between\n---\nn : int32")
    rat.insert([{"rat": 1}])
    between.populate()
    below.insert1((1, 5))
    move = f"UPDATE {project.database.dialect.table(rat().id.schema, rat().id.name)} SET rat = 7 WHERE rat = 1"
    if backend == "mysql":
        with pytest.raises(IntegrityError):
            project.connection.execute(move)
        assert below.to_dicts() == [{"rat": 1, "n": 5}]
        return
    project.connection.execute(move)
    assert [c.op for c in below.history({"rat": 1})] == ["delete", "insert"]
    assert below.to_dicts() == [{"rat": 7, "n": 5}]


def test_a_class_may_do_without(schema: lw.Schema) -> None:
    plain = table(schema, "Plain", "a : int32\n---\nb : int32", history=False)
    plain.insert1((1, 1))
    plain.update1({"a": 1, "b": 2})
    assert plain.changes() == []
    assert [(c.op, c.when) for c in plain.history({"a": 1})] == [("insert", None)]
    plain.delete(prompt=False)
    assert plain.changes() == []


def test_a_computed_table_may_keep_it(schema: lw.Schema, rat: Any) -> None:
    kept = table(schema, "Kept", "-> Rat\n---\nx : int32", lw.Computed, history=True)
    rat.insert1({"rat": 1})
    kept.insert1((1, 1), allow_direct_insert=True)
    kept.delete(prompt=False)
    lw.undo(kept.changes()[0])
    assert len(kept()) == 1


def test_a_table_with_one_row(schema: lw.Schema) -> None:
    one = table(schema, "Setup", "---\nrate : int32")
    one.insert1({"rate": 1})
    one.update1({"rate": 2})
    assert [c.op for c in one.history({})] == ["update", "insert"]
    one.delete(prompt=False)
    lw.undo(one.changes()[0])
    assert one.fetch1("rate") == 2


def test_a_change_of_a_table_with_one_row_touched_it(schema: lw.Schema) -> None:
    one = table(schema, "One", "---\nn : int32")
    with lw.change() as number:
        one.insert1({"n": 1})
    assert one.keys_of_change(number) == [{}]


def test_a_tree_comes_back(schema: lw.Schema) -> None:
    tree = table(schema, "Node", "node : int32\n---\n-> [nullable] Node.proj(above='node')")
    tree.insert([{"node": 0, "above": None}])
    for i in range(1, 6):
        tree.insert1({"node": i, "above": i // 2})
    before = state(tree)
    (tree & "node = 0").delete(prompt=False)
    lw.undo(tree.changes()[0])
    assert state(tree) == before


def test_it_goes_with_the_table(rat: Any, schema: lw.Schema, project: lw.Project) -> None:
    rat.insert1({"rat": 1})
    rat.delete(prompt=False)
    schema.drop_tables([rat.id, rat.Tag.id], prompt=False)
    assert not project.database.shadows(schema.database_name)
    rat.insert1({"rat": 1})
    assert len(rat.history({"rat": 1})) == 1


def test_a_table_of_strangers_is_kept_by_us(project: lw.Project, prefix: str, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("others make no tables there")
    connection, name = project.connection, f"{prefix}theirs"
    connection.script([f"CREATE SCHEMA {name}", f"CREATE TABLE {name}.rat (rat int PRIMARY KEY, name varchar(20))"])
    rat = lw.FreeTable(connection, f"{name}.rat")
    rat.insert([{"rat": i, "name": "a"} for i in range(4)])
    before = rat.to_dicts(order_by="KEY")
    with lw.acting_as("ana"):
        rat.update1({"rat": 1, "name": "b"})
    rat.insert([{"rat": 2, "name": "c"}], replace=True)
    (rat & "rat = 3").delete(prompt=False)
    with project.connection.transaction:
        rat.update1({"rat": 0, "name": "d"})
    assert rat.history({"rat": 1})[0].who == "ana"
    with lw.change() as number:
        rat.insert([{"rat": i, "name": "e"} for i in range(2, 7)], skip_duplicates=True)
    lw.undo(number)
    for change in rat.changes():
        if change.undone is None and change.id != number and change.why != "undo":
            lw.undo(change)
    assert rat.to_dicts(order_by="KEY") == before
    rat.keep_history()
    connection.execute(f"UPDATE {name}.rat SET name = 'theirs' WHERE rat = 1")
    assert rat.history({"rat": 1})[0].new["name"] == "theirs"


def test_a_change_is_a_value(rat: Any) -> None:
    rat.insert1({"rat": 1})
    rat.update1({"rat": 1, "name": "b"})
    assert rat.history({"rat": 1})[0] == rat.history({"rat": 1})[0]
    assert isinstance(rat.history({"rat": 1})[0], Change)
