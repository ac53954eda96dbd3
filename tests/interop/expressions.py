"""Random expressions as a user writes them, in the language that both sides speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from labwright.core.errors import QueryError
from labwright.core.heading import Attribute
from labwright.testing.pipelines import VALUES

UNORDERED: Final = ("json", "bytes", "uuid")
"""Kinds that are not compared: json and bytes by none, uuid not by DataJoint on PostgreSQL."""


@dataclass(frozen=True)
class Dialect:
    """What a peer understands.

    Parameters
    ----------
    keeps_all : str
        How an aggregation is told to keep all rows; ``{0}`` is the truth.
    uuids : bool
        Whether it can compare them.
    extends : bool
        Whether it has `extend`.
    is_classic : bool
        Whether it is that of the classic generation.
    """

    keeps_all: str
    uuids: bool = True
    extends: bool = True
    is_classic: bool = False


class Expressions:
    """Grows texts that make an expression when they are evaluated; each is tried on our side.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    tables : sequence of str
        Texts that name tables.
    names : mapping
        What the texts may refer to.
    dialect : Dialect
    """

    def __init__(self, draw: st.DrawFn, tables: Sequence[str], names: Mapping[str, Any], dialect: Dialect) -> None:
        self.draw = draw
        self.tables = tables
        self.names = dict(names)
        self.dialect = dialect

    def made(self, text: str) -> Any:
        """The expression that `text` makes on our side."""
        return eval(text, self.names)

    def grown(self, depth: int) -> str:
        """A text with operators up to `depth` deep."""
        if depth == 0:
            return str(self.one(self.tables))
        text = self.grown(depth - 1)
        query = self.made(text)
        operator = self.one(OPERATORS)
        try:
            grown = operator(self, text, query, depth - 1)
            return grown if grown is not None and len(self.made(grown).heading) <= 30 else text
        except QueryError:
            return text

    def one(self, of: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(of)))

    def some(self, of: Sequence[Any], most: int = 2, least: int = 0) -> list[Any]:
        return self.draw(st.lists(st.sampled_from(list(of)), min_size=least, max_size=most, unique=True)) if of else []

    def chance(self, of: int = 2) -> bool:
        return bool(self.draw(st.integers(1, of)) == 1)

    def comparable(self, query: Any, *, nulls: bool = True) -> list[Attribute]:
        """Attributes with values that conditions can be made of."""
        unordered = UNORDERED[: 2 if self.dialect.uuids else 3]
        return [
            a
            for a in query.heading.values()
            if a.type in VALUES and a.type.kind not in unordered and (nulls or not a.nullable)
        ]

    def restrict(self, text: str, query: Any, depth: int) -> str | None:
        found = self.comparable(query)
        if "aggr(" in text:
            return f"({text} & {self.test(self.one(found))!r})" if found else None
        condition = self.condition(query, depth, nulls=True)
        return condition and f"({text} & {condition})"

    def subtract(self, text: str, query: Any, depth: int) -> str | None:
        """Neither what may be NULL, nor several conditions at once: see `test_differences`."""
        condition = self.condition(query, depth, nulls=False, several=False)
        return None if "aggr(" in text else condition and f"({text} - {condition})"

    def condition(self, query: Any, depth: int, *, nulls: bool, several: bool = True) -> str | None:
        found = self.comparable(query, nulls=nulls)
        kinds = ["text", "text", "dict", "dicts", "not", "query", *(["and"] if several else [])]
        kind = self.one(kinds if found else ["query"])
        if kind == "query":
            other = self.grown(min(depth, 1))
            shared = [a for n, a in self.made(other).heading.items() if n in query.heading]
            return None if any(a.nullable or query.heading[a.name].nullable for a in shared) else other
        if kind == "not":
            certain = [a for a in found if not a.nullable]
            return f"dj.Not({self.test(self.one(certain))!r})" if certain else None
        if kind == "text":
            return repr(self.test(self.one(found)))
        if kind == "and":
            return f"dj.AndList([{self.test(self.one(found))!r}, {self.equal(found)}])"
        if kind == "dict":
            return self.equal(found, several)
        return "[" + ", ".join(self.equal(found, several) for _ in range(self.draw(st.integers(1, 3)))) + "]"

    def equal(self, attributes: Sequence[Attribute], several: bool = True) -> str:
        """A dict of values."""
        chosen = self.some(attributes, 2 if several else 1, least=1)
        return repr({a.name: self.value(a) for a in chosen})

    def value(self, attribute: Attribute) -> Any:
        assert attribute.type is not None
        plain = [v for v in VALUES[attribute.type] if "\\" not in str(v) and "%" not in str(v)]
        return self.one(plain)

    def test(self, attribute: Attribute) -> str:
        """A condition in SQL that means the same to all servers."""
        texts = [*TESTS.get(sort_of(attribute), ["{0} = {0}"])]
        texts += ["{0} is null", "{0} is not null"] if attribute.nullable else []
        return str(self.one(texts)).format(attribute.name)

    def project(self, text: str, query: Any, depth: int) -> str:
        names = query.heading.names
        kept = self.some(["...", *map(repr, query.heading.secondary_attributes)])
        kept = ["..."] if "..." in kept else kept
        renamed = [f"{new}={self.one(names)!r}" for new in self.some(["p", "q"])]
        computed = []
        if self.chance():
            attribute = query.heading[self.one(names)]
            texts = COMPUTED.get(sort_of(attribute), [])
            computed = [f"z={self.one(texts).format(attribute.name)!r}"] if texts else []
        return f"{text}.proj({', '.join([*kept, *renamed, *computed])})"

    def join(self, text: str, query: Any, depth: int) -> str | None:
        if "aggr(" in text:
            return None
        other = self.grown(min(depth, 1))
        return str(self.one([f"({text} * {other})", f"({text}.proj() * {other}.proj())"]))

    def extend(self, text: str, query: Any, depth: int) -> str | None:
        extends = self.dialect.extends and is_simple(text)
        return f"{text}.extend({self.grown(min(depth, 1))})" if extends else None

    def aggregate(self, text: str, query: Any, depth: int) -> str | None:
        if not is_simple(text):
            return None
        group = self.one([self.grown(min(depth, 1)), f"({text}.proj() * {self.one(self.tables)}.proj())"])
        if not is_simple(group):
            return None
        inner = self.made(group)
        kept = self.dialect.keeps_all.format(self.chance())
        key = [n for n in inner.primary_key if n not in query.heading]
        if not key:
            return None
        return f"{text}.aggr({group}, {kept}, n='count({key[0]})'{self.summary(inner, query.heading)})"

    def summarise(self, text: str, query: Any, depth: int) -> str | None:
        if not is_simple(text):
            return None
        names = [a.name for a in self.comparable(query, nulls=False)]
        by = ", ".join(map(repr, self.some(names)))
        return f"dj.U({by}).aggr({text}, n='count(*)'{self.summary(query, ())})"

    def summary(self, query: Any, but: Any) -> str:
        """More of a group than how many it has."""
        found = [a for a in self.comparable(query) if a.name not in but and sort_of(a) in ("int", "date")]
        if not found or self.chance():
            return ""
        attribute = self.one(found)
        texts = ["max({0})", "min({0})", "count(distinct {0})"]
        texts += ["sum({0})", "avg({0})"] if sort_of(attribute) == "int" else []
        return f", m={self.one(texts).format(attribute.name)!r}"

    def distinct(self, text: str, query: Any, depth: int) -> str | None:
        names = [a.name for a in self.comparable(query, nulls=False)]
        chosen = self.some(names, least=1) if names and "Top(" not in text else []
        return f"(dj.U({', '.join(map(repr, chosen))}) & {text})" if chosen else None

    def union(self, text: str, query: Any, depth: int) -> str | None:
        first, second = self.restrict(text, query, 0), self.restrict(text, query, 0)
        return f"({first}.proj() + {second}.proj())" if first and second else None

    def top(self, text: str, query: Any, depth: int) -> str | None:
        """A slice in an order that leaves nothing open."""
        if not query.primary_key or "Top(" in text or any(query.heading[n].nullable for n in query.primary_key):
            return None
        order = self.one([["KEY"], ["KEY DESC"]])
        return f"({text} & dj.Top({self.one([1, 2, 4])}, {order!r}, {self.one([0, 0, 1])}))"


OPERATORS: Final[Sequence[Callable[[Expressions, str, Any, int], str | None]]] = (
    Expressions.restrict, Expressions.restrict, Expressions.subtract, Expressions.project, Expressions.join,
    Expressions.extend, Expressions.aggregate, Expressions.summarise, Expressions.distinct, Expressions.union,
    Expressions.top,
)  # fmt: skip
TESTS: Final[Mapping[str, Sequence[str]]] = {
    "int": ["{0} > 0", "{0} <> 1", "{0} in (1, 2)", "{0} between 0 and 1", "not {0} = 1", "{0} + 1 > 1 or {0} < 0"],
    "text": ["{0} < 'b'", "{0} <> 'a'", "{0} in ('a', 'A')", "concat({0}, 'x') = 'ax'"],
    "date": ["{0} > '2000-01-01'", "{0} = '2024-02-29'"],
    "float": ["{0} > 0", "{0} * 2 < 1", "{0} = 0.5"],
    "decimal": ["{0} > 0", "{0} = 0.5", "{0} < 1000"],
}
COMPUTED: Final[Mapping[str, Sequence[str]]] = {
    "int": ["{0} + 1", "{0} * 2 - 1", "coalesce({0}, 5)"],
    "text": ["concat({0}, '-x')", "coalesce({0}, 'none')"],
    "float": ["{0} * 0.5", "abs({0})"],
    "decimal": ["{0} + 1", "-{0}"],
}


def sort_of(attribute: Attribute) -> str:
    """What can be done with its values."""
    kind = attribute.type.kind if attribute.type is not None else ""
    for sort in ("int", "float", "decimal"):
        if kind.startswith(sort):
            return sort
    return "text" if kind == "varchar" else kind


def is_simple(text: str) -> bool:
    """Whether DataJoint can be trusted to summarise it: no summary, distinct values, slice or union."""
    return not any(part in text for part in ("dj.U(", "aggr(", "Top(", ".proj() + ("))
