"""The classic ``fetch``. What is expected here is what DataJoint 0.14.6 gives for the same rows and arguments."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import numpy as np
import pytest

import labwright as lw

MOMENT = datetime.datetime.fromisoformat("2020-01-02T03:04:05")
DAY = datetime.date(2020, 1, 2)
DTYPES = {
    "a": "int64", "b": "object", "n": "object", "x": "float64", "d": "float64", "t": "object", "day": "object",
    "m": "object", "e": "object", "flag": "int64", "u": "object", "bl": "object", "small": "int64",
}  # fmt: skip


@pytest.fixture
def table(project: lw.Project, prefix: str) -> Any:
    schema = lw.Schema(f"{prefix}fetch", connection=project, generation="classic")

    @schema
    class Trial(lw.Manual):
        definition = """
        a : int
        b : varchar(8)
        ---
        n = null : int
        x = null : float
        d = null : double
        t = null : datetime
        day = null : date
        m = null : decimal(8,2)
        e = 'u' : enum('u','v')
        flag = 0 : bool
        u = null : uuid
        bl = null : longblob
        small = 3 : tinyint unsigned
        """

    Trial.insert1(
        {
            "a": 1, "b": "x", "n": 5, "x": 0.5, "d": 1 / 3, "t": MOMENT, "day": DAY, "m": decimal.Decimal("1.50"),
            "flag": 1, "u": uuid.UUID(int=7), "bl": np.arange(3),
        }
    )  # fmt: skip
    Trial.insert1({"a": 2, "b": "y"})
    return Trial


def test_whole_rows_are_a_structured_array(table: Any) -> None:
    rows = table.fetch()
    assert {n: str(rows.dtype[n]) for n in rows.dtype.names} == DTYPES
    first, second = rows.tolist()
    assert first[:-2] == (1, "x", 5, 0.5, 1 / 3, MOMENT, DAY, decimal.Decimal("1.50"), "u", 1, uuid.UUID(int=7))
    assert first[-2].tolist() == [0, 1, 2]
    assert second[:3] == (2, "y", None)
    assert np.isnan(rows["x"][1])
    assert second[5:] == (None, None, None, "u", 0, None, None, 3)


@pytest.mark.parametrize("condition", ["a = 1", "a = 2", "a = 9"])
def test_dtypes_follow_from_the_table_and_not_from_its_rows(table: Any, condition: str) -> None:
    rows = (table & condition).fetch()
    assert {n: str(rows.dtype[n]) for n in rows.dtype.names} == DTYPES
    assert {n: str((table & condition).fetch(n).dtype) for n in DTYPES} == DTYPES


def test_attributes_are_arrays_and_several_a_list(table: Any) -> None:
    assert table.fetch("a").tolist() == [1, 2]
    both = table.fetch("a", "b")
    assert isinstance(both, list)
    assert [c.tolist() for c in both] == [[1, 2], ["x", "y"]]
    assert [c.tolist() for c in table.fetch("n", "n")] == [[5, None], [5, None]]


@pytest.mark.parametrize("key", ["KEY", lw.key])
def test_keys_are_dicts(table: Any, key: Any) -> None:
    keys = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert table.fetch(key) == keys
    assert type(table.fetch(key)[0]["a"]) is int
    found, n = table.fetch(key, "n")
    assert (found, n.tolist()) == (keys, [5, None])
    assert [r.tolist() for r in table.fetch(key, as_dict=False)] == [(1, "x"), (2, "y")]
    assert table.proj(q="a").fetch(key) == [{"q": 1, "b": "x"}, {"q": 2, "b": "y"}]
    assert (table & "a = 1").fetch1(key) == keys[0]
    assert (table & "a = 1").fetch1(key, "n") == (keys[0], 5)


def test_rows_as_dicts(table: Any) -> None:
    rows = table.fetch(as_dict=True)
    assert rows[1] == {
        "a": 2, "b": "y", "n": None, "x": None, "d": None, "t": None, "day": None, "m": None, "e": "u", "flag": 0,
        "u": None, "bl": None, "small": 3,
    }  # fmt: skip
    assert table.fetch("n", as_dict=True) == [{"n": 5}, {"n": None}]
    assert table.fetch("n", "KEY", as_dict=True) == [{"a": 1, "b": "x", "n": 5}, {"a": 2, "b": "y", "n": None}]


def test_frames_have_the_key_as_index(table: Any, project: lw.Project) -> None:
    frame = table.fetch(format="frame")
    assert frame.index.tolist() == [(1, "x"), (2, "y")]
    assert frame.index.names == ["a", "b"]
    assert (str(frame["x"].dtype), str(frame["flag"].dtype)) == ("float64", "int64")
    with project.config.override(fetch_format="frame"):
        assert table.fetch().equals(frame)
        assert table.fetch(format="array").dtype.names == tuple(DTYPES)
    whole = lw.U().aggr(table, c="count(*)").fetch(format="frame")
    assert whole.to_dict("list") == {"c": [2]}


def test_order_and_slices(table: Any) -> None:
    assert table.fetch("a", order_by="a DESC", limit=1).tolist() == [2]
    assert table.fetch("a", order_by="KEY DESC").tolist() == [2, 1]
    assert table.fetch("a", order_by=["e", "a DESC"]).tolist() == [2, 1]
    assert table.fetch("a", offset=1).tolist() == [2]
    assert table.fetch("a", offset=1, limit=1).tolist() == [2]
    assert table.fetch("b", limit=1).tolist() == ["x"]


def test_computed_attributes_are_objects(table: Any) -> None:
    rows = table.proj(y="a * 2", z="concat(b, 'q')").fetch()
    assert rows.dtype == [("a", "<i8"), ("b", "O"), ("y", "O"), ("z", "O")]
    assert rows.tolist() == [(1, "x", 2, "xq"), (2, "y", 4, "yq")]
    rows = lw.U("flag").aggr(table, c="count(*)", s="sum(n)", mx="max(m)").fetch(order_by="KEY")
    assert rows.tolist() == [(0, 1, None, None), (1, 1, 5, decimal.Decimal("1.50"))]
    assert lw.U().aggr(table, c="count(*)").fetch1("c") == 2


def test_contradictions_are_refused(table: Any) -> None:
    for options in ({"format": "x"}, {"format": "array", "as_dict": True}):
        with pytest.raises(lw.errors.QueryError, match=r"format"):
            table.fetch(**options)
    with pytest.raises(lw.errors.QueryError, match="leave it out, or the attributes"):
        table.fetch("n", format="array")
    with pytest.raises(lw.errors.UnknownAttributeError, match="'zz'"):
        table.fetch("zz")
    with pytest.raises(lw.errors.QueryError, match=r"one by one, not \['a', 'b'\]"):
        table.fetch(["a", "b"])


def test_blobs_of_every_kind_are_the_values_themselves(table: Any) -> None:
    table.insert([{"a": 3, "b": "z", "bl": 5}, {"a": 4, "b": "z", "bl": "text"}])
    table.insert1({"a": 5, "b": "z", "bl": np.ones((1, 3))})
    first, *rest = table.fetch("bl", order_by="KEY")
    assert first.tolist() == [0, 1, 2]
    assert rest[:3] == [None, 5, "text"]
    assert rest[3].shape == (1, 3)
    assert (table & "a = 5").fetch("bl", squeeze=True)[0].shape == (3,)
    assert (table & "a = 5").fetch1("bl", squeeze=True).shape == (3,)


def test_head_and_tail_speak_the_generation(table: Any) -> None:
    assert table.head(1)["b"].tolist() == ["x"]
    assert table.tail(1, as_dict=True)[0]["b"] == "y"
    assert table.head(format="frame").index.tolist() == [(1, "x"), (2, "y")]
    current = lw.FreeTable(None, str(table().id), generation="2")
    assert [r["b"] for r in current.head(1)] == ["x"]
    assert [r["b"] for r in current.tail(1)] == ["y"]


def test_a_cursor_gives_row_by_row(table: Any) -> None:
    cursor = table.proj("n").cursor()
    assert (cursor.fetchone(), cursor.fetchmany(5), cursor.fetchone()) == ((1, "x", 5), [(2, "y", None)], None)
    assert table.proj().cursor(as_dict=True).fetchall() == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_a_table_of_one_row_has_an_empty_key(project: lw.Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}single", connection=project, generation="classic")

    @schema
    class Rig(lw.Manual):
        definition = """
        ---
        name : varchar(8)
        """

    Rig.insert1({"name": "blue"})
    assert Rig.fetch("KEY") == [{}]
    assert Rig.fetch("name").tolist() == ["blue"]


def test_attached_files_are_local_paths(project: lw.Project, prefix: str, tmp_path: Any) -> None:
    schema = lw.Schema(f"{prefix}files", connection=project, generation="classic")

    @schema
    class Note(lw.Manual):
        definition = """
        note : int
        ---
        page : attach
        """

    source = tmp_path / "page.txt"
    source.write_text("calm")
    Note.insert1((1, source))
    with project.config.override(download_path=str(tmp_path / "set")):
        set_path = str(tmp_path / "set" / "page.txt")
        assert Note.fetch("page").tolist() == [set_path]
        assert Note.fetch1("page") == Note.to_dicts()[0]["page"] == set_path
    (given,) = Note.fetch("page", download_path=tmp_path / "given")
    assert (tmp_path / "given" / "page.txt").read_text() == "calm"
    assert given == str(tmp_path / "given" / "page.txt")
