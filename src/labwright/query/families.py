"""How types go together: families, common types, conversions."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from labwright.core.errors import QueryError
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.query.nodes import Node

INT64: Final = Type("int64")
FLOAT64: Final = Type("float64")
BOOL: Final = Type("bool")
TEXT: Final = Type("text")
DATE: Final = Type("date")
TIME: Final = Type("time", (6,))
DATETIME: Final = Type("datetime", (0,))
BIG: Final = 18
"""Digits of a decimal that a 64-bit integer holds for sure."""

_FAMILIES: Final = {
    "float32": "float", "float64": "float", "char": "text", "varchar": "text", "enum": "text", "text": "text",
    "datetime": "datetime", "timestamp": "datetime", "datetime_utc": "datetime", "year": "int",
} | dict.fromkeys(INTEGER_BOUNDS, "int")  # fmt: skip
_DIGITS: Final = {8: 3, 16: 5, 24: 8, 32: 10, 64: 19}


def family(type_: Type | None) -> str:
    """The family of a type: int float decimal bool text date time datetime uuid json bytes; ``""`` for unknown."""
    return "" if type_ is None else _FAMILIES.get(type_.kind, type_.kind)


def decimal_type(precision: int, scale: int) -> Type:
    """The decimal type with these digits, within what every database holds."""
    scale = min(scale, 30)
    return Type("decimal", (max(1, min(precision, 65)), scale))


def fraction(type_: Type) -> int:
    """The fractional digits of a time or datetime."""
    return int(type_.args[0]) if type_.args else 0


def as_decimal(node: Node) -> Type:
    """The decimal type that holds an exact number."""
    assert node.type is not None
    if node.op == "number":
        return number_decimal(str(node.value))
    if node.type.kind == "decimal":
        precision, scale = (*node.type.args, 0)[:2] if node.type.args else (10, 0)
        return decimal_type(precision, scale)
    if node.type.kind == "year":
        return decimal_type(4, 0)
    return decimal_type(_DIGITS[int(node.type.kind.removeprefix("u").removeprefix("int"))], 0)


def number_decimal(text: str) -> Type:
    """The decimal type that holds the number written as `text`."""
    parts = Decimal(text).as_tuple()
    assert isinstance(parts.exponent, int)
    scale = max(0, -parts.exponent)
    return decimal_type(max(len(parts.digits) + max(0, parts.exponent), scale), scale)


def number(node: Node) -> Node:
    """The literal `node` with its type: int64 for whole numbers that fit, else float64."""
    text = str(node.value)
    whole = not set(text) & set(".eE")
    fits = whole and INTEGER_BOUNDS["int64"][0] <= int(text) <= INTEGER_BOUNDS["int64"][1]
    kind = INT64 if fits else number_decimal(text) if whole else FLOAT64
    return replace(node, type=kind, nullable=False)


def common(nodes: Iterable[Node], doing: str) -> Type | None:
    """The type that all of `nodes` can take without loss; None when it is unknown.

    Raises
    ------
    QueryError
        When there is none.
    """
    typed = [n for n in nodes if n.op != "null"]
    known = [n for n in typed if n.type is not None and not is_json(n)]
    firm = [n for n in known if n.op != "text"] or known
    if not firm:
        return TEXT if typed and len(typed) == len([n for n in typed if is_json(n)]) else None
    found = firm[0]
    for node in firm[1:]:
        found = replace(found, type=_meet(found, node, doing), op="")
    return found.type


def is_json(node: Node) -> bool:
    """Whether `node` is a value in json that takes the type of what it meets."""
    return node.op == "json" and node.value[1] is None


def _meet(a: Node, b: Node, doing: str) -> Type | None:
    assert a.type is not None
    assert b.type is not None
    fa, fb = family(a.type), family(b.type)
    if a.type == b.type and fa != "decimal":
        return a.type
    if fa == fb:
        return _widest(fa, a, b)
    pair = {fa, fb}
    if pair <= {"int", "bool"}:
        return INT64
    if pair <= {"int", "bool", "float", "decimal"} and ("float" not in pair or _literal_meets_decimal(a, b)):
        return _decimals(_counted(a), _counted(b))
    if pair <= {"int", "bool", "float", "decimal"} or (pair - {"int", "float", "decimal"} == {"text"}):
        return FLOAT64
    if pair == {"date", "datetime"}:
        return a.type if fa == "datetime" else b.type
    if "text" in pair and pair & {"uuid", "date", "time", "datetime"}:
        return TEXT if "uuid" in pair else next(t for t in (a.type, b.type) if family(t) != "text")
    raise QueryError(f"Cannot {doing} {a.type} and {b.type}.")


def _literal_meets_decimal(a: Node, b: Node) -> bool:
    return all(n.op == "number" or family(n.type) != "float" for n in (a, b))


def _counted(node: Node) -> Node:
    """A truth value as the integer 0 or 1."""
    return replace(node, type=Type("int8")) if family(node.type) == "bool" else node


def _decimals(a: Node, b: Node) -> Type:
    (p1, s1), (p2, s2) = as_decimal(a).args, as_decimal(b).args
    return decimal_type(max(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2))


def _widest(name: str, a: Node, b: Node) -> Type | None:
    assert a.type is not None
    assert b.type is not None
    if name == "int":
        return a.type if a.type == b.type else INT64
    if name == "float":
        return FLOAT64
    if name == "decimal":
        return _decimals(a, b)
    if name in ("datetime", "time"):
        return Type("datetime" if name == "datetime" else "time", (max(fraction(a.type), fraction(b.type)),))
    return TEXT if name == "text" else a.type


def convert(node: Node, target: Type | None) -> Node:
    """The value of `node` in the form of `target`; literals are read, the rest is converted by the database."""
    if target is None or node.op == "null" or node.type == target:
        return node
    if is_json(node):
        return replace(node, value=(node.value[0], target), type=target)
    if node.op == "number" and family(target) in ("int", "float", "decimal"):
        return _number_as(node, target)
    if node.op == "text" and family(target) not in ("text", "json", "bytes"):
        found = literal(node, target)
        return convert(found, target) if family(target) == "decimal" else found
    if node.op == "text" and family(target) == "json":
        _check_json(node)
    if node.type is None or family(node.type) == family(target) == "text":
        return replace(node, type=TEXT) if node.op == "text" else _enum_as_text(node)
    return Node("to", (node,), type=target, nullable=node.nullable, at=node.at)


def _check_json(node: Node) -> None:
    try:
        json.loads(str(node.value))
    except ValueError:
        raise QueryError(
            f"{node.value!r} is compared with JSON, and is none: a text in JSON has double quotes of its own. What is "
            "within a value is compared by its path, as in {'info.colour': 'red'}."
        ) from None


def _enum_as_text(node: Node) -> Node:
    if node.type is not None and node.type.kind == "enum":
        return Node("to", (node,), type=TEXT, nullable=node.nullable, at=node.at)
    return node


def _number_as(node: Node, target: Type) -> Node:
    own = number_decimal(str(node.value))
    if family(target) == "decimal" and own.args[1] > target.args[1]:
        return Node("to", (replace(node, type=own),), type=target, nullable=False, at=node.at)
    if family(target) == "int" and family(node.type) != "int":
        return Node("to", (node,), type=target, nullable=False, at=node.at)
    return replace(node, type=target)


def literal(node: Node, target: Type) -> Node:
    """The quoted text `node` read as a value of `target`.

    Raises
    ------
    QueryError
        When it is not one.
    """
    text = str(node.value).strip()
    name = family(target)
    if name == "date" and ":" in text:
        return literal(node, DATETIME)
    try:
        value: Any = _READERS[name](text) if name in _READERS else node.value
    except (ValueError, ArithmeticError):
        raise QueryError(f"{node.value!r} is not a value of type {target}.{_EXAMPLES.get(name, '')}") from None
    if name in ("int", "float", "decimal"):
        return convert(number(replace(node, op="number", value=value)), FLOAT64 if name == "float" else None)
    if name == "bool":
        return Node("truth", value=value, type=BOOL, nullable=False, at=node.at)
    if isinstance(value, datetime.datetime | datetime.time):
        digits = max(fraction(target), len(f"{value.microsecond:06}".rstrip("0")))
        target = Type(target.kind, (digits,) if digits else target.args)
    return replace(node, value=value, type=target, nullable=False)


def _read_number(text: str) -> str:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return text.lstrip("+")


def _read_date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(_padded(text))


def _read_datetime(text: str) -> datetime.datetime:
    day, _, clock = _padded(text).replace("T", " ").partition(" ")
    moment = datetime.time.fromisoformat(_clock(clock)) if clock else datetime.time()
    if moment.tzinfo is not None:
        raise ValueError(text)
    return datetime.datetime.combine(datetime.date.fromisoformat(day), moment)


def _clock(text: str) -> str:
    """The time with six fractional digits or none, as `fromisoformat` reads it."""
    whole, point, rest = text.strip().partition(".")
    return f"{':'.join(p.zfill(2) for p in whole.split(':'))}{point}{rest.ljust(6, '0') if point else ''}"


def _padded(text: str) -> str:
    """``2024-1-5`` as ``2024-01-05``."""
    day, rest = text[:10].split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0], ""
    rest = text[len(day) :]
    return "-".join(p.zfill(2) for p in day.split("-")) + rest


def _read_truth(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower()) or _false(text)


def _false(text: str) -> bool:
    if text.lower() not in ("false", "0"):
        raise ValueError(text)
    return False


_READERS: Final[dict[str, Any]] = {
    "int": _read_number, "float": _read_number, "decimal": _read_number, "date": _read_date,
    "datetime": _read_datetime, "time": lambda text: datetime.time.fromisoformat(_clock(text)),
    "uuid": uuid.UUID, "bool": _read_truth,
}  # fmt: skip
_EXAMPLES: Final = {
    "date": " Write '2024-05-31'.", "datetime": " Write '2024-05-31 14:30:00'.", "time": " Write '14:30:00'.",
    "uuid": " Write '00000000-0000-0000-0000-000000000000'.", "bool": " Write true or false.",
}  # fmt: skip
