"""What scientists type and spreadsheets hold, and what they are told when it cannot be."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.web.fields.kinds import attribute, field

import labwright as lw
from labwright.core.types import Default
from labwright.web.fields import FieldError, fields_of
from labwright.web.fields.units import unit_of

UTC = datetime.UTC
TAG = uuid.UUID("123e4567-e89b-12d3-a456-426614174000")
LEAP = datetime.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int16", " 12 ", 12),
        ("int16", "\u200e12\u00a0", 12),
        ("int16", "1e3", 1000),
        ("int16", "5.0", 5),
        ("int16", "+7", 7),
        ("int16", "\u2212\uff11\uff12", -12),
        ("int64", "9223372036854775807", 2**63 - 1),
        ("bigint unsigned", "18446744073709551615", 2**64 - 1),
        ("float64", "1,5", 1.5),
        ("float64", "0,500", 0.5),
        ("float64", ",5", 0.5),
        ("float64", "1,5e-3", 0.0015),
        ("float64", "1234,567", 1234.567),
        ("float64", ".5", 0.5),
        ("float64", "6.02e23", 6.02e23),
        ("float32", "0.1", 0.10000000149011612),
        ("decimal(6,2)", "1.5", Decimal("1.50")),
        ("decimal(6,2)", "1.500", Decimal("1.50")),
        ("decimal(6,2)", "1e3", Decimal("1000.00")),
        ("decimal(6,2)", "-0", Decimal("0.00")),
        ("year", "2024", 2024),
        ("year", "0", 0),
        ("bool", "Yes", True),
        ("bool", "0", False),
        ("bool", " on ", True),
        ("varchar(5)", " a ", " a "),
        ("varchar(5)", '""', ""),
        ("char(5)", "ab  ", "ab"),
        ("varchar(5)", "\U0001f600" * 5, "\U0001f600" * 5),
        ("enum('left','right')", " left", "left"),
        ("uuid", "{123E4567E89B12D3A456426614174000}", TAG),
        ("date", "2024-02-29", LEAP),
        ("date", "2024/2/29", LEAP),
        ("date", "20240229", LEAP),
        ("date", "29.02.2024", LEAP),
        ("date", "29 Feb 2024", LEAP),
        ("date", "29-feb-2024", LEAP),
        ("date", "February 29, 2024", LEAP),
        ("date", "2024-02-29 00:00:00", LEAP),
        ("date", "9999-12-31", datetime.date.max),
        ("time", "1:45 pm", datetime.time(13, 45)),
        ("time", "12:05 AM", datetime.time(0, 5)),
        ("time(3)", "13:45:30,250", datetime.time(13, 45, 30, 250_000)),
        ("datetime", "2024-02-29T13:45", datetime.datetime(2024, 2, 29, 13, 45)),
        ("datetime", "29.02.2024 13:45:00.000", datetime.datetime(2024, 2, 29, 13, 45)),
        ("datetime", "29 Feb 2024, 1:45 pm", datetime.datetime(2024, 2, 29, 13, 45)),
        ("datetime", "2024-02-29", datetime.datetime(2024, 2, 29)),
        ("datetime(6)", "2024-02-29 13:45:00.000001", datetime.datetime(2024, 2, 29, 13, 45, 0, 1)),
        ("datetime_utc", "2024-02-29 13:45+02:00", datetime.datetime(2024, 2, 29, 11, 45, tzinfo=UTC)),
        ("datetime_utc", "2024-02-29 13:45 UTC", datetime.datetime(2024, 2, 29, 13, 45, tzinfo=UTC)),
        ("json", ' {"a": [1, 2.5, null]}\n', {"a": [1, 2.5, None]}),
        ("bytes", "0x0aff", b"\n\xff"),
        ("bytes", "0A ff", b"\n\xff"),
        ("<blob>", '{"@tuple": [1, "\\u0000"]}', (1, "\0")),
    ],
)
def test_what_is_typed(type_: str, text: str, value: object) -> None:
    found = field(type_).parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text", "sentence"),
    [
        ("int8", "300", "Give a whole number from -128 to 127: '300' is outside."),
        ("int8", "1.5", "Give a whole number from -128 to 127."),
        ("int8", "9" * 10_000, "Give a number; this has 10,000 characters."),
        ("int8", "1e9999", "Give a whole number from -128 to 127: '1e+9999' is outside."),
        ("int64", "9223372036854775808", "from -9223372036854775808 to 9223372036854775807: '9223372036854775808' is"),
        ("int8", "two", "'two' is not a number. Write it as 12, 0.5 or 1e-3."),
        ("int8", "1_0", "'1_0' is not a number."),
        ("int8", "5\0", "Character 2 is NUL, which no text may contain: delete it."),
        ("int8", "1\u200b2", r"'1\u200b2' is not a number."),
        ("float64", "1,234", "'1,234' could be 1234 or 1.234: write one of these."),
        ("float64", "1.234,5", "Write '1.234,5' without separators of thousands, with a decimal point: 1234.5."),
        ("float64", "1 234", "Write '1 234' without separators of thousands"),
        ("float64", "NaN", "'NaN' is not a number that can be kept: leave it empty where nothing is known."),
        ("float64", "-inf", "'-inf' is not a number that can be kept"),
        ("float64", "1e309", "Give a number up to 1.7e308: this is too large."),
        ("float64", "1e-400", "This is nearer to 0 than 5e-324, which is the least."),
        ("float32", "1e39", "Give a number up to 3.4e38: this is too large."),
        ("float64", "5 mg", "Give it as a number alone: there is 'mg' behind the number."),
        ("decimal(6,2)", "1.234", "Give at most 2 digits behind the point; this has 3. Round it first."),
        ("decimal(6,2)", "12345", "Give at most 4 digits before the point."),
        ("decimal(4,4)", "1", "Give at most no digits before the point."),
        ("year", "1900", "Give a whole number from 1901 to 2155: '1900' is outside."),
        ("bool", "maybe", "Write yes or no (true, false, 1 and 0 will do as well). This is 'maybe'."),
        ("varchar(5)", "abcdefg", "Give at most 5 characters: this has 2 too many."),
        ("varchar(5)", "a\0", "Character 2 is NUL"),
        ("varchar(5)", "a\ud800", r"Character 2 is half of a character ('\ud800'): delete it."),
        ("tinytext", "\u00e9" * 128, "Give at most 255 bytes of text: this has 1 too many."),
        ("enum('left','right')", "LEFT", "Choose one of left, right. There is no 'LEFT'. Did you mean left?"),
        ("enum('left','right')", "up", "Choose one of left, right. There is no 'up'."),
        ("uuid", "12", "Write 32 hexadecimal digits, as in 123e4567-"),
        (
            "date",
            "2023-02-29",
            "There is no such day as '2023-02-29'. Write the date as 2024-02-29 (year, month, day).",
        ),
        ("date", "0000-01-01", "Years go from 1 to 9999."),
        ("date", "04/03/2024", "'04/03/2024' could be 2024-03-04 or 2024-04-03: write one of these."),
        ("date", "13/03/2024", "'13/03/2024' could be 2024-03-13: write it so."),
        ("date", "3.4.24", "'3.4.24' is not a date. Write the date as 2024-02-29"),
        ("date", "2024-02-29 13:00", "No time of day is kept here."),
        ("date", "3 Foo 2024", "There is no month 'Foo'."),
        ("time", "24:00", "Hours go from 0 to 23: '24:00' cannot be kept."),
        ("time", "23:59:60", "Seconds go from 0 to 59: '23:59:60' cannot be kept."),
        ("time", "13:00 pm", "With am or pm, hours go from 1 to 12."),
        ("time", "13:00Z", "No time zone is kept here: leave it out."),
        ("time", "13:00:00.5", "Give no fraction of a second; this has 1 digits."),
        ("datetime(3)", "2024-02-29 13:00:00.1234", "Give at most 3 digits of a second; this has 4 digits."),
        ("datetime", "2024-02-29T13:00:00Z", "No time zone is kept here: leave it out."),
        ("datetime", "yesterday", "'yesterday' is not a date. Write the date and the time as 2024-02-29 13:45."),
        ("datetime_utc", "2024-02-29 13:00", "Say the time zone: 2024-02-29 13:45Z for UTC"),
        ("datetime_utc", "0001-01-01 00:00+01:00", "In UTC, this lies outside the years 1 to 9999."),
        ("datetime_utc", "2024-01-01 00:00+24:00", "There is no time zone '+24:00'."),
        ("json", "{gain: 1}", "This is not JSON: line 1, column 2: names stand between double quotes."),
        ("json", '{"a": NaN}', "JSON has no NaN: write null."),
        ("json", "1e999", "A number in it is too large, or is none."),
        ("json", '{"a": 1, "a": 2}', "The name 'a' is there twice."),
        ("json", '["\\u0000"]', "Character 1 is NUL"),
        ("json", "[" * 10_000, "nested too deeply"),
        ("bytes", "0a f", "Write the bytes as pairs of hexadecimal digits, as in 0a ff, or choose a file."),
        ("<blob>", '{"@eval": "1"}', "'@eval' describes no kind of value. There are @array,"),
        ("<blob>", '{"@date": "today"}', "What stands behind @date does not describe such a value."),
        ("<attach>", "/etc/passwd", "Choose a file."),
        ("<object@>", "/etc/passwd", "Choose a file."),
        ("<filepath@>", "a/b", "Such values are written from Python, not typed."),
        ("<nobody_knows>", "1", "Such values are written from Python, not typed."),
    ],
)
def test_what_is_refused(type_: str, text: str, sentence: str) -> None:
    with pytest.raises(FieldError) as refused:
        field(type_).parse(text)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("int16", 12.0, 12),
        ("int16", "12", 12),
        ("int16", np.int64(12), 12),
        ("float64", 12, 12.0),
        ("float64", np.float32(0.5), 0.5),
        ("decimal(6,2)", 0.1, Decimal("0.10")),
        ("varchar(9)", 12.0, "12"),
        ("varchar(9)", 12.5, "12.5"),
        ("varchar(9)", 12, "12"),
        ("enum('1','2')", 1.0, "1"),
        ("bool", 1.0, True),
        ("date", datetime.datetime(2024, 2, 29), LEAP),
        ("datetime", LEAP, datetime.datetime(2024, 2, 29)),
        ("datetime", datetime.datetime(2024, 2, 29, 13, 44, 59, 999_999), datetime.datetime(2024, 2, 29, 13, 45)),
        ("time", datetime.timedelta(hours=2), datetime.time(2)),
        ("json", [1, {"a": None}], [1, {"a": None}]),
        ("uuid", TAG, TAG),
        ("bytes", bytearray(b"ab"), b"ab"),
        ("<attach>", Path("notes.txt"), Path("notes.txt")),
        ("<blob>", (1, 2), (1, 2)),
    ],
)
def test_what_a_spreadsheet_holds(type_: str, cell: object, value: object) -> None:
    found = field(type_).parse_value(cell)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "cell", "sentence"),
    [
        ("int16", True, "Give a number, not yes or no."),
        ("float64", datetime.date(2024, 3, 1), "Give a number, not a date."),
        (
            "varchar(9)",
            datetime.datetime(2024, 3, 1),
            "Give text, not a date: in a spreadsheet, format the cell as text",
        ),
        ("varchar(9)", True, "Give text, not yes or no"),
        ("date", 45352, "This is a number."),
        ("date", datetime.datetime(2024, 2, 29, 13), "No time of day is kept here."),
        ("time", datetime.time(23, 59, 59, 600_000), "This rounds up to midnight."),
        ("time", datetime.timedelta(days=2), "This is a time."),
        ("datetime", datetime.datetime.max, "This rounds up to the year 10000."),
        ("datetime", datetime.datetime(2024, 1, 1, tzinfo=UTC), "No time zone is kept here"),
        ("datetime_utc", datetime.datetime(2024, 1, 1), "Say the time zone"),
        ("decimal(6,2)", 0.125, "Give at most 2 digits behind the point; this has 3."),
        ("float64", float("nan"), "is not a number that can be kept"),
        ("bool", 2, "Write yes or no"),
        ("json", (1, 2), "JSON has numbers, texts"),
        ("uuid", 5, "not a number"),
        ("<attach>", b"content", "Choose a file. This is a file."),
    ],
)
def test_what_a_spreadsheet_may_not_hold(type_: str, cell: object, sentence: str) -> None:
    with pytest.raises(FieldError) as refused:
        field(type_).parse_value(cell)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("float64", 12.0, "12"),
        ("float32", 0.10000000149011612, "0.1"),
        ("decimal(8,2)", Decimal("1E+3"), "1000"),
        ("datetime(6)", datetime.datetime(2024, 2, 29, 13, 45, 0, 1), "2024-02-29 13:45:00.000001"),
        ("datetime_utc", datetime.datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29 00:00:00 UTC"),
        ("bool", False, "no"),
        ("varchar(5)", "", ""),
        ("bytes", b"\n\xff", "0a ff"),
        ("bytes", b"", "no bytes"),
        ("bytes", bytes(3_500), "3.5 kB"),
        ("json", {"a": 1}, '{"a": 1}'),
        ("json", ["x" * 200], '["' + "x" * 78 + "…"),
        ("<blob>", np.zeros((512, 512), "f4"), "array 512 x 512 float32"),
        ("<blob>", {"gain": 1.5}, "{'gain': 1.5}"),
        ("<attach>", "/var/cache/notes.txt", "notes.txt"),
        ("<object@>", lw.ObjectRef({"path": "a/b/movie.tif", "store": "main", "size": 4096}), "movie.tif, 4.1 kB"),
        ("<npy@>", lw.NpyRef({"path": "a.npy", "shape": [1000, 64], "dtype": "float32"}), "array 1000 x 64 float32"),
        ("<filepath@>", lw.ObjectRef({"path": "a/b.csv", "store": "raw"}), "b.csv"),
    ],
)
def test_how_values_are_shown(type_: str, value: object, text: str) -> None:
    assert field(type_).format(value) == text


def test_references_keep_their_place_to_themselves() -> None:
    stored = {
        "path": "_schema/lab/scan/a.npy",
        "store": "main",
        "url": "s3://x",
        "shape": [2],
        "dtype": "float32",
        "size": 8,
    }
    told = field("<npy@>").to_json(lw.NpyRef(stored))
    assert told == {"name": "a.npy", "shape": [2], "dtype": "float32", "size": 8}
    assert field("<attach>").to_json("/var/cache/notes.txt") == {"name": "notes.txt"}
    for type_ in ("<npy@>", "<object@>", "<attach>", "<filepath@>"):
        with pytest.raises(FieldError):
            field(type_).from_json(told)


@pytest.mark.parametrize(
    ("type_", "value", "found"),
    [
        ("float64", float("nan"), "NaN"),
        ("float32", float("-inf"), "-Infinity"),
        ("time", datetime.timedelta(days=2), "2 days, 0:00:00"),
    ],
)
def test_what_only_some_databases_hold_is_told(type_: str, value: object, found: str) -> None:
    assert field(type_).to_json(value) == found
    assert field(type_).format(value)


def test_json_is_exact_in_both_directions() -> None:
    assert field("int64").from_json(2**63 - 1) == 2**63 - 1
    assert field("int64").from_json(str(2**63 - 1)) == 2**63 - 1
    assert field("decimal(6,2)").to_json(Decimal("1.50")) == "1.50"
    assert field("bytes").to_json(b"lab") == "bGFi"
    assert field("datetime_utc").to_json(datetime.datetime(2024, 2, 29, tzinfo=UTC)) == "2024-02-29T00:00:00Z"
    with pytest.raises(FieldError, match="Give text, not a number"):
        field("varchar(9)").from_json(12)
    with pytest.raises(FieldError, match="base64"):
        field("bytes").from_json("b'x'")


DEFAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("int16", {"default": Default("literal", "5")}, "5", ""),
    ("bool", {"default": Default("literal", "True")}, "yes", ""),
    ("varchar(9)", {"default": Default("literal", "")}, "", ""),
    ("datetime", {"default": Default("now")}, "", "now"),
    ("varchar(9)", {"default": Default("null"), "nullable": True}, "", ""),
    ("decimal(6,2)", {"default": Default("literal", "1.5")}, "1.50", ""),
    ("datetime_utc", {"default": Default("literal", "2024-02-29 12:00:00")}, "2024-02-29 12:00:00Z", ""),
    ("datetime_utc", {"default": Default("literal", "2024-02-29 12:00:00+01:00")}, "2024-02-29 11:00:00Z", ""),
    ("enum('a','b')", {"default": Default("literal", "b")}, "b", ""),
]


@pytest.mark.parametrize(("type_", "about", "text", "placeholder"), DEFAULTS)
def test_an_input_begins_with_the_default(type_: str, about: dict[str, Any], text: str, placeholder: str) -> None:
    found = field(type_, **about).input
    assert found.default == text
    assert found.placeholder == (placeholder or found.placeholder)
    assert not found.required
    assert field(type_, **about).parse("") in (None, "")


def test_an_empty_text_stands_for_itself_where_that_is_the_default() -> None:
    usual, other = field("varchar(9)", default=Default("literal", "")), field("varchar(9)", nullable=True)
    assert (usual.edit(""), usual.parse("")) == ("", "")
    assert (other.edit(""), other.parse("")) == ('""', None)


def test_what_is_counted_up_may_be_left_empty() -> None:
    found = field("int auto_increment", in_key=True)
    assert found.parse("") is None
    assert found.input.placeholder == "counted up"
    assert not found.column.is_editable


def test_inputs_know_their_bounds() -> None:
    assert (field("int8").input.min, field("int8").input.max, field("int8").input.inputmode) == (
        "-128",
        "127",
        "numeric",
    )
    assert (field("decimal(6,2)").input.max, field("decimal(6,2)").input.step) == ("9999.99", "0.01")
    assert field("varchar(40)").input.maxlength == 40
    assert field("varchar(40)").macro_for("two\nlines") == "long_text"
    assert field("varchar(2000)").macro == "long_text"
    assert field("enum('a','')").input.choices == (("a", "a"), ('""', ""))
    assert field("time(3)").input.step == "0.001"
    assert field("datetime_utc").input.zone == "UTC"
    assert field("<image@>").input.accept == "image/*"
    assert field("bool").macro == "choice"
    assert field("bool", default=Default("literal", "False")).macro == "flag"


def test_columns() -> None:
    assert field("int8").column.align == "end"
    assert field("int8", in_key=True).column.is_editable is False
    assert field("int8").column.is_sortable
    assert not field("json").column.is_sortable
    assert field("<blob>").column.is_heavy
    assert not field("<npy@>").column.is_heavy
    assert field("<attach>").column.is_heavy
    assert field("bytes").column.is_heavy


@pytest.mark.parametrize(
    ("comment", "unit"),
    [
        ("body weight (g)", "g"),
        ("speed [mm/s]", "mm/s"),
        ("dose (mg/kg), calculated", "mg/kg"),
        ("power (mW/mm^2)", "mW/mm^2"),
        ("temperature (\u00b0C)", "\u00b0C"),
        ("humidity (%)", "%"),
        ("rate (1/s)", "1/s"),
        ("(um) depth (from pia)", "um"),
        ("angle (deg)", "deg"),
        ("duration (\u00b5s)", "\u00b5s"),
        ("g", "g"),
        ("depth below the pia in um", "um"),
        ("gain (optional)", ""),
        ("notes in the margin", ""),
        ("in", ""),
        ("gain (a, b)", ""),
        ("no unit", ""),
    ],
)
def test_units_are_seen_in_comments(comment: str, unit: str) -> None:
    assert unit_of(comment) == unit
    assert field("float64", comment=comment).unit == unit


def test_a_number_may_have_the_unit_of_its_field() -> None:
    weight = field("float64", comment="weight (g)")
    assert weight.parse("21.5 g") == weight.parse("21.5g") == 21.5
    with pytest.raises(FieldError, match="Give it in g, as a number: there is 'kg' behind the number"):
        weight.parse("21.5 kg")
    assert field("float64", comment="share (%)").parse("5 %") == 5


def test_attributes_of_users_have_fields_too() -> None:
    with lw.Project("sqlite:///:memory:") as project:
        schema = lw.Schema("lab", connection=project)

        @schema
        class Mouse(lw.Manual):
            definition = "mouse : smallint unsigned\n---\nsex = 'U' : enum('F', 'U')\nborn = null : date  # birth"

        found = {name: found.macro for name, found in fields_of(Mouse.heading).items()}
    assert found == {"mouse": "number", "sex": "choice", "born": "date"}
    assert attribute("int8").name == "x"
