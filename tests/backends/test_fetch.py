"""Reading gives the same rows, columns and dtypes on every database, and needs no more memory than it must."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.codecs.base import codecs
from labwright.core.errors import LabwrightError, QueryError, UnknownAttributeError

DEFINITION: Final = """
id : int32
name : varchar(10)
---
small = null : int8
many = null : int64
f32 = null : float32
f64 = null : float64
yes = null : bool
price = null : decimal(8,2)
day = null : date
clock = null : time
at = null : datetime(6)
utc = null : datetime_utc
size = null : enum('big', 'small')
tag = null : uuid
info = null : json
raw = null : bytes
"""
FULL: Final[dict[str, Any]] = {
    "id": 1,
    "name": "é",
    "small": -5,
    "many": 2**60,
    "f32": 0.5,
    "f64": 0.1,
    "yes": True,
    "price": Decimal("1.50"),
    "day": datetime.date(2024, 2, 29),
    "clock": datetime.time(12, 30),
    "at": datetime.datetime(2024, 1, 1, 0, 0, 0, 5),
    "utc": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    "size": "big",
    "tag": uuid.UUID(int=7),
    "info": {"a": [1, None]},
    "raw": b"\0a",
}
EMPTY: Final[dict[str, Any]] = {**dict.fromkeys(FULL), "id": 2, "name": "b"}
DTYPES: Final = {
    "id": "int32",
    "name": "object",
    "small": "int8",
    "many": "int64",
    "f32": "float32",
    "f64": "float64",
    "yes": "bool",
    **dict.fromkeys(["price", "day", "clock", "at", "utc", "size", "tag", "info", "raw"], "object"),
}
ARROW: Final = {
    "id": "int32",
    "name": "string",
    "small": "int8",
    "many": "int64",
    "f32": "float",
    "f64": "double",
    "yes": "bool",
    "price": "decimal128(8, 2)",
    "day": "date32[day]",
    "clock": "time64[us]",
    "at": "timestamp[us]",
    "utc": "timestamp[us, tz=UTC]",
    "size": "string",
    "tag": "string",
    "info": "string",
    "raw": "binary",
}


@pytest.fixture
def things(schema: lw.Schema) -> Any:
    things = table(schema, "Thing", DEFINITION)
    things.insert([FULL, EMPTY])
    return things


def test_dicts(things: Any) -> None:
    rows = things.to_dicts(order_by="KEY")
    assert rows == [FULL, EMPTY]
    assert [list(row) for row in rows] == [list(FULL)] * 2
    assert [type(v) for v in rows[0].values()] == [type(v) for v in FULL.values()]
    assert (things & "id = 9").to_dicts() == []


def test_arrays(things: Any) -> None:
    whole = things & "id = 1"
    array = whole.to_arrays()
    assert {n: str(array.dtype[n]) for n in array.dtype.names} == DTYPES
    assert array["f32"].tolist() == [0.5]
    assert {n: str(a.dtype) for n, a in zip(FULL, whole.to_arrays(*FULL), strict=True)} == DTYPES
    name, number = things.to_arrays("name", "id", order_by="id DESC")
    assert (name.tolist(), number.tolist()) == (["b", "é"], [2, 1])
    assert things.to_arrays("tag", order_by="KEY").tolist() == [uuid.UUID(int=7), None]


def test_null_in_arrays(things: Any) -> None:
    columns = dict(zip(FULL, things.to_arrays(*FULL, order_by="KEY"), strict=True))
    assert np.isnan(columns["f64"][1])
    assert np.isnan(columns["f32"][1])
    for name in ("small", "yes", "size", "at"):
        assert columns[name].tolist() == [FULL[name], None]
    with_null = dict.fromkeys(["small", "many", "yes"], "object")
    assert {n: str(a.dtype) for n, a in columns.items()} == DTYPES | with_null


def test_no_rows(things: Any) -> None:
    none = things & "id > 9"
    assert {n: str(none.to_arrays().dtype[n]) for n in FULL} == DTYPES
    assert {f.name: str(f.type) for f in none.to_arrow().schema} == ARROW
    assert {n: str(t) for n, t in none.to_pandas().reset_index().dtypes.items()} == DTYPES
    assert none.to_polars().shape == (0, len(FULL))
    assert none.to_arrays("id", include_key=True)[0] == []
    assert list(none) == list(none.cursor()) == list(none.iter_batches()) == none.keys() == none.head() == []


def test_keys_with_arrays(things: Any) -> None:
    keys, names = things.to_arrays("name", include_key=True, order_by="KEY")
    assert keys == [{"id": 1, "name": "é"}, {"id": 2, "name": "b"}] == things.keys(order_by="KEY")
    assert names.tolist() == ["é", "b"]
    ids, key_names, small = things.to_arrays("KEY", "small", order_by="KEY")
    assert (ids.tolist(), key_names.tolist(), small.tolist()) == ([1, 2], ["é", "b"], [-5, None])


def test_pandas(things: Any) -> None:
    frame = things.to_pandas(order_by="KEY")
    assert frame.index.names == ["id", "name"]
    assert list(frame.columns) == [n for n in FULL if n not in ("id", "name")]
    assert frame.loc[(1, "é"), "price"] == Decimal("1.50")
    assert frame["size"].isna().tolist() == [False, True]
    assert frame["f64"].dtype == "float64"
    assert isinstance(frame, pd.DataFrame)


def test_arrow_and_polars(things: Any) -> None:
    arrow = things.to_arrow(order_by="KEY")
    assert {f.name: str(f.type) for f in arrow.schema} == ARROW
    text = {"tag": str(FULL["tag"]), "info": '{"a":[1,null]}'}
    assert arrow.to_pylist() == [FULL | text, EMPTY]
    polars = things.to_polars(order_by="KEY")
    assert polars.rows(named=True) == [FULL | text, EMPTY]
    assert polars.schema["at"] == pl.Datetime("us")
    assert polars.schema["price"] == pl.Decimal(8, 2)


def test_what_is_written_is_read(things: Any) -> None:
    for read in (things.to_arrow, things.to_polars, things.to_dicts):
        rows = read()
        things.delete_quick()
        things.insert(rows if isinstance(rows, list) else without_json(rows))
        assert [{**row, "info": None} for row in things.to_dicts(order_by="KEY")] == [{**FULL, "info": None}, EMPTY]


def without_json(rows: Any) -> Any:
    """Arrow has no JSON: its text would be taken for a JSON text."""
    return rows.drop(["info"])


def test_fetch1(things: Any) -> None:
    one = things & {"id": 1}
    assert one.fetch1() == FULL
    assert one.fetch1("name") == "é"
    assert one.fetch1("price", "KEY", "id") == (Decimal("1.50"), {"id": 1, "name": "é"}, 1)
    with pytest.raises(LabwrightError, match=r"exactly one row and there are 2: \w+\.thing$"):
        things.fetch1()
    with pytest.raises(LabwrightError, match=r"there is none: \w+\.thing & id = 9$"):
        (things & {"id": 9}).fetch1("id")
    with pytest.raises(LabwrightError, match=r"there is none: .*'id > 9'"):
        (things & "id > 9").fetch1()
    with pytest.raises(UnknownAttributeError, match="Did you mean 'price'"):
        one.fetch1("prize")


@pytest.fixture
def numbers(schema: lw.Schema) -> Any:
    numbers = table(schema, "Number", "n : int32\n---\nhalf : int32\nlast_digit = null : int8")
    numbers.insert((n, n // 2, n % 10 or None) for n in range(100))
    return numbers


ORDERED: Final[dict[str, tuple[dict[str, Any], list[int]]]] = {
    "limit": ({"order_by": "n", "limit": 3}, [0, 1, 2]),
    "offset": ({"order_by": "n", "offset": 98}, [98, 99]),
    "both": ({"order_by": "KEY", "limit": 2, "offset": 5}, [5, 6]),
    "down": ({"order_by": "n DESC", "limit": 2}, [99, 98]),
    "key down": ({"order_by": "KEY DESC", "limit": 2}, [99, 98]),
    "several": ({"order_by": ["half desc", "n asc"], "limit": 3}, [98, 99, 96]),
    "nulls first": ({"order_by": "last_digit, n", "limit": 2}, [0, 10]),
    "nulls last": ({"order_by": ("last_digit DESC", "n"), "offset": 90, "limit": 1}, [0]),
    "nothing": ({"order_by": "n", "limit": 0}, []),
    "past the end": ({"order_by": "n", "offset": 100}, []),
}


@pytest.mark.parametrize("case", ORDERED)
def test_order_limit_offset(case: str, numbers: Any) -> None:
    options, expected = ORDERED[case]
    assert [row["n"] for row in numbers.to_dicts(**options)] == expected
    assert numbers.to_arrays("n", **options).tolist() == expected
    assert [key["n"] for key in numbers.keys(**options)] == expected
    assert numbers.to_pandas(**options).index.tolist() == expected
    assert numbers.to_arrow(**options)["n"].to_pylist() == numbers.to_polars(**options)["n"].to_list() == expected


NO_SLICES: Final[list[dict[str, Any]]] = [
    *({"limit": -1}, {"limit": 1.5}, {"limit": "1; DROP TABLE x"}, {"offset": -1}, {"offset": "1"}),
    *({"order_by": "m"}, {"order_by": "n sideways"}, {"order_by": "n; DROP TABLE x"}, {"order_by": "n, (SELECT 1)"}),
]


@pytest.mark.parametrize("options", NO_SLICES, ids=repr)
def test_what_is_no_slice(options: dict[str, Any], numbers: Any) -> None:
    with pytest.raises(QueryError):
        numbers.to_dicts(**options)


def test_head_and_tail(numbers: Any) -> None:
    assert [row["n"] for row in numbers.head(2)] == [0, 1]
    assert [row["n"] for row in numbers.tail(2)] == [98, 99]
    assert len(numbers.head()) == len(numbers.tail()) == 25


def test_cursor(numbers: Any) -> None:
    assert sorted(numbers.cursor())[3] == (3, 1, 3)
    assert sorted(numbers.cursor(as_dict=True), key=lambda row: row["n"])[3] == {"n": 3, "half": 1, "last_digit": 3}


def test_batches(numbers: Any) -> None:
    batches = list(numbers.iter_batches(30))
    assert [batch.num_rows for batch in batches] == [30, 30, 30, 10]
    schema = pa.schema({"n": pa.int32(), "half": pa.int32(), "last_digit": pa.int8()})
    assert {batch.schema for batch in batches} == {schema}
    assert sorted(n for batch in batches for n in batch["n"].to_pylist()) == list(range(100))


def test_nested_reads_and_writes(numbers: Any, schema: lw.Schema) -> None:
    Seen = table(schema, "Seen", "n : int32\n---\nhalf : int32")
    assert len(Seen) == 0
    for row in numbers:
        half = (numbers & {"n": row["n"]}).fetch1("half")
        Seen.insert1((row["n"], half))
    assert len(Seen) == 100


def test_reading_within_a_transaction(numbers: Any, project: lw.Project) -> None:
    with project.connection.transaction:
        numbers.insert1((100, 50, 0))
        assert sum(1 for _ in numbers) == 101
        assert sum(batch.num_rows for batch in numbers.iter_batches(7)) == 101


def test_membership_and_truth(numbers: Any) -> None:
    assert {"n": 5} in numbers
    assert {"n": 500} not in numbers
    assert "half > 49" not in numbers
    assert numbers & "n = 3"
    assert not numbers & "n > 300"
    assert len(numbers & "half = 3") == 2
    assert (numbers & "n = 3") == (numbers & "n = 3") != (numbers & "n = 4")


def test_streaming_needs_little_memory(schema: lw.Schema) -> None:
    Wide = table(schema, "Wide", "n : int32\n---\nwords : varchar(200)")
    Wide.insert((n, "x" * 200) for n in range(60_000))
    assert peak_megabytes(Wide.to_dicts) > 15
    assert peak_megabytes(lambda: iter(Wide())) < 8
    assert peak_megabytes(lambda: Wide.iter_batches(5000)) < 8


def peak_megabytes(read: Callable[[], Iterable[Any]]) -> float:
    tracemalloc.start()
    try:
        for _ in read():
            pass
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_blobs(schema: lw.Schema) -> None:
    Data = table(schema, "Data", "n : int8\n---\ndata = null : <blob>\nraw = null : longblob")
    values: list[Any] = [np.arange(6).reshape(2, 3), {"a": [1, "é", None]}, None, np.zeros((1, 4)), "text", 2**70]
    Data.insert((n, value, bytes([n])) for n, value in enumerate(values))
    for found, value in zip(Data.to_arrays("data", order_by="KEY"), values, strict=True):
        np.testing.assert_equal(found, value)
    assert (Data & "n = 3").fetch1("data", squeeze=True).shape == (4,)
    assert (Data & "n = 3").to_dicts(squeeze=True)[0]["data"].shape == (4,)
    assert (Data & "n = 3").to_pandas()["data"].iloc[0].shape == (1, 4)
    assert (Data & {"raw": b"\x03"}).fetch1("n") == 3
    assert len(Data & "data is null") == 1


def test_attachments(schema: lw.Schema, tmp_path: Path) -> None:
    Report = table(schema, "Report", "n : int8\n---\nfile = null : <attach>")
    source = tmp_path / "räport's %.txt"
    source.write_bytes(b"content\0")
    Report.insert([(1, source), (2, str(source)), (3, None)])
    folder = tmp_path / "downloads"
    folder.mkdir()
    path = Path((Report & "n = 1").fetch1("file", download_path=folder))
    assert (path.parent, path.name, path.read_bytes()) == (folder, source.name, b"content\0")
    assert [bool(row["file"]) for row in Report.to_dicts(order_by="KEY", download_path=folder)] == [True, True, False]


class Span(lw.Codec, register=False):
    """Slices, by way of blobs."""

    name = "test_span"

    def get_dtype(self, is_store: bool) -> str:
        return "<test_pair>"

    def encode(self, value: Any, *, key: Any = None, store_name: Any = None) -> Any:
        return [value.start, value.stop]

    def decode(self, stored: Any, *, key: Any = None) -> Any:
        return slice(*stored)

    def validate(self, value: Any) -> None:
        if not isinstance(value, slice):
            raise TypeError("a span is a slice")


class Pair(lw.Codec, register=False):
    """Two numbers, as JSON."""

    name = "test_pair"

    def get_dtype(self, is_store: bool) -> str:
        return "json"

    def encode(self, value: Any, *, key: Any = None, store_name: Any = None) -> Any:
        return {"pair": value}

    def decode(self, stored: Any, *, key: Any = None) -> Any:
        return stored["pair"]


@pytest.fixture
def span_codec() -> Iterator[None]:
    for codec in (Span(), Pair()):
        codecs.register(str(codec.name), codec)
    yield
    for codec in (Span(), Pair()):
        codecs.unregister(str(codec.name))


@pytest.mark.usefixtures("span_codec")
def test_codecs_in_chains(schema: lw.Schema) -> None:
    Epoch = table(schema, "Epoch", "n : int8\n---\nspan = null : <test_span>")
    Epoch.insert([(1, slice(2, 5)), (2, None)])
    assert Epoch.to_dicts(order_by="KEY") == [{"n": 1, "span": slice(2, 5)}, {"n": 2, "span": None}]
    assert "span = null : <test_span>" in Epoch.describe()
    with pytest.raises(LabwrightError, match=r"row 1 \(n=4\), attribute 'span'.*a span is a slice"):
        Epoch.insert([(3, slice(1, 2)), (4, "long")])
    assert len(Epoch) == 2


def test_preview(numbers: Any, project: lw.Project) -> None:
    text = repr(numbers())
    assert text.count("\n| ") == 1 + project.config["display.limit"]
    assert text.splitlines()[1].startswith("| *n ")
    assert text.endswith(f"the first {project.config['display.limit']} rows")
    assert (numbers & "n < 2").preview().endswith("2 rows")
    assert (numbers & "n = 1").preview().endswith("1 row")
    assert (numbers & "n < 0").preview().endswith("0 rows")
    assert numbers.preview(limit=1).endswith("the first 1 rows")


def test_preview_is_cut_and_escaped(schema: lw.Schema) -> None:
    Note = table(schema, "Note", "n : int8\n---\nnote : varchar(500)  # <what>\ndata = null : <blob>")
    Note.insert1((1, "<script>alert('x')</script>" + "y" * 300, np.zeros(3)))
    text = Note.preview(width=12)
    assert max(map(len, text.splitlines())) < 60
    assert "<script>a..." in text
    assert "=<blob>=" in text
    html = Note()._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<what>" not in html


def test_counting_what_a_preview_shows_is_not_needed(numbers: Any, project: lw.Project) -> None:
    statements: list[str] = []
    connection = project.connection
    fetch = connection.fetch

    def spy(sql: str, *args: Any, **kwargs: Any) -> Any:
        statements.append(sql.lower())
        return fetch(sql, *args, **kwargs)

    connection.fetch = spy  # type: ignore[method-assign]
    repr(numbers())
    numbers()._repr_html_()
    assert len(statements) == 2
    assert not any("count(" in sql for sql in statements)
    assert all("limit" in sql for sql in statements)


def test_pages_follow_the_primary_key(schema: lw.Schema) -> None:
    item = table(schema, "Item", "id : int16\n---\nrank : int16\nkind : int8\nindex (kind)")
    note = table(schema, "Note", "-> Item\nn : int8")
    numbers = [(7 * i) % 50 for i in range(50)]
    item.insert((i, 50 - i, i % 3) for i in numbers)
    note.insert((i, n) for i in numbers[::-1] for n in (1, 0))
    for rows, ids in ((item, range(50)), (item & "kind < 2", [i for i in range(50) if i % 3 < 2])):
        for take in (rows.keys, rows.to_dicts):
            assert [r["id"] for r in take(limit=5)] == list(ids)[:5]
            assert [r["id"] for r in take(offset=20)] == list(ids)[20:]
            assert [r["id"] for r in take(limit=4, offset=11)] == list(ids)[11:15]
    pairs = [(i, n) for i in range(50) for n in (0, 1)]
    for joined in (item * note, note, note.proj(x="n * 2"), item.aggr(note, m="max(n)") * note):
        found = [(r["id"], r["n"]) for r in joined.keys(limit=7, offset=30)]
        assert found == pairs[30:37]
    assert (lw.U("kind") & item).keys(offset=1) == [{"kind": 1}, {"kind": 2}]


def test_pages_of_a_slice_keep_its_order(schema: lw.Schema) -> None:
    item = table(schema, "Item", "id : int16\n---\nrank : int16")
    item.insert((i, -i) for i in range(20))
    best = item & lw.Top(10, "rank")
    assert best.to_arrays("id", limit=3).tolist() == [19, 18, 17]
    assert best.to_arrays("id", offset=7).tolist() == [12, 11, 10]
    assert item.to_arrays("id", order_by="rank", offset=18).tolist() == [1, 0]
