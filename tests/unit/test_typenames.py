from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DefinitionError, DefinitionSyntaxError
from labwright.core.types import PYTHON_TYPES, Default, Type
from labwright.define.defaults import check_default
from labwright.define.typenames import parse_type, spell
from labwright.testing.definitions import NATIVE_SPELLINGS, defaults, types


@pytest.mark.parametrize(
    "text",
    [
        *("int8", "int16", "int32", "int64", "float32", "float64", "bool", "char(1)", "char(255)", "varchar(65535)"),
        *("enum('a')", "date", "time", "datetime", "datetime(0)", "datetime(6)", "timestamp", "timestamp(3)"),
        *("datetime_utc", "datetime_utc(6)", "decimal(65,30)", "decimal(1,0)", "uuid", "json", "bytes"),
        *("<blob>", "<blob@>", "<npy@raw-2.x>"),
    ],
)
def test_core_types_are_their_own_spelling(text: str) -> None:
    found = parse_type(text)
    assert found.spelling == found.canonical == text
    assert not found.native


@pytest.mark.parametrize(
    ("text", "kind", "args"),
    [
        ("tinyint", "int8", ()),
        ("tinyint(1) unsigned", "uint8", ()),
        ("smallint unsigned", "uint16", ()),
        ("mediumint", "int24", ()),
        ("mediumint unsigned", "uint24", ()),
        ("int(11)", "int32", ()),
        ("integer", "int32", ()),
        ("int unsigned", "uint32", ()),
        ("bigint(20) unsigned", "uint64", ()),
        ("float", "float32", ()),
        ("float(24)", "float32", ()),
        ("float(25)", "float64", ()),
        ("float(8,2)", "float32", ()),
        ("float4", "float32", ()),
        ("float8", "float64", ()),
        ("double", "float64", ()),
        ("double precision", "float64", ()),
        ("real", "float64", ()),
        ("decimal", "decimal", (10, 0)),
        ("decimal(7)", "decimal", (7, 0)),
        ("numeric(7,3)", "decimal", (7, 3)),
        ("dec(7,3) unsigned", "decimal", (7, 3)),
        ("boolean", "bool", ()),
        ("char", "char", (1,)),
        ("varchar", "varchar", (255,)),
        ("character(3)", "char", (3,)),
        ("character varying(3)", "varchar", (3,)),
        ("tinytext", "text", ()),
        ("text", "text", ()),
        ("mediumtext", "text", ()),
        ("longtext", "text", ()),
        ("tinyblob", "bytes", ()),
        ("blob", "bytes", ()),
        ("mediumblob", "bytes", ()),
        ("longblob", "bytes", ()),
        ("binary(16)", "bytes", ()),
        ("varbinary(100)", "bytes", ()),
        ("bytea", "bytes", ()),
        ("year", "year", ()),
        ("year(4)", "year", ()),
        ("timestamptz(3)", "datetime_utc", (3,)),
        ("timestamp with time zone", "datetime_utc", ()),
        ("timestamp(3) without time zone", "timestamp", (3,)),
        ("time(2) without time zone", "time", (2,)),
        ("jsonb", "json", ()),
    ],
)
def test_native_types_map_to_the_kind_that_holds_their_values(text: str, kind: str, args: tuple[int, ...]) -> None:
    found = parse_type(text)
    assert (found.kind, found.args, found.native, found.spelling) == (kind, args, True, text)
    assert kind in PYTHON_TYPES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("int auto_increment", "int32"),
        ("int unsigned auto_increment", "uint32"),
        ("bigint auto_increment unsigned", "uint64"),
        ("serial", "int64"),
        ("bigserial", "int64"),
        ("smallserial", "int16"),
    ],
)
def test_counting_types(text: str, kind: str) -> None:
    found = parse_type(text)
    assert found.auto
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("  INT  ( 11 )   UNSIGNED ", "int(11) unsigned"),
        ("Decimal( 8 , 2 )", "decimal(8,2)"),
        ("ENUM ( 'A b' , \"c\" )", "enum('A b',\"c\")"),
        ("Double\tPrecision", "double precision"),
        ("timestamp ( 3 ) with  time zone", "timestamp(3) with time zone"),
        ("< Blob @ Raw >", "<Blob@Raw>"),
        ("blob @ raw", "blob@raw"),
    ],
)
def test_spellings_are_normalised(text: str, spelling: str) -> None:
    assert parse_type(text).spelling == spelling
    assert parse_type(spelling) == parse_type(text)


@pytest.mark.parametrize(
    ("text", "codec", "store"),
    [
        ("<blob>", "blob", None),
        ("<blob@>", "blob", ""),
        ("<my_codec@cold>", "my_codec", "cold"),
        ("blob@s", "blob", "s"),
        ("longblob@s", "blob", "s"),
        ("attach@s", "attach", "s"),
        ("filepath@s", "filepath", "s"),
        ("attach", "attach", None),
        ("filepath", "filepath", ""),
    ],
)
def test_codecs(text: str, codec: str, store: str | None) -> None:
    for classic in (False, True):
        found = parse_type(text, classic=classic)
        assert (found.kind, found.codec, found.store) == ("codec", codec, store)


@pytest.mark.parametrize("text", ["tinyblob", "blob", "mediumblob", "longblob"])
def test_bare_blobs_are_serialised_in_the_classic_generation(text: str) -> None:
    found = parse_type(text, classic=True)
    assert found == Type("codec", codec="blob")
    assert (found.spelling, found.native) == (text, True)
    assert spell(found, classic=True) == text
    assert spell(found) == "<blob>"


@pytest.mark.parametrize("text", [*NATIVE_SPELLINGS])
def test_native_spellings_survive(text: str) -> None:
    assert spell(parse_type(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("intt", "unknown type 'intt'. Did you mean 'int'"),
        ("varchr(3)", "Did you mean 'varchar'"),
        ("string", "Write varchar(n)"),
        ("uint32", "Write 'int unsigned'"),
        ("set('a')", "part table"),
        ("int zerofill", "would return text of another width"),
        ("int not null", "`name = null : type`"),
        ("int32 unsigned", "'unsigned' is not part of the type"),
        ("int8(3)", "write int8"),
        ("char(0)", "from 1 to 255, not 0"),
        ("char(256)", "from 1 to 255, not 256"),
        ("varchar(65536)", "from 1 to 65535"),
        ("varchar('a')", "write varchar(n)"),
        ("decimal(66,0)", "from 1 to 65"),
        ("decimal(3,4)", "from 0 to 3, not 4"),
        ("decimal(60,31)", "from 0 to 30"),
        ("datetime(7)", "from 0 to 6"),
        ("timestamp with zone", "'with' is not part of the type"),
        ("float(54)", "from 1 to 53"),
        ("enum", "between quotes"),
        ("enum(1, 2)", "between quotes"),
        ("enum('a', \"a\")", "the label 'a' occurs twice"),
        ("enum('" + "a" * 256 + "')", "from 0 to 255"),
        ("external", "Types of generation 0.11"),
        ("graph@s", "Write <graph@s>"),
    ],
)
def test_refused_types(text: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_type(text)
    assert message in str(caught.value)
    assert not isinstance(caught.value, DefinitionSyntaxError)


@pytest.mark.parametrize(
    "text", ["", "<>", "<blob", "<blob@s", "blob@", "int 5", "varchar()", "varchar(3", "enum('a)", "'", "5", "int;"]
)
def test_malformed_types(text: str) -> None:
    with pytest.raises(DefinitionSyntaxError, match="expected"):
        parse_type(text)


@given(types.flatmap(lambda type_: st.tuples(st.just(type_), defaults(type_))))
def test_fitting_defaults_pass(drawn: tuple[Type, Default | None]) -> None:
    check_default(*drawn)


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("int8", "128", "from -128 to 127"),
        ("int unsigned", "-1", "from 0 to 4294967295"),
        ("int32", "1.5", "write a whole number"),
        ("float64", "much", "write a number"),
        ("float64", "nan", "not every database"),
        ("decimal(4,2)", "123.4", "more than 4,2 digits"),
        ("decimal(60,2)", "9" * 40 + ".125", "more than 60,2 digits"),
        ("decimal(4,2)", "1.234", "more than 4,2 digits"),
        ("decimal(4,2)", "Infinity", "finite"),
        ("decimal(4,2)", "x", "write a number"),
        ("bool", "yes", "write True or False"),
        ("char(2)", "abc", "it has 3 characters, and 2 is the limit"),
        ("enum('left','right')", "lef", "the labels are 'left', 'right'. Did you mean 'left'?"),
        ("date", "31.5.2024", "write it as 2024-05-31"),
        ("time", "noon", "write it as 12:30:00"),
        ("datetime", "soon", "write it as 2024-05-31 12:30:00"),
        ("datetime", "2024-05-31T12:00:00+02:00", "leave the time zone out"),
        ("uuid", "1", "32 hexadecimal digits"),
        ("year", "1800", "from 1901 to 2155"),
        ("json", "{}", "can only be null"),
        ("<blob@raw>", "x", "can only be null"),
        ("serial", "1", "counts by itself"),
    ],
)
def test_defaults_that_do_not_fit(text: str, value: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_default(parse_type(text), Default("literal", value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"), [("decimal(4,2)", "99.990"), ("decimal(4,2)", "1e1"), ("decimal(2,2)", "0")]
)
def test_decimal_defaults_are_judged_by_value(text: str, value: str) -> None:
    check_default(parse_type(text), Default("literal", value))


@pytest.mark.parametrize("text", ["date", "time", "varchar(30)", "int", "json"])
def test_now_is_for_moments_only(text: str) -> None:
    with pytest.raises(DefinitionError):
        check_default(parse_type(text), Default("now"))


def test_now_takes_six_digits_at_most() -> None:
    with pytest.raises(DefinitionError, match="from 0 to 6"):
        check_default(parse_type("datetime(6)"), Default("now", "7"))
