"""Hypothesis strategies for types and definitions."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from labwright.core.types import INTEGER_BOUNDS, Default, Type
from labwright.define.ast import AttributeSpec, Entry, Expression, IndexSpec, ReferenceSpec, TableSpec

NATIVE_SPELLINGS: Final = (
    *("int", "int(11)", "tinyint unsigned", "bigint unsigned", "mediumint", "float", "double precision", "real"),
    *("numeric", "boolean", "tinytext", "text", "longtext", "varchar", "character varying(40)", "longblob", "bytea"),
    *("binary(16)", "year", "time(3)", "timestamptz", "timestamp(3) with time zone", "jsonb", "decimal(12) unsigned"),
)
"""Types as databases spell them."""

names: Final = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
class_names: Final = st.from_regex(r"[A-Z][A-Za-z0-9]{0,12}", fullmatch=True)
line_texts: Final = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=24)
comments: Final = line_texts.map(str.strip).filter(lambda text: not text.startswith(":"))


@st.composite
def core_types(draw: st.DrawFn) -> Type:
    """Draw types of the language's own, with arguments within their limits."""
    kind = draw(st.sampled_from(("int8", "int32", "float64", "bool", "date", "uuid", "json", "bytes", *_SIZED)))
    return Type(kind, draw(_SIZED[kind]) if kind in _SIZED else ())


_SIZED: Final[Mapping[str, st.SearchStrategy[tuple[object, ...]]]] = {
    "char": st.tuples(st.integers(1, 255)),
    "varchar": st.tuples(st.integers(1, 65535)),
    "enum": st.lists(line_texts, min_size=1, max_size=4, unique=True).map(tuple),
    "decimal": st.integers(1, 65).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, min(p, 30)))),
    "datetime": st.tuples(st.integers(0, 6)),
    "timestamp": st.one_of(st.just(()), st.tuples(st.integers(0, 6))),
    "datetime_utc": st.one_of(st.just(()), st.tuples(st.integers(0, 6))),
    "time": st.just(()),
}


@st.composite
def codec_types(draw: st.DrawFn) -> Type:
    """Draw codecs, in the table or in a store."""
    store = draw(st.one_of(st.none(), st.just(""), st.from_regex(r"[\w.-]{1,8}", fullmatch=True)))
    return Type("codec", codec=draw(names), store=store)


def bare_types() -> st.SearchStrategy[Type]:
    """Draw kinds that only databases have, without a spelling of their own."""
    kinds = [kind for kind in INTEGER_BOUNDS if kind.startswith("u") or kind == "int24"]
    plain = st.sampled_from([*kinds, "text", "year"]).map(Type)
    return st.one_of(plain, st.sampled_from(list(INTEGER_BOUNDS)).map(lambda kind: Type(kind, auto=True)))


types: Final = st.one_of(core_types(), codec_types(), bare_types())


def literals(type_: Type) -> st.SearchStrategy[str] | None:
    """Draw texts of defaults that fit `type_`; None where only null does."""
    if type_.kind in INTEGER_BOUNDS:
        return st.integers(*INTEGER_BOUNDS[type_.kind]).map(str)
    if type_.kind == "decimal":
        digits, scale = type_.args
        return st.integers(-(10**digits) + 1, 10**digits - 1).map(lambda n: f"{Decimal(f'{n}e-{scale}'):f}")
    if type_.kind in ("char", "varchar"):
        return line_texts.map(lambda text: text[: type_.args[0]])
    return st.sampled_from(type_.args) if type_.kind == "enum" else _LITERALS.get(type_.kind)


_LITERALS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "float32": st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    "float64": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "bool": st.sampled_from(["True", "False", "1", "0"]),
    "text": line_texts,
    "year": st.integers(1901, 2155).map(str),
    "date": st.dates().map(str),
    "time": st.times().map(datetime.time.isoformat),
    **dict.fromkeys(("datetime", "timestamp", "datetime_utc"), st.datetimes().map(str)),
    "uuid": st.uuids().map(str),
}


@st.composite
def defaults(draw: st.DrawFn, type_: Type) -> Default | None:
    """Draw a default that fits `type_`, or none."""
    choices: list[st.SearchStrategy[Default | None]] = [st.none()]
    choices += [] if type_.auto else [st.just(Default("null"))]
    texts = literals(type_)
    if texts is not None and not type_.auto:
        choices.append(st.tuples(texts, st.booleans()).map(lambda drawn: Default("literal", *drawn)))
    if type_.kind in ("datetime", "timestamp"):
        choices.append(st.sampled_from(["", "0", "3", "6"]).map(lambda digits: Default("now", digits)))
    return draw(st.one_of(choices))


@st.composite
def attributes(draw: st.DrawFn, name: str, *, in_key: bool = False) -> AttributeSpec:
    """Draw an attribute of that name, fit for the key if it is to stand there."""
    type_ = draw(types.filter(lambda t: (t.may_be_key or not in_key) and not t.auto))
    default = draw(defaults(type_).filter(lambda d: not (in_key and d is not None and d.kind == "null")))
    return AttributeSpec(name, type_, default, draw(comments))


@st.composite
def references(draw: st.DrawFn, taken: frozenset[str], *, in_key: bool = False) -> ReferenceSpec:
    """Draw a reference whose new names are not `taken`."""
    target = draw(st.one_of(st.just(("master",)), st.lists(class_names, min_size=1, max_size=3).map(tuple)))
    new = draw(st.lists(names.filter(lambda n: n not in taken), max_size=2, unique=True))
    old = draw(st.lists(names, min_size=len(new), max_size=len(new), unique=True))
    old = [""] * len(new) if draw(st.booleans()) else old
    nullable = False if in_key else draw(st.booleans())
    return ReferenceSpec(target, dict(zip(new, old, strict=True)), nullable, draw(st.booleans()), draw(comments))


@st.composite
def indexes(draw: st.DrawFn, columns: tuple[str, ...]) -> IndexSpec:
    """Draw an index over some of `columns` and expressions."""
    expressions = st.sampled_from(
        ["lower(a)", "json_value(a, '$.b[0]' returning char(20))", "a % 10", "concat(a, ')')"]
    )
    choices = expressions.map(Expression)
    chosen = draw(
        st.lists(
            st.one_of(st.sampled_from(columns), choices) if columns else choices, min_size=1, max_size=3, unique=True
        )
    )
    return IndexSpec(tuple(chosen), draw(st.booleans()))


@st.composite
def table_specs(draw: st.DrawFn) -> TableSpec:
    """Draw whole definitions that break no rule."""
    own = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    in_key = draw(st.integers(0, len(own)))
    taken = frozenset(own)
    key = [draw(attributes(name, in_key=True)) for name in own[:in_key]]
    body = [draw(attributes(name)) for name in own[in_key:]]
    above = draw(st.lists(references(taken, in_key=True), max_size=2))
    below = draw(st.lists(references(taken), max_size=2))
    columns = tuple(entry.name for entry in key + body if entry.type.may_be_key)
    upper: list[Entry] = draw(st.permutations([*key, *above]))
    lower: list[Entry] = draw(st.permutations([*body, *below]))
    found = draw(st.lists(indexes(columns), max_size=2))
    return TableSpec(tuple(upper), tuple(lower), tuple(found), draw(comments))
