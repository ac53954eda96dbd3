"""From the algebra to the shape of SELECT statements: where a subquery is needed, and where not.

A `Select` is one flat SELECT. Each node of the algebra is laid on the Select of what is under it, by one function
per kind of node; when that Select cannot take it (it has groups, a limit, distinct rows), it is wrapped first: it
becomes a derived table of a new Select. Renames and computed attributes never need a subquery, because every column
keeps what it stands for and is written out where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

from labwright.core.heading import Attribute, Heading
from labwright.query import expr
from labwright.query.conditions import Condition
from labwright.query.scalar import Scalar

WHOLE: Final = -1
"""The alias of the table that a DELETE is about, which has none of its own."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of the relation `alias`; of the table that is changed when that is `WHOLE`."""

    alias: int
    name: str
    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Computed:
    """An expression over `columns`; `star` is what ``count(*)`` counts in an outer aggregate."""

    scalar: Scalar
    columns: Mapping[str, Column]
    star: Column | None = None


@dataclass(frozen=True, slots=True)
class Null:
    """No value, of the type of `attribute`."""

    attribute: Attribute


Column = Ref | Computed | Null


@dataclass(frozen=True, slots=True)
class Relation:
    """One item of FROM; `on` pairs its columns with those before it."""

    alias: int
    source: expr.Source | Select | Pair
    on: tuple[tuple[Column, Column], ...] = ()
    outer: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two Selects, one under the other; `dedupe` drops equal rows."""

    upper: Select
    lower: Select
    dedupe: bool


@dataclass(frozen=True, slots=True)
class Where:
    """A condition, and the columns its names stand for."""

    condition: Condition
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Select:
    """One flat SELECT."""

    heading: Heading
    columns: Mapping[str, Column]
    relations: tuple[Relation, ...]
    where: tuple[Where, ...] = ()
    equal: tuple[tuple[Column, Column], ...] = ()
    group: tuple[Column, ...] | None = None
    distinct: bool = False
    order: tuple[tuple[Column, bool, Attribute], ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def is_flat(self) -> bool:
        """Whether it is relations, joined and restricted, and nothing more."""
        return self.group is None and not self.distinct and not self.is_slice

    @property
    def is_slice(self) -> bool:
        return bool(self.order) or self.limit is not None or bool(self.offset)


class Planner:
    """Plans nodes, numbering the relations as it goes, so that equal expressions give equal statements."""

    def __init__(self) -> None:
        self._aliases = count()

    def plan(self, node: expr.Node) -> Select:
        """The Select for `node`."""
        return _PLANS[type(node)](self, node)

    def flat(self, node: expr.Node) -> Select:
        """The Select for `node`, wrapped when it is more than joined and restricted relations."""
        select = self.plan(node)
        return select if select.is_flat else self.wrap(select)

    def wrap(self, select: Select) -> Select:
        """A Select over `select` as a derived table."""
        return self.over(select, select.heading)

    def over(self, source: expr.Source | Select | Pair, heading: Heading) -> Select:
        """A Select of everything in `source`."""
        alias = next(self._aliases)
        columns = {n: Ref(alias, n, a) for n, a in heading.attributes.items()}
        return Select(heading, columns, (Relation(alias, source),))

    def source(self, node: expr.Source) -> Select:
        return self.over(node, node.heading)

    def restrict(self, node: expr.Restrict) -> Select:
        select = self.flat(node.node)
        return replace(select, where=(*select.where, Where(node.condition, select.columns)))

    def project(self, node: expr.Project) -> Select:
        select = self.plan(node.node)
        if select.distinct or (select.group is not None and _nests_aggregates(node)):
            select = self.wrap(select)
        return replace(select, heading=node.heading, columns=_items(node.items, select.columns))

    def join(self, node: expr.Join) -> Select:
        left = self.flat(node.left)
        right = self.flat(node.right)
        if node.outer and not _is_bare(right):
            right = self.wrap(right)
        return _joined(left, right, node.on, node.heading, outer=node.outer)

    def aggregate(self, node: expr.Aggregate) -> Select:
        if node.by is None:
            base, star = self.flat(node.group), None
        else:
            base, star = self._grouped_join(node.by, node)
        columns = _items(node.items, base.columns, star)
        group = {n: base.columns[n] for n in node.key}
        for _, item in node.items:
            names = (item,) if isinstance(item, str) else () if item.aggregate else item.names
            group.update((n, base.columns[n]) for n in names)
        return replace(base, heading=node.heading, columns=columns, group=tuple(group.values()))

    def _grouped_join(self, by: expr.Node, node: expr.Aggregate) -> tuple[Select, Column | None]:
        left, right = self.flat(by), self.flat(node.group)
        if node.keep_all and not _is_bare(right):
            right = self.wrap(right)
        on = tuple(n for n in by.heading if n in node.group.heading)
        both = Heading({**node.group.heading.attributes, **by.heading.attributes}.values())
        star = next((right.columns[n] for n in node.group.heading.primary_key), None) if node.keep_all else None
        return _joined(left, right, on, both, outer=node.keep_all), star

    def union(self, node: expr.Union) -> Select:
        upper, lower = node.left, node.right
        if not upper.heading.secondary_attributes and not lower.heading.secondary_attributes:
            pair = Pair(self.plan(upper), self.plan(_ordered(lower, node.heading)), dedupe=True)
        else:
            pair = self._outer_union(node)
        return self.over(pair, node.heading)

    def _outer_union(self, node: expr.Union) -> Pair:
        """Rows of the left with what the right adds, and under them the rows of the right alone."""
        upper = self.join(expr.Join(node.left, node.right, tuple(node.left.heading.primary_key), True, node.heading))
        alone = self.plan(expr.without(node.right, node.left))
        columns = {n: alone.columns.get(n) or Null(a) for n, a in node.heading.attributes.items()}
        return Pair(upper, replace(alone, heading=node.heading, columns=columns), dedupe=False)

    def slice(self, node: expr.Slice) -> Select:
        select = self.plan(node.node)
        if select.is_slice or select.distinct:
            select = self.wrap(select)
        order = tuple((select.columns[n], down, node.heading[n]) for n, down in node.order)
        return replace(select, order=order, limit=node.limit, offset=node.offset)

    def distinct(self, node: expr.Distinct) -> Select:
        select = self.plan(node.node)
        if select.is_slice or select.distinct:
            select = self.wrap(select)
        return replace(select, heading=node.heading, columns={n: select.columns[n] for n in node.names}, distinct=True)


_PLANS: Final[Mapping[type, Callable[[Planner, Any], Select]]] = {
    expr.Source: Planner.source,
    expr.Restrict: Planner.restrict,
    expr.Project: Planner.project,
    expr.Join: Planner.join,
    expr.Aggregate: Planner.aggregate,
    expr.Union: Planner.union,
    expr.Slice: Planner.slice,
    expr.Distinct: Planner.distinct,
}


def _items(
    items: tuple[tuple[str, str | Scalar], ...], columns: Mapping[str, Column], star: Column | None = None
) -> dict[str, Column]:
    return {n: columns[i] if isinstance(i, str) else Computed(i, columns, star) for n, i in items}


def _nests_aggregates(node: expr.Project) -> bool:
    """Whether an aggregate function would come to stand inside another."""
    return any(not isinstance(item, str) and item.aggregate for _, item in node.items)


def _is_bare(select: Select) -> bool:
    """Whether it can stand right of LEFT JOIN as it is: one relation, unrestricted, nothing computed."""
    plain = all(isinstance(c, Ref) for c in select.columns.values())
    return plain and len(select.relations) == 1 and not select.where and not select.equal


def _joined(left: Select, right: Select, on: tuple[str, ...], heading: Heading, *, outer: bool) -> Select:
    """Both FROM lists one after the other; the match stands at the first relation of the right where it can."""
    pairs = tuple((left.columns[n], right.columns[n]) for n in on)
    first, *rest = right.relations
    here = tuple(p for p in pairs if isinstance(p[1], Ref) and p[1].alias == first.alias)
    later = tuple(p for p in pairs if p not in here)
    added = {n: _nullable(c) for n, c in right.columns.items()} if outer else right.columns
    columns = {n: left.columns[n] if n in left.columns else added[n] for n in heading}
    return Select(
        heading,
        columns,
        (*left.relations, replace(first, on=here, outer=outer), *rest),
        (*left.where, *right.where),
        (*left.equal, *right.equal, *later),
    )


def _nullable(column: Column) -> Column:
    """A column of the optional side of an outer join."""
    return replace(column, attribute=replace(column.attribute, nullable=True)) if isinstance(column, Ref) else column


def _ordered(node: expr.Node, heading: Heading) -> expr.Node:
    """`node` with its attributes in the order of `heading`."""
    return expr.Project(node, tuple((n, n) for n in heading), heading)
