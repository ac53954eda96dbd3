"""Hypothesis strategies for expressions of the algebra over a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from labwright.core.errors import QueryError
from labwright.core.heading import Attribute
from labwright.query import expr
from labwright.query.comparisons import OPERATORS, After, Where
from labwright.query.conditions import AndList, Not
from labwright.query.operators import Operators, U
from labwright.query.top import Top
from labwright.testing.pipelines import VALUES, Pipeline


class Query(Operators["Query"]):
    """An expression that no database has seen.

    Examples
    --------
    >>> from labwright.core.heading import Attribute, Heading
    >>> from labwright.core.types import Type
    >>> mouse = Query(expr.Source("lab", "mouse", Heading([Attribute("mouse", Type("int32"), in_key=True)])))
    >>> (mouse & "mouse > 3").primary_key
    ['mouse']
    """

    def __init__(self, node: expr.Node) -> None:
        self._node = node

    def query_node(self) -> expr.Node:
        return self._node

    def derive(self, node: expr.Node, *operands: Any) -> Query:
        return Query(node)

    def __repr__(self) -> str:
        return repr(self._node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self._node == other._node

    def __hash__(self) -> int:
        return hash(self._node)


def queries(pipeline: Pipeline, depth: int = 3) -> st.SearchStrategy[Query]:
    """Return expressions over the tables of `pipeline`, with operators up to `depth` deep."""
    tables = st.sampled_from([Query(expr.Source(t.id.schema, t.id.name, t.heading)) for t in pipeline.tables])
    return _Grower(pipeline, tables).grown(depth)


class _Grower:
    """Puts operators on expressions; what has no meaning is left as it was."""

    def __init__(self, pipeline: Pipeline, tables: st.SearchStrategy[Query]) -> None:
        self.pipeline = pipeline
        self.tables = tables

    def grown(self, depth: int) -> st.SearchStrategy[Query]:
        return st.composite(self._grow)(depth)

    def _grow(self, draw: st.DrawFn, depth: int) -> Query:
        if depth == 0:
            return draw(self.tables)
        query = draw(self.grown(depth - 1))
        operator = draw(st.sampled_from(_OPERATORS))
        try:
            return operator(self, draw, query, depth - 1)
        except QueryError:
            return query

    def other(self, draw: st.DrawFn, depth: int) -> Query:
        return draw(self.grown(draw(st.integers(0, min(depth, 2)))))

    def restrict(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        return query.restrict(self.condition(draw, query, depth, 2))

    def subtract(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        return query.restrict(Not(self.condition(draw, query, depth, 2)))

    def condition(self, draw: st.DrawFn, query: Query, depth: int, nesting: int) -> Any:
        kinds = [
            "text",
            "keys",
            "query",
            "where",
            "after",
            *(["any", "not", "all"] if nesting else []),
            "dict",
            "constant",
        ]
        kind = draw(st.sampled_from(kinds))
        if kind == "constant":
            return draw(st.sampled_from([True, {}, {"elsewhere": 1}, [], False]))
        if kind == "query":
            return self.other(draw, depth)
        if kind in ("all", "any", "not"):
            inner = [self.condition(draw, query, depth, nesting - 1) for _ in range(draw(st.integers(1, 2)))]
            return AndList(inner) if kind == "all" else Not(inner[0]) if kind == "not" else inner
        return _plain_condition(draw, query, kind)

    def project(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        names = query.heading.names
        chosen: list[Any] = draw(st.lists(st.sampled_from([..., *names]), max_size=2)) if names else []
        named = dict(_drawn_item(draw, query) for _ in range(draw(st.integers(0, 2)))) if names else {}
        return query.proj(*chosen, **named)

    def join(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        other = self.other(draw, depth)
        try:
            return query * other
        except QueryError:
            return query.proj() * other.proj()

    def extend(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        return query.extend(self.other(draw, depth))

    def aggregate(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        group = self.other(draw, depth)
        if not group.heading.determines(query.heading):
            group = query.proj() * group.proj()
        named = _drawn_summaries(draw, {**group.heading.attributes, **query.heading.attributes})
        chosen: list[Any] = [...] if draw(st.booleans()) else []
        node = expr.aggregate(query.query_node(), group.query_node(), chosen, named, keep_all=draw(st.booleans()))
        return query.derive(node, group)

    def summarise(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        named: dict[str, Any] = {**_drawn_summaries(draw, query.heading)}
        found: Query = U(*_drawn_names(draw, query)).aggr(query, **named)
        return found

    def distinct(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        found: Query = U(*_drawn_names(draw, query)) & query
        return found

    def union(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        other = draw(st.sampled_from([query, self.other(draw, depth)]))
        other = self.restrict(draw, other, depth)
        return query.proj() + other if draw(st.booleans()) else query + other.proj()

    def top(self, draw: st.DrawFn, query: Query, depth: int) -> Query:
        """A slice in an order that leaves nothing open."""
        key = query.primary_key
        if any(query.heading[n].nullable for n in key):
            return query
        names = draw(st.lists(st.sampled_from(_orderable(query)), max_size=2, unique=True)) if key else []
        order = [f"{n} DESC" if draw(st.booleans()) else n for n in names] + ["KEY"]
        return query & Top(draw(st.sampled_from([None, 1, 2, 4, 4, 0])), order, draw(st.sampled_from([0, 0, 0, 1, 2])))


_OPERATORS: Final[Sequence[Callable[[_Grower, st.DrawFn, Query, int], Query]]] = (
    _Grower.restrict, _Grower.subtract, _Grower.project, _Grower.join, _Grower.extend, _Grower.aggregate,
    _Grower.summarise, _Grower.distinct, _Grower.union, _Grower.top,
)  # fmt: skip


def _plain_condition(draw: st.DrawFn, query: Query, kind: str) -> Any:
    """A text, a dict, a list of dicts with the same names, a comparison, or the rows after one."""
    names = [n for n, a in query.heading.attributes.items() if _comparable(a)]
    if not names:
        return True
    if kind == "where":
        return _drawn_comparison(draw, query.heading[draw(st.sampled_from(names))])
    if kind == "after":
        terms = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        row = {n: draw(_values(query.heading[n])) for n in terms}
        return After(row, [f"{n} {draw(st.sampled_from(['ASC', 'ASC', 'DESC']))}" for n in terms])
    if kind == "text":
        return draw(_tests(query.heading[draw(st.sampled_from(names))]))
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=draw(st.sampled_from([1, 1, 2])), unique=True))
    one = st.fixed_dictionaries({n: _values(query.heading[n]) for n in chosen})
    return draw(one) if kind == "dict" else draw(st.lists(one, min_size=1, max_size=4))


def _drawn_comparison(draw: st.DrawFn, attribute: Attribute) -> Where:
    assert attribute.type is not None
    name, value = attribute.name, st.sampled_from(VALUES[attribute.type])
    searches = ["contains", "startswith"] if attribute.type.is_text else []
    operator = draw(st.sampled_from([o for o in OPERATORS if o not in _SEARCHES or o in searches]))
    if operator in ("in", "between"):
        return Where(name, operator, draw(st.lists(value, min_size=2, max_size=2)))
    if operator in searches:
        return Where(name, operator, draw(value)[: draw(st.integers(0, 2))], draw(st.booleans()))
    return Where(name, operator, draw(value))


_SEARCHES: Final = ("contains", "startswith")


def _comparable(attribute: Attribute) -> bool:
    type_ = attribute.type
    return type_ is not None and type_ in VALUES and type_.kind not in ("json", "bytes")


def _orderable(query: Query) -> list[str]:
    return [n for n, a in query.heading.attributes.items() if _comparable(a)]


def _values(attribute: Attribute) -> st.SearchStrategy[Any]:
    assert attribute.type is not None
    return st.sampled_from([*VALUES[attribute.type], *([None] if attribute.nullable else [])])


def _drawn_names(draw: st.DrawFn, query: Query) -> list[str]:
    names = _orderable(query)
    return draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []


def _tests(attribute: Attribute) -> st.SearchStrategy[str]:
    """Conditions in SQL on one attribute."""
    assert attribute.type is not None
    name, kind = attribute.name, attribute.type.kind
    special = {
        "int": ["{0} > 0", "{0} <> 1", "{0} in (1, 2)", "{0} between 0 and 1", "not {0} = 1", "{0} + 1 > 1 or {0} < 0"],
        "text": ["{0} < 'b'", "{0} <> 'a'", "{0} in ('a', 'A', '%s')", "concat({0}, 'x') = 'ax'", "length({0}) > 1"],
        "date": ["{0} > '2000-01-01'", "year({0}) = 2024"],
        "float": ["{0} > 0", "{0} * 2 < 1", "{0} = 0.5"],
        "decimal": ["{0} > 0", "{0} = 0.5", "{0} < 1000"],
        "bool": ["{0}", "not {0}", "{0} = true"],
    }.get(_sort_of(kind), [])
    texts = [*special, "{0} = {0}"] + (["{0} is null", "not ({0} = {0})"] if attribute.nullable else [])
    return st.sampled_from([t.format(name) for t in texts])


def _sort_of(kind: str) -> str:
    for sort in ("int", "float", "date", "decimal", "bool"):
        if kind.startswith(sort):
            return sort
    return "text" if kind in ("varchar", "char", "text", "enum") else kind


def _drawn_item(draw: st.DrawFn, query: Query) -> tuple[str, str]:
    """A new name with what it renames, duplicates or computes."""
    heading = query.heading
    name = draw(st.sampled_from(heading.names))
    new = draw(st.sampled_from(["p", "q", "a", "u", "own"]))
    attribute = heading[name]
    computed = {
        "int": ["{0} + 1", "{0} * 2 - 1", "if({0} > 0, {0}, 7)", "coalesce({0}, 5)", "{0} / 2", "3"],
        "text": ["concat({0}, '-%s')", "length({0})", "left({0}, 1)", "coalesce({0}, 'none')", "'x'"],
        "date": ["year({0})", "month({0})"],
        "float": ["{0} * 0.5", "abs({0})", "coalesce({0}, 0)"],
        "decimal": ["{0} + 1", "-{0}"],
        "bool": ["not {0}", "if({0}, 'yes', 'no')"],
    }.get(_sort_of(attribute.type.kind) if attribute.type else "", [])
    if attribute.type is not None and attribute.type.kind == "json":
        computed = ["{0}.n:int", "{0}.n:float", "{0}.t"]
    texts = [*computed, "{0}", "({0})", "{0} is null"]
    return new, draw(st.sampled_from(texts)).format(name)


def _drawn_summaries(draw: st.DrawFn, attributes: Mapping[str, Attribute]) -> dict[str, str]:
    """New names with aggregate expressions."""
    found = {"n": "count(*)"}
    for new in draw(st.lists(st.sampled_from(["m", "s", "u"]), max_size=2, unique=True)):
        attribute = draw(st.sampled_from(list(attributes.values()))) if attributes else None
        if attribute is not None and _comparable(attribute):
            found[new] = draw(_summaries(attribute))
    return found


def _summaries(attribute: Attribute) -> st.SearchStrategy[str]:
    assert attribute.type is not None
    sort = _sort_of(attribute.type.kind)
    texts = ["count({0})", "count(distinct {0})", "max({0})", "min({0})", "count(*) + 1", "count(1)"]
    if sort in ("int", "float", "decimal", "bool"):
        texts += ["sum({0})", "max({0}) + count(*)", "coalesce(sum({0}), 0)", "sum(if({0} > 0, 1, 0))"]
    if sort in ("int", "float"):
        texts.append("avg({0})")
    return st.sampled_from([t.format(attribute.name) for t in texts])
