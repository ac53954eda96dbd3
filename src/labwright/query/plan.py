"""From the algebra to the shape of SELECT statements: where a subquery is needed, and where not.

A `Select` is one flat SELECT. Each node of the algebra is laid on the Select of what is under it, by one function
per kind of node; when that Select cannot take it (it has groups, a limit, distinct rows), it is wrapped first: it
becomes a derived table of a new Select. Renames and computed attributes never need a subquery, because every column
keeps what it stands for and is written out where it is used.

The parts are named tuples, which are made faster than other values: a query is planned each time it is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple

from labwright.core.heading import Attribute, Heading
from labwright.query import expr
from labwright.query.aggregates import PARTNER, outer_names, over_partners
from labwright.query.conditions import Condition
from labwright.query.nodes import walk
from labwright.query.scalar import Scalar, parse_scalar

WHOLE: Final = -1
"""The alias of the table that a DELETE is about, which has none of its own."""


class Ref(NamedTuple):
    """A column of the relation `alias`; of the table that is changed when that is `WHOLE`."""

    alias: int
    name: str
    attribute: Attribute


class Computed(NamedTuple):
    """An expression over `columns`."""

    scalar: Scalar
    columns: Mapping[str, Column]


class Null(NamedTuple):
    """No value, of the type of `attribute`."""

    attribute: Attribute


Column = Ref | Computed | Null


class Relation(NamedTuple):
    """One item of FROM; `on` pairs its columns with those before it."""

    alias: int
    source: expr.Source | Select | Pair
    on: tuple[tuple[Column, Column], ...] = ()
    outer: bool = False


class Pair(NamedTuple):
    """Two Selects, one under the other; `dedupe` drops equal rows."""

    upper: Select
    lower: Select
    dedupe: bool


class Where(NamedTuple):
    """A condition, and the columns its names stand for."""

    condition: Condition
    columns: Mapping[str, Column]


class Select(NamedTuple):
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
    def is_fixed(self) -> bool:
        """Whether other columns would mean other rows: distinct ones, or one summary of everything."""
        return self.distinct or self.group == ()

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
        return Select(heading, _refs(alias, heading), (Relation(alias, source),))

    def source(self, node: expr.Source) -> Select:
        return self.over(node, node.heading)

    def restrict(self, node: expr.Restrict) -> Select:
        select = self.flat(node.node)
        return select._replace(where=(*select.where, Where(node.condition, select.columns)))

    def project(self, node: expr.Project) -> Select:
        select = self.plan(node.node)
        if select.is_fixed:
            select = self.wrap(select)
        return select._replace(heading=node.heading, columns=_items(node.items, select.columns))

    def join(self, node: expr.Join) -> Select:
        left = self.flat(node.left)
        right = self.flat(node.right)
        if node.outer and not _is_bare(right):
            right = self.wrap(right)
        return _joined(left, right, node.on, node.heading, outer=node.outer)

    def aggregate(self, node: expr.Aggregate) -> Select:
        once = _once_per_group(node)
        if node.by is None:
            base = self._with_refs(self.flat(node.group), once)
            columns: Mapping[str, Column] = _items(node.items, base.columns)
        else:
            base, columns = self._partners(node.by, node, once)
        group = tuple(base.columns[n] for n in once) or (_EACH_GROUP if node.by is not None else ())
        return base._replace(heading=node.heading, columns=columns, group=group)

    def _partners(
        self, by: expr.Node, node: expr.Aggregate, once: tuple[str, ...]
    ) -> tuple[Select, Mapping[str, Column]]:
        """The join of both sides, and the columns of the result over it."""
        left, right = self._with_refs(self.flat(by), once), self.flat(node.group)
        if node.keep_all and not _is_bare(right):
            right = self.wrap(right)
        on = tuple(n for n in by.heading if n in node.group.heading)
        both = Heading({**node.group.heading.attributes, **by.heading.attributes}.values())
        base = _joined(left, right, on, both, outer=node.keep_all)
        partner = _partner(by, right) if node.keep_all else None
        if partner is None:
            return base, _items(node.items, base.columns)
        optional = tuple(n for n in node.group.heading if n not in on)
        items = tuple((n, i if isinstance(i, str) else over_partners(i, optional)) for n, i in node.items)
        return base, _items(items, {**base.columns, PARTNER: partner})

    def _with_refs(self, select: Select, names: tuple[str, ...]) -> Select:
        """`select` with `names` as plain columns, since GROUP BY cannot tell that two bound values are the same."""
        return select if all(isinstance(select.columns[n], Ref) for n in names) else self.wrap(select)

    def union(self, node: expr.Union) -> Select:
        upper, lower = node.left, node.right
        if node.disjoint:
            pair = Pair(self.plan(upper), self.plan(_ordered(lower, node.heading)), dedupe=False)
        elif not upper.heading.secondary_attributes and not lower.heading.secondary_attributes:
            pair = Pair(self.plan(upper), self.plan(_ordered(lower, node.heading)), dedupe=True)
        else:
            pair = self._outer_union(node)
        return self.over(pair, node.heading)

    def _outer_union(self, node: expr.Union) -> Pair:
        """Rows of the left with what the right adds, and under them the rows of the right alone."""
        upper = self.join(expr.Join(node.left, node.right, tuple(node.left.heading.primary_key), True, node.heading))
        alone = self.plan(expr.without(node.right, node.left))
        columns = {n: alone.columns.get(n) or Null(a) for n, a in node.heading.attributes.items()}
        return Pair(upper, alone._replace(heading=node.heading, columns=columns), dedupe=False)

    def slice(self, node: expr.Slice) -> Select:
        select = self.plan(node.node)
        if select.is_slice or select.distinct:
            select = self.wrap(select)
        terms = ((select.columns[n], down, node.heading[n]) for n, down in node.order)
        order = tuple(t for t in terms if not _is_constant(t[0]))
        return select._replace(order=order, limit=node.limit, offset=node.offset)

    def distinct(self, node: expr.Distinct) -> Select:
        select = self.plan(node.node)
        if select.is_slice or select.is_fixed:
            select = self.wrap(select)
        return select._replace(heading=node.heading, columns={n: select.columns[n] for n in node.names}, distinct=True)


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


@lru_cache(maxsize=1024)
def _refs(alias: int, heading: Heading) -> Mapping[str, Column]:
    """The columns of the relation `alias`."""
    return {n: Ref(alias, n, a) for n, a in heading.attributes.items()}


_EACH_GROUP: Final = (Computed(parse_scalar("1 = 1", Heading(())), {}),)
"""Where rows are grouped by nothing and there may be none, there is no group either."""


def _items(items: tuple[tuple[str, str | Scalar], ...], columns: Mapping[str, Column]) -> dict[str, Column]:
    return {n: columns[i] if isinstance(i, str) else Computed(i, columns) for n, i in items}


def _once_per_group(node: expr.Aggregate) -> tuple[str, ...]:
    """The key, and all else that is used outside of aggregate functions."""
    used = (n for _, item in node.items for n in ((item,) if isinstance(item, str) else outer_names(item)))
    return tuple(dict.fromkeys([*node.key, *used]))


def _partner(by: expr.Node, right: Select) -> Column | None:
    """A column of the right side that has a value in every row there that meets a row of `by`."""
    heading, key = right.heading, by.heading.primary_key
    return next((c for n, c in right.columns.items() if n in key or not heading[n].nullable), None)


def _is_constant(column: Column) -> bool:
    """Whether it is the same in every row; in ORDER BY, a number would stand for the column in that place."""
    if not isinstance(column, Computed):
        return isinstance(column, Null)
    known = not column.scalar.aggregate and all(n.op != "call" for n in walk(column.scalar.tree))
    return known and all(_is_constant(column.columns[n]) for n in column.scalar.names)


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
        (*left.relations, first._replace(on=here, outer=outer), *rest),
        (*left.where, *right.where),
        (*left.equal, *right.equal, *later),
    )


def _nullable(column: Column) -> Column:
    """A column of the optional side of an outer join."""
    return column._replace(attribute=replace(column.attribute, nullable=True)) if isinstance(column, Ref) else column


def _ordered(node: expr.Node, heading: Heading) -> expr.Node:
    """`node` with its attributes in the order of `heading`."""
    return expr.Project(node, tuple((n, n) for n in heading), heading)
