"""Queries within definitions: their values stand in the text, and they speak of the row that is written."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from labwright.core.heading import Heading
from labwright.query import expr
from labwright.query.conditions import Condition, Equal, InQuery, Keys, conjunction, disjunction
from labwright.query.plan import Column, Pair, Ref, Relation, Select
from labwright.query.scalar import Scalar
from labwright.query.written import WRITTEN
from labwright.sql.compiler import Columns, Compiler
from labwright.sql.dialect import Dialect
from labwright.sql.literals import literal

LATEST: Final = " LOCK IN SHARE MODE"
"""Reads what others have committed by now, or waits for them, where a transaction else reads what was there before."""
_ALIASES: Final[Mapping[str, int]] = MappingProxyType({"new": -2, "old": -3})


@dataclass(frozen=True, slots=True)
class Written:
    """A row that a query speaks of.

    Parameters
    ----------
    called : str
        ``new`` or ``old``.
    qualifier : str
        What stands before its columns in SQL: ``NEW``, or the alias of a table.
    heading : Heading
    """

    called: str
    qualifier: str
    heading: Heading


class RuleCompiler(Compiler):
    """Writes conditions for triggers and constraints.

    Parameters
    ----------
    dialect : Dialect
    *rows : Written
    reads_latest : bool
        Whether reading is to be as `LATEST` says.
    """

    def __init__(self, dialect: Dialect, *rows: Written, reads_latest: bool = False) -> None:
        super().__init__(dialect)
        self.rows = {_ALIASES[row.called]: row for row in rows}
        self.lock = LATEST if reads_latest else ""
        self.outer: dict[str, Column] = {
            f"{row.called}.{name}": Ref(alias, name, attribute)
            for alias, row in self.rows.items()
            for name, attribute in row.heading.items()
        }

    @property
    def sql(self) -> str:
        """What was written."""
        return self.writer.sql

    def exists(self, node: expr.Node) -> None:
        """Whether `node` has any row."""
        self.write("EXISTS (SELECT 1")
        self.locked_tail(self.planner.flat(node))
        self.write(")")

    def own(self, row: str) -> dict[str, Column]:
        """The columns of a row that is written, under their own names."""
        alias = _ALIASES[row]
        return {name: Ref(alias, name, attribute) for name, attribute in self.rows[alias].heading.items()}

    def locked_tail(self, select: Select) -> None:
        self.tail(select)
        self.write(self.lock if _reads_tables(select) else "")

    def select(self, select: Select, *, output: bool = False) -> None:
        super().select(select, output=output)
        self.write(self.lock if _reads_tables(select) else "")

    def select_pair(self, pair: Pair) -> None:
        """Each in parentheses where it is locked, since the lock would belong to the whole."""
        if not self.lock:
            super().select_pair(pair)
            return
        for i, select in enumerate((pair.upper, pair.lower)):
            self.write(" UNION " if i and pair.dedupe else " UNION ALL " if i else "")
            self.write("(")
            self.select(select)
            self.write(")")

    def relation_source(self, relation: Relation) -> None:
        source = relation.source
        if not isinstance(source, expr.Source) or source.schema != WRITTEN:
            super().relation_source(relation)
            return
        alias, quote = _ALIASES[source.table], self.dialect.quote
        columns = (f"{self.ref(Ref(alias, n, a))} AS {quote(n)}" for n, a in source.heading.items())
        self.write(f"(SELECT {', '.join(columns)})")

    def ref(self, column: Ref) -> str:
        row = self.rows.get(column.alias)
        return super().ref(column) if row is None else f"{row.qualifier}.{self.dialect.quote(column.name)}".lstrip(".")

    def scalar(self, scalar: Scalar, columns: Columns, *, condition: bool = False) -> None:
        super().scalar(scalar, ChainMap(dict(columns), self.outer), condition=condition)

    def bind(self, value: Any) -> None:
        self.write(literal(self.dialect.name, value))

    def keys(self, condition: Keys, columns: Columns) -> None:
        rows = (conjunction(Equal(n, v) for n, v in zip(condition.names, row, strict=True)) for row in condition.rows)
        self.condition(disjunction(rows), columns)

    def semijoin(self, condition: InQuery, columns: Columns, *, negative: bool) -> None:
        """Always by EXISTS, which takes NULL as no partner; with the row that is written, by its values alone."""
        node = condition.node
        self.write("NOT " if negative else "")
        pairs = tuple((columns[n], n) for n in condition.on)
        if isinstance(node, expr.Source) and node.schema == WRITTEN:
            alias = _ALIASES[node.table]
            self.write("((")
            self.between([(c, Ref(alias, n, node.heading[n])) for c, n in pairs], self.pair, " AND ")
            self.write(") IS TRUE)" if pairs else "1 = 1) IS TRUE)")
            return
        inner = self.planner.flat(node)
        self.write("EXISTS (SELECT 1")
        self.locked_tail(inner._replace(equal=inner.equal + tuple((inner.columns[n], outer) for outer, n in pairs)))
        self.write(")")


def _reads_tables(select: Select) -> bool:
    return any(isinstance(r.source, expr.Source) and r.source.schema != WRITTEN for r in select.relations)


def condition_sql(dialect: Dialect, condition: Condition, row: Written) -> str:
    """`condition` on the attributes of `row`."""
    compiler = RuleCompiler(dialect, row)
    compiler.condition(condition, compiler.own(row.called))
    return compiler.sql
