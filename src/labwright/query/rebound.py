"""A query over tables that have changed since it was composed, composed again as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from labwright.core.errors import QueryError
from labwright.core.heading import Heading
from labwright.query import conditions, expr
from labwright.query.comparisons import After, Where
from labwright.query.conditions import Condition, make_condition
from labwright.query.expr import Node
from labwright.query.scalar import Scalar

Headings = Mapping[tuple[str, str], Heading]
"""What tables are now, by schema and name; others are what they were."""


def tables_in(query: Any) -> Iterator[expr.Source]:
    """The tables that a query reads, those in its conditions among them."""
    if isinstance(query, expr.Source):
        yield query
    elif isinstance(query, tuple):
        for item in query:
            yield from tables_in(item)
    elif is_dataclass(query) and not isinstance(query, Scalar):
        for field in fields(query):
            yield from tables_in(getattr(query, field.name))


def rebound(node: Node, headings: Headings) -> Node:
    """Return `node` over the tables as they are now.

    Raises
    ------
    QueryError
        When it has no meaning there, or is of a kind that cannot be told from what was composed.
    """
    if isinstance(node, expr.Source):
        return expr.Source(node.schema, node.table, headings.get((node.schema, node.table), node.heading))
    if isinstance(node, expr.Restrict):
        inner = rebound(node.node, headings)
        return expr.restrict(inner, _condition(node.condition, inner.heading, headings))
    if isinstance(node, expr.Slice):
        return expr.take(rebound(node.node, headings), node.order, node.limit, node.offset)
    if isinstance(node, expr.Join):
        left, right = rebound(node.left, headings), rebound(node.right, headings)
        joined = expr.join(left, right, outer=node.outer, semantic_check=False)
        return _alike(joined, isinstance(joined, expr.Join) and joined.on == node.on)
    if isinstance(node, expr.Project):
        return _projected(node, rebound(node.node, headings))
    raise _unclear()


def _projected(node: expr.Project, inner: Node) -> Node:
    kept = [name for name, item in node.items if name == item]
    named = {name: _text(item).replace("%", "%%") for name, item in node.items if name != item}
    found = expr.project(inner, kept, named)
    told = isinstance(found, expr.Project) and [n for n, _ in found.items] == [n for n, _ in node.items]
    return _alike(found, told and found.heading.primary_key == node.heading.primary_key)


def _condition(condition: Condition, heading: Heading, headings: Headings) -> Condition:
    """`condition` with its names and values as `heading` has them."""

    def all_of(items: tuple[Condition, ...]) -> list[Condition]:
        return [_condition(item, heading, headings) for item in items]

    if isinstance(condition, conditions.Constant):
        return condition
    if isinstance(condition, conditions.InQuery):
        heading.require(condition.on)
        return conditions.InQuery(condition.on, rebound(condition.node, headings))
    if isinstance(condition, conditions.AllOf):
        return conditions.conjunction(all_of(condition.items))
    if isinstance(condition, conditions.AnyOf):
        return conditions.disjunction(all_of(condition.items))
    if isinstance(condition, conditions.Negated):
        return conditions.negate(_condition(condition.item, heading, headings))
    return make_condition(heading, _given(condition), _STRICT)


def _given(condition: Condition) -> Any:
    """What a user could have given for a condition on values."""
    if isinstance(condition, conditions.Equal):
        return {condition.name: condition.value}
    if isinstance(condition, conditions.Keys):
        return [dict(zip(condition.names, row, strict=True)) for row in condition.rows]
    if isinstance(condition, conditions.Text):
        return _text(condition.scalar)
    if isinstance(condition, conditions.Compared):
        return Where(condition.name, condition.operator, condition.value, condition.ignore_case)
    if isinstance(condition, conditions.Beyond):
        direction = "DESC" if condition.descending else "ASC"
        row = dict(zip(condition.names, condition.values, strict=True))
        return After(row, [f"{name} {direction}" for name in condition.names])
    raise _unclear()


_STRICT: Final = conditions.Matching(strict=True)


def _text(item: str | Scalar) -> str:
    if isinstance(item, str):
        return item
    if item.tree.op == "json":
        raise _unclear()
    return item.text


def _alike(node: Node, told: bool) -> Node:
    if not told:
        raise _unclear()
    return node


def _unclear() -> QueryError:
    return QueryError("What was composed cannot be told from the query.")
