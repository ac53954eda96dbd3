"""The algebra by plain loops over Python rows: slow, short, and what every database has to agree with."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from labwright.core.types import Type
from labwright.query import expr
from labwright.query.conditions import (
    AllOf,
    AnyOf,
    Beyond,
    Compared,
    Condition,
    Constant,
    Equal,
    InQuery,
    Keys,
    Negated,
    PathEqual,
    Text,
)
from labwright.query.nodes import AGGREGATES, Node
from labwright.query.scalar import Scalar

Row = dict[str, Any]
Tables = Mapping[tuple[str, str], Sequence[Row]]


def evaluate(node: expr.Node, tables: Tables) -> list[Row]:
    """The rows of `node`; in order when it is an ordered slice.

    Parameters
    ----------
    node : Node
    tables : mapping
        (schema, table) -> rows with canonical values.

    Raises
    ------
    NotImplementedError
        For a function that the evaluator does not know.

    Examples
    --------
    >>> from labwright.core.heading import Attribute, Heading
    >>> from labwright.core.types import Type
    >>> source = expr.Source("lab", "mouse", Heading([Attribute("mouse", Type("int32"), in_key=True)]))
    >>> evaluate(expr.project(source, (), {"twice": "mouse * 2"}), {("lab", "mouse"): [{"mouse": 4}]})
    [{'mouse': 4, 'twice': 8}]
    """
    return _NODES[type(node)](node, tables)


def _source(node: expr.Source, tables: Tables) -> list[Row]:
    return [{n: row[n] for n in node.heading} for row in tables[node.schema, node.table]]


def _restrict(node: expr.Restrict, tables: Tables) -> list[Row]:
    meets = _test(node.condition, tables)
    return [row for row in evaluate(node.node, tables) if meets(row)]


def _project(node: expr.Project, tables: Tables) -> list[Row]:
    return [_items(node.items, row, [row]) for row in evaluate(node.node, tables)]


def _join(node: expr.Join, tables: Tables) -> list[Row]:
    left, right = evaluate(node.left, tables), evaluate(node.right, tables)
    empty = dict.fromkeys(node.heading)
    found = []
    for row in left:
        partners = [r for r in right if _agree(row, r, node.on)] or ([empty] if node.outer else [])
        found += [{n: row[n] if n in row else partner[n] for n in node.heading} for partner in partners]
    return found


def _agree(left: Row, right: Row, on: Iterable[str]) -> bool:
    """Whether both have the same values of `on`; NULL agrees with nothing."""
    return all(left[n] is not None and left[n] == right[n] for n in on)


def _aggregate(node: expr.Aggregate, tables: Tables) -> list[Row]:
    rows = evaluate(node.group, tables)
    if node.by is None:
        groups: dict[tuple[Any, ...], list[Row]] = {} if node.key else {(): []}
        for row in rows:
            groups.setdefault(_values(row, node.key), []).append(row)
        return [_items(node.items, dict(zip(node.key, key, strict=True)), group) for key, group in groups.items()]
    on = [n for n in node.by.heading if n in node.group.heading]
    pairs = [(own, [r for r in rows if _agree(own, r, on)]) for own in evaluate(node.by, tables)]
    return [_items(node.items, own, [r | own for r in group]) for own, group in pairs if group or node.keep_all]


def _union(node: expr.Union, tables: Tables) -> list[Row]:
    left, right = evaluate(node.left, tables), evaluate(node.right, tables)
    if not node.heading.secondary_attributes:
        return _unique([{n: row[n] for n in node.heading} for row in [*left, *right]])
    key = node.heading.primary_key
    empty = dict.fromkeys(node.heading)
    upper = [empty | next((r for r in right if _agree(row, r, key)), {}) | row for row in left]
    return upper + [empty | row for row in right if not any(_agree(other, row, key) for other in left)]


def _slice(node: expr.Slice, tables: Tables) -> list[Row]:
    rows = evaluate(node.node, tables)
    for name, descending in reversed(node.order):
        type_ = node.heading[name].stored
        rows.sort(key=lambda row, n=name, t=type_: _rank(row[n], t), reverse=descending)  # type: ignore[misc]  # defaults bind now
    return rows[node.offset :] if node.limit is None else rows[node.offset : node.offset + node.limit]


def _rank(value: Any, type_: Type | None) -> tuple[bool, Any]:
    """NULL first, labels as they are declared."""
    if value is not None and type_ is not None and type_.kind == "enum":
        value = type_.args.index(value)
    return (value is not None, value)


def _distinct(node: expr.Distinct, tables: Tables) -> list[Row]:
    return _unique([{n: row[n] for n in node.names} for row in evaluate(node.node, tables)])


def _unique(rows: Sequence[Row]) -> list[Row]:
    return list({tuple(row.values()): row for row in rows}.values())


def _values(row: Row, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[n] for n in names)


def _items(items: Iterable[tuple[str, str | Scalar]], row: Row, group: Sequence[Row]) -> Row:
    return {name: row[i] if isinstance(i, str) else _value(i.tree, row, group) for name, i in items}


_NODES: Final[Mapping[type, Callable[[Any, Tables], list[Row]]]] = {
    expr.Source: _source,
    expr.Restrict: _restrict,
    expr.Project: _project,
    expr.Join: _join,
    expr.Aggregate: _aggregate,
    expr.Union: _union,
    expr.Slice: _slice,
    expr.Distinct: _distinct,
}

# ---- conditions: met, or not --------------------------------------------------------------------

Test = Callable[[Row], bool]


def _test(condition: Condition, tables: Tables) -> Test:
    return _TESTS[type(condition)](condition, tables)


def _in_query(condition: InQuery, tables: Tables) -> Test:
    rows = evaluate(condition.node, tables)
    return lambda row: any(_agree(row, other, condition.on) for other in rows)


def _all_of(condition: AllOf, tables: Tables) -> Test:
    tests = [_test(i, tables) for i in condition.items]
    return lambda row: all(test(row) for test in tests)


def _any_of(condition: AnyOf, tables: Tables) -> Test:
    tests = [_test(i, tables) for i in condition.items]
    return lambda row: any(test(row) for test in tests)


def _negated(condition: Negated, tables: Tables) -> Test:
    test = _test(condition.item, tables)
    return lambda row: not test(row)


def _keys(condition: Keys, _: Tables) -> Test:
    rows = set(condition.rows)
    return lambda row: _values(row, condition.names) in rows


def _compared(condition: Compared, _: Tables) -> Test:
    fold = str.lower if condition.ignore_case else lambda v: v
    meets, value = _COMPARISONS[condition.operator], fold(condition.value)
    return lambda row: row[condition.name] is not None and bool(meets(fold(row[condition.name]), value))


def _beyond(condition: Beyond, tables: Tables) -> Test:
    return _test(condition.term_by_term(), tables)


def _text(condition: Text, _: Tables) -> Test:
    return lambda row: bool(_value(condition.scalar.tree, row, [row]))


def _path_equal(condition: PathEqual, _: Tables) -> Test:
    return lambda row: bool(_value(condition.scalar.tree, row, [row]) == condition.value)


_TESTS: Final[Mapping[type, Callable[[Any, Tables], Test]]] = {
    Constant: lambda condition, _: lambda row: bool(condition.value),
    Equal: lambda condition, _: lambda row: bool(row[condition.name] == condition.value),
    Compared: _compared,
    Beyond: _beyond,
    Keys: _keys,
    Text: _text,
    PathEqual: _path_equal,
    InQuery: _in_query,
    AllOf: _all_of,
    AnyOf: _any_of,
    Negated: _negated,
}

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": operator.contains,
    "startswith": str.startswith,
}

# ---- expressions, with the three truth values of SQL --------------------------------------------


def _value(node: Node, row: Row, group: Sequence[Row]) -> Any:
    """The value of an expression over `row`; aggregate functions go over `group`."""
    if node.op in AGGREGATES:
        return _summary(node, group)
    if node.op in _LEAVES:
        return _LEAVES[node.op](node, row)
    if node.op not in _OPERATIONS and node.op not in _STRICT:
        raise NotImplementedError(f"The evaluator does not know {node.op!r}.")
    args = [_value(a, row, group) for a in node.args]
    if node.op in _OPERATIONS:
        return _OPERATIONS[node.op](*args)
    return None if None in args else _STRICT[node.op](node, *args)


def _summary(node: Node, group: Sequence[Row]) -> Any:
    arg = node.args[0]
    if arg.op == "star":
        return len(group)
    values = [v for row in group if (v := _value(arg, row, [row])) is not None]
    if node.value == "distinct":
        values = list(dict.fromkeys(values))
    if node.op == "count":
        return len(values)
    return _SUMMARIES[node.op](values, arg.type) if values else None


def _number(node: Node) -> Any:
    assert node.type is not None
    if node.type.python_type is float:
        return float(node.value)
    return Decimal(node.value) if node.type.kind == "decimal" else int(node.value)


def _path(node: Node, row: Row) -> Any:
    """The value in json, when it is of the type that is asked for; numbers and truths as text without one."""
    found = row[node.args[0].value]
    for step in node.value[0]:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    kind = node.type.kind if node.type is not None else "text"
    if kind == "int64":
        return found if isinstance(found, int) and not isinstance(found, bool) else None
    if kind == "float64":
        return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None
    if kind == "text" and (found is None or isinstance(found, str)):
        return found
    raise NotImplementedError(f"The evaluator does not read {found!r} as {kind}.")


def _and(*args: bool | None) -> bool | None:
    return False if False in args else None if None in args else True


def _or(*args: bool | None) -> bool | None:
    return True if True in args else None if None in args else False


def _case(*args: Any) -> Any:
    pairs = zip(args[:-1:2], args[1:-1:2], strict=True)
    return next((value for test, value in pairs if test), args[-1])


def _in(first: Any, *rest: Any) -> bool | None:
    if first is None:
        return None
    return True if first in [r for r in rest if r is not None] else None if None in rest else False


def _to(node: Node, value: Any) -> Any:
    kind = node.type.kind if node.type is not None else ""
    if isinstance(value, bool) and kind == "int64":
        return int(value)
    if isinstance(value, (bool, int, float)) and kind == "float64":
        return float(value)
    if isinstance(value, (bool, int, float, Decimal)) and kind == "bool":
        return value != 0
    if isinstance(value, str) and kind == "text":
        return value
    if isinstance(value, int) and kind in ("text", "int64"):
        return str(int(value)) if kind == "text" else value
    if isinstance(value, (int, Decimal)) and kind == "decimal":
        return Decimal(value)
    raise NotImplementedError(f"The evaluator does not convert {value!r} to {node.type}.")


_LEAVES: Final[Mapping[str, Callable[[Node, Row], Any]]] = {
    "name": lambda node, row: row[node.value],
    "number": lambda node, row: _number(node),
    "text": lambda node, row: node.value,
    "truth": lambda node, row: node.value,
    "null": lambda node, row: None,
    "json": _path,
}
_OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "and": _and,
    "or": _or,
    "in": _in,
    "if": _case,
    "case": _case,
    "is null": lambda a: a is None,
    "is true": lambda a: a is True,
    "is false": lambda a: a is False,
    "<=>": lambda a, b: a == b,
    "coalesce": lambda *args: next((a for a in args if a is not None), None),
    "nullif": lambda a, b: None if a is not None and a == b else a,
}
_STRICT: Final[Mapping[str, Callable[..., Any]]] = {
    "not": lambda node, a: not a,
    "xor": lambda node, a, b: a != b,
    "=": lambda node, a, b: a == b,
    "<>": lambda node, a, b: a != b,
    "<": lambda node, a, b: a < b,
    "<=": lambda node, a, b: a <= b,
    ">": lambda node, a, b: a > b,
    ">=": lambda node, a, b: a >= b,
    "between": lambda node, a, b, c: b <= a <= c,
    "+": lambda node, a, b: a + b,
    "-": lambda node, a, b: a - b,
    "*": lambda node, a, b: a * b,
    "/": lambda node, a, b: a / b if b else None,
    "neg": lambda node, a: -a,
    "abs": lambda node, a: abs(a),
    "concat": lambda node, *args: "".join(args),
    "length": lambda node, a: len(a),
    "left": lambda node, a, n: a[: max(n, 0)],
    "year": lambda node, a: a.year,
    "month": lambda node, a: a.month,
    "greatest": lambda node, *args: max(args),
    "least": lambda node, *args: min(args),
    "to": _to,
}
_SUMMARIES: Final[Mapping[str, Callable[[list[Any], Type | None], Any]]] = {
    "sum": lambda values, type_: sum(values),
    "avg": lambda values, type_: sum(values) / len(values),
    "min": lambda values, type_: min(values, key=lambda v: _rank(v, type_)),
    "max": lambda values, type_: max(values, key=lambda v: _rank(v, type_)),
}
