"""What holds for the field of every type."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.fields.kinds import TYPES, attribute, field, values

import labwright as lw
from labwright.testing.equality import identical
from labwright.testing.strategies import blob_values
from labwright.web.fields import Field, FieldError, describe, field_of, restore

CODECS = ("blob", "attach", "filepath@", "object@", "npy@", "zarr@", "image@", "tiff@", "video@", "hdf5@", "parquet@")
MACROS = set("number decimal text long_text choice flag date time moment uuid json file none".split())
NASTY = (
    *(
        "",
        " ",
        "\t\n",
        "\0",
        "5\0",
        "\ud800",
        "a\udfffb",
        "\u200e12\u200f",
        "\u202e21",
        "\u200b",
        "\ufeff7",
        "\uff11\uff12",
    ),
    *("1,5", "1.234,5", "1,234.5", "1,234", "1 234", "1_000", "0x10", "1e3", "1e9999", "1e-9999", "-0", "--1", "+"),
    *(
        "nan",
        "inf",
        "-Infinity",
        "\xbd",
        "10\xb2",
        "9" * 10_000,
        "." * 10_000,
        "[" * 10_000,
        '{"a":' * 5_000,
        "-" * 500,
    ),
    *(
        "23:59:60",
        "24:00",
        "12:60",
        "0000-01-01",
        "9999-12-31",
        "10000-01-01",
        "2023-02-29",
        "31.12.9999 23:59:59.9999999",
    ),
    *(
        "2024-01-01T00:00:00Z",
        "2024-01-01 00:00+25:00",
        "0001-01-01 00:00+01:00",
        "01/02/2024",
        "1 Foo 2024",
        "yes",
        "NO",
    ),
    *('""', '"""', '"', "null", "NaN", '{"a": NaN}', '{"a": 1, "a": 2}', '"\\ud800"', '"\\u0000"', "1e400", "{}"),
    *('{"@array": 5}', '{"@eval": "1"}', '{"@array": {"dtype": "O", "shape": [1], "data": "AAAAAAAAAAA="}}'),
    *('{"@array": {"dtype": "<f8", "shape": [99999999, 99999999], "data": ""}}', '{"@tuple": 5}', '{"@int": "z"}'),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "'; DROP TABLE x; --",
        "<script>",
        "0a ff",
        "0a f",
        "%s",
        "\u0663",
        "\uff11\uff19\uff19\uff19-01-01",
    ),
)
VALUES: tuple[Any, ...] = (object(), [], {}, b"", 1.5, float("nan"), float("inf"), 10**5000, True, "", "x", 1j)

each_type = pytest.mark.parametrize("type_", TYPES.values())


@each_type
@given(data=st.data())
def test_what_is_edited_reads_back(type_: str, data: st.DataObject) -> None:
    value = data.draw(values(type_))
    for nullable in (True, False):
        tested = field(type_, nullable=nullable)
        assert identical(tested.parse(tested.edit(value)), value)


@each_type
@given(data=st.data())
def test_json_reads_back(type_: str, data: st.DataObject) -> None:
    value, tested = data.draw(values(type_)), field(type_)
    assert identical(tested.from_json(json.loads(json.dumps(tested.to_json(value), allow_nan=False))), value)


@each_type
@given(data=st.data())
def test_values_of_python_are_taken_as_they_are(type_: str, data: st.DataObject) -> None:
    value, tested = data.draw(values(type_)), field(type_)
    if not isinstance(value, str):  # which is parsed
        assert identical(tested.parse_value(value), value)


@each_type
@given(data=st.data())
def test_values_are_formatted(type_: str, data: st.DataObject) -> None:
    tested = field(type_)
    assert isinstance(tested.format(data.draw(values(type_))), str)
    assert tested.format(None) == "" == tested.edit(None)
    assert tested.to_json(None) is None


@settings(max_examples=60)
@given(value=blob_values())
def test_blobs_read_back_or_are_refused_by_name(value: Any) -> None:
    tested = field("<blob>", nullable=True)
    assert isinstance(tested.format(value), str)
    try:
        described = json.loads(json.dumps(describe(value), allow_nan=False))
    except FieldError as error:
        check_sentence(str(error))
        refused = str(error)
    else:
        refused = ""
        assert identical(restore(described), value)
    assert not refused or any(name in refused for name in ("MatCell", "MatStruct", "recarray"))
    if value is not None and not refused:
        assert identical(tested.parse(tested.edit(value)), value)


@pytest.mark.parametrize("type_", [*TYPES.values(), *(f"<{name}>" for name in (*CODECS, "nobody_knows@"))])
def test_every_text_is_a_value_or_refused_with_a_sentence(type_: str) -> None:
    for text in NASTY:
        check_text(field(type_, nullable=True), text)


@each_type
@given(text=st.text(st.characters(), max_size=30) | st.text("0123456789.,:-+eETZ /", max_size=20))
def test_any_text_is_a_value_or_refused_with_a_sentence(type_: str, text: str) -> None:
    check_text(field(type_, nullable=True), text)


def check_text(tested: Field, text: str) -> None:
    """It stands for a value, which has a text of its own, or is refused with a sentence."""
    try:
        value = tested.parse(text)
    except FieldError as error:
        check_sentence(str(error))
    else:
        assert identical(tested.parse(tested.edit(value)), value)


@each_type
def test_any_value_is_taken_or_refused_with_a_sentence(type_: str) -> None:
    takers = (field(type_).from_json, field(type_).parse_value)
    for take, value in itertools.product(takers, VALUES):
        try:
            take(value)
        except FieldError as error:
            check_sentence(str(error))


def check_sentence(sentence: str) -> None:
    """It can be shown, is short and speaks no Python."""
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert sentence[0].isupper() or sentence[0] in "'@"
    assert sentence[-1] in ".?"
    ours = re.sub("'.*'", "", sentence)  # without what was typed
    assert not any(word in ours for word in ("None", "True", "Traceback", "Error", "<class", "datetime."))


@pytest.mark.parametrize("type_", [*TYPES.values(), *(f"<{name}>" for name in (*CODECS, "nobody_knows@"))])
def test_every_type_has_what_pages_need(type_: str) -> None:
    for nullable in (True, False):
        tested = field(type_, nullable=nullable, comment="length (mm)")
        assert tested.macro in MACROS
        assert tested.input.macro == tested.macro
        assert tested.input.help == "length (mm)"
        assert tested.input.unit == "mm"
        assert tested.input.required == (not nullable and tested.macro != "none")
        assert tested.kind
        assert tested.column.kind == tested.kind
        assert ("is_null" in tested.operators) == nullable
        assert hash(tested.column)


@pytest.mark.parametrize("type_", [*TYPES.values(), "<blob>", "<attach>", "<object@>"])
def test_what_is_required_is_asked_for(type_: str) -> None:
    assert field(type_, nullable=True).parse("") is None
    assert field(type_, nullable=True).from_json(None) is None
    with pytest.raises(FieldError, match="This needs a value"):
        field(type_).parse("")
    with pytest.raises(FieldError, match="This needs a value"):
        field(type_).from_json(None)


def test_a_computed_attribute_is_only_read() -> None:
    computed = field_of(lw.Attribute("n", None, expression="count(*)"))
    assert computed.macro == "none"
    assert computed.format(5) == "5"
    assert computed.operators == ("is_null", "not_null")
    assert not computed.column.is_editable
    with pytest.raises(FieldError, match="from Python"):
        computed.parse("5")


def test_an_attribute_has_one_field() -> None:
    assert field_of(attribute("int8")) is field_of(attribute("int8"))
