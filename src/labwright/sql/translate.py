"""From typed expressions to SQL: the same value, and the same stored form, on every database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

from labwright.core.errors import QueryError
from labwright.core.types import Type
from labwright.query.families import BIG, BOOL, INT64, convert, family, is_json
from labwright.query.nodes import Node
from labwright.query.paths import spell_path
from labwright.query.scalar import Scalar
from labwright.sql.conversions import DIALECTS, POSTGRES_TYPES, conversion
from labwright.sql.decimals import to_stored
from labwright.sql.functions import OPERATIONS
from labwright.sql.integer_range import fits

__all__ = ["Slot", "Template", "translate"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template.

    Parameters
    ----------
    kind : {'name', 'param', 'star', 'collation'}
        A column, a bound value, the ``*`` of ``count(*)``, or the collation of all text.
    value : Any
        The attribute's name, or the value.
    type : Type, optional
        What to encode the value as; None for a plain text.
    """

    kind: Literal["name", "param", "star", "collation"]
    value: Any
    type: Type | None = None


Template = tuple[str | Slot, ...]
"""SQL text with places for columns and values."""

_Parts = list[str | Slot]
_FIELD: Final = re.compile(r"\{(\*?)([^{}]*)\}")
_BARE: Final = frozenset(("=", "<>", "<", "<=", ">", ">=", "<=>", "in", "between", "like", "regexp"))
_GROUP: Final = 100
_EXACT: Final = frozenset(("+", "-", "*", "%"))


def translate(scalar: Scalar, dialect: str, *, condition: bool = False) -> Template:
    """Write `scalar` for a database.

    Names stand for the stored form of their attributes, and the value is in the stored form of ``scalar.type``.

    Parameters
    ----------
    scalar : Scalar
    dialect : {'sqlite', 'postgres', 'mysql'}
    condition : bool
        Whether a truth value is wanted, as in WHERE: a number is true unless it is 0.

    Raises
    ------
    QueryError
        When the database cannot do it.

    Examples
    --------
    >>> from labwright.core.heading import Attribute, Heading
    >>> from labwright.query.scalar import parse_scalar
    >>> heading = Heading([Attribute("score", Type("float64"))])
    >>> translate(parse_scalar("score > 3", heading), "sqlite")
    ('(', Slot(kind='name', value='score', type=Type(kind='float64', ...)), ' > 3)')
    """
    return _translated(scalar, dialect, condition and not scalar.condition)


@lru_cache(maxsize=8192)
def _translated(scalar: Scalar, dialect: str, condition: bool) -> Template:
    tree = scalar.tree
    if condition and (is_json(tree) or family(tree.type) in ("", "int", "float", "decimal")):
        tree = convert(tree, BOOL)
    elif condition:
        raise QueryError(
            f"A condition is expected, but {scalar.text!r} is of type {scalar.type}: compare it with a value."
        )
    return _joined(_Writer(dialect).write(tree), escape=dialect != "sqlite")


def _joined(parts: _Parts, *, escape: bool) -> Template:
    """The parts with neighbouring texts as one, and ``%`` doubled where the driver reads it."""
    found: _Parts = []
    for part in parts:
        if isinstance(part, str):
            part = part.replace("%", "%%") if escape else part
            if found and isinstance(found[-1], str):
                found[-1] += part
                continue
        found.append(part)
    return tuple(found)


class _Writer:
    """Writes trees for one database."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.index = DIALECTS.index(dialect)

    def write(self, node: Node, *, bare: bool = False) -> _Parts:
        """The parts of `node`; a `bare` literal needs no type of its own, since it meets a typed value."""
        if node.op == "text":
            return self.literal(node, bare)
        special = _SPECIAL.get(node.op)
        if special is not None:
            return special(self, node)
        if self.dialect == "sqlite" and family(node.args[0].type if node.args else None) == "decimal":
            exact = self.sqlite_decimal(node)
            if exact is not None:
                return exact
        return self.fill(self.template(node), node)

    def template(self, node: Node) -> str:
        first = family(node.args[0].type) if node.args else ""
        variants = (_variant(node), f"{node.op}/{len(node.args)}", f"{node.op}:{first}", node.op)
        template = next(OPERATIONS[v] for v in variants if v in OPERATIONS)[self.index]
        return template.replace("nullif({1}, 0)", "{1}") if _divides(node) else template

    def fill(self, template: str, node: Node) -> _Parts:
        """`template` with the arguments of `node` in its places."""
        args = [self.write(a, bare=node.op in _BARE) for a in node.args]
        found: _Parts = []
        at = 0
        for match in _FIELD.finditer(template):
            found.append(template[at : match.start()])
            found += self.field(match, node, args)
            at = match.end()
        found.append(template[at:])
        return found

    def field(self, match: re.Match[str], node: Node, args: list[_Parts]) -> _Parts:
        star, name = match.groups()
        if name == "d":
            return ["DISTINCT "] if node.value == "distinct" else []
        if name == "IS NOT NULL":
            known = [a for a, n in zip(args, node.args, strict=True) if n.nullable] or args[:1]
            return _separated([["(", *a, ") IS NOT NULL"] for a in known], " AND ")
        if name == "quote":
            return _separated([["quote(", *a, ")"] for a in args], " || ',' || ")
        if star:
            return _separated(args, name or ", ")
        index = int(name.rstrip("i"))
        small = name.endswith("i") and node.args[index].op != "number"
        return ["CAST(", *args[index], " AS int)"] if small else args[index]

    # Leaves ----------------------------------------------------------------------------

    def name(self, node: Node) -> _Parts:
        return [Slot("name", node.value, node.type)]

    def literal(self, node: Node, bare: bool) -> _Parts:
        name = family(node.type)
        plain = name == "text" and node.type is not None and node.type.kind != "enum"
        parts: _Parts = [Slot("param", node.value, None if plain else node.type)]
        if bare or self.dialect == "sqlite" or (plain and self.dialect == "mysql"):
            return parts
        if self.dialect == "postgres" and name in POSTGRES_TYPES:
            return ["CAST(", *parts, f" AS {POSTGRES_TYPES[name]})"]
        if self.dialect == "mysql" and name in ("date", "time", "datetime"):
            assert node.type is not None
            digits = f"({node.type.args[0]})" if node.type.args else ""
            return ["CAST(", *parts, f" AS {name}{digits})"]
        return parts

    def number(self, node: Node) -> _Parts:
        text, name = str(node.value), family(node.type)
        if name == "decimal" and self.dialect == "sqlite":
            assert node.type is not None
            stored = to_stored(Decimal(text), *node.type.args)
            return [str(stored)] if isinstance(stored, int) else [Slot("param", stored)]
        if name == "decimal":
            return [f"{Decimal(text):f}"]
        if name != "float":
            return [text]
        if self.dialect == "postgres":
            return [f"CAST({text} AS double precision)"]
        if "e" in text.lower():
            return [text]
        return [f"{text}e0" if self.dialect == "mysql" else text if "." in text else f"{text}.0"]

    def null(self, node: Node) -> _Parts:
        name = family(node.type)
        if self.dialect == "postgres" and name in POSTGRES_TYPES:
            return [f"CAST(NULL AS {POSTGRES_TYPES[name]})"]
        return ["NULL"]

    def truth(self, node: Node) -> _Parts:
        return [("TRUE" if node.value else "FALSE") if self.dialect == "postgres" else "1" if node.value else "0"]

    def star(self, _: Node) -> _Parts:
        return [Slot("star", "*")]

    # Conversions -----------------------------------------------------------------------

    def convert(self, node: Node) -> _Parts:
        (arg,) = node.args
        assert node.type is not None
        template = conversion(arg.type, node.type, self.dialect)
        if template == "{0}" and node.value == "cast" and node.type.kind == "decimal" and self.dialect != "sqlite":
            template = f"CAST({{0}} AS decimal({node.type.args[0]}, {node.type.args[1]}))"
        if template is None:
            raise QueryError(f"A value of type {arg.type} cannot become one of type {node.type}.")
        return self.fill(template, node)

    def sqlite_decimal(self, node: Node) -> _Parts | None:
        """Operations on decimals that plain SQL of SQLite gets wrong."""
        source, target = _form(node.args[0]), _form(node)
        big = max(source[0], target[0]) > BIG
        if node.op in _EXACT and big:
            other = _form(node.args[1])
            form = f"{other[0]}, {other[1]}, {target[0]}, {target[1]})"
            return self.fill(f"lw_dec('{node.op}', {{0}}, {source[0]}, {source[1]}, {{1}}, {form}", node)
        if node.op == "neg" and big:
            zero = f"0, 1, 0, {{0}}, {source[0]}, {source[1]}, {target[0]}, {target[1]})"
            return self.fill(f"lw_dec('-', {zero}", node)
        form = f"{source[0]}, {source[1]}"
        if node.op in ("floor", "ceil"):
            return self.fill(f"lw_dec_{node.op}({{0}}, {form})", node)
        if node.op == "sign" and big:
            return self.fill(f"lw_sign(lw_dec_real({{0}}, {form}))", node)
        if node.op == "sum" and big:
            return self.fill(f"lw_dec_sum({{d}}{{0}}, {form}, {target[0]}, {target[1]})", node)
        if node.op == "abs" and big:
            return ["max(", *self.write(node.args[0]), ", ", *self.sqlite_decimal_negative(node), ")"]
        return None

    def sqlite_decimal_negative(self, node: Node) -> _Parts:
        return self.write(Node("neg", node.args, type=node.type))

    # Forms -----------------------------------------------------------------------------

    def membership(self, node: Node) -> _Parts:
        first, *rest = (self.write(a, bare=True) for a in node.args)
        return ["(", *first, " IN (", *_separated(rest, ", "), "))"]

    def like(self, node: Node) -> _Parts:
        text, pattern = (self.write(a, bare=True) for a in node.args)
        parts = ["(", *text, " LIKE ", *pattern]
        if node.value != "\\":
            return [*parts, " ESCAPE ", Slot("param", node.value), ")"]
        return [*parts, " ESCAPE '\\')" if self.dialect == "sqlite" else ")"]

    def junction(self, node: Node) -> _Parts:
        """``and`` and ``or``; of many, in groups, since SQLite limits how deep they nest."""
        parts, word = [self.write(a) for a in node.args], f" {node.op.upper()} "
        while len(parts) > _GROUP:
            groups = (parts[at : at + _GROUP] for at in range(0, len(parts), _GROUP))
            parts = [["(", *_separated(group, word), ")"] for group in groups]
        return ["(", *_separated(parts, word), ")"]

    def case(self, node: Node) -> _Parts:
        *pairs, default = (self.write(a) for a in node.args)
        parts: _Parts = ["(CASE"]
        for test, value in zip(pairs[::2], pairs[1::2], strict=True):
            parts += [" WHEN ", *test, " THEN ", *value]
        return [*parts, " ELSE ", *default, " END)"]

    def call(self, node: Node) -> _Parts:
        args = [self.write(a, bare=True) for a in node.args]
        return [f"{node.value}(", *_separated(args, ", "), ")"]

    def count(self, node: Node) -> _Parts:
        return self.fill(self.template(node), node)

    def arithmetic(self, node: Node) -> _Parts:
        """SQLite makes a float of a whole number beyond 64 bits, PostgreSQL calculates literals in 32 bits."""
        written = self.calculation(node)
        if self.dialect != "sqlite" or family(node.type) != "int" or fits(node):
            return written
        return ["lw_whole(", *written, ")"]

    def calculation(self, node: Node) -> _Parts:
        if self.dialect == "sqlite" and family(node.args[0].type) == "decimal":
            exact = self.sqlite_decimal(node)
            if exact is not None:
                return exact
        if self.dialect == "postgres" and all(a.op == "number" and family(a.type) == "int" for a in node.args):
            wide = Node("to", node.args[:1], type=INT64)
            node = replace(node, args=(wide, *node.args[1:]))
        return self.fill(self.template(node), node)

    def round(self, node: Node) -> _Parts:
        arg = node.args[0]
        digits = int(str(node.args[1].value)) if len(node.args) == 2 else 0
        name = family(arg.type)
        only = replace(node, args=(arg,))
        if name == "decimal":
            return self.fill(self.round_decimal(only, digits), only)
        if name == "int":
            rounded = (
                f"lw_round_int({{0}}, {digits})",
                f"CAST(round(CAST({{0}} AS numeric), {digits}) AS bigint)",
                f"(round({{0}}, {digits}) DIV 1)",
            )
            return self.fill("{0}" if digits >= 0 else rounded[self.index], only)
        plain = OPERATIONS["round"][self.index]
        if not digits:
            return self.fill(plain, only)
        there, back = ("*", "/") if digits > 0 else ("/", "*")
        power = f"1e{abs(digits)}"
        return self.fill(f"({plain.replace('{0}', f'{{0}} {there} {power}')} {back} {power})", only)

    def round_decimal(self, node: Node, digits: int) -> str:
        if self.dialect != "sqlite":
            return f"round({{0}}, {digits})"
        (p, s), (to_p, to_s) = _form(node.args[0]), _form(node)
        return f"lw_dec_round({{0}}, {p}, {s}, {digits}, {to_p}, {to_s})"

    def date_add(self, node: Node) -> _Parts:
        assert node.type is not None
        unit = node.value
        day = family(node.type) == "date"
        if self.dialect == "mysql":
            return self.fill(f"date_add({{0}}, INTERVAL {{1}} {unit.upper()})", node)
        if self.dialect == "sqlite":
            digits = -1 if day else int(node.type.args[0]) if node.type.args else 0
            return self.fill(f"lw_date_add({{0}}, {{1}}, '{unit}', {digits})", node)
        moved = f"({{0}} + {_INTERVALS.get(unit, f'make_interval({unit}s => {{1i}})')})"
        return self.fill(f"CAST({moved} AS date)" if day else moved, node)

    def timestampdiff(self, node: Node) -> _Parts:
        unit = node.value
        if self.dialect == "mysql":
            return self.fill(f"timestampdiff({unit.upper()}, {{0}}, {{1}})", node)
        if self.dialect == "sqlite":
            return self.fill(f"lw_timestampdiff('{unit}', {{0}}, {{1}})", node)
        if unit in _MONTHS:
            return self.fill(f"CAST(trunc({_AGE} / {_MONTHS[unit]}.0) AS bigint)", node)
        micro = "extract(epoch FROM ({1} - {0}))"
        scaled = f"{micro} * 1000000" if unit == "microsecond" else f"{micro} / {_SECONDS[unit]}"
        return self.fill(f"CAST(trunc({scaled}) AS bigint)", node)

    def date_format(self, node: Node) -> _Parts:
        if node.args[1].op != "text":
            raise QueryError("The format of date_format is a quoted text.")
        pattern = str(node.args[1].value)
        unknown = set(re.findall(r"%(.?)", pattern, re.DOTALL)) - set(_CODES)
        if unknown:
            raise QueryError(f"date_format knows {' '.join(f'%{c}' for c in sorted(_CODES))}, not %{unknown.pop()}.")
        if self.dialect == "postgres":
            pattern = _to_char(pattern)
            if "%w" in pattern:
                raise QueryError("date_format with %w is not possible on PostgreSQL: use dayofweek(d) - 1.")
            text = replace(node.args[1], value=pattern)
            return ["to_char(", *self.write(node.args[0]), ", ", *self.literal(text, False), ') COLLATE "C"']
        return self.fill("lw_date_format({*})" if self.dialect == "sqlite" else "date_format({*})", node)

    def group_concat(self, node: Node) -> _Parts:
        separator, distinct = node.value
        value, *orders = node.args
        written: Callable[..., _Parts] = (self.sqlite_concat, self.postgres_concat, self.mysql_concat)[self.index]
        return written(self.write(value), separator, distinct, orders)

    def sqlite_concat(self, value: _Parts, separator: str, distinct: bool, orders: list[Node]) -> _Parts:
        ways = "".join("d" if o.value else "a" for o in orders)
        keys = [self.write(o.args[0]) for o in orders]
        head: _Parts = ["lw_group_concat(", *value, ", ", Slot("param", separator), f", {int(distinct)}, '{ways}'"]
        return [*head, *(p for k in keys for p in (", ", *k)), ")"]

    def postgres_concat(self, value: _Parts, separator: str, distinct: bool, orders: list[Node]) -> _Parts:
        keys = [[*self.write(o.args[0]), " DESC NULLS LAST" if o.value else " ASC NULLS FIRST"] for o in orders]
        order: _Parts = [" ORDER BY ", *_separated(keys, ", ")] if keys else []
        return ["string_agg(", "DISTINCT " * distinct, *value, ", ", Slot("param", separator), *order, ")"]

    def mysql_concat(self, value: _Parts, separator: str, distinct: bool, orders: list[Node]) -> _Parts:
        keys = [k for o in orders for k in self.mysql_order(o)] or [value] * distinct
        order: _Parts = [" ORDER BY ", *_separated(keys, ", ")] if keys else []
        head: _Parts = ["group_concat(", "DISTINCT " * distinct, *value, *order]
        return [*head, " SEPARATOR ", Slot("param", separator), ")"]

    def mysql_order(self, order: Node) -> list[_Parts]:
        """Within group_concat, MariaDB sorts NULL as if it were 0."""
        key = self.write(order.args[0])
        nulls: list[_Parts] = [["(", *key, ") IS NULL" if order.value else ") IS NOT NULL"]]
        return nulls * order.args[0].nullable + [[*key, " DESC" * bool(order.value)]]

    # Json ------------------------------------------------------------------------------

    def json(self, node: Node) -> _Parts:
        path, target = node.value
        document = self.write(node.args[0])
        name = family(target) or "text"
        if self.dialect == "postgres":
            return self.postgres_json(document, path, name, target)
        spelled = Slot("param", spell_path(path))
        if self.dialect == "mysql":
            if any(c in str(step) for step in path for c in '"\\'):
                raise QueryError("A key of json with a quote or a backslash in it has no path on MySQL and MariaDB.")
            return self.mysql_json(["json_extract(", *document, ", ", spelled, ")"], name, target)
        steps = Slot("param", json.dumps(path))
        text: _Parts = ["lw_json_text(", *document, ", ", steps, ")"]
        kind: _Parts = ["json_type(", *document, ", ", spelled, ")"]
        value: _Parts = ["json_extract(", *document, ", ", spelled, ")"]
        if name == "int":
            return ["(CASE WHEN ", *kind, " = 'integer' AND typeof(", *value, ") = 'integer' THEN ", *value, " END)"]
        if name in _JSON_NATIVE:
            kinds, cast = _JSON_NATIVE[name]
            return ["(CASE WHEN ", *kind, f" IN ({kinds}) THEN CAST(", *value, f" AS {cast}) END)"]
        return text if name in ("text", "json") else self.read_text(text, target)

    def read_text(self, text: _Parts, target: Type) -> _Parts:
        """The text of a json value as a date, uuid, decimal."""
        template = conversion(Type("text"), target, self.dialect)
        if template is None:
            raise QueryError(f"A value in json cannot become one of type {target}.")
        before, *after = template.split("{0}")
        return [before, *(p for rest in after for p in (*text, rest))]

    def postgres_json(self, document: _Parts, path: tuple[str | int, ...], name: str, target: Type | None) -> _Parts:
        steps = [p for s in path for p in (", ", "CAST(", Slot("param", str(s)), " AS text)")]
        if not path:
            text: _Parts = ["(", *document, " #>> '{}')"]
            value: _Parts = document
        else:
            text = ["jsonb_extract_path_text(", *document, *steps, ")"]
            value = ["jsonb_extract_path(", *document, *steps, ")"]
        native = {"int": ("number", "bigint"), "float": ("number", "double precision"), "bool": ("boolean", "boolean")}
        if name in native:
            kind, cast = native[name]
            whole: _Parts = [" AND ", *text, f" ~ '{_WHOLE}'"] if name == "int" else []
            test: _Parts = ["jsonb_typeof(", *value, f") = '{kind}'", *whole]
            found: _Parts = ["CAST(", *text, f" AS {cast})"]
            if name == "int":  # in a CASE of its own, which alone keeps the order of tests
                found = ["CASE WHEN CAST(", *text, f" AS numeric) {_IN_INT64} THEN ", *found, " END"]
            return ["(CASE WHEN ", *test, " THEN ", *found, " END)"]
        if name == "json":
            return value
        return text if name == "text" or target is None else self.read_text(text, target)

    def mysql_json(self, value: _Parts, name: str, target: Type | None) -> _Parts:
        kind: _Parts = ["json_type(", *value, ")"]
        text: _Parts = ["(CASE WHEN ", *kind, " <> 'NULL' THEN json_unquote(", *value, ") END)"]
        text += [" COLLATE ", Slot("collation", "")]
        if name == "int":
            number: _Parts = ["json_unquote(", *value, ")"]
            test: _Parts = [*kind, " IN ('INTEGER', 'UNSIGNED INTEGER') AND ", *number, f" REGEXP '{_WHOLE}'"]
            inside: _Parts = ["CAST(", *number, f" AS decimal(19, 0)) {_IN_INT64}"]
            return ["(CASE WHEN ", *test, " AND ", *inside, " THEN CAST(", *number, " AS signed) END)"]
        if name == "float":
            kinds = "'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL'"
            return ["(CASE WHEN ", *kind, f" IN ({kinds}) THEN ", *value, " + 0e0 END)"]
        if name == "bool":
            return ["(CASE WHEN ", *kind, " = 'BOOLEAN' THEN json_unquote(", *value, ") = 'true' END)"]
        if name == "json":
            return value
        return text if name == "text" or target is None else self.read_text(text, target)


def _separated(parts: list[_Parts], separator: str) -> _Parts:
    found: _Parts = []
    for index, part in enumerate(parts):
        found += [separator, *part] if index else part
    return found


def _form(node: Node) -> tuple[int, int]:
    """Digits and scale of a decimal; of other numbers as if they were one."""
    if node.type is not None and node.type.kind == "decimal":
        precision, scale = (*node.type.args, 0)[:2] if node.type.args else (10, 0)
        return precision, scale
    return 1, 0


def _divides(node: Node) -> bool:
    """Whether the divisor is a number that is not 0."""
    return node.op in ("/", "div", "%") and node.args[1].op == "number" and Decimal(str(node.args[1].value)) != 0


def _variant(node: Node) -> str:
    """The simple form of substring: from a known place on."""
    if node.op != "substring" or any(a.op != "number" for a in node.args[1:]):
        return ""
    start, *length = (int(str(a.value)) for a in node.args[1:])
    return "substring:plain" if start > 0 and all(n >= 0 for n in length) else ""


def _to_char(pattern: str) -> str:
    """The format of MySQL as PostgreSQL's."""
    parts = re.findall(r"%.|[^%]+", pattern, re.DOTALL)
    quoted = ('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts if not p.startswith("%"))
    return "".join(_CODES[p[1]] if p.startswith("%") else next(quoted) for p in parts)


_CODES: Final[Mapping[str, str]] = {
    "Y": "YYYY", "y": "YY", "m": "MM", "c": "FMMM", "d": "DD", "e": "FMDD", "H": "HH24", "k": "FMHH24", "h": "HH12",
    "I": "HH12", "l": "FMHH12", "i": "MI", "s": "SS", "S": "SS", "f": "US", "p": "AM", "T": "HH24:MI:SS",
    "r": "HH12:MI:SS AM", "b": "Mon", "M": "FMMonth", "a": "Dy", "W": "FMDay", "j": "DDD", "w": "%w", "%": '"%"',
}  # fmt: skip
_WHOLE: Final = "^-?[0-9]{1,19}$"
_IN_INT64: Final = "BETWEEN -9223372036854775808 AND 9223372036854775807"
_JSON_NATIVE: Final[Mapping[str, tuple[str, str]]] = {
    "float": ("'integer', 'real'", "REAL"), "bool": ("'true', 'false'", "INTEGER"),
}  # fmt: skip
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_AGE: Final = "(extract(year FROM age({1}, {0})) * 12 + extract(month FROM age({1}, {0})))"
_INTERVALS: Final = {
    "minute": "make_interval(mins => {1i})", "second": "make_interval(secs => {1i})",
    "quarter": "make_interval(months => 3 * {1i})", "microsecond": "({1} * interval '1 microsecond')",
}  # fmt: skip
_SPECIAL: Final[Mapping[str, Callable[[_Writer, Node], _Parts]]] = {
    "name": _Writer.name, "number": _Writer.number, "null": _Writer.null, "truth": _Writer.truth,
    "star": _Writer.star, "to": _Writer.convert, "in": _Writer.membership, "like": _Writer.like,
    "and": _Writer.junction, "or": _Writer.junction, "case": _Writer.case, "if": _Writer.case,
    "call": _Writer.call, "round": _Writer.round,
    "date_add": _Writer.date_add, "timestampdiff": _Writer.timestampdiff, "date_format": _Writer.date_format,
    "group_concat": _Writer.group_concat, "json": _Writer.json, "count": _Writer.count,
} | dict.fromkeys(("+", "-", "*", "div", "%", "neg"), _Writer.arithmetic)  # fmt: skip
