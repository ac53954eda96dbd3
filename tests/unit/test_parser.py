from __future__ import annotations

from pathlib import Path

import pytest

from labwright.core.errors import DefinitionError, DefinitionSyntaxError
from labwright.core.types import Default, Type
from labwright.define.ast import AttributeSpec, Expression, IndexSpec, Position, ReferenceSpec, TableSpec
from labwright.define.classic import in_generation
from labwright.define.format import format_spec
from labwright.define.parser import parse

CORPUS = [
    pytest.param(text, path.stem == "classic", id=f"{path.stem}-{number}")
    for path in sorted((Path(__file__).parent / "definitions").glob("*.txt"))
    for number, text in enumerate(path.read_text(encoding="utf-8").split("\n====\n"))
]


def _attribute(line: str) -> AttributeSpec:
    entry = parse(f"key : int32\n---\n{line}").body[0]
    assert isinstance(entry, AttributeSpec)
    return entry


def _reference(line: str) -> ReferenceSpec:
    return parse(f"key : int32\n---\n{line}").references[0]


@pytest.mark.parametrize(("text", "classic"), CORPUS)
def test_the_corpus_parses_and_survives_formatting(text: str, classic: bool) -> None:
    spec = parse(text, classic=classic)
    assert parse(format_spec(spec, classic=classic), classic=classic) == spec


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "    ", "\t", "\u00a0\u00a0", "\u2003"])
def test_line_ends_and_indentation_do_not_matter(end: str, indent: str) -> None:
    lines = ["", "# about", "a : int32  # first", "---", "", "b = null : float64", ""]
    spec = parse(end.join(indent + line for line in lines))
    assert spec == TableSpec(
        (AttributeSpec("a", Type("int32"), None, "first"),),
        (AttributeSpec("b", Type("float64"), Default("null")),),
        comment="about",
    )


def test_positions_count_from_one() -> None:
    spec = parse("\n  # about\n  a : int32\n---\n\t-> Parent\nindex (a)")
    assert spec.key[0].position == Position(3, 3)
    assert spec.body[0].position == Position(5, 2)
    assert spec.indexes[0].position == Position(6, 1)


def test_only_a_leading_comment_describes_the_table() -> None:
    assert parse("a : int32\n# later").comment == ""
    assert parse("\n\n#  first \n# second\na : int32").comment == "first"
    assert parse("#\na : int32").comment == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", Default("null")),
        ("NULL", Default("null")),
        ("'null'", Default("literal", "null")),
        ('"text: with # colon"', Default("literal", "text: with # colon")),
        ("'x'", Default("literal", "x")),
        ("''", Default("literal", "")),
        ('""', Default("literal", "")),
        ("'it''s'", Default("literal", "it's")),
        ('"it\'s"', Default("literal", "it's")),
        (r"'a\b'", Default("literal", r"a\b")),
        ("-1", Default("literal", "-1")),
        ("1.5e-3", Default("literal", "1.5e-3")),
        ("True", Default("literal", "True")),
        ("two words ", Default("literal", "two words")),
    ],
)
def test_defaults(text: str, expected: Default) -> None:
    assert _attribute(f"x = {text} : varchar(30)").default == expected
    assert _attribute(f"x={text}:varchar(30)#c").default == expected


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("CURRENT_TIMESTAMP", ""),
        ("current_timestamp", ""),
        ("CURRENT_TIMESTAMP()", ""),
        ("CURRENT_TIMESTAMP(3)", "3"),
        ("Current_Timestamp ( 6 )", "6"),
    ],
)
def test_now(text: str, digits: str) -> None:
    assert _attribute(f"x = {text} : datetime(6)").default == Default("now", digits)


def test_labels_hold_every_mark() -> None:
    entry = _attribute("""x = '#' : enum('#', ':', "'", '"', '(', ',', 'it''s', ' ')  # note: 'a'""")
    assert entry.type.args == ("#", ":", "'", '"', "(", ",", "it's", " ")
    assert entry.comment == "note: 'a'"


def test_comments_keep_their_marks() -> None:
    assert _attribute("x : int32 # a # b : c -> d").comment == "a # b : c -> d"
    assert _reference("-> Parent # who").comment == "who"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-> Parent", ReferenceSpec(("Parent",))),
        ("->master", ReferenceSpec(("master",))),
        ("-> a.b.C", ReferenceSpec(("a", "b", "C"))),
        ("-> [Nullable] P", ReferenceSpec(("P",), nullable=True)),
        ("-> [UNIQUE,nullable] P", ReferenceSpec(("P",), nullable=True, unique=True)),
        ("-> P.proj()", ReferenceSpec(("P",))),
        ("-> P.proj(...)", ReferenceSpec(("P",))),
        ("-> P.proj(..., new = 'old')", ReferenceSpec(("P",), {"new": "old"})),
        ("-> m.P.proj(a=\"b\", c='d',)", ReferenceSpec(("m", "P"), {"a": "b", "c": "d"})),
        ("-> proj.proj.proj(a='b')", ReferenceSpec(("proj", "proj"), {"a": "b"})),
        ("(a, c) -> P(b, d)", ReferenceSpec(("P",), {"a": "b", "c": "d"})),
        ("(a) -> [nullable] m.P", ReferenceSpec(("m", "P"), {"a": ""}, nullable=True)),
    ],
)
def test_references(line: str, expected: ReferenceSpec) -> None:
    assert _reference(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("index (a)", IndexSpec(("a",))),
        ("unique index(a, b)  # note", IndexSpec(("a", "b"), unique=True)),
        ("UNIQUE  INDEX ( b )", IndexSpec(("b",), unique=True)),
        ("index (a, (lower(b)))", IndexSpec(("a", Expression("lower(b)")))),
        ("index ((concat(a, ') # (', b)))", IndexSpec((Expression("concat(a, ') # (', b)"),))),
        ("index (a.b[0].c:char(20), b)", IndexSpec(("a.b[0].c:char(20)", "b"))),
    ],
)
def test_indexes(line: str, expected: IndexSpec) -> None:
    assert parse(f"a : int32\nb : int32\n{line}").indexes == (expected,)


def test_what_a_projection_keeps_beside_the_key_makes_no_difference() -> None:
    spec = parse('-> Parent.proj(\'a\', new="old", "b")').key[0]
    assert isinstance(spec, ReferenceSpec)
    assert spec.renames == {"new": "old"}


def test_the_identifier_of_a_stored_object_may_be_indexed_in_the_classic_generation() -> None:
    spec = parse("a : int32\n---\nf : filepath@raw\nindex (f)")
    assert in_generation(spec, "classic").indexes == spec.indexes
    with pytest.raises(DefinitionError, match="'f' cannot be indexed: <filepath@raw> has no order"):
        in_generation(spec, "2")


def test_an_index_may_name_inherited_attributes() -> None:
    assert parse("-> Parent\nindex (parent_id)").indexes == (IndexSpec(("parent_id",)),)


def test_the_generation_decides_about_longblob() -> None:
    text = "a : int32\n---\nb : longblob"
    assert parse(text).body[0] == AttributeSpec("b", Type("bytes"))
    assert parse(text, classic=True).body[0] == AttributeSpec("b", Type("codec", codec="blob"))


def test_hashable() -> None:
    assert len({parse("-> P.proj(a='b')"), parse("->P.proj( a = 'b' )")}) == 1


def test_an_error_shows_table_line_caret_and_advice() -> None:
    with pytest.raises(DefinitionSyntaxError) as caught:
        parse("# mice\nmouse_id : int32\n\t---\n\tweight float32", table="Mouse")
    assert str(caught.value).splitlines() == [
        "Table 'Mouse', line 4: expected '= default' or ': type', found 'float32'",
        "     weight float32",
        "            ^",
        "An attribute is written `name = default : type # comment`.",
    ]
    assert (caught.value.line, caught.value.column) == (4, 9)


def test_without_a_table_the_line_alone_is_named() -> None:
    with pytest.raises(DefinitionSyntaxError, match=r"\ALine 1: expected"):
        parse("a")


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("a", 2, "expected '= default' or ': type', found the end of the line"),
        ("a = : int32", 5, "expected a default behind '='"),
        ("a = 5", 6, "expected ':' and a type"),
        ("a = 'x : char(1)", 5, "expected a closing ' to this text"),
        ("a = 'x : char(1)'", 18, "expected ':' and a type, found the end of the line"),
        ("a : ", 5, "expected a type"),
        ("a : int32 = 5", 11, "The default stands before the colon: a = default : type."),
        ("a = 12:30:00 : time", 8, "Put quotes around a default that contains a colon."),
        ("a : int32 5", 11, "expected the end of the line or '# comment', found '5'"),
        ("a : varchar(", 13, "expected a number or a quoted text"),
        ("a : enum('x' 'y')", 14, "expected ',' or ')', found \"'y')\""),
        ("a : <blob", 10, "expected '>' to close the codec"),
        ("a : blob@", 10, "expected the name of a store"),
        ("_a : int32", 1, "a leading underscore is reserved for hidden columns"),
        ("AnimalId : int32", 1, "as in 'animal_id'"),
        ("2p : int32", 1, "as in 'p'"),
        ("größe : int32", 1, "'größe' is not a name"),
        ("a" * 65 + " : int32", 1, "has 65 characters, and 64 is the limit"),
        ("--", 1, "expected an attribute, '-> Parent', 'index (...)' or '---', found '--'"),
        ("--- key", 5, "expected the end of the line or '# comment', found 'key'"),
        ("->", 3, "expected the class of the parent"),
        ("-> Parent()", 10, "Write the class alone: -> Parent"),
        ("-> P.", 6, "expected a class or proj(...)"),
        ("-> P & 'a=1'", 6, "expected the end of the line or '# comment', found '&'"),
        ("-> P.restrict(a=1)", 6, "may end with .proj(...)"),
        ("-> [nulable] P", 5, "unknown option 'nulable': write nullable or unique. Did you mean 'nullable'?"),
        ("-> [] P", 5, "expected nullable or unique"),
        ("-> P.proj('a b')", 11, 'expected new="old"'),
        ("-> P.proj(a=b)", 13, "expected the parent's attribute between quotes"),
        ("-> P.proj(a='(b)')", 13, "'(b)' is not a name"),
        ("(a) P", 5, "expected '->' and the parent"),
        ("index a", 7, "expected '(' and the indexed attributes"),
        ("index ()", 8, "expected an attribute, or an expression in parentheses"),
        ("index (lower(a))", 13, "index (a, (lower(b)))"),
        ("index ((lower(a))", 18, "expected ',' or ')'"),
        ("index ((a)", 11, "expected ',' or ')'"),
        ("index ((a", 10, "expected ')' to close the expression"),
        ("index (( ))", 8, "expected an expression between the parentheses"),
        ("a : int32 # x\0", 14, "cannot hold the character NUL"),
    ],
)
def test_syntax_errors(line: str, column: int, message: str) -> None:
    with pytest.raises(DefinitionSyntaxError) as caught:
        parse("\n" + line, table="T")
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (2, column)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["the definition has no attribute", "Write one per line"]),
        ("a : int\n---\n---", ["line 3: a second divider: the first stands in line 2"]),
        ("a : int\na : int", ["line 2: 'a' is declared twice (first in line 1)"]),
        ("-> P.proj(a='b')\na : int", ["line 2: 'a' is declared twice: a reference brings it already"]),
        ("a : intt", ["unknown type 'intt'. Did you mean 'int'", "Core types:", "    a : intt\n        ^"]),
        ("a = null : int", ["'a' cannot be null in the key", "below the line of dashes"]),
        ("-> [nullable] P", ["-> P cannot be null in the key"]),
        ("a : json", ["'a' cannot be in the key: json has no order"]),
        ("a : <blob@>", ["<blob@> has no order"]),
        ("a : longblob", ["longblob has no order"]),
        ("a : text", ["text has no order", "or as varchar(n)"]),
        ("a : int\n---\nb = 1 : json", ["line 3: 'b': the default of json can only be null"]),
        ("a : int\n---\nb = '' : <blob>", ["the default of <blob> can only be null"]),
        ("a = 300 : int8", ["the default '300' does not fit int8: it must be from -128 to 127"]),
        ("a : int auto_increment\nb : serial", ["'b': 'a' counts by itself already"]),
        ("a = 1 : serial", ["serial counts by itself and takes no default"]),
        ("a : int # :int: x", ["a comment must not begin with a colon"]),
        ("# :x\na : int", ["line 1: a comment must not begin with a colon"]),
        ("name : int\nindex (nam)", ["there is no attribute 'nam' to index. Did you mean 'name'?", "Attributes: name"]),
        ("a : int\nindex (a, a)", ["'a' occurs twice in the index"]),
        ("a : int\n---\nb : json\nindex (b)", ["'b' cannot be indexed: json has no order"]),
        ("-> P.proj(a='b', c='b')", ["the parent's attribute 'b' is renamed twice"]),
        ("-> P.proj(a='b', a='c')", ["'a' occurs twice"]),
        ("(a, a) -> P", ["'a' occurs twice"]),
        ("(a, b) -> P(c)", ["2 new names for 1 of the parent's"]),
        ("(a) -> P.proj(b)", ["write either `(new) -> Parent(old)` or `.proj(...)`"]),
    ],
)
def test_refusals(text: str, messages: list[str]) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(text, table="T")
    assert not isinstance(caught.value, DefinitionSyntaxError)
    assert str(caught.value).startswith("Table 'T', line ")
    assert str(caught.value).count("Table 'T'") == 1
    assert "^" in str(caught.value)
    for message in messages:
        assert message in str(caught.value)
