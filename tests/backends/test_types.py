"""Values of every type come back as they went in, and find their row."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import CodecError, DataError, MissingAttributeError
from labwright.define.typenames import parse_type
from labwright.testing.equality import identical
from labwright.testing.strategies import AWKWARD_TEXTS, values_of

TYPES: Final = {
    **{f"i{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "u8": "tinyint unsigned",
    "u16": "smallint unsigned",
    "u32": "int unsigned",
    "i24": "mediumint",
    "f32": "float32",
    "f64": "float64",
    "yes": "bool",
    "letters": "char(8)",
    "words": "varchar(40)",
    "prose": "text",
    "label": r"""enum('b', 'a', 'B', 'it''s', '50%', 'back\slash', 'ä"')""",
    "day": "date",
    "clock": "time",
    "fine_clock": "time(6)",
    "a_year": "year",
    **{f"at{digits}": f"datetime({digits})" for digits in (0, 1, 3, 6)},
    "at": "datetime",
    "stamp": "timestamp(6)",
    "utc": "datetime_utc",
    "utc6": "datetime_utc(6)",
    "money": "decimal(6,2)",
    "d18": "decimal(18,4)",
    "d19": "decimal(19,4)",
    "d65": "decimal(65,30)",
    "tag": "uuid",
    "info": "json",
    "raw": "bytes",
    "native_blob": "longblob",
    "object": "<blob>",
}
"""Every type, and native spellings, by the name of the attribute that has it."""
PATIENT: Final = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def table_of(schema: lw.Schema, types: Mapping[str, str], key: str = "id : int32", default: str = " = null") -> Any:
    """A table with these attributes below the key."""
    lines = [f"{name}{default} : {type_}" for name, type_ in types.items()]
    return table(schema, "Everything", "\n".join([key, "---", *lines]))


def values(attribute: str, backend: str) -> st.SearchStrategy[Any]:
    """NULL, extremes and awkward values that this database can hold."""
    type_ = parse_type(TYPES[attribute])
    if type_.kind in ("float32", "float64"):
        return (
            st.none()
            | {
                "postgres": values_of(type_),
                "sqlite": values_of(type_).filter(lambda v: not math.isnan(v)),
                "mysql": values_of(type_, finite=True),
            }[backend]
        )
    return st.none() | values_of(type_)


def rows_for(backend: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: values(name, backend) for name in TYPES})


def unlike(given: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[tuple[str, Any, Any]]:
    """The cells that have come back as something else."""
    assert [list(row) for row in given] == [list(row) for row in found]
    cells = [(n, a[n], b[n]) for a, b in zip(given, found, strict=True) for n in a]
    return [(n, a, b) for n, a, b in cells if not (same_json(a, b) if n == "info" else identical(a, b) or a == b == 0)]


def same_json(a: Any, b: Any) -> bool:
    """Objects have no order in JSON; and negative zero is zero to some databases."""
    one, other = (json.dumps(value, sort_keys=True).replace("-0.0", "0.0") for value in (a, b))
    return one == other


def test_round_trip(backend: str, schema: lw.Schema) -> None:
    everything = table_of(schema, TYPES)

    @PATIENT
    @given(st.lists(rows_for(backend), min_size=1, max_size=3), st.sampled_from([1, 60]))
    def check(drawn: list[dict[str, Any]], times: int) -> None:
        rows = [{"id": i} | {n: row[n] for n in TYPES} for i, row in enumerate(drawn * times)]
        everything.delete_quick()
        everything.insert(rows)
        assert not unlike(rows, everything.to_dicts(order_by="KEY"))
        assert not unlike(rows[:1], [(everything & {"id": 0}).fetch1()])

    check()


RESTRICTABLE: Final = [n for n, t in TYPES.items() if t not in ("json", "<blob>")]


def test_a_value_finds_its_rows(backend: str, schema: lw.Schema) -> None:
    everything = table_of(schema, TYPES)

    @PATIENT
    @given(st.lists(rows_for(backend), min_size=2, max_size=3))
    def check(drawn: list[dict[str, Any]]) -> None:
        rows = [{"id": i, **row} for i, row in enumerate(drawn)]
        everything.delete_quick()
        everything.insert(rows)
        for name in RESTRICTABLE:
            value = rows[0][name]
            expected = [row["id"] for row in rows if row[name] == value or (is_nan(row[name]) and is_nan(value))]
            for condition in ({name: value}, [{name: value}, {"id": -1}]):
                found = (everything & condition).to_arrays("id", order_by="KEY").tolist()
                assert found == expected, (condition, found)

    check()


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def test_awkward_texts_are_found(schema: lw.Schema) -> None:
    everything = table_of(schema, {"words": "varchar(40)"}, default="")
    everything.insert(enumerate(AWKWARD_TEXTS))
    for number, text in enumerate(AWKWARD_TEXTS):
        quoted = text.replace("\\", "\\\\").replace("'", "''")
        assert (everything & f"words = '{quoted}'").fetch1("KEY") == {"id": number}
        assert (everything & {"words": text}).fetch1("KEY") == {"id": number}
        assert (everything & [{"words": text}]).fetch1("KEY") == {"id": number}


KEYS: Final = {
    "int64": (-(2**63), -1, 0, 2**63 - 1),
    "int unsigned": (0, 2**32 - 1),
    "varchar(20)": ("", "a", "A", "á", "a ", " a", "a\\", "'", "%", "日本", "\U0001f600", "ss", "ß"),
    "char(4)": ("", "a", "A", "á", " a", "日本"),
    "enum('b','a','it''s')": ("b", "a", "it's"),
    "date": (datetime.date(1000, 1, 1), datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)),
    "time(3)": (datetime.time(0, 0), datetime.time(23, 59, 59, 999000)),
    "datetime(6)": (datetime.datetime(1000, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    "decimal(30,10)": (Decimal("-99999999999999999999.9999999999"), Decimal("0E-10"), Decimal("1e-10")),
    "decimal(9,3)": (Decimal("-0.001"), Decimal("0.000"), Decimal("999999.999")),
    "uuid": (uuid.UUID(int=0), uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)),
    "bool": (False, True),
    "float64": (-1.5, 0.0, 5e-300, 0.1, 1.7976931348623157e308),
    "float32": (-1.5, 0.0, float(np.float32(0.1))),
}
"""Values of key attributes, in the order in which they sort where the type has one."""


@pytest.mark.parametrize("spelling", KEYS)
def test_keys_of_every_type(spelling: str, schema: lw.Schema) -> None:
    Parent = table(schema, "Parent", f"k : {spelling}")
    Child = table(schema, "Child", "-> Parent\nn : int16")
    rows = [{"k": value} for value in KEYS[spelling]]
    Parent.insert(rows)
    Child.insert({**row, "n": 1} for row in rows)
    assert not unlike(sorted(rows, key=repr), sorted(Parent.to_dicts(), key=repr))
    for row in rows:
        assert (Parent & row).fetch1("k") == row["k"]
        assert (Child * Parent & [row]).fetch1("k") == row["k"]
        assert len(Parent - row) == len(rows) - 1
    assert len(Parent & rows) == len(Parent & Child) == len(rows)
    assert len(Parent & (rows * 100)) == len(rows)
    if "char" not in spelling:
        assert Parent.to_arrays("k", order_by="k").tolist() == list(KEYS[spelling])


def test_texts_sort_by_code_point(schema: lw.Schema) -> None:
    everything = table_of(schema, {}, key="k : varchar(20)")
    texts = ["b", "a", "B", "ä", "Z", "z", "é", "日", "\U0001f600", "\uffff", " "]
    everything.insert({"k": text} for text in texts)
    assert everything.to_arrays("k", order_by="k").tolist() == sorted(texts)


BAD: Final[Sequence[tuple[str, Any, str]]] = (
    ("int8", 128, "-128 and 127"),
    ("int8", -129, "-128 and 127"),
    ("int16", 2**15, "32767"),
    ("int32", -(2**31) - 1, "2147483647"),
    ("int64", 2**63, "9223372036854775807"),
    ("int unsigned", -1, "0 and 4294967295"),
    ("int32", 1.5, "whole number"),
    ("int32", "one", "whole number"),
    ("int32", float("inf"), "whole number"),
    ("int32", b"1", "whole number"),
    ("float64", "high", "give a number"),
    ("float64", 1j, "give a number"),
    ("float32", 1e39, "single precision"),
    ("bool", 2, "True or False"),
    ("bool", "maybe", "True or False"),
    ("char(3)", "abcd", "4 characters"),
    ("char(3)", "a ", "blanks"),
    ("varchar(3)", "äöüß", "4 characters"),
    ("varchar(3)", 1.5, "give text"),
    ("varchar(3)", b"a", "give text"),
    ("varchar(3)", "\ud800", "surrogate"),
    ("enum('left','right')", "lefty", "Did you mean 'left'"),
    ("enum('left','right')", "LEFT", "not one of"),
    ("enum('left','right')", "", "not one of"),
    ("enum('left','right')", 1, "give one of"),
    ("date", "2024-02-30", "ISO text"),
    ("date", datetime.datetime(2024, 1, 1, 12), "time of day"),
    ("time", "25:00", "ISO text"),
    ("time", datetime.time(1, tzinfo=datetime.UTC), "time zone"),
    ("time", datetime.time(23, 59, 59, 999999), "midnight"),
    ("time", datetime.timedelta(days=1), "shorter than a day"),
    ("datetime", datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), "astimezone"),
    ("datetime", "yesterday", "ISO text"),
    ("datetime", 5, "datetime.datetime"),
    ("datetime", datetime.datetime.max, "year 10000"),
    ("datetime_utc", datetime.datetime(2024, 1, 1), "no time zone"),
    ("decimal(4,2)", Decimal("100"), "2 digits before"),
    ("decimal(4,2)", Decimal("0.001"), "2 digits after"),
    ("decimal(4,2)", Decimal("inf"), "finite"),
    ("decimal(4,2)", "a", "number"),
    ("uuid", "not-a-uuid", "uuid.UUID"),
    ("uuid", 5, "uuid.UUID"),
    ("json", {1: 2}, "text"),
    ("json", {"a": {2, 3}}, "JSON"),
    ("json", [float("nan")], "JSON"),
    ("bytes", "text", "give bytes"),
    ("bytes", 5, "give bytes"),
    ("longblob", [1, 2], "<blob>"),
    ("year", 1900, "1901 and 2155"),
)


def test_what_a_type_cannot_hold(schema: lw.Schema) -> None:
    spellings = list(dict.fromkeys(spelling for spelling, _, _ in BAD))
    everything = table_of(schema, {f"a{i}": s for i, s in enumerate(spellings)})
    for spelling, value, part in BAD:
        name = f"a{spellings.index(spelling)}"
        with pytest.raises(DataError) as caught:
            everything.insert([{"id": 6}, {"id": 7, name: value}])
        message = str(caught.value)
        assert all(p in message for p in (part, str(everything().id), "row 1", "id=7", repr(name), spelling)), message
        assert len(everything) == 0


def test_a_blob_that_cannot_be_packed(schema: lw.Schema) -> None:
    everything = table_of(schema, {"object": "<blob>"})
    with pytest.raises(CodecError, match=r"row 0 \(id=7\), attribute 'object'"):
        everything.insert1({"id": 7, "object": {"f": open}})
    assert len(everything) == 0


SAID_OTHERWISE: Final[Sequence[tuple[str, Any, Any]]] = (
    ("int32", "12", 12),
    ("int32", 5.0, 5),
    ("int32", True, 1),
    ("int32", np.int64(7), 7),
    ("int32", Decimal("3"), 3),
    ("float64", "2.5", 2.5),
    ("float64", 3, 3.0),
    ("float64", np.float32(0.5), 0.5),
    ("float32", 0.1, float(np.float32(0.1))),
    ("bool", 1, True),
    ("bool", np.bool_(False), False),
    ("bool", "true", True),
    ("varchar(9)", 12, "12"),
    ("varchar(9)", np.str_("a"), "a"),
    ("date", "2024-02-29", datetime.date(2024, 2, 29)),
    ("date", datetime.datetime(2024, 2, 29), datetime.date(2024, 2, 29)),
    ("date", np.datetime64("2024-02-29"), datetime.date(2024, 2, 29)),
    ("time", datetime.timedelta(hours=3), datetime.time(3)),
    ("time", "13:45", datetime.time(13, 45)),
    ("datetime", "2024-02-29 13:45:00", datetime.datetime(2024, 2, 29, 13, 45)),
    ("datetime", datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29)),
    ("datetime", datetime.datetime(2024, 1, 1, 0, 0, 0, 500000), datetime.datetime(2024, 1, 1, 0, 0, 1)),
    ("datetime(3)", datetime.datetime(2024, 1, 1, 0, 0, 0, 123456), datetime.datetime(2024, 1, 1, 0, 0, 0, 123000)),
    ("datetime(6)", np.datetime64("2024-01-01T00:00:00.123456789"), datetime.datetime(2024, 1, 1, 0, 0, 0, 123456)),
    ("decimal(6,2)", "1.5", Decimal("1.50")),
    ("decimal(6,2)", 1.1, Decimal("1.10")),
    ("decimal(6,2)", 7, Decimal("7.00")),
    ("uuid", str(uuid.UUID(int=5)), uuid.UUID(int=5)),
    ("uuid", uuid.UUID(int=5).bytes, uuid.UUID(int=5)),
    ("bytes", bytearray(b"ab"), b"ab"),
    ("bytes", memoryview(b"ab"), b"ab"),
    ("json", (1, 2), [1, 2]),
)


def test_values_that_say_the_same(schema: lw.Schema) -> None:
    everything = table_of(schema, {f"a{i}": spelling for i, (spelling, _, _) in enumerate(SAID_OTHERWISE)})
    everything.insert1({"id": 1} | {f"a{i}": value for i, (_, value, _) in enumerate(SAID_OTHERWISE)})
    expected = {"id": 1} | {f"a{i}": value for i, (_, _, value) in enumerate(SAID_OTHERWISE)}
    assert not unlike([expected], everything.to_dicts())
    searchable = [(f"a{i}", v) for i, (s, v, _) in enumerate(SAID_OTHERWISE) if s != "json"]
    assert [n for n, v in searchable if len(everything & {n: v}) != 1] == []


def test_nan_and_infinity(backend: str, schema: lw.Schema) -> None:
    everything = table_of(schema, {"f32": "float32", "f64": "float64"})
    Strict = table(schema, "Strict", "id : int32\n---\nf : float64")
    nan, inf = float("nan"), float("inf")
    everything.insert1({"id": 1, "f32": nan, "f64": np.nan})
    kept = backend == "postgres"
    assert identical((everything & {"id": 1}).fetch1("f32", "f64"), (nan, nan) if kept else (None, None))
    assert len(everything & {"f64": nan}) == 1
    if kept:
        Strict.insert1((1, nan))
    else:
        with pytest.raises(MissingAttributeError, match=r"row 1 \(id=2\), attribute 'f'"):
            Strict.insert([(1, 1.0), (2, nan)])
    if backend == "mysql":
        with pytest.raises(DataError, match=r"row 0 \(id=2\), attribute 'f64'.*no infinity"):
            everything.insert1({"id": 2, "f64": inf})
    else:
        everything.insert([{"id": 2, "f64": inf, "f32": -inf}])
        assert (everything & {"f64": inf}).fetch1("id", "f32") == (2, -inf)


def test_nul_in_text(backend: str, schema: lw.Schema) -> None:
    everything = table_of(schema, {"words": "varchar(9)", "prose": "text", "raw": "bytes", "info": "json"})
    everything.insert1({"id": 1, "raw": b"a\0b"})
    assert (everything & "id = 1").fetch1("raw") == b"a\0b"
    if backend == "postgres":
        for name, value in {"words": "a\0b", "prose": "\0", "info": {"a": "\0"}}.items():
            with pytest.raises(DataError, match=f"attribute '{name}'.*NUL"):
                everything.insert1({"id": 2, name: value})
        with pytest.raises(DataError, match="NUL"):
            len(everything & {"words": "a\0b"})
    else:
        everything.insert1({"id": 2, "words": "a\0b", "prose": "\0", "info": {"a": "\0"}})
        assert (everything & {"words": "a\0b"}).fetch1("words", "prose", "info") == ("a\0b", "\0", {"a": "\0"})


def test_unsigned_64_bits(backend: str, schema: lw.Schema) -> None:
    everything = table_of(schema, {"n": "bigint unsigned"})
    everything.insert1({"id": 1, "n": 2**63 - 1})
    if backend == "sqlite":
        with pytest.raises(DataError, match=r"attribute 'n'.*9223372036854775807"):
            everything.insert1({"id": 2, "n": 2**63})
    else:
        everything.insert1({"id": 2, "n": 2**64 - 1})
        assert (everything & {"n": 2**64 - 1}).fetch1() == {"id": 2, "n": 2**64 - 1}
    assert everything.to_arrays("n", limit=1, order_by="KEY").dtype == np.uint64


DEFAULTS: Final[Mapping[str, tuple[str, Any]]] = {
    "int32": ("-5", -5),
    "float64": ("2.5e3", 2500.0),
    "bool": ("true", True),
    "char(3)": ("'ab'", "ab"),
    "varchar(30)": (r'''"it's 50% \\ ä"''', None),
    "varchar(31)": ("''", ""),
    "text": ("'long'", "long"),
    "enum('b','it''s')": ("'it''s'", "it's"),
    "date": ("'2024-02-29'", datetime.date(2024, 2, 29)),
    "time": ("'12:30:00'", datetime.time(12, 30)),
    "datetime(3)": ("'2024-02-29 01:02:03.456'", datetime.datetime(2024, 2, 29, 1, 2, 3, 456000)),
    "decimal(6,2)": ("1.5", Decimal("1.50")),
    "decimal(30,2)": ("-1.5", Decimal("-1.50")),
    "uuid": ("'00000000-0000-0000-0000-000000000005'", uuid.UUID(int=5)),
    "year": ("2024", 2024),
}


def test_defaults(schema: lw.Schema) -> None:
    lines = [f"a{i} = {text} : {type_}" for i, (type_, (text, _)) in enumerate(DEFAULTS.items())]
    definition = "\n".join(["id : int32", "---", *lines])
    everything = table(schema, "Everything", definition)
    everything.insert1({"id": 1})
    everything.insert1({"id": 2, **{f"a{i}": None for i in range(len(DEFAULTS))}})
    left_out, none = everything.to_dicts(order_by="KEY")
    assert {**left_out, "id": 2} == none
    expected = {f"a{i}": v for i, (_, v) in enumerate(DEFAULTS.values()) if v is not None}
    assert not unlike([expected], [{n: left_out[n] for n in expected}])
    assert len(everything & expected) == 2
    assert left_out["a4"].startswith("it's 50% ")
    assert left_out["a4"].endswith(" ä")


def test_now_is_a_default(schema: lw.Schema) -> None:
    definition = "id : int32\n---\nat = CURRENT_TIMESTAMP : datetime(6)\nstamp = CURRENT_TIMESTAMP : timestamp"
    everything = table(schema, "Everything", definition)
    fixed = datetime.datetime(2024, 1, 1)
    everything.insert([{"id": 1}, {"id": 2, "at": None, "stamp": fixed}, {"id": 3, "at": fixed}])
    first, second, third = everything.to_dicts(order_by="KEY")
    assert (third["at"], second["stamp"]) == (fixed, fixed)
    assert all(abs(v - datetime.datetime.now()).days <= 1 for v in (first["at"], first["stamp"], second["at"]))  # noqa: DTZ005


def test_enum_keeps_its_order(schema: lw.Schema) -> None:
    everything = table_of(schema, {"size": "enum('small','medium','LARGE','a''b')"})
    sizes = ["LARGE", "small", None, "a'b", "medium"]
    everything.insert(enumerate(sizes))
    assert everything.to_arrays("size", order_by="size").tolist() == [None, "small", "medium", "LARGE", "a'b"]
    assert everything.to_arrays("size", order_by="size DESC").tolist() == ["a'b", "LARGE", "medium", "small", None]


def test_decimals_are_compared_as_numbers(schema: lw.Schema) -> None:
    everything = table_of(schema, {"few": "decimal(6,2)", "many": "decimal(40,10)"})
    numbers = [Decimal(n) for n in ("-100", "-9.99", "-0.5", "0", "0.10", "3", "20", "100")]
    everything.insert((i, n, n * 10**20) for i, n in enumerate(numbers))
    assert everything.to_arrays("few", order_by="few").tolist() == numbers
    assert everything.to_arrays("many", order_by="many").tolist() == [n * 10**20 for n in numbers]
    assert len(everything & "few > 2.99") == len(everything & "many >= 300000000000000000000") == 3
    assert len(everything & "few between -1 and 0.1") == 3
    assert (everything & {"many": Decimal("0.1") * 10**20}).fetch1("id") == 4


def test_json_by_path(schema: lw.Schema) -> None:
    everything = table_of(schema, {"info": "json"})
    everything.insert([(1, {"weight": 5, "tags": ["a", "b'"]}), (2, {"weight": "5"}), (3, {"weight": None}), (4, None)])
    assert (everything & {"info.weight": 5}).keys() == [{"id": 1}]
    assert (everything & {"info.weight": "5"}).keys() in ([{"id": 2}], [{"id": 1}, {"id": 2}])
    assert (everything & {"info.tags[1]": "b'"}).keys() == [{"id": 1}]
    assert everything.proj(w="info.weight:float").to_dicts(order_by="KEY", limit=1) == [{"id": 1, "w": 5.0}]


NATIVE: Final = {
    "a": "int",
    "b": "int(11)",
    "c": "smallint unsigned",
    "d": "bigint",
    "e": "double",
    "f": "double precision",
    "g": "real",
    "h": "numeric(5,1)",
    "i": "boolean",
    "j": "tinytext",
    "k": "mediumtext",
    "l": "varchar",
    "m": "character varying(5)",
    "n": "longblob",
    "o": "bytea",
    "p": "binary(2)",
    "q": "jsonb",
    "r": "tinyint",
    "s": "year",
    "t": "timestamp",
    "u": "mediumblob",
}
NATIVE_VALUES: Final = {
    "a": 1,
    "b": -1,
    "c": 65535,
    "d": 2**63 - 1,
    "e": 0.1,
    "f": 1e300,
    "g": 0.5,
    "h": Decimal("1.5"),
    "i": True,
    "j": "é",
    "k": "x" * 70_000,
    "l": "y" * 200,
    "m": "abcde",
    "n": b"\0\xff",
    "o": b"",
    "p": b"ab",
    "q": {"a": 1},
    "r": -128,
    "s": 1999,
    "t": datetime.datetime(2024, 1, 1, 12),
    "u": b"x" * 70_000,
}


def test_native_spellings(schema: lw.Schema) -> None:
    everything = table_of(schema, NATIVE)
    rows = [{"id": 1, **NATIVE_VALUES}, {"id": 2, **dict.fromkeys(NATIVE)}]
    everything.insert(rows)
    assert not unlike(rows, everything.to_dicts(order_by="KEY"))


COUNTED = [
    "int auto_increment",
    "serial",
    "bigint auto_increment",
    "int unsigned auto_increment",
    "bigint unsigned auto_increment",
]


@pytest.mark.parametrize("spelling", COUNTED)
def test_counted_keys(spelling: str, schema: lw.Schema) -> None:
    everything = table_of(schema, {"words": "varchar(9)"}, key=f"id : {spelling}")
    everything.insert1({"words": "a"})
    everything.insert([{"words": "b"}, {"words": "c"}])
    everything.insert([{"id": None, "words": "d"}, {"id": 40, "words": "e"}])
    assert everything.to_arrays("words", order_by="id").tolist() == ["a", "b", "c", "d", "e"]
    assert everything.keys(order_by="id")[0] == {"id": 1}
    everything.insert1({"words": "f"})
    assert (everything & "words = 'f'").fetch1("id") == 41
    Child = table(schema, "Child", "-> Everything\nn : int8", context={"Everything": everything})
    Child.insert((41, n) for n in range(60))
    assert len(Child * everything) == 60
    wider = table_of(schema, {"words": "varchar(9)", "kind": "enum('a', 'b')"}, key=f"id : {spelling}")
    wider.alter(prompt=False)
    wider.insert1({"words": "g", "kind": "a"})
    assert (wider & "kind = 'a'").fetch1("id") == 42
