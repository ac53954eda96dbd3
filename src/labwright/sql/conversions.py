"""How a value of one type is written as one of another, for each database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labwright.core.types import Type
from labwright.query.families import BIG, family, fraction

Spellings = tuple[str, str, str]
"""For SQLite, PostgreSQL and MySQL/MariaDB."""

DIALECTS: Final = ("sqlite", "postgres", "mysql")

_TEXT: Final = 'CAST({0} AS text) COLLATE "C"'
_READ_NUMBER: Final = (
    "(CASE WHEN {{0}} IS NOT NULL THEN CAST(coalesce(substring({{0}} from '^\\s*({0})'), '0') AS {1}) END)"
)
_FLOAT_PATTERN: Final = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?"
_UUID_TEXT: Final = "lower(insert(insert(insert(insert(hex({0}), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'))"

_PLAIN: Final[Mapping[tuple[str, str], Spellings]] = {
    ("int", "float"): ("CAST({0} AS REAL)", "CAST({0} AS double precision)", "({0} + 0e0)"),
    ("float", "float"): ("{0}", "CAST({0} AS double precision)", "({0} + 0e0)"),
    ("int", "bool"): ("({0} <> 0)", "({0} <> 0)", "({0} <> 0)"),
    ("float", "bool"): ("({0} <> 0)", "({0} <> 0)", "({0} <> 0)"),
    ("bool", "int"): ("{0}", "CAST(CAST({0} AS int) AS bigint)", "{0}"),
    ("bool", "float"): ("CAST({0} AS REAL)", "CAST(CAST({0} AS int) AS double precision)", "({0} + 0e0)"),
    ("float", "int"): ("lw_to_int({0})", "CAST({0} AS bigint)", "CAST(round({0}) AS signed)"),
    ("text", "float"): ("lw_text_float({0})", _READ_NUMBER.format(_FLOAT_PATTERN, "double precision"), "({0} + 0e0)"),
    ("text", "int"): ("lw_text_int({0})", _READ_NUMBER.format("[-+]?\\d+", "bigint"), "CAST({0} AS signed)"),
    ("text", "bool"): ("(lw_text_float({0}) <> 0)", "CAST({0} AS boolean)", "({0} <> 0)"),
    ("text", "date"): ("lw_date({0})", "CAST({0} AS date)", "CAST({0} AS date)"),
    ("text", "uuid"): ("lower({0})", "CAST({0} AS uuid)", "unhex(replace({0}, '-', ''))"),
    ("uuid", "text"): ("{0}", _TEXT, _UUID_TEXT),
    ("int", "text"): ("CAST({0} AS TEXT)", _TEXT, "concat({0})"),
    ("bool", "text"): ("CAST({0} AS TEXT)", 'CAST(CAST({0} AS int) AS text) COLLATE "C"', "concat({0})"),
    ("text", "text"): ("{0}", _TEXT, "concat({0})"),
    ("date", "text"): ("{0}", _TEXT, "concat({0})"),
    ("json", "text"): ("{0}", _TEXT, "CAST({0} AS char)"),
    ("text", "json"): ("json({0})", "CAST({0} AS jsonb)", "{0}"),
    ("datetime", "date"): ("substr({0}, 1, 10)", "CAST({0} AS date)", "date({0})"),
    ("datetime", "time"): ("substr({0}, 12)", "CAST({0} AS time)", "time({0})"),
}  # fmt: skip
_FROM_DECIMAL: Final[Mapping[str, Spellings]] = {
    "bool": ("", "({0} <> 0)", "({0} <> 0)"),
    "float": ("", "CAST({0} AS double precision)", "({0} + 0e0)"),
    "int": ("", "CAST({0} AS bigint)", "CAST({0} AS signed)"),
    "text": ("", _TEXT, "concat({0})"),
}
_UNKNOWN: Final[Mapping[str, Spellings]] = {
    "int": ("CAST({0} AS INTEGER)", "CAST({0} AS bigint)", "CAST({0} AS signed)"),
    "float": ("CAST({0} AS REAL)", "CAST({0} AS double precision)", "({0} + 0e0)"),
    "text": ("CAST({0} AS TEXT)", _TEXT, "CAST({0} AS char)"),
    "bool": ("({0} <> 0)", "CAST({0} AS boolean)", "({0} <> 0)"),
    "date": ("date({0})", "CAST({0} AS date)", "CAST({0} AS date)"),
    "uuid": ("{0}", "CAST({0} AS uuid)", "{0}"),
    "json": ("json({0})", "CAST({0} AS jsonb)", "{0}"),
}
POSTGRES_TYPES: Final[Mapping[str, str]] = {
    "date": "date", "time": "time", "datetime": "timestamp", "uuid": "uuid", "text": "text", "bool": "boolean",
}  # fmt: skip


def conversion(source: Type | None, target: Type, dialect: str) -> str | None:
    """The template that turns a `source` into a `target`; None when it is not possible."""
    a, b = family(source), family(target)
    index = DIALECTS.index(dialect)
    if "decimal" in (a, b) and a:
        return _decimal(source, target, dialect)
    if (b in ("datetime", "time") and a != "datetime") or (a == b == "datetime") or (a == b == "time"):
        return _temporal(source, target, dialect)
    if a in ("datetime", "time") and b == "text":
        return _spelled(source, index)
    if a == "float" and b == "text":
        return _float_text(source)[index]
    if a == b == "int":
        return _integer(source, index)
    if source is None:
        return _unknown(target, index)
    found = _PLAIN.get((a, b))
    return found[index] if found else None


def _unknown(target: Type, index: int) -> str | None:
    if family(target) == "decimal":
        p, s = target.args
        return (
            f"lw_dec_read({{0}}, {p}, {s})",
            f"CAST({{0}} AS numeric({p}, {s}))",
            f"CAST({{0}} AS decimal({p}, {s}))",
        )[index]
    found = _UNKNOWN.get(family(target))
    return found[index] if found else None


def _integer(source: Type | None, index: int) -> str:
    """To int64: PostgreSQL calculates in the narrower type otherwise, MySQL without sign."""
    assert source is not None
    unsigned = source.kind.startswith("uint") or source.kind == "year"
    mysql = "CAST({0} AS signed)" if unsigned and source.kind != "uint64" else "{0}"
    return ("{0}", "CAST({0} AS bigint)", mysql)[index]


def _float_text(source: Type | None) -> Spellings:
    if source is not None and source.kind == "float32":
        return "lw_float_text({0})", _TEXT.replace("{0}", "CAST({0} AS double precision)"), "concat({0} + 0e0)"
    return "lw_float_text({0})", _TEXT, "concat({0})"


def _temporal(source: Type | None, target: Type, dialect: str) -> str | None:
    digits, name = fraction(target), family(target)
    if dialect == "sqlite":
        return _sqlite_temporal(source, target)
    if family(source) not in ("", "text", "date", name):
        return None
    if family(source) == name and source is not None and fraction(source) <= digits:
        return "{0}"
    postgres = f"CAST({{0}} AS {'timestamp' if name == 'datetime' else 'time'}({digits}))"
    return postgres if dialect == "postgres" else f"CAST({{0}} AS {name}({digits}))"


def _sqlite_temporal(source: Type | None, target: Type) -> str | None:
    digits, name, given = fraction(target), family(target), family(source)
    zeros = f".{'0' * digits}" if digits else ""
    if given == "date" and name == "datetime":
        return f"({{0}} || ' 00:00:00{zeros}')"
    if given == name and source is not None and fraction(source) <= digits:
        had = fraction(source)
        return f"({{0}} || '{zeros[had + 1 if had else 0 :]}')" if had < digits else "{0}"
    return f"lw_{name}({{0}}, {digits})" if given in ("", "text", name) else None


def _spelled(source: Type | None, index: int) -> str:
    assert source is not None
    digits = fraction(source)
    day = "YYYY-MM-DD " if family(source) == "datetime" else ""
    pattern = f"{day}HH24:MI:SS" + (f".FF{digits}" if digits else "")
    return ("{0}", f"to_char({{0}}, '{pattern}') COLLATE \"C\"", "concat({0})")[index]


def _decimal(source: Type | None, target: Type, dialect: str) -> str | None:
    if dialect == "sqlite":
        return _from_decimal(source, target) if family(source) == "decimal" else _to_decimal(source, target)
    index = DIALECTS.index(dialect)
    if family(target) != "decimal":
        found = _FROM_DECIMAL.get(family(target))
        return found[index] if found else None
    p, s = target.args
    other = family(source)
    if other == "int" or (other == "decimal" and _scale(source) <= s):
        return "{0}"
    if other == "bool":
        return ("", "CAST({0} AS int)", "{0}")[index]
    if other == "text" and dialect == "postgres":
        return _READ_NUMBER.format(_FLOAT_PATTERN, f"numeric({p}, {s})")
    return f"CAST({{0}} AS decimal({p}, {s}))" if other in ("decimal", "float", "text") else None


def _scale(type_: Type | None) -> int:
    assert type_ is not None
    return int(type_.args[1]) if len(type_.args) == 2 else 0


def _from_decimal(source: Type | None, target: Type) -> str | None:
    assert source is not None
    p, s = source.args
    name = family(target)
    if name == "decimal":
        return _rescale(p, s, *target.args)
    if name == "float" and p <= 15:
        return f"(CAST({{0}} AS REAL) / 1e{s})" if s else "CAST({0} AS REAL)"
    if name == "bool":
        return "({0} <> 0)" if p <= BIG else f"(lw_dec_real({{0}}, {p}, {s}) <> 0)"
    ours = {"float": "real", "int": "int", "text": "text"}.get(name)
    return f"lw_dec_{ours}({{0}}, {p}, {s})" if ours else None


def _rescale(p: int, s: int, to_p: int, to_s: int) -> str:
    if p <= BIG and to_p <= BIG and s <= to_s:
        return f"({{0}} * {10 ** (to_s - s)})" if to_s > s else "{0}"
    return "{0}" if (p, s) == (to_p, to_s) else f"lw_dec_cast({{0}}, {p}, {s}, {to_p}, {to_s})"


def _to_decimal(source: Type | None, target: Type) -> str | None:
    p, s = target.args
    if family(source) in ("int", "bool"):
        return _rescale(BIG if p <= BIG else 19, 0, p, s) if p <= BIG else f"lw_dec_cast({{0}}, 19, 0, {p}, {s})"
    return f"lw_dec_read({{0}}, {p}, {s})" if family(source) in ("float", "text") else None
