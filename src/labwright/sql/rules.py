"""Rules -> what a database has to refuse: queries of the algebra over the row that is written.

A rule is broken when one of its queries has a row once the row is written. The queries are the same for all databases;
`rule_triggers` says how each of them asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from labwright.core.heading import Attribute, Heading
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import Condition, InQuery, Text, conjunction, negate
from labwright.query.scalar import Scalar, parse_scalar
from labwright.query.serial import from_data
from labwright.query.written import WRITTEN, writing
from labwright.sql.rule_names import constraint_name

LIMIT: Final = "limit"
"""What the trigger is called that stands on the parent whose attribute limits a sum."""
_TOTAL, _MOST, _HELD = "rule_total", "rule_most", "rule_held"


class Lock(NamedTuple):
    """What writers that could break the same rule together have to wait for, one after the other.

    Parameters
    ----------
    what : str
        A table, or the origin of attributes.
    columns : tuple of str
        The attributes of the row that is written whose values narrow it down; none for the whole.
    shared : bool
        Whether several may have it.
    """

    what: str
    columns: tuple[str, ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule at one table.

    Parameters
    ----------
    rule : RuleDef
    id : TableId
        The table whose rows are looked at.
    heading : Heading
    name : str
        What the database calls it.
    events : tuple of str
        Of ``insert``, ``update``, ``delete``.
    refusals : tuple of Node
        A row in one of them is a reason to refuse.
    locks : tuple of Lock
    """

    rule: RuleDef
    id: TableId
    heading: Heading
    name: str
    events: tuple[str, ...]
    refusals: tuple[expr.Node, ...]
    locks: tuple[Lock, ...] = ()


def guards(table: TableDef) -> Iterator[Guard]:
    """What holds the rules of `table`."""
    for rule in table.rules:
        with writing({"new": table.heading}):
            yield from _GUARDS[rule.kind](table, rule)


def other_table(rule: RuleDef) -> TableId | None:
    """The table beside its own at which a rule is asked: the parent that limits a sum, or one that it names."""
    data = rule.data
    found = data.get("at") or data.get("limit", {}).get("parent")
    return TableId(found["schema"], found["table"]) if found else None


def check_condition(table: TableDef, rule: RuleDef) -> Scalar:
    """The condition of a check."""
    return parse_scalar(rule.data["condition"], table.heading)


def order_condition(table: TableDef, rule: RuleDef) -> Scalar:
    """That an interval ends after it starts."""
    start, end, where = rule.data["start"], rule.data["end"], rule.data.get("where")
    ordered = f"`{start}` < `{end}`"
    return parse_scalar(ordered if where is None else f"{ordered} or not ({where})", table.heading)


def held_condition(table: TableDef, rule: RuleDef) -> Scalar | None:
    """Which rows a rule holds for, where that is not all."""
    where = rule.data.get("where")
    return None if where is None else parse_scalar(where, table.heading)


def _check(table: TableDef, rule: RuleDef) -> Iterator[Guard]:
    broken = parse_scalar(f"not ({rule.data['condition']})", table.heading)
    yield _guard(table, rule, [expr.restrict(_new(table.heading), Text(broken))])


def _no_overlap(table: TableDef, rule: RuleDef) -> Iterator[Guard]:
    start, end, of = rule.data["start"], rule.data["end"], rule.data["of"]
    heading, held = table.heading, held_condition(table, rule)
    others = expr.restrict(_same(table, of), negate(InQuery(tuple(heading.primary_key), _new(heading))))
    if held is not None:
        others = expr.restrict(others, Text(held))
    later = f"`{start}` >= new.{start} and (new.{end} is null or `{start}` < new.{end})"
    before = expr.take(_restrict(others, f"`{start}` < new.{start}"), [(start, True)], 1, 0)
    refusals = [
        _restrict(_new(heading), f"not (`{start}` < `{end}`)"),
        _restrict(others, later),
        _restrict(before, f"`{end}` is null or `{end}` > new.{start}"),
    ]
    if held is not None:
        row = _only(expr.restrict(_new(heading), Text(held)), heading.primary_key[0], _HELD)
        refusals = [_beside(refusal, row) for refusal in refusals]
    yield _guard(table, rule, refusals, [Lock(str(table.id), tuple(of))])


def _sum_at_most(table: TableDef, rule: RuleDef) -> Iterator[Guard]:
    data = rule.data
    of, limit = data["of"], data["limit"]
    total = f"sum({data['sum']})"
    own = _same(table, of)
    if "number" in limit:
        broken = _restrict(expr.summarise(of, own, {_TOTAL: total}), f"{_TOTAL} > {limit['number']}")
    elif "parent" in limit:
        yield from _limit_of_parent(table, rule)
        return
    else:
        summary = expr.summarise(of, own, {_TOTAL: total, _MOST: f"min(`{limit['attribute']}`)"})
        broken = _restrict(summary, f"{_TOTAL} > {_MOST}")
    yield _guard(table, rule, [broken], [Lock(str(table.id), tuple(of))])


def _limit_of_parent(table: TableDef, rule: RuleDef) -> Iterator[Guard]:
    """Guards at both tables: the sum may grow, and the limit may shrink."""
    data = rule.data
    of, limit = data["of"], data["limit"]
    parent: expr.Source = from_data(limit["parent"])
    columns: dict[str, str] = limit["columns"]
    total = f"sum({data['sum']})"
    sums = expr.summarise(of, _same(table, of), {_TOTAL: total})
    row = expr.restrict(parent, conjunction(_equals(parent.heading, p, f"new.{c}") for c, p in columns.items()))
    both = _beside(sums, _only(row, limit["attribute"], _MOST))
    yield _guard(table, rule, [_restrict(both, f"{_TOTAL} > {_MOST}")], [Lock(str(table.id), tuple(columns))])
    with writing({"new": parent.heading}):
        same = conjunction(_equals(table.heading, c, f"new.{p}") for c, p in columns.items())
        rows = expr.restrict(_source(table), same)
        broken = _restrict(expr.summarise(of, rows, {_TOTAL: total}), f"{_TOTAL} > new.{limit['attribute']}")
        id_, name = TableId(parent.schema, parent.table), constraint_name(table.id, rule.name, LIMIT)
        lock = Lock(str(table.id), tuple(columns.values()))
        yield Guard(rule, id_, parent.heading, name, ("update",), (broken,), (lock,))


def _refuse(table: TableDef, rule: RuleDef) -> Iterator[Guard]:
    data = rule.data
    locks = [Lock(what, tuple(columns), shared) for what, columns, shared in data["locks"]]
    node = from_data(data["query"])
    at: expr.Source = from_data(data["at"]) if "at" in data else _source(table)
    name = constraint_name(table.id, rule.name)
    yield Guard(rule, TableId(at.schema, at.table), at.heading, name, tuple(data["on"]), (node,), tuple(locks))


_GUARDS: Final[Mapping[str, Any]] = {
    "check": _check,
    "no_overlap": _no_overlap,
    "sum_at_most": _sum_at_most,
    "refuse": _refuse,
}


def _guard(table: TableDef, rule: RuleDef, refusals: Sequence[expr.Node], locks: Sequence[Lock] = ()) -> Guard:
    name = constraint_name(table.id, rule.name)
    return Guard(rule, table.id, table.heading, name, ("insert", "update"), tuple(refusals), tuple(locks))


def _source(table: TableDef) -> expr.Source:
    return expr.Source(table.id.schema, table.id.name, table.heading)


def _new(heading: Heading) -> expr.Source:
    return expr.Source(WRITTEN, "new", heading)


def _same(table: TableDef, of: Sequence[str]) -> expr.Node:
    """The rows that agree with the one that is written in the attributes `of`."""
    return expr.restrict(_source(table), conjunction(_equals(table.heading, n, f"new.{n}") for n in of))


def _equals(heading: Heading, name: str, value: str) -> Condition:
    return Text(parse_scalar(f"`{name}` = {value}", heading))


def _restrict(node: expr.Node, text: str) -> expr.Node:
    return expr.restrict(node, Text(parse_scalar(text, node.heading)))


def _only(node: expr.Node, name: str, new_name: str) -> expr.Node:
    """One attribute of `node`, by another name."""
    attribute = node.heading[name]
    heading = Heading((Attribute(new_name, attribute.type, nullable=attribute.nullable, storage=attribute.storage),))
    return expr.Project(node, ((new_name, name),), heading)


def _beside(left: expr.Node, right: expr.Node) -> expr.Node:
    return expr.Join(left, right, (), False, Heading([*left.heading.values(), *right.heading.values()]))
