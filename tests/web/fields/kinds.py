"""Attributes of every type, and the values that they hold."""

from __future__ import annotations

import math
from typing import Any, Final

from hypothesis import strategies as st

import labwright as lw
from labwright.define.typenames import parse_type
from labwright.testing.strategies import values_of
from labwright.web.fields import Field, field_of

TYPES: Final = {
    **{f"i{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "u8": "tinyint unsigned",
    "u16": "smallint unsigned",
    "u32": "int unsigned",
    "u64": "bigint unsigned",
    "i24": "mediumint",
    "f32": "float32",
    "f64": "float64",
    "yes": "bool",
    "letters": "char(8)",
    "words": "varchar(40)",
    "long_words": "varchar(2000)",
    "prose": "text",
    "label": r"""enum('b', 'a', 'B', 'it''s', '50%', 'back\slash', 'ä"', '""')""",
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
    "share": "decimal(4,4)",
    "whole": "decimal(8,0)",
    "d18": "decimal(18,4)",
    "d19": "decimal(19,4)",
    "d65": "decimal(65,30)",
    "tag": "uuid",
    "info": "json",
    "raw": "bytes",
    "native_blob": "longblob",
}
"""Every type, and native spellings, by the name of the attribute that has it."""


def attribute(type_: str, **about: Any) -> lw.Attribute:
    """An attribute of the type that is spelled so."""
    return lw.Attribute(about.pop("name", "x"), parse_type(type_), **about)


def field(type_: str, **about: Any) -> Field:
    """The field of such an attribute."""
    return field_of(attribute(type_, **about))


def values(type_: str, *, finite: bool = True) -> st.SearchStrategy[Any]:
    """Values of the type that is spelled so."""
    return values_of(parse_type(type_), finite=finite).filter(lambda v: not isinstance(v, float) or not math.isnan(v))
