"""The operators of the algebra, as users write them.

`Operators` is everything that composes and nothing that runs: tables and queries inherit it and say what they
stand for (`query_node`) and how a result is made (`derive`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import Any, Generic, NoReturn, TypeVar

from labwright.core.errors import QueryError, UnknownAttributeError
from labwright.core.generation import CLASSIC, CURRENT, Generation
from labwright.core.heading import Heading
from labwright.core.verb import told, verb
from labwright.query import expr
from labwright.query.conditions import AndList, Matching, Not, Universe, as_operand, make_condition
from labwright.query.expr import Node
from labwright.query.top import Top, order_terms

Result = TypeVar("Result", covariant=True)


class Operators(ABC, Generic[Result]):
    """What can be done to rows without looking at them."""

    @abstractmethod
    def query_node(self) -> Node:
        """The algebra node behind this expression."""

    @abstractmethod
    def derive(self, node: Node, *operands: Any) -> Result:
        """An expression for `node`, made from this one and `operands`."""

    @property
    def generation(self) -> Generation:
        """Which generation of the language the operators speak."""
        return CURRENT

    @told
    def heading(self) -> Heading:
        """The attributes of the rows."""
        return self.query_node().heading

    @told
    def primary_key(self) -> list[str]:
        """Names of the attributes that identify a row."""
        return self.heading.primary_key

    @verb
    def restrict(self, condition: Any, semantic_check: bool = True, *, strict: bool = False) -> Result:
        """Rows that meet `condition`; ``A & condition`` is short for it.

        Parameters
        ----------
        condition : str, dict, expression, list, AndList, Not, Top, frame, numpy record or bool
            A list means any of its items, an `AndList` all of them.
        semantic_check : bool
            False matches another expression by name alone.
        strict : bool
            True refuses names that are not in the heading, which are else passed over.

        Raises
        ------
        QueryError
            When the condition has no meaning here.
        """
        try:
            return self._restricted_by(condition, semantic_check, strict)
        except UnknownAttributeError:
            if not self.is_outdated():
                raise
        return self._restricted_by(condition, semantic_check, strict)

    def is_outdated(self) -> bool:
        """Whether it stands for other attributes by now, since a table was changed by somebody else."""
        return False

    def _restricted_by(self, condition: Any, semantic_check: bool, strict: bool) -> Result:
        node = self.query_node()
        if isinstance(condition, Top):
            terms = order_terms(node.heading, condition.order_by)
            return self.derive(expr.take(node, terms, condition.limit, condition.offset))
        given = as_operand(condition)
        operands = operands_in(given)
        generation = self.generation if operands else CURRENT
        made = make_condition(node.heading, given, Matching(semantic_check, strict, generation))
        return self.derive(expr.restrict(node, made), *operands)

    def __and__(self, condition: Any) -> Result:
        return self.restrict(condition)

    def __sub__(self, condition: Any) -> Result:
        if isinstance(condition, Top):
            raise QueryError(
                "A Top cannot be subtracted: restrict by Top(..., offset=n) to pass over the first n rows."
            )
        if isinstance(as_operand(condition), Universe):
            raise QueryError("Nothing is left without U, which holds everything; subtract an expression instead.")
        return self.restrict(Not(as_operand(condition)))

    def __neg__(self) -> Not:
        return Not(self)

    __invert__ = __neg__

    @verb
    def join(self, other: Any, semantic_check: bool = True, left: bool = False) -> Result:
        """Natural join on homologous attributes; ``A * B`` is short for it.

        Parameters
        ----------
        other : expression
        semantic_check : bool
            False matches all namesakes, whatever their origin.
        left : bool
            True keeps all rows of this side, which must determine the other one.
        """
        operand = as_operand(other)
        if isinstance(operand, U):
            joined: Result = operand * self
            return joined
        right = _expression(operand, "join")
        node = expr.join(
            self.query_node(),
            right.query_node(),
            outer=left,
            semantic_check=semantic_check,
            generation=self.generation,
        )
        return self.derive(node, right)

    def __mul__(self, other: Any) -> Result:
        return self.join(other)

    @verb
    def extend(self, other: Any, semantic_check: bool = True) -> Result:
        """Add the attributes of `other`, which this side determines; every row stays, once."""
        return self.join(other, semantic_check=semantic_check, left=True)

    def __add__(self, other: Any) -> Result:
        right = _expression(other, "a union")
        return self.derive(expr.union(self.query_node(), right.query_node(), generation=self.generation), right)

    def __matmul__(self, other: Any) -> Result:
        """Join on all namesakes, in the classic generation."""
        self._check_classic("@", ".join(other, semantic_check=False)")
        return self.join(other, semantic_check=False)

    def __xor__(self, condition: Any) -> Result:
        """Restrict by all namesakes, in the classic generation."""
        self._check_classic("^", ".restrict(other, semantic_check=False)")
        return self.restrict(condition, semantic_check=False)

    def _check_classic(self, operator: str, instead: str) -> None:
        if self.generation != CLASSIC:
            raise QueryError(f"The operator {operator} belongs to the classic language; write {instead}.")

    @verb
    def proj(self, /, *attributes: str | EllipsisType, **named_attributes: str) -> Result:
        """Choose, rename and compute attributes; the primary key stays.

        ``proj()`` keeps the key alone, ``proj(...)`` everything, ``proj("a", "b")`` these, ``proj(..., "-a")`` all but
        one; ``new="old"`` renames, ``new="(old)"`` duplicates, ``new="old * 2"`` computes.
        """
        try:
            node = expr.project(self.query_node(), attributes, named_attributes)
        except UnknownAttributeError:
            if not self.is_outdated():
                raise
            node = expr.project(self.query_node(), attributes, named_attributes)
        return self.derive(node)

    @verb
    def aggr(
        self,
        /,
        group: Any,
        *attributes: str | EllipsisType,
        exclude_nonmatching: bool | None = None,
        keep_all_rows: bool | None = None,
        **named_attributes: str,
    ) -> Result:
        """Rows of this expression, each with a summary of its rows in `group`.

        Parameters
        ----------
        group : expression
            Must have this expression's whole primary key.
        *attributes : str or Ellipsis
            Further attributes of this expression to keep.
        exclude_nonmatching : bool, optional
            True leaves out rows without partner; else ``count(*)`` is 0 for them and other summaries are NULL. By
            default they are kept, and left out in the classic generation.
        keep_all_rows : bool, optional
            The classic spelling of the opposite.
        **named_attributes : str
            Summaries, e.g. ``n="count(*)"``.
        """
        right = _expression(group, "aggr")
        if keep_all_rows is None:
            keep_all_rows = self.generation != CLASSIC if exclude_nonmatching is None else not exclude_nonmatching
        node = expr.aggregate(
            self.query_node(),
            right.query_node(),
            attributes,
            named_attributes,
            keep_all=keep_all_rows,
            generation=self.generation,
        )
        return self.derive(node, right)

    aggregate = aggr


class U(Universe):
    """The set of all values of some attributes.

    ``U("a", "b") & query`` gives the distinct values, ``U("a").aggr(query, n="count(*)")`` summarises by any
    attributes, ``U().aggr(query, ...)`` the whole in one row.

    Examples
    --------
    >>> U("species")
    U('species')
    """

    __slots__ = ("primary_key",)

    def __init__(self, *primary_key: str) -> None:
        for name in primary_key:
            if not isinstance(name, str):
                raise QueryError(f"U takes names of attributes, one by one, as in U('a', 'b'), not {name!r}.")
        self.primary_key = list(primary_key)

    def __and__(self, query: Any) -> Any:
        operand = _expression(query, "U(...) &")
        return operand.derive(expr.distinct(operand.query_node(), self.primary_key))

    def aggr(
        self,
        group: Any,
        *attributes: str | EllipsisType,
        exclude_nonmatching: bool = True,
        keep_all_rows: bool | None = None,
        **named_attributes: str,
    ) -> Any:
        """`group` summarised per distinct value of these attributes, or as a whole."""
        operand = _expression(group, "U(...).aggr")
        if keep_all_rows or not exclude_nonmatching:
            raise QueryError("U holds everything there could be, so rows without partner cannot all be kept.")
        return operand.derive(expr.summarise(self.primary_key, operand.query_node(), named_attributes, attributes))

    aggregate = aggr

    def __mul__(self, query: Any) -> Any:
        """The rows of `query` with these attributes added to the key, in the classic generation."""
        operand = _expression(query, "U(...) *")
        if operand.generation != CLASSIC:
            self._refuse_join()
        return operand.derive(expr.promote(operand.query_node(), self.primary_key))

    def _refuse_join(self) -> NoReturn:
        raise QueryError(
            "U holds every value there could be and cannot be joined, which belongs to the classic language; write "
            "U(...) & query for distinct values, or query.proj(...) for more attributes."
        )

    def __sub__(self, query: Any) -> NoReturn:
        raise QueryError("U(...) - query would hold infinitely many rows.")

    def __repr__(self) -> str:
        return f"U({', '.join(map(repr, self.primary_key))})"


def operands_in(given: Any) -> list[Operators[Any]]:
    """The expressions inside a condition."""
    if isinstance(given, Operators):
        return [given]
    if isinstance(given, Not):
        return operands_in(as_operand(given.restriction))
    if isinstance(given, (list, tuple, set, AndList)) and not _is_rows(given):
        return [found for item in given for found in operands_in(as_operand(item))]
    return []


def _is_rows(given: Sequence[Any] | set[Any]) -> bool:
    """Whether it is a list of dicts, which may be long and hold no expression."""
    return bool(given) and isinstance(next(iter(given)), Mapping)


def _expression(given: Any, what: str) -> Operators[Any]:
    operand = as_operand(given)
    if isinstance(operand, U):
        operand._refuse_join()
    if not isinstance(operand, Operators):
        raise QueryError(f"{what} takes a table or a query, not {given!r} ({type(given).__name__}).")
    return operand
