"""From a planned query to SQL: one pass, writing text and bound values in the order in which they stand."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from labwright.core.heading import Heading
from labwright.core.types import Type
from labwright.core.values import OutOfDomainError, adapt
from labwright.query import expr
from labwright.query.conditions import (
    NAN,
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
from labwright.query.plan import WHOLE, Column, Computed, Null, Pair, Planner, Ref, Relation, Select, Where
from labwright.query.scalar import Scalar
from labwright.sql.conversions import DIALECTS
from labwright.sql.dialect import Dialect, is_infinite
from labwright.sql.functions import OPERATIONS
from labwright.sql.shape import Place
from labwright.sql.statement import Gap, Gaps, Statement, Writer
from labwright.sql.translate import Slot, translate

Columns = Mapping[str, Column]
Item = TypeVar("Item")


def compile_select(
    node: expr.Node,
    dialect: Dialect,
    names: Sequence[str] | None = None,
    *,
    output: bool = True,
    with_order: bool = False,
) -> Statement:
    """The statement that yields the rows of `node`, with the attributes `names` in that order, or all.

    Parameters
    ----------
    node : Node
    dialect : Dialect
    names : sequence of str, optional
    output : bool
        False for rows that stay in the database: they keep their stored form.
    with_order : bool
        Whether what the rows are ordered by comes with them where it would not, as columns at the end.

    Returns
    -------
    Statement
    """
    compiler = Compiler(dialect)
    select = compiler.planner.plan(node)
    if names is not None:
        select = compiler.narrow(select, names)
    columns, unseen = tuple(select.heading.attributes.values()), {}
    if with_order and not select.is_fixed:
        shown = list(select.columns.values())
        unseen = {f"_{i}": column for i, (column, *_) in enumerate(select.order) if column not in shown}
        select = select._replace(columns={**select.columns, **unseen})
    compiler.select(select, output=output)
    return Statement(compiler.writer.sql, tuple(compiler.writer.params), columns, unseen=len(unseen))


def compile_count(node: expr.Node, dialect: Dialect) -> Statement:
    """The statement that counts the rows of `node`."""
    compiler = Compiler(dialect)
    select = compiler.planner.flat(node)
    compiler.write("SELECT count(*)")
    compiler.tail(select)
    return Statement(compiler.writer.sql, tuple(compiler.writer.params))


def compile_exists(node: expr.Node, dialect: Dialect) -> Statement:
    """The statement that tells whether `node` has any row."""
    compiler = Compiler(dialect)
    compiler.write("SELECT EXISTS (SELECT 1")
    compiler.tail(compiler.planner.flat(node))
    compiler.write(")")
    return Statement(compiler.writer.sql, tuple(compiler.writer.params))


class Compiler:
    """Writes one statement; `whole` names the table of a DELETE, whose columns have no alias."""

    def __init__(self, dialect: Dialect, *, whole: str = "") -> None:
        self.dialect = dialect
        self.dialect_number = DIALECTS.index(dialect.name)
        self.whole = whole
        self.planner = Planner()
        self.use(Writer())
        self.semijoin_form = dialect.semijoin

    def use(self, writer: Writer) -> None:
        """Write into `writer` from now on."""
        self.writer = writer
        self.write = writer.write

    def narrow(self, select: Select, names: Sequence[str]) -> Select:
        """`select` with the columns `names` alone."""
        if select.is_fixed and len(names) < len(select.columns):
            select = self.planner.wrap(select)
        heading = Heading(select.heading[n] for n in names)
        return select._replace(heading=heading, columns={n: select.columns[n] for n in names})

    def select(self, select: Select, *, output: bool = False) -> None:
        """A whole SELECT; `output` reads the columns in the form that the driver returns faithfully."""
        write = self.write
        write("SELECT DISTINCT " if select.distinct else "SELECT ")
        for i, (name, column) in enumerate(select.columns.items()):
            if i:
                write(", ")
            self.output_column(name, column, output=output)
        if not select.columns:
            write("1")
        self.tail(select)
        self.grouping(select)
        self.ordering(select)

    def output_column(self, name: str, column: Column, *, output: bool) -> None:
        quoted = self.dialect.quote(name)
        if isinstance(column, Ref):
            text = self.ref(column)
            shown = self.dialect.output(text, column.attribute.stored) if output else text
            self.write(shown if shown == text and column.name == name else f"{shown} AS {quoted}")
            return
        self.column(column)
        self.write(f" AS {quoted}")

    def tail(self, select: Select) -> None:
        """FROM and WHERE."""
        if select.relations:
            self.write(" FROM ")
        for i, relation in enumerate(select.relations):
            self.relation(relation, first=not i)
        if select.where or select.equal:
            self.write(" WHERE ")
            self.between(select.where, self.where, " AND ")
            self.write(" AND " if select.where and select.equal else "")
            self.between(select.equal, self.pair, " AND ")

    def between(self, items: Iterable[Item], write: Callable[[Item], None], separator: str) -> None:
        """Write each of `items`, with `separator` between them."""
        for i, item in enumerate(items):
            if i:
                self.write(separator)
            write(item)

    def relation(self, relation: Relation, *, first: bool) -> None:
        if not first:
            self.write(" LEFT JOIN " if relation.outer else " JOIN " if relation.on else " CROSS JOIN ")
        self.relation_source(relation)
        self.write(f" AS t{relation.alias}")
        if relation.on:
            self.write(" ON ")
            self.between(relation.on, self.pair, " AND ")
        elif relation.outer:
            self.write(" ON 1 = 1")

    def relation_source(self, relation: Relation) -> None:
        source = relation.source
        if isinstance(source, expr.Source):
            self.write(self.dialect.table(source.schema, source.table))
            return
        self.write("(")
        if isinstance(source, Pair):
            self.select_pair(source)
        else:
            self.select(source)
        self.write(")")

    def select_pair(self, pair: Pair) -> None:
        """Two SELECTs as one; a slice is wrapped, since ORDER BY and LIMIT would belong to the whole."""
        for i, select in enumerate((pair.upper, pair.lower)):
            if i:
                self.write(" UNION " if pair.dedupe else " UNION ALL ")
            self.select(self.planner.wrap(select) if select.is_slice else select)

    def grouping(self, select: Select) -> None:
        if select.group:
            self.write(" GROUP BY ")
            self.between(select.group, self.column, ", ")

    def ordering(self, select: Select) -> None:
        for i, (column, descending, attribute) in enumerate(select.order):
            self.write(", " if i else " ORDER BY ")
            text = self.detached(column)
            nullable = attribute.nullable
            self.write(self.dialect.order_term(text, attribute.stored, descending=descending, nullable=nullable))
        self.write(self.dialect.slice(select.limit, select.offset))

    def detached(self, column: Column) -> str:
        """The text of a column, its values bound as if it had been written."""
        if isinstance(column, Ref):
            return self.ref(column)
        outer, inner = self.writer, Writer()
        self.use(inner)
        self.column(column)
        self.use(outer)
        outer.params += inner.params
        return inner.sql

    def ref(self, column: Ref) -> str:
        name = self.dialect.quote(column.name)
        source = self.whole if column.alias == WHOLE else f"t{column.alias}"
        return f"{source}.{name}" if source else name

    def column(self, column: Column) -> None:
        """A column where it is used."""
        if isinstance(column, Ref):
            self.write(self.ref(column))
        elif isinstance(column, Null):
            self.write("NULL")
        else:
            self.scalar(column.scalar, column.columns)

    def scalar(self, scalar: Scalar, columns: Columns, *, condition: bool = False) -> None:
        """A translated expression, its names written out as what they stand for."""
        for part in translate(scalar, self.dialect.name, condition=condition):
            if isinstance(part, str):
                self.write(part)
            elif part.kind == "name":
                self.nested(columns[part.value])
            elif part.kind == "param":
                self.literal(part)
            else:
                self.write(self.dialect.collation if part.kind == "collation" else "*")

    def nested(self, column: Column) -> None:
        """A column inside an expression: a computed one in parentheses."""
        if isinstance(column, Computed):
            self.write("(")
            self.column(column)
            self.write(")")
        else:
            self.column(column)

    def literal(self, slot: Slot) -> None:
        value = slot.value
        if slot.type is not None:
            value = self.dialect.encode(slot.type, _adapted(slot.type, value))
        self.bind(value)

    def value(self, type_: Type | None, value: Any) -> None:
        """A value of a condition, or the gap for it."""
        if isinstance(value, Place):
            self.bind(Gap(value.number, None if type_ is None else self.dialect.encoder(type_)))
        else:
            self.bind(self.dialect.encode(type_, value))

    def bind(self, value: Any) -> None:
        self.write(self.dialect.placeholder)
        self.writer.params.append(value)

    def pair(self, pair: tuple[Column, Column]) -> None:
        """Two columns that are equal."""
        self.nested(pair[0])
        self.write(" = ")
        self.nested(pair[1])

    def where(self, where: Where) -> None:
        self.formed(self.dialect.semijoin, where.condition, where.columns)

    def formed(self, form: Literal["in", "exists"], condition: Condition, columns: Columns) -> None:
        """A condition whose semijoins have this form."""
        outer, self.semijoin_form = self.semijoin_form, form
        self.condition(condition, columns)
        self.semijoin_form = outer

    def condition(self, condition: Condition, columns: Columns) -> None:
        """A condition; what can be unknown is so written that it counts as not met under a negation."""
        _CONDITIONS[type(condition)](self, condition, columns)

    def constant(self, condition: Constant, columns: Columns) -> None:
        self.write("1 = 1" if condition.value else "1 = 0")

    def equal(self, condition: Equal, columns: Columns) -> None:
        column = columns[condition.name]
        if is_infinite(condition.value) and not self.dialect.keeps_infinity:
            self.write("1 = 0")
            return
        self.nested(column)
        if condition.value is None or (condition.value is NAN and not self.dialect.keeps_nan):
            self.write(" IS NULL")
        else:
            self.write(" = ")
            self.value(_stored(column), condition.value)

    def compared(self, condition: Compared, columns: Columns) -> None:
        column, value = columns[condition.name], condition.value
        if condition.operator in _SEARCHES:
            self.search(condition, column)
        elif is_infinite(value) and not self.dialect.keeps_infinity:
            self.condition(_beside_infinity(condition), columns)
        else:
            self.nested(column)
            self.write(f" {condition.operator} ")
            self.value(_stored(column), value)

    def search(self, condition: Compared, column: Column) -> None:
        """Text within text; only LIKE finds a beginning through an index."""
        value = condition.value
        if condition.operator == "startswith" and not condition.ignore_case:
            self.nested(column)
            self.write(" LIKE ")
            self.bind(Gap(value.number, _beginning) if isinstance(value, Place) else _beginning(value))
            self.write(self.dialect.escape)
            return
        lower = "{0}" if not condition.ignore_case else OPERATIONS["lower"][self.dialect_number]
        search = OPERATIONS["locate"][self.dialect_number]
        text = {"0": lambda: self.value(None, value), "1": lambda: self.nested(column)}
        self.filled(search.format(lower, lower.replace("{0}", "{1}")), text)
        self.write(_SEARCHES[condition.operator])

    def beyond(self, condition: Beyond, columns: Columns) -> None:
        if not self.dialect.compares_rows:
            self.condition(condition.term_by_term(), columns)
            return
        chosen = [columns[n] for n in condition.names]
        self.write("(")
        self.between(chosen, self.nested, ", ")
        self.write(") < (" if condition.descending else ") > (")
        self.between(list(zip(chosen, condition.values, strict=True)), lambda p: self.value(_stored(p[0]), p[1]), ", ")
        self.write(")")

    def filled(self, template: str, arguments: Mapping[str, Callable[[], None]]) -> None:
        """A template of SQL, its arguments written in their places."""
        for i, part in enumerate(_PLACES.split(template)):
            if i % 2:
                arguments[part]()
            else:
                self.write(part)

    def text(self, condition: Text, columns: Columns) -> None:
        self.scalar(condition.scalar, columns, condition=True)

    def path_equal(self, condition: PathEqual, columns: Columns) -> None:
        self.write("(")
        self.scalar(condition.scalar, columns)
        if condition.value is None:
            self.write(") IS NULL")
        else:
            self.write(") = ")
            self.value(condition.scalar.type, condition.value)

    def all_of(self, condition: AllOf, columns: Columns) -> None:
        self.between(condition.items, lambda item: self.condition(item, columns), " AND ")

    def any_of(self, condition: AnyOf, columns: Columns) -> None:
        self.write("(")
        self.between(condition.items, lambda item: self.alternative(item, columns), " OR ")
        self.write(")")

    def alternative(self, condition: Condition, columns: Columns) -> None:
        grouped = isinstance(condition, AllOf)
        self.write("(" if grouped else "")
        self.formed(self.dialect.nested_semijoin, condition, columns)
        self.write(")" if grouped else "")

    def negated(self, condition: Negated, columns: Columns) -> None:
        item = condition.item
        if isinstance(item, InQuery):
            self.semijoin(item, columns, negative=True)
        elif _may_be_unknown(item, columns):
            self.write("((")
            self.formed(self.dialect.nested_semijoin, item, columns)
            self.write(") IS NOT TRUE)")
        else:
            self.write("NOT (")
            self.formed(self.dialect.nested_semijoin, item, columns)
            self.write(")")

    def keys(self, condition: Keys, columns: Columns) -> None:
        chosen = [columns[n] for n in condition.names]
        types = [_stored(c) or Type("text") for c in chosen]
        given: Any = condition.rows
        place = given if isinstance(given, Place) else None
        rows = self.dialect.possible_rows(types, place.first if place else given)
        if not rows:
            self.write("1 = 0")
            return
        self.write("(")
        self.between(chosen, self.comparable, ", ")
        fragment = self.dialect.key_set(types, rows)
        self.write(f") IN ({fragment.sql})")
        self.writer.params += [self.keys_later(place, types)] if place else fragment.params

    def keys_later(self, place: Place, types: Sequence[Type]) -> Gaps:
        """The gap for a set of keys of the same size."""
        dialect = self.dialect
        return Gaps(place.number, lambda rows: dialect.key_set(types, dialect.possible_rows(types, rows)).params)

    def comparable(self, column: Column) -> None:
        text = self.detached(column)
        text = text if isinstance(column, Ref) else f"({text})"
        self.write(self.dialect.comparable(text, _stored(column)))

    def in_query(self, condition: InQuery, columns: Columns) -> None:
        self.semijoin(condition, columns, negative=False)

    def semijoin(self, condition: InQuery, columns: Columns, *, negative: bool) -> None:
        """Rows with a partner in the other query, or without: NULL has no partner."""
        pairs = [(n, columns[n]) for n in condition.on]
        if self.semijoin_form == "exists" or not pairs:
            self.write("NOT EXISTS (SELECT 1" if negative else "EXISTS (SELECT 1")
            inner = self.planner.flat(condition.node)
            equal = tuple((inner.columns[n], outer) for n, outer in pairs)
            self.tail(inner._replace(equal=inner.equal + equal))
            self.write(")")
        else:
            self.membership(condition, pairs, negative=negative)

    def membership(self, condition: InQuery, pairs: Sequence[tuple[str, Column]], *, negative: bool) -> None:
        """The same by IN, for planners that take it better; NULLs are kept out of NOT IN on both sides."""
        inner = self.narrow(self.planner.flat(condition.node), [n for n, _ in pairs])
        self.write("(")
        for column in [c for _, c in pairs if negative and _nullable(c)]:
            self.nested(column)
            self.write(" IS NULL OR ")
        self.write("(")
        self.between([c for _, c in pairs], self.nested, ", ")
        self.write(") NOT IN (" if negative else ") IN (")
        self.select(self.without_nulls(inner, [n for n, _ in pairs if negative and inner.heading[n].nullable]))
        self.write("))")

    def without_nulls(self, select: Select, names: Sequence[str]) -> Select:
        known = tuple(Where(Negated(Equal(n, None)), select.columns) for n in names)
        return select._replace(where=select.where + known)


_CONDITIONS: Final[Mapping[type, Callable[[Compiler, Any, Columns], None]]] = {
    Constant: Compiler.constant,
    Equal: Compiler.equal,
    Compared: Compiler.compared,
    Beyond: Compiler.beyond,
    Text: Compiler.text,
    PathEqual: Compiler.path_equal,
    AllOf: Compiler.all_of,
    AnyOf: Compiler.any_of,
    Negated: Compiler.negated,
    Keys: Compiler.keys,
    InQuery: Compiler.in_query,
}


_SEARCHES: Final = {"contains": " > 0", "startswith": " = 1"}
"""What the place of a text within another has to be."""
_PLACES: Final = re.compile(r"\{(\d)\}")
_WILD: Final = re.compile(r"[\\%_]")


def _beginning(text: str) -> str:
    """The pattern for what starts with `text`."""
    return _WILD.sub(r"\\\g<0>", text) + "%"


def _beside_infinity(condition: Compared) -> Condition:
    """What compares with an infinity in a database that has none."""
    all_less = condition.value > 0
    met = all_less == condition.operator.startswith("<")
    return Negated(Equal(condition.name, None)) if met else Constant(False)


def _stored(column: Column) -> Type | None:
    """The core type in which the column's values stand."""
    return column.scalar.type if isinstance(column, Computed) else column.attribute.stored


def _nullable(column: Column) -> bool:
    return column.scalar.nullable if isinstance(column, Computed) else column.attribute.nullable


def _may_be_unknown(condition: Condition, columns: Columns) -> bool:
    """Whether SQL could give NULL for the condition."""
    if isinstance(condition, Equal):
        return condition.value is not None and _nullable(columns[condition.name])
    if isinstance(condition, Compared):
        return _nullable(columns[condition.name])
    if isinstance(condition, (Keys, Beyond)):
        return any(_nullable(columns[n]) for n in condition.names)
    if isinstance(condition, (AllOf, AnyOf)):
        return any(_may_be_unknown(i, columns) for i in condition.items)
    return isinstance(condition, (Text, PathEqual, InQuery))


def _adapted(type_: Type, value: Any) -> Any:
    """A literal as the attribute holds it; one that it could never hold stays as written. It has no zone, but UTC."""
    if type_.kind == "datetime_utc" and isinstance(value, datetime.datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=datetime.UTC)
    try:
        return adapt(type_, value)
    except OutOfDomainError:
        return value
